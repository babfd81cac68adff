-- Pictures, sound and film of items, as their sources show them; those of private feeds do not.

ALTER TABLE item ADD COLUMN media TEXT NOT NULL DEFAULT '';  -- JSON; '': none
DROP VIEW story_source;
DROP VIEW story_item;

    CREATE VIEW story_item AS            -- items in their stories; `at`: when each counts as out
    SELECT v.story_id, v.id AS variant_id, v.truncated, v.core, i.id AS item_id, i.feed_id,
           i.identity, i.headline, i.url, i.summary, i.author, i.publisher, i.language, i.rights,
           i.media, i.first_seen_at, coalesce(i.published_at, i.first_seen_at) AS at
    FROM variant v
    JOIN item i ON i.variant_id = v.id;

    CREATE VIEW story_source AS          -- items of stories with their feeds, as readers see them
    SELECT i.story_id, i.item_id, i.truncated, i.headline, i.url, i.summary, i.author, i.at,
           CASE i.publisher WHEN '' THEN f.name ELSE i.publisher END AS publisher,
           CASE i.language WHEN '' THEN f.language ELSE i.language END AS language,
           CASE i.rights WHEN '' THEN f.rights ELSE i.rights END AS rights,
           f.name AS feed, f.title AS feed_title, f.rank, f.on_topic, f.family, f.labels,
           CASE WHEN NOT f.private AND f.shown_url <> '' THEN f.shown_url END AS feed_url,
           CASE WHEN f.private THEN '' ELSE i.media END AS media,  -- may carry a key
           i.feed_id IN (SELECT feed_id FROM withdrawn_source) AS withdrawn
    FROM story_item i
    JOIN feed f ON f.id = i.feed_id;
