-- Digests by mail: what is to be sent, under which Message-ID, and what became of it.

    CREATE TABLE mail (                  -- digests by mail, a row for each topic, period and reader
      id INTEGER PRIMARY KEY,
      mailing TEXT NOT NULL,             -- mail[].name
      topic TEXT NOT NULL,
      first_day TEXT NOT NULL,           -- YYYY-MM-DD, as published.digest_day
      last_day TEXT NOT NULL,
      reader TEXT NOT NULL,              -- a hash: addresses stand in feeds.yaml alone
      message_id TEXT NOT NULL UNIQUE,   -- stored before the first try, the same for all
      queued_at TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      next_try_at TEXT,
      done_at TEXT,
      last_error TEXT NOT NULL DEFAULT '',
      UNIQUE (mailing, topic, last_day, reader)
    ) STRICT;

CREATE INDEX mail_open ON mail(mailing) WHERE done_at IS NULL;
CREATE INDEX published_day ON published(topic, withdrawn, digest_day);
