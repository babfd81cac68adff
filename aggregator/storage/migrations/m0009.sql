-- The related stories that an entry names for ever: those known when it was first published.

    CREATE TABLE entry_related (         -- entries of earlier releases have none
      story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,
      topic TEXT NOT NULL,
      place INTEGER NOT NULL,            -- the strongest first
      related_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,
      PRIMARY KEY (story_id, topic, place)
    ) STRICT, WITHOUT ROWID;

CREATE INDEX entry_related_of ON entry_related(related_id);
