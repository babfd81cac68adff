"""What variants keep of their terms, and reasons in a table that holds long rows.

A row of `evidence` with its signals is about a kilobyte; without a rowid, SQLite gives each such
row an overflow page of its own: a quarter of the file.
"""

from __future__ import annotations

from aggregator.storage.migrations.m0001_triggers import RELATED_TOUCHES

# Triggers of other tables name `evidence`: it is made again under its name, for they would follow
# a table that is renamed. Its own goes with it.
STATEMENTS = (
    "ALTER TABLE variant ADD COLUMN terms TEXT NOT NULL DEFAULT ''",
    "CREATE TEMP TABLE reasons AS SELECT * FROM evidence",
    "DROP TABLE evidence",
    """
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
    ) STRICT
    """,
    "INSERT INTO evidence SELECT * FROM reasons ORDER BY item_id, story_id",
    "DROP TABLE reasons",
    "CREATE INDEX evidence_story ON evidence(story_id, chosen)",
    RELATED_TOUCHES,
)
