PRAGMA application_id=1634166642;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
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
    , family TEXT NOT NULL DEFAULT '', labels TEXT NOT NULL DEFAULT '{}', leased_until TEXT, leased_host TEXT NOT NULL DEFAULT '') STRICT
    ;
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
    ) STRICT
    ;
CREATE TABLE variant (
      id INTEGER PRIMARY KEY,
      story_id INTEGER NOT NULL REFERENCES story(id),
      headline TEXT NOT NULL,
      fingerprint TEXT NOT NULL,         -- of the normalised headline
      truncated INTEGER NOT NULL DEFAULT 0,
      item_id INTEGER NOT NULL, terms TEXT NOT NULL DEFAULT '', core INTEGER NOT NULL DEFAULT 1,          -- -> item, the first with this wording
      UNIQUE (story_id, fingerprint)
    ) STRICT
    ;
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
      refresh INTEGER NOT NULL DEFAULT 0, media TEXT NOT NULL DEFAULT '',  -- 1: changed since it was matched; 2: set aside
      UNIQUE (feed_id, identity)
    ) STRICT
    ;
CREATE TABLE headline_change (      -- a source's own corrections of a headline
      id INTEGER PRIMARY KEY,
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      headline TEXT NOT NULL,            -- the earlier wording
      changed_at TEXT NOT NULL
    ) STRICT
    ;
CREATE TABLE story_key (             -- blocking keys: which stories are worth comparing
      key TEXT NOT NULL,
      day INTEGER NOT NULL,              -- of the item that gave the key; days since 1970-01-01
      story_id INTEGER NOT NULL,         -- -> story; may be merged or gone: readers follow or skip
      PRIMARY KEY (key, day, story_id)
    ) STRICT, WITHOUT ROWID
    ;
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
    ) STRICT, WITHOUT ROWID
    ;
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
      withdrawn TEXT NOT NULL DEFAULT '', clean_links INTEGER NOT NULL DEFAULT 0, -- '' | hidden | merged | replay | source
      PRIMARY KEY (topic, story_id)
    ) STRICT, WITHOUT ROWID
    ;
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
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE story_touched (         -- stories that changed since they were last written out
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      story_id INTEGER NOT NULL UNIQUE
    ) STRICT
    ;
CREATE TABLE withdrawn_source (      -- feeds that no published file shows
      feed_id INTEGER PRIMARY KEY REFERENCES feed(id),
      withdrawn_at TEXT NOT NULL
    ) STRICT
    ;
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
    ) STRICT
    ;
CREATE TABLE seen (                  -- every entry that a feed showed: never new again
      feed_id INTEGER NOT NULL REFERENCES feed(id),
      identity TEXT NOT NULL,
      raw_hash TEXT NOT NULL,            -- of the element as it came; '' where not known
      left_at TEXT, item_id INTEGER,                      -- NULL: stands in the last accepted document
      PRIMARY KEY (feed_id, identity)
    ) STRICT, WITHOUT ROWID
    ;
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
    ) STRICT
    ;
CREATE TABLE host (
      name TEXT PRIMARY KEY,             -- a host, or a registrable domain after a 429
      next_start_at TEXT,
      backoff_until TEXT
    ) STRICT, WITHOUT ROWID
    ;
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
    ) STRICT
    ;
CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE item_fts USING fts5(
      headline, summary, content='item', content_rowid='id',
      tokenize='unicode61 remove_diacritics 2'
    );
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
    ;
