-- The first schema. Never edited once released: the next change is the next file.

-- Times are TEXT, UTC, `YYYY-MM-DDTHH:MM:SSZ`: they sort as text and read in any tool.
    CREATE TABLE feed (
      id INTEGER PRIMARY KEY,
      key TEXT NOT NULL UNIQUE,          -- the URL as configured, before ${VARIABLES}
      name TEXT NOT NULL,                -- unique among active feeds; a label
      active INTEGER NOT NULL DEFAULT 1, -- stands in the configuration
      enabled INTEGER NOT NULL DEFAULT 1,
      private INTEGER NOT NULL DEFAULT 0,
      shown_url TEXT NOT NULL DEFAULT '',
      rank INTEGER NOT NULL DEFAULT 0,
      on_topic INTEGER NOT NULL DEFAULT 0,
      title TEXT NOT NULL DEFAULT '',    -- what the feed calls itself
      site_url TEXT,
      self_url TEXT,
      hub_url TEXT,
      language TEXT NOT NULL DEFAULT '',
      rights TEXT NOT NULL DEFAULT '',
      etag TEXT,                         -- byte-identical to what the server sent
      last_modified TEXT,
      validators_url TEXT,
      body_hash TEXT,
      hints TEXT NOT NULL DEFAULT '{}',  -- JSON: ttl, skipHours, skipDays, sy:*
      interval_s INTEGER,
      next_poll_at TEXT,                 -- NULL: never polled, due at once
      not_before TEXT,                   -- a server's demand
      not_before_reason TEXT NOT NULL DEFAULT '',
      hint_until TEXT,                   -- a server's hint, which --force may override
      hint_reason TEXT NOT NULL DEFAULT '',
      last_poll_at TEXT,
      last_ok_at TEXT,
      last_new_at TEXT,
      failures INTEGER NOT NULL DEFAULT 0,
      throttled INTEGER NOT NULL DEFAULT 0,
      last_error_kind TEXT NOT NULL DEFAULT '',
      last_error TEXT NOT NULL DEFAULT '',
      moved_to TEXT,
      moved_since TEXT,
      moved_count INTEGER NOT NULL DEFAULT 0,
      permanent_url TEXT,
      gone_since TEXT,
      gone INTEGER NOT NULL DEFAULT 0,
      polls INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE story (
      id INTEGER PRIMARY KEY,
      uid TEXT NOT NULL UNIQUE,          -- the id that people see and type
      entry_id TEXT UNIQUE,              -- tag URI, minted at the first publication
      headline TEXT NOT NULL,
      url TEXT,
      lead_item_id INTEGER,              -- -> item; no foreign key: item refers here, too
      first_seen_at TEXT NOT NULL,
      first_item_at TEXT NOT NULL,       -- by the items' own dates
      last_item_at TEXT NOT NULL,
      items INTEGER NOT NULL DEFAULT 0,  -- how many tell it
      variants INTEGER NOT NULL DEFAULT 0,
      merged_into INTEGER REFERENCES story(id),
      hidden INTEGER NOT NULL DEFAULT 0  -- by a correction
    ) STRICT;

    CREATE TABLE variant (
      id INTEGER PRIMARY KEY,
      story_id INTEGER NOT NULL REFERENCES story(id),
      headline TEXT NOT NULL,
      fingerprint TEXT NOT NULL,         -- of the normalised headline
      truncated INTEGER NOT NULL DEFAULT 0,
      item_id INTEGER NOT NULL,          -- -> item, the first with this wording
      UNIQUE (story_id, fingerprint)
    ) STRICT;

    CREATE TABLE item (
      id INTEGER PRIMARY KEY,
      feed_id INTEGER NOT NULL REFERENCES feed(id),
      identity TEXT NOT NULL,            -- unique within the feed, stable over polls
      guid TEXT,
      url TEXT,
      canonical_url TEXT,
      headline TEXT NOT NULL,            -- as the feed said it
      summary TEXT NOT NULL DEFAULT '',
      summary_html TEXT NOT NULL DEFAULT '',
      author TEXT NOT NULL DEFAULT '',
      publisher TEXT NOT NULL DEFAULT '',
      language TEXT NOT NULL DEFAULT '',
      rights TEXT NOT NULL DEFAULT '',
      categories TEXT NOT NULL DEFAULT '[]',
      published_at TEXT,                 -- NULL: the feed gave no usable date
      updated_at TEXT,
      first_seen_at TEXT NOT NULL,
      changed_at TEXT,
      content_hash TEXT NOT NULL,
      variant_id INTEGER REFERENCES variant(id),  -- NULL: stored, not yet matched
      refresh INTEGER NOT NULL DEFAULT 0,  -- 1: changed since it was matched; 2: set aside
      UNIQUE (feed_id, identity)
    ) STRICT;

CREATE INDEX item_canonical_url ON item(canonical_url) WHERE canonical_url IS NOT NULL;
CREATE INDEX item_variant ON item(variant_id) WHERE variant_id IS NOT NULL;

-- The order of matching, kept as an index: a batch reads its items and no others.
    CREATE INDEX item_unmatched ON item(coalesce(published_at, first_seen_at), identity, feed_id)
    WHERE variant_id IS NULL;

CREATE INDEX item_refresh ON item(id) WHERE refresh > 0;
CREATE INDEX item_first_seen ON item(first_seen_at);
CREATE INDEX variant_story ON variant(story_id);
CREATE INDEX story_last_item ON story(last_item_at);
CREATE INDEX story_merged ON story(merged_into) WHERE merged_into IS NOT NULL;

    CREATE TABLE headline_change (      -- a source's own corrections of a headline
      id INTEGER PRIMARY KEY,
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      headline TEXT NOT NULL,            -- the earlier wording
      changed_at TEXT NOT NULL
    ) STRICT;

CREATE INDEX headline_change_item ON headline_change(item_id);

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
    ) STRICT, WITHOUT ROWID;

