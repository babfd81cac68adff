-- Families and labels of feeds, entries with clean links, and archives that keep their form.

ALTER TABLE feed ADD COLUMN family TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';  -- JSON: texts by name

-- 1: its links lost their tracking parameters when it was first published
ALTER TABLE published ADD COLUMN clean_links INTEGER NOT NULL DEFAULT 0;

-- Archives of earlier months have the form in which an earlier release wrote them.
    INSERT INTO setting(key, value)
    SELECT 'archive_form_since', max(substr(published_at, 1, 7)) FROM published
    HAVING count(*) > 0;

DROP VIEW story_source;

    CREATE VIEW story_source AS          -- items of stories with their feeds, as readers see them
    SELECT i.story_id, i.item_id, i.truncated, i.headline, i.url, i.summary, i.author, i.at,
           CASE i.publisher WHEN '' THEN f.name ELSE i.publisher END AS publisher,
           CASE i.language WHEN '' THEN f.language ELSE i.language END AS language,
           CASE i.rights WHEN '' THEN f.rights ELSE i.rights END AS rights,
           f.name AS feed, f.title AS feed_title, f.rank, f.on_topic, f.family, f.labels,
           CASE WHEN NOT f.private AND f.shown_url <> '' THEN f.shown_url END AS feed_url,
           i.feed_id IN (SELECT feed_id FROM withdrawn_source) AS withdrawn
    FROM story_item i
    JOIN feed f ON f.id = i.feed_id;

DROP TRIGGER feed_touches;

    CREATE TRIGGER feed_touches
    AFTER UPDATE OF name, title, private, shown_url, language, rights, family, labels ON feed
    WHEN (old.name, old.title, old.private, old.shown_url, old.language, old.rights, old.family,
          old.labels)
      IS NOT (new.name, new.title, new.private, new.shown_url, new.language, new.rights,
              new.family, new.labels)
    BEGIN
      DELETE FROM story_touched WHERE story_id IN (
  SELECT id FROM story WHERE id IN (
    SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = new.id)
  AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
       OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
);
      INSERT INTO story_touched(story_id)
  SELECT id FROM story WHERE id IN (
    SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = new.id)
  AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
       OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
;
    END;
