"""The schema as one readable file: `python -m tests.schemas.snapshot > db/schema.sql`."""

from __future__ import annotations

import sys
from textwrap import dedent

from aggregator.storage.store import Store, open_store

HEAD = """\
-- The schema of the database, as all migrations together make it.
-- Generated (python -m tests.schemas.snapshot); a test compares it.
"""


def schema_sql(store: Store) -> str:
    """All statements that make the schema, tables first, each with its indexes and triggers."""
    rows = store.rows(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND tbl_name NOT IN ('_sqlite_migrations', 'sqlite_sequence')"
        " AND (type = 'trigger' OR name NOT LIKE 'item_fts\\_%' ESCAPE '\\')"
        " ORDER BY type = 'view', tbl_name, type <> 'table', type, name"
    )
    return HEAD + "".join(f"\n{_tidy(row[0])};\n" for row in rows)


def _tidy(sql: str) -> str:
    """SQLite keeps a statement as it was written, but for the white space before it."""
    lines = dedent(f"    {sql}").strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    sys.stdout.write(schema_sql(open_store(None)))
