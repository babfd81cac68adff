-- Which wordings a story stands for, and what the model said of pairs of items.

-- Stories of before keep all their wordings as their core.
ALTER TABLE variant ADD COLUMN core INTEGER NOT NULL DEFAULT 1;

CREATE INDEX variant_core ON variant(story_id) WHERE core = 1;

    CREATE TABLE model_score (          -- pairs that their words left unsure
      item_a INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      item_b INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      logit REAL,                       -- NULL: the pair waits to be read
      PRIMARY KEY (item_a, item_b)
    ) STRICT, WITHOUT ROWID;

CREATE INDEX model_score_b ON model_score(item_b);
CREATE INDEX model_score_waiting ON model_score(item_b, item_a) WHERE logit IS NULL;
