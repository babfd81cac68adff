"""The pages about the schema name what is there."""

from __future__ import annotations

from pathlib import Path

import yaml

from aggregator.storage.store import open_store

ROOT = Path(__file__).parents[2]


def tables() -> set[str]:
    with open_store(None) as store:
        rows = store.rows(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
            " AND name NOT LIKE 'item_fts_%' AND name NOT LIKE 'sqlite_%'"
        )
    return {row[0] for row in rows}


def test_every_table_is_explained() -> None:
    page = (ROOT / "docs" / "schema.md").read_text()

    missing = {name for name in tables() - {"_sqlite_migrations"} if f"`{name}`" not in page}

    assert missing == set()


def test_datasette_metadata_names_only_tables_that_exist() -> None:
    metadata = yaml.safe_load((ROOT / "docs" / "metadata.yaml").read_text())

    assert set(metadata["databases"]["aggregator"]["tables"]) <= tables()
