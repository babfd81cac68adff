-- What variants keep of their terms, and reasons in a table that holds long rows.
--
-- A row of `evidence` with its signals is about a kilobyte; without a rowid, SQLite gives each such
-- row an overflow page of its own: a quarter of the file.

-- Triggers of other tables name `evidence`: it is made again under its name, for they would follow
-- a table that is renamed. Its own goes with it.
ALTER TABLE variant ADD COLUMN terms TEXT NOT NULL DEFAULT '';

CREATE TEMP TABLE reasons AS SELECT * FROM evidence;
DROP TABLE evidence;

    CREATE TABLE evidence (
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      story_id INTEGER NOT NULL REFERENCES story(id),
      chosen INTEGER NOT NULL,           -- 1: joined; 0: rejected (the best three are kept)
      related INTEGER NOT NULL DEFAULT 0,
      rule TEXT NOT NULL,
      score REAL NOT NULL,
      detail TEXT NOT NULL DEFAULT '',
      signals TEXT NOT NULL DEFAULT '{}',
      vetoes TEXT NOT NULL DEFAULT '[]',
      decided_at TEXT NOT NULL,
      PRIMARY KEY (item_id, story_id)
    ) STRICT;

INSERT INTO evidence SELECT * FROM reasons ORDER BY item_id, story_id;
DROP TABLE reasons;
CREATE INDEX evidence_story ON evidence(story_id, chosen);

    CREATE TRIGGER related_touches AFTER INSERT ON evidence WHEN new.related BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT new.story_id UNION SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.id = new.item_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT new.story_id UNION SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.id = new.item_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;
