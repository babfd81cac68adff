"""Writes a small database of today's schema as SQL: what a later release must be able to open.

    python -m tests.schemas.write

To be run before a migration is added, never for a schema that was released: `NAME.sql` stands for
the databases of those who have not upgraded. Every table has a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aggregator.ingest import corrections
from aggregator.storage import outbox
from aggregator.storage.store import APPLICATION_ID, SCHEMA, Store, open_store
from tests.newsroom import BLAST, NOW, TALKS, WEATHER, Newsroom, make_item, make_rules

FOLDER = Path(__file__).parent
AT = "2026-03-01T12:00:00Z"
AGAIN = f"{BLAST} - Geo"
REST = f"""
INSERT INTO headline_change SELECT 1, id, 'Blast', '{AT}' FROM item WHERE identity = 'a';
INSERT INTO alias SELECT feed_id, 'a2', id FROM item WHERE identity = 'a';
INSERT INTO earlier SELECT 1, id, 'text', 'hash' FROM item WHERE identity = 'a';
INSERT INTO revision SELECT id, 'edit', NULL, '["the same page"]', '{AT}' FROM item
  WHERE identity = 'a';
INSERT INTO host VALUES ('dawn.example', '{AT}', NULL);
INSERT INTO hub_lease VALUES (1, 'https://hub.example/', 'https://dawn.example/feed', 'callback',
  'secret', 'active', '2026-03-11T12:00:00Z', NULL, NULL, 0);
INSERT INTO setting VALUES ('authority', 'news.example.org,2026-03-01');
INSERT INTO listed_feed VALUES (1, 0, 'https://dawn.example/feed', 'Dawn', '["Papers"]');
INSERT INTO model_score SELECT min(id), max(id), NULL FROM item;
INSERT INTO withdrawn_source VALUES (3, '{AT}');
INSERT INTO entry_related VALUES (1, 'news', 0, 2);
INSERT INTO mail(mailing, topic, first_day, last_day, reader, message_id, queued_at)
  VALUES ('desk', 'news', '2026-03-01', '2026-03-01', 'hash', '<1@news.example.org>', '{AT}');
"""


def fill(store: Store) -> None:
    """Two stories, one of two wordings, published, corrected and told; and all that goes along."""
    room = Newsroom(store, rules=make_rules(term="bomb"))
    room.poll("dawn", make_item(BLAST, identity="a"), make_item(TALKS, identity="t"))
    room.poll("geo", make_item(AGAIN, identity="b"))
    room.poll("wire", make_item(WEATHER, identity="w"))
    room.match()
    room.publish(room.story("a"))
    corrections.hide(store, story=room.story("w"), now=NOW)
    outbox.enqueue(store, target="desk/news", story_id=1, change_no=1, body="{}")
    outbox.enqueue(store, target="desk/", feed_id=2, change_no=0, body="{}")
    store.connection.executescript(REST)


def dump(store: Store) -> Iterator[str]:
    """Statements that make the database again: tables, rows, then what watches over rows."""
    yield f"PRAGMA application_id={APPLICATION_ID}"
    schema = store.rows(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " AND (type = 'trigger' OR name NOT LIKE 'item_fts\\_%' ESCAPE '\\') ORDER BY rowid"
    )
    yield from (sql for kind, _, sql in schema if kind == "table")
    for kind, name, _ in schema:
        if kind == "table" and name != "item_fts":
            yield from _rows(store, name)
    yield "INSERT INTO item_fts(item_fts) VALUES ('rebuild')"
    yield from (sql for kind, _, sql in schema if kind != "table")


def _rows(store: Store, table: str) -> Iterator[str]:
    columns = [row["name"] for row in store.rows(f"PRAGMA table_info({table})")]
    quoted = " || ', ' || ".join(f"quote({column})" for column in columns)
    for row in store.rows(f"SELECT {quoted} FROM {table} ORDER BY 1"):
        yield f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({row[0]})"


def main() -> None:
    """Writes the file of the newest schema."""
    with open_store(None) as store:
        fill(store)
        store.execute("UPDATE _sqlite_migrations SET applied_at = ?", (AT,))
        text = "".join(f"{statement};\n" for statement in dump(store))
    (FOLDER / f"{SCHEMA[-1]}.sql").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