CREATE INDEX evidence_story ON evidence(story_id, chosen);

    CREATE TABLE story_key (             -- blocking keys: which stories are worth comparing
      key TEXT NOT NULL,
      day INTEGER NOT NULL,              -- of the item that gave the key; days since 1970-01-01
      story_id INTEGER NOT NULL,         -- -> story; may be merged or gone: readers follow or skip
      PRIMARY KEY (key, day, story_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE decision (
      story_id INTEGER NOT NULL REFERENCES story(id),
      topic TEXT NOT NULL,
      accepted INTEGER NOT NULL,
      score REAL NOT NULL,
      threshold REAL NOT NULL,
      terms TEXT NOT NULL DEFAULT '[]',
      rules_hash TEXT NOT NULL,
      decided_at TEXT NOT NULL,
      PRIMARY KEY (story_id, topic)
    ) STRICT, WITHOUT ROWID;

CREATE INDEX decision_topic ON decision(topic, accepted, score);

    CREATE TABLE published (
      topic TEXT NOT NULL,
      story_id INTEGER NOT NULL REFERENCES story(id),
      headline TEXT NOT NULL,            -- fixed at the first publication, as are url and lead
      url TEXT,
      lead_item_id INTEGER,
      lead_headline TEXT NOT NULL DEFAULT '',  -- the lead's own words when they were taken over
      truncated INTEGER NOT NULL DEFAULT 0,    -- the headline was cut off: a whole one replaces it
      summary TEXT NOT NULL DEFAULT '',  -- the lead's, as of updated_at
      published_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      digest_day TEXT NOT NULL,          -- YYYY-MM-DD: the digest that it stands in
      content_hash TEXT NOT NULL,        -- of what readers see of it
      withdrawn TEXT NOT NULL DEFAULT '', -- '' | hidden | merged | replay | source
      PRIMARY KEY (topic, story_id)
    ) STRICT, WITHOUT ROWID;

CREATE INDEX published_time ON published(topic, withdrawn, published_at);
CREATE INDEX published_story ON published(story_id);
CREATE INDEX published_updated ON published(topic, updated_at);

    CREATE TABLE topic_state (
      topic TEXT PRIMARY KEY,
      wanted_rev INTEGER NOT NULL DEFAULT 1,   -- dirty while written_rev < wanted_rev
      written_rev INTEGER NOT NULL DEFAULT 0,
      announced_rev INTEGER NOT NULL DEFAULT 0,
      written_hash TEXT NOT NULL DEFAULT '',   -- of the settings that it was written with
      digest_closed TEXT NOT NULL DEFAULT '',  -- YYYY-MM-DD: the last day with a digest
      failures INTEGER NOT NULL DEFAULT 0,
      next_try_at TEXT,
      hub_failures INTEGER NOT NULL DEFAULT 0,
      hub_next_try_at TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE story_touched (         -- stories that changed since they were last written out
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      story_id INTEGER NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE withdrawn_source (      -- feeds that no published file shows
      feed_id INTEGER PRIMARY KEY REFERENCES feed(id),
      withdrawn_at TEXT NOT NULL
    ) STRICT;

-- Triggers that note which stories a change shows in. Publishing reads only these stories again,
-- however large the archive. Triggers, because a change comes from many places (matching,
-- corrections, replay, another process, a user's SQL) and one that nobody reports would stay
-- unpublished. An older note is deleted first: a note made while files are being written must outlive
-- the clearing of what was written. Stories that no topic ever accepted are passed over: they are
-- most of them.
    CREATE TRIGGER item_touches AFTER UPDATE OF variant_id, headline, url, summary, author, publisher, language, rights, published_at ON item BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT story_id FROM variant WHERE id IN (old.variant_id, new.variant_id))
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT story_id FROM variant WHERE id IN (old.variant_id, new.variant_id))
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TRIGGER item_insert_touches AFTER INSERT ON item WHEN new.variant_id IS NOT NULL BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT story_id FROM variant WHERE id = new.variant_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT story_id FROM variant WHERE id = new.variant_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TRIGGER item_delete_touches BEFORE DELETE ON item BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT story_id FROM variant WHERE id = old.variant_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT story_id FROM variant WHERE id = old.variant_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TRIGGER variant_touches AFTER UPDATE OF story_id ON variant BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT old.story_id UNION SELECT new.story_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT old.story_id UNION SELECT new.story_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TRIGGER story_touches AFTER UPDATE OF headline, url, lead_item_id, merged_into, hidden ON story BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT new.id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT new.id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TRIGGER decision_touches AFTER INSERT ON decision BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT new.story_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT new.story_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TRIGGER decision_change_touches AFTER UPDATE OF accepted, terms ON decision BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT new.story_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT new.story_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

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

    CREATE TRIGGER feed_touches AFTER UPDATE OF name, title, private, shown_url, language, rights ON feed WHEN (old.name, old.title, old.private, old.shown_url, old.language, old.rights) IS NOT (new.name, new.title, new.private, new.shown_url, new.language, new.rights) BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = new.id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = new.id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TRIGGER withdrawn_source_touches AFTER INSERT ON withdrawn_source BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = new.feed_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = new.feed_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TRIGGER restored_source_touches AFTER DELETE ON withdrawn_source BEGIN
      DELETE FROM story_touched WHERE story_id IN (
      SELECT id FROM story WHERE id IN (SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = old.feed_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    );
      INSERT INTO story_touched(story_id)
      SELECT id FROM story WHERE id IN (SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = old.feed_id)
      AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
           OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
    ;
    END;

    CREATE TABLE correction (            -- the editor's word, in terms of items
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL CHECK (kind IN ('join', 'apart', 'hide')),
      item_a INTEGER NOT NULL REFERENCES item(id),
      item_b INTEGER REFERENCES item(id),
      made_at TEXT NOT NULL,
      undone_at TEXT,
      from_story INTEGER REFERENCES story(id),   -- what it did at once: `moved` items went
      to_story INTEGER REFERENCES story(id),     -- from one story to the other
      moved TEXT NOT NULL DEFAULT '[]'
    ) STRICT;

CREATE INDEX correction_a ON correction(item_a);
CREATE INDEX correction_b ON correction(item_b);

    CREATE TABLE seen (                  -- every entry that a feed showed: never new again
      feed_id INTEGER NOT NULL REFERENCES feed(id),
      identity TEXT NOT NULL,
      raw_hash TEXT NOT NULL,            -- of the element as it came; '' where not known
      left_at TEXT,                      -- NULL: stands in the last accepted document
      PRIMARY KEY (feed_id, identity)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE poll (
      id INTEGER PRIMARY KEY,
      feed_id INTEGER NOT NULL REFERENCES feed(id),
      started_at TEXT NOT NULL,
      outcome TEXT NOT NULL,             -- fetched | not_modified | unchanged | failed
      http_status INTEGER,
      items INTEGER NOT NULL DEFAULT 0,
      items_new INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0,
      ms INTEGER NOT NULL DEFAULT 0,
      error_kind TEXT NOT NULL DEFAULT '',
      error TEXT NOT NULL DEFAULT ''
    ) STRICT;

CREATE INDEX poll_feed ON poll(feed_id, started_at);
CREATE INDEX poll_started ON poll(started_at);
CREATE INDEX feed_next_poll ON feed(next_poll_at);

    CREATE TABLE host (
      name TEXT PRIMARY KEY,             -- a host, or a registrable domain after a 429
      next_start_at TEXT,
      backoff_until TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE hub_lease (
      feed_id INTEGER PRIMARY KEY REFERENCES feed(id),
      hub TEXT NOT NULL,
      topic TEXT NOT NULL,
      callback TEXT NOT NULL UNIQUE,
      secret TEXT NOT NULL,
      state TEXT NOT NULL,               -- wanted | active | refused | ended
      expires_at TEXT,
      last_push_at TEXT,
      next_try_at TEXT,
      attempts INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE outbox (
      id INTEGER PRIMARY KEY,
      target TEXT NOT NULL,
      story_id INTEGER NOT NULL REFERENCES story(id),
      change_no INTEGER NOT NULL,
      payload TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0,
      next_try_at TEXT,
      done_at TEXT,
      last_error TEXT NOT NULL DEFAULT '',
      UNIQUE (target, story_id, change_no)
    ) STRICT;

CREATE INDEX outbox_open ON outbox(next_try_at) WHERE done_at IS NULL;
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    CREATE VIRTUAL TABLE item_fts USING fts5(
      headline, summary, content='item', content_rowid='id',
      tokenize='unicode61 remove_diacritics 2'
    );

    CREATE TRIGGER item_fts_insert AFTER INSERT ON item BEGIN
      INSERT INTO item_fts(rowid, headline, summary)
      VALUES (new.id, new.headline, new.summary);
    END;

    CREATE TRIGGER item_fts_delete AFTER DELETE ON item BEGIN
      INSERT INTO item_fts(item_fts, rowid, headline, summary)
      VALUES ('delete', old.id, old.headline, old.summary);
    END;

    CREATE TRIGGER item_fts_update AFTER UPDATE OF headline, summary ON item BEGIN
      INSERT INTO item_fts(item_fts, rowid, headline, summary)
      VALUES ('delete', old.id, old.headline, old.summary);
      INSERT INTO item_fts(rowid, headline, summary)
      VALUES (new.id, new.headline, new.summary);
    END;

    CREATE VIEW stories_view AS
    SELECT s.uid AS story, s.headline, s.url, s.first_item_at, s.last_item_at,
           count(DISTINCT v.id) AS variants, count(i.id) AS items,
           group_concat(DISTINCT i.publisher) AS publishers
    FROM story s
    JOIN variant v ON v.story_id = s.id
    LEFT JOIN item i ON i.variant_id = v.id
    WHERE s.merged_into IS NULL
    GROUP BY s.id;

    CREATE VIEW feed_health AS
    SELECT name, last_ok_at AS last_success, next_poll_at AS next_due, interval_s, failures,
           last_error_kind, last_error, not_before, gone, moved_to, permanent_url
    FROM feed WHERE active;