CREATE TABLE alias (                 -- further identities under which an item was told
      feed_id INTEGER NOT NULL REFERENCES feed(id),
      identity TEXT NOT NULL,            -- one that is used again and again leads to many items
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      PRIMARY KEY (feed_id, identity, item_id)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE earlier (               -- what an item said before: no news again
      id INTEGER PRIMARY KEY,
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      part TEXT NOT NULL,                -- headline | text | link | author | publisher | date
      hash TEXT NOT NULL,
      UNIQUE (item_id, part, hash)
    ) STRICT
    ;
CREATE TABLE revision (              -- why an entry is the item that it was, or another one
      item_id INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      kind TEXT NOT NULL,                -- new | edit | moved: the last decision of each kind
      of_item INTEGER,                   -- new: what its identity told before; may be pruned
      reasons TEXT NOT NULL,             -- JSON: sentences
      decided_at TEXT NOT NULL,
      PRIMARY KEY (item_id, kind)
    ) STRICT
    ;
CREATE TABLE model_score (          -- pairs that their words left unsure
      item_a INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      item_b INTEGER NOT NULL REFERENCES item(id) ON DELETE CASCADE,
      logit REAL,                       -- NULL: the pair waits to be read
      PRIMARY KEY (item_a, item_b)
    ) STRICT, WITHOUT ROWID
    ;
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
    ) STRICT
    ;
