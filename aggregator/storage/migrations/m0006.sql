-- Views of the joins that most questions start from: the items of stories, and their sources.

    CREATE VIEW story_item AS            -- items in their stories; `at`: when each counts as out
    SELECT v.story_id, v.id AS variant_id, v.truncated, v.core, i.id AS item_id, i.feed_id,
           i.identity, i.headline, i.url, i.summary, i.author, i.publisher, i.language, i.rights,
           i.first_seen_at, coalesce(i.published_at, i.first_seen_at) AS at
    FROM variant v
    JOIN item i ON i.variant_id = v.id;

    CREATE VIEW story_source AS          -- the same with their feeds, as readers are shown them
    SELECT i.story_id, i.item_id, i.truncated, i.headline, i.url, i.summary, i.author, i.at,
           CASE i.publisher WHEN '' THEN f.name ELSE i.publisher END AS publisher,
           CASE i.language WHEN '' THEN f.language ELSE i.language END AS language,
           CASE i.rights WHEN '' THEN f.rights ELSE i.rights END AS rights,
           f.name AS feed, f.title AS feed_title, f.rank, f.on_topic,
           CASE WHEN NOT f.private AND f.shown_url <> '' THEN f.shown_url END AS feed_url,
           i.feed_id IN (SELECT feed_id FROM withdrawn_source) AS withdrawn
    FROM story_item i
    JOIN feed f ON f.id = i.feed_id;
