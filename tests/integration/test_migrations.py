"""Databases of every released schema, from files, and what a next migration may rely on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlite_utils import Database

from aggregator.errors import StoreError
from aggregator.storage import maintenance
from aggregator.storage import store as store_module
from aggregator.storage.migrations import migrations
from aggregator.storage.search import search
from aggregator.storage.store import SCHEMA, open_store
from tests.newsroom import BLAST, Newsroom, make_item
from tests.schemas.snapshot import schema_sql
from tests.schemas.write import AGAIN, FOLDER

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=SCHEMA)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database of one schema, as it was when that one was the newest."""
    script = FOLDER / f"{request.param}.sql"
    assert script.exists(), "run python -m tests.schemas.write before a migration is added"
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script.read_text(encoding="utf-8"))
    return path


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, in order."""
    with closing(sqlite3.connect(path)) as database:
        names = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND name NOT LIKE 'item_fts%' AND name NOT LIKE '_sqlite_%'"
        )]  # fmt: skip
        return {
            name: sorted(database.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for name in names
        }


def test_a_database_of_every_schema_is_brought_up_with_all_its_rows(old: Path) -> None:
    before = rows_of(old)
    with open_store(old) as store:
        found = maintenance.check(store)
        schema = schema_sql(store)
        hits = [hit.headline for hit in search(store, "bomb").hits]
        room = Newsroom(store)
        room.poll("wire", make_item(f"{BLAST} - Wire", identity="c"))
        room.match()
        joined = room.stories()[room.story("a")]
    after = rows_of(old)

    assert all(before.values()), "a table without a row proves nothing"
    assert found == ()
    assert schema == (ROOT / "db" / "schema.sql").read_text()
    assert hits in ([BLAST], [AGAIN])  # one story
    assert joined == {"a", "b", "c"}
    assert set(before) <= set(after)
    ids = [[row[:2] for row in rows["story"]] for rows in (before, after)]
    assert ids[0] == ids[1]
    for table in ("correction", "headline_change", "hub_lease", "published", "setting"):
        assert len(after[table]) >= len(before[table]), table


@pytest.mark.parametrize("name", SCHEMA)
def test_each_file_ends_with_a_whole_statement(name: str) -> None:
    folder = ROOT / "aggregator" / "storage" / "migrations"
    script = (folder / f"{name.partition('_')[0]}.sql").read_text(encoding="utf-8")

    assert sqlite3.complete_statement(script)  # one that is not would be left out without a word


@contextmanager
def next_migration(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Database], None]
) -> Iterator[None]:
    """As if this release had one migration more."""
    migrations(name="m9999_next")(change)
    monkeypatch.setattr(store_module, "SCHEMA", (*SCHEMA, "m9999_next"))
    try:
        yield
    finally:
        migrations._migrations.pop()
        monkeypatch.setattr(store_module, "SCHEMA", SCHEMA)


def test_a_next_migration_changes_tables_that_hold_rows(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(db: Database) -> None:
        db.execute("ALTER TABLE item ADD COLUMN words INTEGER NOT NULL DEFAULT 0")
        db.execute(
            "UPDATE item SET words = 1 + length(headline) - length(replace(headline, ' ', ''))"
        )
        db.execute("CREATE TABLE mood (item_id INTEGER PRIMARY KEY REFERENCES item(id)) STRICT")
        db.execute("INSERT INTO mood SELECT id FROM item")

    open_store(old).close()
    before = rows_of(old)
    with next_migration(monkeypatch, change):
        with pytest.raises(StoreError, match="db migrate"):
            open_store(old, read_only=True)
        with open_store(old) as store:
            found = maintenance.check(store)
    after = rows_of(old)

    assert found == ()
    assert [row[:-1] for row in after["item"]] == before["item"]
    assert all(row[-1] for row in after["item"])
    assert len(after["mood"]) == len(before["item"])
    with pytest.raises(StoreError, match="newer release"):
        open_store(old)


def test_a_next_migration_that_fails_half_way_changes_nothing(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(db: Database) -> None:
        db.execute("ALTER TABLE item ADD COLUMN words INTEGER")
        db.execute("DELETE FROM setting")
        db.execute("INSERT INTO nowhere VALUES (1)")

    open_store(old).close()
    before = rows_of(old)
    with (
        next_migration(monkeypatch, change),
        pytest.raises(StoreError, match="no such table: nowhere"),
    ):
        open_store(old)

    assert rows_of(old) == before
    with open_store(old) as store:
        assert maintenance.check(store) == ()