CREATE TABLE entry_related (         -- entries of earlier releases have none
      story_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,
      topic TEXT NOT NULL,
      place INTEGER NOT NULL,            -- the strongest first
      related_id INTEGER NOT NULL REFERENCES story(id) ON DELETE CASCADE,
      PRIMARY KEY (story_id, topic, place)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE listed_feed (           -- what lists (OPML) named when they were last read
      list_id INTEGER NOT NULL REFERENCES feed(id),
      position INTEGER NOT NULL,
      url TEXT NOT NULL,
      title TEXT NOT NULL,
      folders TEXT NOT NULL,             -- JSON: names, each within the one before
      PRIMARY KEY (list_id, position)
    ) STRICT, WITHOUT ROWID
    ;
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
    ) STRICT
    ;
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (1, 'aggregator', 'm0001_initial', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (10, 'aggregator', 'm0010_lists', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (11, 'aggregator', 'm0011_mail', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (12, 'aggregator', 'm0012_leases', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (2, 'aggregator', 'm0002_terms', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (3, 'aggregator', 'm0003_revisions', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (4, 'aggregator', 'm0004_core', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (5, 'aggregator', 'm0005_feed_alerts', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (6, 'aggregator', 'm0006_views', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (7, 'aggregator', 'm0007_sources', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (8, 'aggregator', 'm0008_media', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (9, 'aggregator', 'm0009_entry_related', '2026-03-01T12:00:00Z');
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls, family, labels, leased_until, leased_host) VALUES (1, 'https://dawn.example/feed', 'dawn', 1, 1, 0, 'https://dawn.example/feed', 0, 0, 'dawn', NULL, NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1, '', '{}', NULL, '');
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls, family, labels, leased_until, leased_host) VALUES (2, 'https://geo.example/feed', 'geo', 1, 1, 0, 'https://geo.example/feed', 0, 0, 'geo', NULL, NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1, '', '{}', NULL, '');
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls, family, labels, leased_until, leased_host) VALUES (3, 'https://wire.example/feed', 'wire', 1, 1, 0, 'https://wire.example/feed', 0, 0, 'wire', NULL, NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1, '', '{}', NULL, '');
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (1, 'aefe3d0ceeba', 'tag:example.org,2026:aefe3d0ceeba', 'Bomb blast kills five at vegetable market in Quetta, police say', 'https://example.org/ca978112ca1b', 1, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 2, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (2, '683bc9373889', NULL, 'Finance ministers of Japan and Brazil sign textile tariff agreement', 'https://example.org/e3b98a4da31a', 2, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (3, 'ad6df0c4a64b', NULL, 'Heavy snowfall closes mountain schools across northern Norway', 'https://example.org/50e721e49c01', 4, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 1, 1, NULL, 1);
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms, core) VALUES (1, 1, 'Bomb blast kills five at vegetable market in Quetta, police say', 'f58735dd02e34a86819d', 0, 1, '#5 blast kill market police quetta say vegetabl', 1);
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms, core) VALUES (2, 2, 'Finance ministers of Japan and Brazil sign textile tariff agreement', 'b8ce40baa8a0865ea63e', 0, 2, 'brazil deal financ japan minister tariff textil', 1);
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms, core) VALUES (3, 3, 'Heavy snowfall closes mountain schools across northern Norway', 'f0bbdbc08e1b528d1bf0', 0, 4, 'across close heavy mountain northern norway school snowfall', 1);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh, media) VALUES (1, 1, 'a', 'a', 'https://example.org/ca978112ca1b', 'https://example.org/ca978112ca1b', 'Bomb blast kills five at vegetable market in Quetta, police say', '', '', '', '', '', '', '[]', '2026-03-01T12:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, '376bebca041eef82e9cc50943ac2293f14f7c89180234935e80a916ee527d070', 1, 0, '');
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh, media) VALUES (2, 1, 't', 't', 'https://example.org/e3b98a4da31a', 'https://example.org/e3b98a4da31a', 'Finance ministers of Japan and Brazil sign textile tariff agreement', '', '', '', '', '', '', '[]', '2026-03-01T12:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, '9e87436e970e52d11354ab92710b4455e0fdbaab4420ca2fcf936dce3acfc5e7', 2, 0, '');
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh, media) VALUES (3, 2, 'b', 'b', 'https://example.org/3e23e8160039', 'https://example.org/3e23e8160039', 'Bomb blast kills five at vegetable market in Quetta, police say - Geo', '', '', '', '', '', '', '[]', '2026-03-01T12:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, '3ce0a351c89d979db360b334ac7a9ef3a7309bbd593750069ddfd3c9bcd1c60a', 1, 0, '');
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh, media) VALUES (4, 3, 'w', 'w', 'https://example.org/50e721e49c01', 'https://example.org/50e721e49c01', 'Heavy snowfall closes mountain schools across northern Norway', '', '', '', '', '', '', '[]', '2026-03-01T12:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, 'f5b2c46c8855ab2a1bd4f0a14024503d3c0ede91b8bdbd5591a9a1845b44a2d6', 3, 0, '');
INSERT INTO headline_change (id, item_id, headline, changed_at) VALUES (1, 1, 'Blast', '2026-03-01T12:00:00Z');
INSERT INTO story_key (key, day, story_id) VALUES ('p:0762dba9d10261c5', 20513, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('p:8a02331beb6c23e5', 20513, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('p:ed8107c7e72b3206', 20513, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:#5', 20513, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:across', 20513, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:blast', 20513, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:brazil', 20513, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:deal', 20513, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:financ', 20513, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:heavy', 20513, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:japan', 20513, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:kill', 20513, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:minister', 20513, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:mountain', 20513, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:northern', 20513, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:norway', 20513, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:police', 20513, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:quetta', 20513, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:school', 20513, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:snowfall', 20513, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:tariff', 20513, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:textil', 20513, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:vegetabl', 20513, 1);
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (1, 'news', 1, 1.0, 1.0, '[{"term": "bomb", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', 'd7a7cdf2df02e5f7', '2026-03-01T12:00:00Z');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn, clean_links) VALUES ('news', 1, 'Bomb blast kills five at vegetable market in Quetta, police say', NULL, 1, 'Bomb blast kills five at vegetable market in Quetta, police say', 0, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01', '', '', 0);
INSERT INTO topic_state (topic, wanted_rev, written_rev, announced_rev, written_hash, digest_closed, failures, next_try_at, hub_failures, hub_next_try_at) VALUES ('news', 1, 0, 0, '', '', 0, NULL, 0, NULL);
INSERT INTO story_touched (seq, story_id) VALUES (1, 1);
INSERT INTO withdrawn_source (feed_id, withdrawn_at) VALUES (3, '2026-03-01T12:00:00Z');
INSERT INTO correction (id, kind, item_a, item_b, made_at, undone_at, from_story, to_story, moved) VALUES (1, 'hide', 4, NULL, '2026-03-01T12:00:00Z', NULL, NULL, NULL, '[]');
INSERT INTO seen (feed_id, identity, raw_hash, left_at, item_id) VALUES (1, 'a', '7ebf00ae7082ef1f', NULL, NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at, item_id) VALUES (1, 't', 'e2d4555025a54c68', NULL, NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at, item_id) VALUES (2, 'b', 'f0e5fe82c0390962', NULL, NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at, item_id) VALUES (3, 'w', '543fd5e77e8a3f4e', NULL, NULL);
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (1, 1, '2026-03-01T12:00:00Z', 'fetched', 200, 2, 2, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (2, 2, '2026-03-01T12:00:00Z', 'fetched', 200, 1, 1, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (3, 3, '2026-03-01T12:00:00Z', 'fetched', 200, 1, 1, 100, 5, '', '');
INSERT INTO host (name, next_start_at, backoff_until) VALUES ('dawn.example', '2026-03-01T12:00:00Z', NULL);
INSERT INTO hub_lease (feed_id, hub, topic, callback, secret, state, expires_at, last_push_at, next_try_at, attempts) VALUES (1, 'https://hub.example/', 'https://dawn.example/feed', 'callback', 'secret', 'active', '2026-03-11T12:00:00Z', NULL, NULL, 0);
INSERT INTO setting (key, value) VALUES ('authority', 'news.example.org,2026-03-01');
INSERT INTO setting (key, value) VALUES ('correction/1/undo', '[{"table":"story","before":{"id":3,"headline":"Heavy snowfall closes mountain schools across northern Norway","url":"https://example.org/50e721e49c01","lead_item_id":4,"first_item_at":"2026-03-01T12:00:00Z","last_item_at":"2026-03-01T12:00:00Z","items":1,"variants":1,"merged_into":null,"hidden":0},"after":{"id":3,"headline":"Heavy snowfall closes mountain schools across northern Norway","url":"https://example.org/50e721e49c01","lead_item_id":4,"first_item_at":"2026-03-01T12:00:00Z","last_item_at":"2026-03-01T12:00:00Z","items":1,"variants":1,"merged_into":null,"hidden":1}}]');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (1, 1, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (2, 2, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (3, 1, 1, 0, 'exact', 1.0, 'the same words as “Bomb blast kills five at vegetable market in Quetta, police say”', '{"item": 1, "agreeing": 1, "compared": 1}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (4, 3, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO alias (feed_id, identity, item_id) VALUES (1, 'a2', 1);
INSERT INTO earlier (id, item_id, part, hash) VALUES (1, 1, 'text', 'hash');
INSERT INTO revision (item_id, kind, of_item, reasons, decided_at) VALUES (1, 'edit', NULL, '["the same page"]', '2026-03-01T12:00:00Z');
INSERT INTO model_score (item_a, item_b, logit) VALUES (1, 4, NULL);
INSERT INTO outbox (id, target, story_id, feed_id, change_no, payload, attempts, next_try_at, done_at, last_error) VALUES (1, 'desk/news', 1, NULL, 1, '{}', 0, NULL, NULL, '');
INSERT INTO outbox (id, target, story_id, feed_id, change_no, payload, attempts, next_try_at, done_at, last_error) VALUES (2, 'desk/', NULL, 2, 0, '{}', 0, NULL, NULL, '');
INSERT INTO entry_related (story_id, topic, place, related_id) VALUES (1, 'news', 0, 2);
INSERT INTO listed_feed (list_id, position, url, title, folders) VALUES (1, 0, 'https://dawn.example/feed', 'Dawn', '["Papers"]');
INSERT INTO mail (id, mailing, topic, first_day, last_day, reader, message_id, queued_at, attempts, next_try_at, done_at, last_error) VALUES (1, 'desk', 'news', '2026-03-01', '2026-03-01', 'hash', '<1@news.example.org>', '2026-03-01T12:00:00Z', 0, NULL, NULL, '');
INSERT INTO item_fts(item_fts) VALUES ('rebuild');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX item_canonical_url ON item(canonical_url) WHERE canonical_url IS NOT NULL;
CREATE INDEX item_variant ON item(variant_id) WHERE variant_id IS NOT NULL;
CREATE INDEX item_unmatched ON item(coalesce(published_at, first_seen_at), identity, feed_id)
    WHERE variant_id IS NULL
    ;
CREATE INDEX item_refresh ON item(id) WHERE refresh > 0;
CREATE INDEX item_first_seen ON item(first_seen_at);
CREATE INDEX variant_story ON variant(story_id);
CREATE INDEX story_last_item ON story(last_item_at);
CREATE INDEX story_merged ON story(merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX headline_change_item ON headline_change(item_id);
CREATE INDEX decision_topic ON decision(topic, accepted, score);
CREATE INDEX published_time ON published(topic, withdrawn, published_at);
CREATE INDEX published_story ON published(story_id);
CREATE INDEX published_updated ON published(topic, updated_at);
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
CREATE INDEX correction_a ON correction(item_a);
CREATE INDEX correction_b ON correction(item_b);
CREATE INDEX poll_feed ON poll(feed_id, started_at);
CREATE INDEX poll_started ON poll(started_at);
CREATE INDEX feed_next_poll ON feed(next_poll_at);
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
CREATE INDEX alias_item ON alias(item_id);
CREATE INDEX variant_core ON variant(story_id) WHERE core = 1;
CREATE INDEX model_score_b ON model_score(item_b);
CREATE INDEX model_score_waiting ON model_score(item_b, item_a) WHERE logit IS NULL;
CREATE INDEX outbox_open ON outbox(next_try_at) WHERE done_at IS NULL;
CREATE TRIGGER feed_touches
    AFTER UPDATE OF name, title, private, shown_url, language, rights, family, labels ON feed
    WHEN (old.name, old.title, old.private, old.shown_url, old.language, old.rights, old.family,
          old.labels)
      IS NOT (new.name, new.title, new.private, new.shown_url, new.language, new.rights,
              new.family, new.labels)
    BEGIN
      DELETE FROM story_touched WHERE story_id IN (
  SELECT id FROM story WHERE id IN (
    SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = new.id)
  AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
       OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
);
      INSERT INTO story_touched(story_id) 
  SELECT id FROM story WHERE id IN (
    SELECT v.story_id FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = new.id)
  AND (EXISTS (SELECT 1 FROM decision d WHERE d.story_id = story.id AND d.accepted)
       OR EXISTS (SELECT 1 FROM published p WHERE p.story_id = story.id))
;
    END;
CREATE VIEW story_item AS            -- items in their stories; `at`: when each counts as out
    SELECT v.story_id, v.id AS variant_id, v.truncated, v.core, i.id AS item_id, i.feed_id,
           i.identity, i.headline, i.url, i.summary, i.author, i.publisher, i.language, i.rights,
           i.media, i.first_seen_at, coalesce(i.published_at, i.first_seen_at) AS at
    FROM variant v
    JOIN item i ON i.variant_id = v.id;
CREATE VIEW story_source AS          -- items of stories with their feeds, as readers see them
    SELECT i.story_id, i.item_id, i.truncated, i.headline, i.url, i.summary, i.author, i.at,
           CASE i.publisher WHEN '' THEN f.name ELSE i.publisher END AS publisher,
           CASE i.language WHEN '' THEN f.language ELSE i.language END AS language,
           CASE i.rights WHEN '' THEN f.rights ELSE i.rights END AS rights,
           f.name AS feed, f.title AS feed_title, f.rank, f.on_topic, f.family, f.labels,
           CASE WHEN NOT f.private AND f.shown_url <> '' THEN f.shown_url END AS feed_url,
           CASE WHEN f.private THEN '' ELSE i.media END AS media,  -- may carry a key
           i.feed_id IN (SELECT feed_id FROM withdrawn_source) AS withdrawn
    FROM story_item i
    JOIN feed f ON f.id = i.feed_id;
CREATE INDEX entry_related_of ON entry_related(related_id);
CREATE INDEX mail_open ON mail(mailing) WHERE done_at IS NULL;
CREATE INDEX published_day ON published(topic, withdrawn, digest_day);
