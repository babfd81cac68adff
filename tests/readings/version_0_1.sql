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
    ) STRICT
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
      item_id INTEGER NOT NULL, terms TEXT NOT NULL DEFAULT '',          -- -> item, the first with this wording
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
      refresh INTEGER NOT NULL DEFAULT 0,  -- 1: changed since it was matched; 2: set aside
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
      withdrawn TEXT NOT NULL DEFAULT '', -- '' | hidden | merged | replay | source
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
      left_at TEXT,                      -- NULL: stands in the last accepted document
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
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (1, 'aggregator', 'm0001_initial', '2026-03-01T12:00:00Z');
INSERT INTO _sqlite_migrations (id, migration_set, name, applied_at) VALUES (2, 'aggregator', 'm0002_terms', '2026-03-01T12:00:00Z');
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls) VALUES (1, 'https://bases.example/feed', 'bases', 1, 1, 0, 'https://bases.example/feed', 0, 0, 'News', 'https://news.example/', NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1);
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls) VALUES (2, 'https://no-ids.example/feed', 'no-ids', 1, 1, 0, 'https://no-ids.example/feed', 0, 0, 'News', 'https://news.example/', NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1);
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls) VALUES (3, 'https://one-id.example/feed', 'one-id', 1, 1, 0, 'https://one-id.example/feed', 0, 0, 'News', 'https://news.example/', NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1);
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls) VALUES (4, 'https://brackets.example/feed', 'brackets', 1, 1, 0, 'https://brackets.example/feed', 0, 0, 'News', 'https://news.example/', NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1);
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls) VALUES (5, 'https://captions.example/feed', 'captions', 1, 1, 0, 'https://captions.example/feed', 0, 0, 'News', 'https://news.example/', NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1);
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls) VALUES (6, 'https://links-in-texts.example/feed', 'links-in-texts', 1, 1, 0, 'https://links-in-texts.example/feed', 0, 0, 'News', 'https://news.example/', NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1);
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls) VALUES (7, 'https://text.example/feed', 'text', 1, 1, 0, 'https://text.example/feed', 0, 0, 'News', NULL, NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1);
INSERT INTO feed (id, key, name, active, enabled, private, shown_url, rank, on_topic, title, site_url, self_url, hub_url, language, rights, etag, last_modified, validators_url, body_hash, hints, interval_s, next_poll_at, not_before, not_before_reason, hint_until, hint_reason, last_poll_at, last_ok_at, last_new_at, failures, throttled, last_error_kind, last_error, moved_to, moved_since, moved_count, permanent_url, gone_since, gone, polls) VALUES (8, 'https://broken.example/feed', 'broken', 1, 1, 0, 'https://broken.example/feed', 0, 0, 'News', 'https://news.example/', NULL, NULL, '', '', '"1"', NULL, NULL, NULL, '{}', NULL, NULL, NULL, '', NULL, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 0, 0, '', '', NULL, NULL, 0, NULL, NULL, 0, 1);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (1, 'e40697a4c511', 'tag:news.example.org,2026-03-01:e40697a4c511', 'Summit report from Doha', 'https://n.example/doha', 15, '2026-03-01T12:00:00Z', '2025-08-12T10:00:00Z', '2025-08-12T10:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (10, 'be5d2e708a79', 'tag:news.example.org,2026-03-01:be5d2e708a79', 'Dam report is late again', 'https://news.example/dam', 10, '2026-03-01T12:00:00Z', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (11, '93cbafee1634', 'tag:news.example.org,2026-03-01:93cbafee1634', 'Hospital report from Multan delayed', 'https://news.example/hospital', 6, '2026-03-01T12:00:00Z', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (12, 'fcc70785341b', 'tag:news.example.org,2026-03-01:fcc70785341b', 'Third report about schools in Lahore', 'https://base.example/2026/3', 3, '2026-03-01T12:00:00Z', '2026-03-01T03:00:00Z', '2026-03-01T03:00:00Z', 2, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (13, '6c4b1d7b200e', 'tag:news.example.org,2026-03-01:6c4b1d7b200e', 'Cricket board report leaked in Dubai', 'https://base.example/2026/cricket', 7, '2026-03-01T12:00:00Z', '2026-03-01T03:00:00Z', '2026-03-01T03:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (14, '86710f6380a5', 'tag:news.example.org,2026-03-01:86710f6380a5', 'Fourth report: rain closes roads', 'https://base.example/2026/4', 4, '2026-03-01T12:00:00Z', '2026-03-01T04:00:00Z', '2026-03-01T04:00:00Z', 2, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (15, 'c993a030f4f8', 'tag:news.example.org,2026-03-01:c993a030f4f8', 'Telecom report counts masts in Quetta', 'https://base.example/2026/telecom', 8, '2026-03-01T12:00:00Z', '2026-03-01T04:00:00Z', '2026-03-01T04:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (16, '64bb2afb7c69', 'tag:news.example.org,2026-03-01:64bb2afb7c69', 'A short report on brackets, without a title', NULL, 19, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (17, '14c08a8060b4', 'tag:news.example.org,2026-03-01:14c08a8060b4', 'Compiler report on std::vector', NULL, 12, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (18, '4c7af2ac462f', 'tag:news.example.org,2026-03-01:4c7af2ac462f', 'Mail report', NULL, 13, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (19, 'a4567176ca6b', 'tag:news.example.org,2026-03-01:a4567176ca6b', 'Browser report: the element', NULL, 14, '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (2, 'f3db3ba9b674', 'tag:news.example.org,2026-03-01:f3db3ba9b674', 'Report on Map> speed', 'https://n.example/map', 11, '2026-03-01T12:00:00Z', '2025-08-12T10:00:00Z', '2025-08-12T10:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (3, 'eab2381eaedd', 'tag:news.example.org,2026-03-01:eab2381eaedd', 'Train report from Rohri', 'https://n.example/rohri', 17, '2026-03-01T12:00:00Z', '2025-08-12T10:00:00Z', '2025-08-12T10:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (4, 'c148e9bb3c5d', 'tag:news.example.org,2026-03-01:c148e9bb3c5d', 'Flood report for Sindh', 'https://n.example/sindh', 16, '2026-03-01T12:00:00Z', '2025-08-12T10:00:00Z', '2025-08-12T10:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (5, '8af4cd714507', 'tag:news.example.org,2026-03-01:8af4cd714507', 'First report from the harbour of Gwadar', 'https://news.example/1', 1, '2026-03-01T12:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', 2, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (6, '7128b4813265', 'tag:news.example.org,2026-03-01:7128b4813265', 'Type report: Option explained', NULL, 18, '2026-03-01T12:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (7, 'adbf009753c0', 'tag:news.example.org,2026-03-01:adbf009753c0', 'Census report finds lost village', 'https://news.example/census', 9, '2026-03-01T12:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (8, '97343f22bc4a', 'tag:news.example.org,2026-03-01:97343f22bc4a', 'Glacier report warns Gilgit valleys', 'https://news.example/glacier', 5, '2026-03-01T12:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', 1, 1, NULL, 0);
INSERT INTO story (id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at, last_item_at, items, variants, merged_into, hidden) VALUES (9, '2d98fb157457', 'tag:news.example.org,2026-03-01:2d98fb157457', 'Second report on wheat in Punjab', 'https://base.example/2026/2', 2, '2026-03-01T12:00:00Z', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z', 2, 1, NULL, 0);
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (1, 1, 'Summit report from Doha', 'c0dc8c6e321614c6e9d0', 0, 15, 'qatar say talks');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (10, 10, 'Dam report is late again', '01ca87e7597bec2088df', 0, 10, 'dam late repeat say');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (11, 11, 'Hospital report from Multan delayed', 'b57f00097a5a41767df9', 0, 6, 'delay hospital multan say');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (12, 12, 'Third report about schools in Lahore', '5bbc60de595f171b32b9', 0, 3, 'lahor say school third');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (13, 13, 'Cricket board report leaked in Dubai', '9c0af8fd00178ad658ea', 0, 7, 'board cricket dubai leak say');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (14, 14, 'Fourth report: rain closes roads', 'e0fc2b69ce5ef3c9154a', 0, 4, 'close fourth rain road say');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (15, 15, 'Telecom report counts masts in Quetta', 'bee637745dc82e7c0b6f', 0, 8, 'count mast quetta say telecom');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (16, 16, 'A short report on brackets, without a title', 'b264fe31c541d82f3934', 0, 19, 'bracket say short titl without');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (17, 17, 'Compiler report on std::vector', 'ddf571c8db89327006cb', 0, 12, 'compiler say std vector');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (18, 18, 'Mail report', '85df097b06a132c3bd93', 0, 13, 'mail say');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (19, 19, 'Browser report: the element', '0a5b68d231dd054d2da4', 0, 14, 'browser element say');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (2, 2, 'Report on Map> speed', '0582b8dc7efad1bbc172', 0, 11, 'map say speed');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (3, 3, 'Train report from Rohri', '08a26d5d6065f77e16fe', 0, 17, 'rohri say train');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (4, 4, 'Flood report for Sindh', 'a9e511ef538ee2361146', 0, 16, 'flood say sindh');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (5, 5, 'First report from the harbour of Gwadar', '90f74363d845663a45c5', 0, 1, 'first gwadar harbour say');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (6, 6, 'Type report: Option explained', '11c7f9845fbafa4a177a', 0, 18, 'explain option say type');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (7, 7, 'Census report finds lost village', '22d232331b3bdc9283da', 0, 9, 'census fall recover say villag');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (8, 8, 'Glacier report warns Gilgit valleys', '41e7e3e13a89d61f3036', 0, 5, 'gilgit glacier say valley warn');
INSERT INTO variant (id, story_id, headline, fingerprint, truncated, item_id, terms) VALUES (9, 9, 'Second report on wheat in Punjab', '009d5eeb0de2f6379d07', 0, 2, 'punjab say second wheat');
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (1, 1, 'guid:1', '1', 'https://news.example/1', 'https://news.example/1', 'First report from the harbour of Gwadar', '', '', '', 'bases', '', '', '[]', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01T12:00:00Z', NULL, 'f2ddc0123330955bc06b6dcf27987d3f', 5, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (10, 3, 'guid:same https://news.example/dam', 'same', 'https://news.example/dam', 'https://news.example/dam', 'Dam report is late again', '', '', '', 'one id', '', '', '[]', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z', '2026-03-01T12:00:00Z', NULL, 'a1ae5a1b423f59be884bf501a31ffa16', 10, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (11, 4, 'url:https://n.example/map', NULL, 'https://n.example/map', 'https://n.example/map', 'Report on Map> speed', '', '', '', 'brackets', '', '', '[]', '2025-08-12T10:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, '29ba51a50857db27f34e05764ca40832', 2, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (12, 4, 'text:42b87d952ac70308d652aac0b09a7fd4', NULL, NULL, NULL, 'Compiler report on std::vector', '', '', '', 'brackets', '', '', '[]', NULL, NULL, '2026-03-01T12:00:00Z', NULL, '6071f5591d98aaf8a01b166786c0cdb2', 17, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (13, 4, 'text:754dcf908481ad07d9bd4fd8f15407f7', NULL, NULL, NULL, 'Mail report', 'Said at noon', 'Said  at noon', '', 'brackets', '', '', '[]', NULL, NULL, '2026-03-01T12:00:00Z', NULL, '6f423a15b97bd674e8411c8a02f069cf', 18, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (14, 4, 'text:a04c9f429dd99827d5c0a36e8d44588c', NULL, NULL, NULL, 'Browser report: the element', '', '', '', 'brackets', '', '', '[]', NULL, NULL, '2026-03-01T12:00:00Z', NULL, '04d3d400060f81072d4758881ead0581', 19, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (15, 5, 'url:https://n.example/doha', NULL, 'https://n.example/doha', 'https://n.example/doha', 'Summit report from Doha', 'Delegates at the long table wait for the second report of the day, in a picture of March.', '', '', 'captions', '', '', '[]', '2025-08-12T10:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, '82756078ab3e8e55260e092939fba421', 1, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (16, 5, 'url:https://n.example/sindh', NULL, 'https://n.example/sindh', 'https://n.example/sindh', 'Flood report for Sindh', 'Delegates at the long table wait for the second report of the day, in a picture of March.', '', '', 'captions', '', '', '[]', '2025-08-12T10:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, '239a2500e164a892a9835b4ace827f7e', 4, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (17, 6, 'url:https://n.example/rohri', NULL, 'https://n.example/rohri', 'https://n.example/rohri', 'Train report from Rohri', 'Look here.', '<p>Look <a rel="noopener noreferrer nofollow">here</a>.</p>', '', 'links in texts', '', '', '[]', '2025-08-12T10:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, '4b17c4f70d4ec490c82619dfb50e31d5', 3, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (18, 7, 'guid:a', 'a', NULL, NULL, 'Type report: Option explained', 'How T works', 'How &lt;i&gt;T&lt;/i&gt; works', '', 'text', '', '', '[]', '2026-03-01T01:00:00Z', NULL, '2026-03-01T12:00:00Z', NULL, 'e76226d1d82868fcb1d300647f7a86ba', 6, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (19, 7, 'text:23ad16b57d47ebc26b7417fc72c26150', NULL, NULL, NULL, 'A short report on brackets, without a title', 'A short report on brackets, without a title', 'A short report on &lt;angle&gt; brackets, without a title', '', 'text', '', '', '[]', NULL, NULL, '2026-03-01T12:00:00Z', NULL, 'f2d7757515b3b86f033be3dfe22c9033', 16, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (2, 1, 'guid:https://base.example/2026/2', 'https://base.example/2026/2', 'https://base.example/2026/2', 'https://base.example/2026/2', 'Second report on wheat in Punjab', '', '', '', 'bases', '', '', '[]', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z', '2026-03-01T12:00:00Z', NULL, 'b46cce4c159719491ba12f52838bd90b', 9, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (20, 8, 'guid:1', '1', 'https://news.example/1', 'https://news.example/1', 'First report from the harbour of Gwadar', '', '', '', 'broken', '', '', '[]', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01T12:00:00Z', NULL, 'eb522a7d7c1ef59d182028249eb38754', 5, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (21, 8, 'guid:https://broken.example/2026/2', 'https://broken.example/2026/2', 'https://broken.example/2026/2', 'https://broken.example/2026/2', 'Second report on wheat in Punjab', '', '', '', 'broken', '', '', '[]', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z', '2026-03-01T12:00:00Z', NULL, '1322f73260f50ad7286f9dc7e32350e5', 9, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (22, 8, 'guid:https://broken.example/2026/3', 'https://broken.example/2026/3', 'https://broken.example/2026/3', 'https://broken.example/2026/3', 'Third report about schools in Lahore', '', '', '', 'broken', '', '', '[]', '2026-03-01T03:00:00Z', '2026-03-01T03:00:00Z', '2026-03-01T12:00:00Z', NULL, 'afb995f31ac3f476de78862ac5edcd14', 12, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (23, 8, 'guid:https://broken.example/2026/x/4', 'https://broken.example/2026/x/4', 'https://broken.example/2026/4', 'https://broken.example/2026/4', 'Fourth report: rain closes roads', '', '', '', 'broken', '', '', '[]', '2026-03-01T04:00:00Z', '2026-03-01T04:00:00Z', '2026-03-01T12:00:00Z', NULL, '7da969c0d7393247fcadd1a310bd4764', 14, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (3, 1, 'guid:https://base.example/2026/3', 'https://base.example/2026/3', 'https://base.example/2026/3', 'https://base.example/2026/3', 'Third report about schools in Lahore', '', '', '', 'bases', '', '', '[]', '2026-03-01T03:00:00Z', '2026-03-01T03:00:00Z', '2026-03-01T12:00:00Z', NULL, 'cb70c9b17165f6ca2ddaedd76f4a958a', 12, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (4, 1, 'guid:https://base.example/2026/x/4', 'https://base.example/2026/x/4', 'https://base.example/2026/4', 'https://base.example/2026/4', 'Fourth report: rain closes roads', '', '', '', 'bases', '', '', '[]', '2026-03-01T04:00:00Z', '2026-03-01T04:00:00Z', '2026-03-01T12:00:00Z', NULL, '14acdf594d194de415113c9a6661e9a4', 14, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (5, 2, 'url:https://news.example/glacier', NULL, 'https://news.example/glacier', 'https://news.example/glacier', 'Glacier report warns Gilgit valleys', '', '', '', 'no ids', '', '', '[]', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01T12:00:00Z', NULL, 'bb95d62b1825dd17ad652af0a2d3a1e9', 8, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (6, 2, 'url:https://news.example/hospital', NULL, 'https://news.example/hospital', 'https://news.example/hospital', 'Hospital report from Multan delayed', '', '', '', 'no ids', '', '', '[]', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z', '2026-03-01T12:00:00Z', NULL, '53bb03169e79fe98665b67bc2055b9b9', 11, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (7, 2, 'url:https://base.example/2026/cricket', NULL, 'https://base.example/2026/cricket', 'https://base.example/2026/cricket', 'Cricket board report leaked in Dubai', '', '', '', 'no ids', '', '', '[]', '2026-03-01T03:00:00Z', '2026-03-01T03:00:00Z', '2026-03-01T12:00:00Z', NULL, '60cf7212b876e4a1ac3046870d161604', 13, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (8, 2, 'url:https://base.example/2026/telecom', NULL, 'https://base.example/2026/telecom', 'https://base.example/2026/telecom', 'Telecom report counts masts in Quetta', '', '', '', 'no ids', '', '', '[]', '2026-03-01T04:00:00Z', '2026-03-01T04:00:00Z', '2026-03-01T12:00:00Z', NULL, 'e5f06f184bfcf425f7ccf7af01dcfa4c', 15, 0);
INSERT INTO item (id, feed_id, identity, guid, url, canonical_url, headline, summary, summary_html, author, publisher, language, rights, categories, published_at, updated_at, first_seen_at, changed_at, content_hash, variant_id, refresh) VALUES (9, 3, 'guid:same https://news.example/census', 'same', 'https://news.example/census', 'https://news.example/census', 'Census report finds lost village', '', '', '', 'one id', '', '', '[]', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01T12:00:00Z', NULL, 'c70c910b401a6744c4f420edfc4d77d9', 7, 0);
INSERT INTO story_key (key, day, story_id) VALUES ('f:009d5eeb0de2f6379d07', 20513, 9);
INSERT INTO story_key (key, day, story_id) VALUES ('f:01ca87e7597bec2088df', 20513, 10);
INSERT INTO story_key (key, day, story_id) VALUES ('f:0582b8dc7efad1bbc172', 20312, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('f:08a26d5d6065f77e16fe', 20312, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('f:0a5b68d231dd054d2da4', 20513, 19);
INSERT INTO story_key (key, day, story_id) VALUES ('f:11c7f9845fbafa4a177a', 20513, 6);
INSERT INTO story_key (key, day, story_id) VALUES ('f:22d232331b3bdc9283da', 20513, 7);
INSERT INTO story_key (key, day, story_id) VALUES ('f:5bbc60de595f171b32b9', 20513, 12);
INSERT INTO story_key (key, day, story_id) VALUES ('f:85df097b06a132c3bd93', 20513, 18);
INSERT INTO story_key (key, day, story_id) VALUES ('f:a9e511ef538ee2361146', 20312, 4);
INSERT INTO story_key (key, day, story_id) VALUES ('f:b57f00097a5a41767df9', 20513, 11);
INSERT INTO story_key (key, day, story_id) VALUES ('f:c0dc8c6e321614c6e9d0', 20312, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('p:0d61648065da3b28', 20513, 5);
INSERT INTO story_key (key, day, story_id) VALUES ('p:1c61a492c311a901', 20513, 8);
INSERT INTO story_key (key, day, story_id) VALUES ('p:2a890f42d39ba189', 20513, 14);
INSERT INTO story_key (key, day, story_id) VALUES ('p:3221fd93ec215afb', 20513, 13);
INSERT INTO story_key (key, day, story_id) VALUES ('p:496fa1bfb1f65cf3', 20513, 15);
INSERT INTO story_key (key, day, story_id) VALUES ('p:50d0461d1c26faf4', 20513, 17);
INSERT INTO story_key (key, day, story_id) VALUES ('p:997065eee9251942', 20513, 10);
INSERT INTO story_key (key, day, story_id) VALUES ('p:b96dab428307123d', 20513, 12);
INSERT INTO story_key (key, day, story_id) VALUES ('p:c614010f818f787a', 20513, 7);
INSERT INTO story_key (key, day, story_id) VALUES ('p:d7a60a0971dd3cfd', 20513, 9);
INSERT INTO story_key (key, day, story_id) VALUES ('p:dace7e1c61672f7c', 20513, 16);
INSERT INTO story_key (key, day, story_id) VALUES ('p:f5b72111842ebdb7', 20513, 11);
INSERT INTO story_key (key, day, story_id) VALUES ('t:board', 20513, 13);
INSERT INTO story_key (key, day, story_id) VALUES ('t:bracket', 20513, 16);
INSERT INTO story_key (key, day, story_id) VALUES ('t:browser', 20513, 19);
INSERT INTO story_key (key, day, story_id) VALUES ('t:census', 20513, 7);
INSERT INTO story_key (key, day, story_id) VALUES ('t:close', 20513, 14);
INSERT INTO story_key (key, day, story_id) VALUES ('t:compiler', 20513, 17);
INSERT INTO story_key (key, day, story_id) VALUES ('t:count', 20513, 15);
INSERT INTO story_key (key, day, story_id) VALUES ('t:cricket', 20513, 13);
INSERT INTO story_key (key, day, story_id) VALUES ('t:dam', 20513, 10);
INSERT INTO story_key (key, day, story_id) VALUES ('t:delay', 20513, 11);
INSERT INTO story_key (key, day, story_id) VALUES ('t:dubai', 20513, 13);
INSERT INTO story_key (key, day, story_id) VALUES ('t:element', 20513, 19);
INSERT INTO story_key (key, day, story_id) VALUES ('t:explain', 20513, 6);
INSERT INTO story_key (key, day, story_id) VALUES ('t:fall', 20513, 7);
INSERT INTO story_key (key, day, story_id) VALUES ('t:first', 20513, 5);
INSERT INTO story_key (key, day, story_id) VALUES ('t:flood', 20312, 4);
INSERT INTO story_key (key, day, story_id) VALUES ('t:fourth', 20513, 14);
INSERT INTO story_key (key, day, story_id) VALUES ('t:gilgit', 20513, 8);
INSERT INTO story_key (key, day, story_id) VALUES ('t:glacier', 20513, 8);
INSERT INTO story_key (key, day, story_id) VALUES ('t:gwadar', 20513, 5);
INSERT INTO story_key (key, day, story_id) VALUES ('t:harbour', 20513, 5);
INSERT INTO story_key (key, day, story_id) VALUES ('t:hospital', 20513, 11);
INSERT INTO story_key (key, day, story_id) VALUES ('t:lahor', 20513, 12);
INSERT INTO story_key (key, day, story_id) VALUES ('t:late', 20513, 10);
INSERT INTO story_key (key, day, story_id) VALUES ('t:leak', 20513, 13);
INSERT INTO story_key (key, day, story_id) VALUES ('t:mail', 20513, 18);
INSERT INTO story_key (key, day, story_id) VALUES ('t:map', 20312, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:mast', 20513, 15);
INSERT INTO story_key (key, day, story_id) VALUES ('t:multan', 20513, 11);
INSERT INTO story_key (key, day, story_id) VALUES ('t:option', 20513, 6);
INSERT INTO story_key (key, day, story_id) VALUES ('t:punjab', 20513, 9);
INSERT INTO story_key (key, day, story_id) VALUES ('t:qatar', 20312, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:quetta', 20513, 15);
INSERT INTO story_key (key, day, story_id) VALUES ('t:rain', 20513, 14);
INSERT INTO story_key (key, day, story_id) VALUES ('t:recover', 20513, 7);
INSERT INTO story_key (key, day, story_id) VALUES ('t:repeat', 20513, 10);
INSERT INTO story_key (key, day, story_id) VALUES ('t:road', 20513, 14);
INSERT INTO story_key (key, day, story_id) VALUES ('t:rohri', 20312, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20312, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20312, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20312, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20312, 4);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 10);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 11);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 12);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 13);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 14);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 15);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 16);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 17);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 18);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 19);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 5);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 6);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 7);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 8);
INSERT INTO story_key (key, day, story_id) VALUES ('t:say', 20513, 9);
INSERT INTO story_key (key, day, story_id) VALUES ('t:school', 20513, 12);
INSERT INTO story_key (key, day, story_id) VALUES ('t:second', 20513, 9);
INSERT INTO story_key (key, day, story_id) VALUES ('t:short', 20513, 16);
INSERT INTO story_key (key, day, story_id) VALUES ('t:sindh', 20312, 4);
INSERT INTO story_key (key, day, story_id) VALUES ('t:speed', 20312, 2);
INSERT INTO story_key (key, day, story_id) VALUES ('t:std', 20513, 17);
INSERT INTO story_key (key, day, story_id) VALUES ('t:talks', 20312, 1);
INSERT INTO story_key (key, day, story_id) VALUES ('t:telecom', 20513, 15);
INSERT INTO story_key (key, day, story_id) VALUES ('t:third', 20513, 12);
INSERT INTO story_key (key, day, story_id) VALUES ('t:titl', 20513, 16);
INSERT INTO story_key (key, day, story_id) VALUES ('t:train', 20312, 3);
INSERT INTO story_key (key, day, story_id) VALUES ('t:type', 20513, 6);
INSERT INTO story_key (key, day, story_id) VALUES ('t:valley', 20513, 8);
INSERT INTO story_key (key, day, story_id) VALUES ('t:vector', 20513, 17);
INSERT INTO story_key (key, day, story_id) VALUES ('t:villag', 20513, 7);
INSERT INTO story_key (key, day, story_id) VALUES ('t:warn', 20513, 8);
INSERT INTO story_key (key, day, story_id) VALUES ('t:wheat', 20513, 9);
INSERT INTO story_key (key, day, story_id) VALUES ('t:without', 20513, 16);
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (1, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 0.5, "rules": ["rule 1"]}, {"term": "report", "field": "summary", "weight": 0.5, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (10, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (11, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (12, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (13, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (14, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (15, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (16, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 0.5, "rules": ["rule 1"]}, {"term": "report", "field": "summary", "weight": 0.5, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (17, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (18, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (19, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (2, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (3, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (4, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 0.5, "rules": ["rule 1"]}, {"term": "report", "field": "summary", "weight": 0.5, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (5, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (6, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (7, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (8, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash, decided_at) VALUES (9, 'news', 1, 1.0, 1.0, '[{"term": "report", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}]', '6b8c356bad9e6100', '2026-03-01T12:00:00Z');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 1, 'Summit report from Doha', 'https://n.example/doha', 15, 'Summit report from Doha', 0, 'Delegates at the long table wait for the second report of the day, in a picture of March.', '2025-08-12T10:00:00Z', '2025-08-12T10:00:00Z', '2025-08-12', '72466cecd5d2f114a2d4ae850e32577f', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 10, 'Dam report is late again', 'https://news.example/dam', 10, 'Dam report is late again', 0, '', '2026-03-01T02:00:00Z', '2026-03-01T02:00:01Z', '2026-03-01', '85d53608bb54bc863735057d93b95654', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 11, 'Hospital report from Multan delayed', 'https://news.example/hospital', 6, 'Hospital report from Multan delayed', 0, '', '2026-03-01T02:00:00Z', '2026-03-01T02:00:02Z', '2026-03-01', '0ddedf2bec62772aec8d076b126ef421', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 12, 'Third report about schools in Lahore', 'https://base.example/2026/3', 3, 'Third report about schools in Lahore', 0, '', '2026-03-01T03:00:00Z', '2026-03-01T03:00:00Z', '2026-03-01', '693d47e5dda0eadc8c1d315260c1e900', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 13, 'Cricket board report leaked in Dubai', 'https://base.example/2026/cricket', 7, 'Cricket board report leaked in Dubai', 0, '', '2026-03-01T03:00:00Z', '2026-03-01T03:00:01Z', '2026-03-01', 'e512bb9bfc5d598cf8e12c438289f98d', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 14, 'Fourth report: rain closes roads', 'https://base.example/2026/4', 4, 'Fourth report: rain closes roads', 0, '', '2026-03-01T04:00:00Z', '2026-03-01T04:00:00Z', '2026-03-01', '1993c3ad12e82392a25242925f446cb0', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 15, 'Telecom report counts masts in Quetta', 'https://base.example/2026/telecom', 8, 'Telecom report counts masts in Quetta', 0, '', '2026-03-01T04:00:00Z', '2026-03-01T04:00:01Z', '2026-03-01', 'ff3d0eaa436ab2dc53b5d9fa1df804e6', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 16, 'A short report on brackets, without a title', NULL, 19, 'A short report on brackets, without a title', 0, 'A short report on brackets, without a title', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-03-01', '98d7f1eeb0c4930ef1da5dbacaae3458', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 17, 'Compiler report on std::vector', NULL, 12, 'Compiler report on std::vector', 0, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:01Z', '2026-03-01', 'd6d32139abcab3cf503e3c9713c59908', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 18, 'Mail report', NULL, 13, 'Mail report', 0, 'Said at noon', '2026-03-01T12:00:00Z', '2026-03-01T12:00:02Z', '2026-03-01', '175b7744f894270e7af23c8e47282e5e', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 19, 'Browser report: the element', NULL, 14, 'Browser report: the element', 0, '', '2026-03-01T12:00:00Z', '2026-03-01T12:00:03Z', '2026-03-01', 'cbcb4920a56e9b3d5304e4ae760fa5ca', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 2, 'Report on Map> speed', 'https://n.example/map', 11, 'Report on Map> speed', 0, '', '2025-08-12T10:00:00Z', '2025-08-12T10:00:01Z', '2025-08-12', '5163ded6bba2dccd5bd6230ad972d237', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 3, 'Train report from Rohri', 'https://n.example/rohri', 17, 'Train report from Rohri', 0, 'Look here.', '2025-08-12T10:00:00Z', '2025-08-12T10:00:02Z', '2025-08-12', '5af87f946290aa4ee7244f6ac1508cde', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 4, 'Flood report for Sindh', 'https://n.example/sindh', 16, 'Flood report for Sindh', 0, 'Delegates at the long table wait for the second report of the day, in a picture of March.', '2025-08-12T10:00:00Z', '2025-08-12T10:00:03Z', '2025-08-12', '9f8e9572ea92d814374ce91c85f8360d', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 5, 'First report from the harbour of Gwadar', 'https://news.example/1', 1, 'First report from the harbour of Gwadar', 0, '', '2026-03-01T01:00:00Z', '2026-03-01T01:00:00Z', '2026-03-01', '99c2cbd34b41adea49cd134a5a0913cb', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 6, 'Type report: Option explained', NULL, 18, 'Type report: Option explained', 0, 'How T works', '2026-03-01T01:00:00Z', '2026-03-01T01:00:01Z', '2026-03-01', 'af7210ab05f54ba6fa1905402fe70750', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 7, 'Census report finds lost village', 'https://news.example/census', 9, 'Census report finds lost village', 0, '', '2026-03-01T01:00:00Z', '2026-03-01T01:00:02Z', '2026-03-01', 'fb85b0025e4bd54722d0d7f133e513cc', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 8, 'Glacier report warns Gilgit valleys', 'https://news.example/glacier', 5, 'Glacier report warns Gilgit valleys', 0, '', '2026-03-01T01:00:00Z', '2026-03-01T01:00:03Z', '2026-03-01', '67f6c0a37c2defd634080562f2521ebc', '');
INSERT INTO published (topic, story_id, headline, url, lead_item_id, lead_headline, truncated, summary, published_at, updated_at, digest_day, content_hash, withdrawn) VALUES ('news', 9, 'Second report on wheat in Punjab', 'https://base.example/2026/2', 2, 'Second report on wheat in Punjab', 0, '', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00Z', '2026-03-01', '843b7d59e3256bd4682122857aeccc65', '');
INSERT INTO topic_state (topic, wanted_rev, written_rev, announced_rev, written_hash, digest_closed, failures, next_try_at, hub_failures, hub_next_try_at) VALUES ('news', 1, 1, 0, '2d0921453cca1d8fe7f918c47e6f1643', '2026-02-28', 0, NULL, 0, NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (1, 'guid:1', 'f963c45467418974e31a9eef24e152d4', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (1, 'guid:https://base.example/2026/2', 'ddd6b303f493b3d0ec0b52897ef99128', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (1, 'guid:https://base.example/2026/3', '268468beb2209612023066e7c8abcabd', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (1, 'guid:https://base.example/2026/x/4', '6759a2de8b59ecfcf995041f3a816c9b', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (2, 'url:https://base.example/2026/cricket', '9cde55c47861b2037df31ff09ff90eae', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (2, 'url:https://base.example/2026/telecom', '01b2682323ff7426963654578708fff5', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (2, 'url:https://news.example/glacier', 'd66d5d68a7e4c552c16bcdd1759ca15b', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (2, 'url:https://news.example/hospital', '2c221535d5c0dcd0f8e789cdb0cedfe3', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (3, 'guid:same https://news.example/census', '1453d0507952cfb7594a6437f6403e05', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (3, 'guid:same https://news.example/dam', '191534b7266ddbe5e360ac07771b8df7', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (4, 'text:42b87d952ac70308d652aac0b09a7fd4', '8e8fac9ef0370f5b61e36025ca761519', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (4, 'text:754dcf908481ad07d9bd4fd8f15407f7', '640045344f16214ad5a60f024ee1e212', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (4, 'text:a04c9f429dd99827d5c0a36e8d44588c', 'a86ab5f32c125e37d99337594ab6168c', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (4, 'url:https://n.example/map', '790cf863b6be2251efe3dc9d472f3d3c', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (5, 'url:https://n.example/doha', 'a4380c8246b80037d15d36752adbd9f7', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (5, 'url:https://n.example/sindh', 'f81ecf7e9899e83599b7f27223872354', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (6, 'url:https://n.example/rohri', '9e96b649d7a4a9dcb9b5fecae816f1f8', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (7, 'guid:a', 'e7247205d271f301a45aa5ab2f7f37a3', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (7, 'text:23ad16b57d47ebc26b7417fc72c26150', '479b16215c3df5ea37adedcdae2480e4', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (8, 'guid:1', '', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (8, 'guid:https://broken.example/2026/2', '', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (8, 'guid:https://broken.example/2026/3', '', NULL);
INSERT INTO seen (feed_id, identity, raw_hash, left_at) VALUES (8, 'guid:https://broken.example/2026/x/4', '', NULL);
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (1, 1, '2026-03-01T12:00:00Z', 'fetched', 200, 4, 4, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (2, 2, '2026-03-01T12:00:00Z', 'fetched', 200, 4, 4, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (3, 3, '2026-03-01T12:00:00Z', 'fetched', 200, 2, 2, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (4, 4, '2026-03-01T12:00:00Z', 'fetched', 200, 4, 4, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (5, 5, '2026-03-01T12:00:00Z', 'fetched', 200, 2, 2, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (6, 6, '2026-03-01T12:00:00Z', 'fetched', 200, 1, 1, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (7, 7, '2026-03-01T12:00:00Z', 'fetched', 200, 2, 2, 100, 5, '', '');
INSERT INTO poll (id, feed_id, started_at, outcome, http_status, items, items_new, bytes, ms, error_kind, error) VALUES (8, 8, '2026-03-01T12:00:00Z', 'fetched', 200, 4, 4, 100, 5, '', '');
INSERT INTO setting (key, value) VALUES ('tag_authority', 'news.example.org,2026-03-01');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (1, 5, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (10, 10, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (11, 2, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (12, 17, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (13, 18, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (14, 19, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (15, 1, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (16, 4, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (17, 3, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (18, 6, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (19, 16, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (2, 9, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (20, 5, 1, 0, 'exact', 1.0, 'the same words as “First report from the harbour of Gwadar”', '{"item": 1, "agreeing": 1, "compared": 1}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (21, 9, 1, 0, 'exact', 1.0, 'the same words as “Second report on wheat in Punjab”', '{"item": 2, "agreeing": 1, "compared": 1}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (22, 12, 1, 0, 'exact', 1.0, 'the same words as “Third report about schools in Lahore”', '{"item": 3, "agreeing": 1, "compared": 1}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (23, 14, 1, 0, 'exact', 1.0, 'the same words as “Fourth report: rain closes roads”', '{"item": 4, "agreeing": 1, "compared": 1}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (3, 12, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (4, 14, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (5, 8, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (6, 11, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (7, 13, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (8, 15, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
INSERT INTO evidence (item_id, story_id, chosen, related, rule, score, detail, signals, vetoes, decided_at) VALUES (9, 7, 1, 0, 'new', 0.0, 'no story in the window is similar enough', '{}', '[]', '2026-03-01T12:00:00Z');
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
CREATE INDEX correction_a ON correction(item_a);
CREATE INDEX correction_b ON correction(item_b);
CREATE INDEX poll_feed ON poll(feed_id, started_at);
CREATE INDEX poll_started ON poll(started_at);
CREATE INDEX feed_next_poll ON feed(next_poll_at);
CREATE INDEX outbox_open ON outbox(next_try_at) WHERE done_at IS NULL;
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
