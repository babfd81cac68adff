-- What subscribed lists name.

    CREATE TABLE listed_feed (           -- what lists (OPML) named when they were last read
      list_id INTEGER NOT NULL REFERENCES feed(id),
      position INTEGER NOT NULL,
      url TEXT NOT NULL,
      title TEXT NOT NULL,
      folders TEXT NOT NULL,             -- JSON: names, each within the one before
      PRIMARY KEY (list_id, position)
    ) STRICT, WITHOUT ROWID;
