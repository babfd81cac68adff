-- What an item was over time: further identities, earlier versions, and why it is the same one.

ALTER TABLE seen ADD COLUMN item_id INTEGER;  -- the item it tells; NULL: that of its identity

    CREATE TABLE alias (                 -- further identities under which an item was told
      feed_id INTEGER NOT NULL REFERENCES feed(id),
      identity TEXT NOT NULL,            -- one that is used again and again leads to many items
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      PRIMARY KEY (feed_id, identity, item_id)
    ) STRICT, WITHOUT ROWID;

CREATE INDEX alias_item ON alias(item_id);

    CREATE TABLE earlier (               -- what an item said before: no news again
      id INTEGER PRIMARY KEY,
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      part TEXT NOT NULL,                -- headline | text | link | author | publisher | date
      hash TEXT NOT NULL,
      UNIQUE (item_id, part, hash)
    ) STRICT;

    CREATE TABLE revision (              -- why an entry is the item that it was, or another one
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      kind TEXT NOT NULL,                -- new | edit | moved: the last decision of each kind
      of_item INTEGER,                   -- new: what its identity told before; may be pruned
      reasons TEXT NOT NULL,             -- JSON: sentences
      decided_at TEXT NOT NULL,
      PRIMARY KEY (item_id, kind)
    ) STRICT;
