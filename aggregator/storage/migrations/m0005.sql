-- Notifications that speak of a feed, beside those of a story.

-- SQLite drops no NOT NULL: the table is made again. No trigger and no other table names it.
CREATE TEMP TABLE waiting AS SELECT * FROM outbox;

DROP TABLE outbox;

    CREATE TABLE outbox (                -- notifications, each of a story or of a feed
      id INTEGER PRIMARY KEY,
      target TEXT NOT NULL,
      story_id INTEGER REFERENCES story(id),
      feed_id INTEGER REFERENCES feed(id),
      change_no INTEGER NOT NULL,        -- of a feed: its last success, in seconds since 1970
      payload TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      next_try_at TEXT,
      done_at TEXT,
      last_error TEXT NOT NULL DEFAULT '',
      UNIQUE (target, story_id, change_no),
      UNIQUE (target, feed_id, change_no),
      CHECK ((story_id IS NULL) <> (feed_id IS NULL))
    ) STRICT;

INSERT INTO outbox SELECT id, target, story_id, NULL, change_no, payload, attempts, next_try_at,
  done_at, last_error FROM waiting ORDER BY id;
DROP TABLE waiting;
CREATE INDEX outbox_open ON outbox(next_try_at) WHERE done_at IS NULL;
