"""The database file: opened safely, never somebody else's, migrated once."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import Struct

from aggregator.errors import BadRow, SchemaTooNew, StoreBusy, StoreError, WrongDatabase
from aggregator.storage import store as store_module
from aggregator.storage.migrations import migrations
from aggregator.storage.store import migrate, open_store
from aggregator.storage.thread import StoreThread
from aggregator.times import to_text
from tests.schemas.snapshot import schema_sql

ROOT = Path(__file__).parents[2]


def test_the_schema_file_is_what_the_migrations_make() -> None:
    with open_store(None) as store:
        assert (ROOT / "db" / "schema.sql").read_text() == schema_sql(store), (
            "run python -m tests.schemas.snapshot > db/schema.sql"
        )


def test_the_schema_file_alone_makes_the_same_database() -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript((ROOT / "db" / "schema.sql").read_text())
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}

    assert {"item", "story", "item_fts", "stories_view", "item_fts_insert"} <= tables


def test_the_guarantees_are_switched_on(tmp_path: Path) -> None:
    with open_store(tmp_path / "new" / "a.db") as store:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [store.value(f"PRAGMA {name}") for name in pragmas]

    assert found == ["wal", 2, 1, 5000]


def test_a_second_opening_migrates_nothing(tmp_path: Path) -> None:
    open_store(tmp_path / "a.db").close()

    with open_store(tmp_path / "a.db") as store:
        assert migrate(store) == []


def test_many_processes_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from aggregator.storage.store import open_store;"
        "sys.stdin.readline(); open_store(Path(sys.argv[1])).close()"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "a.db")],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]

    said = [child.communicate(b"\n")[1] for child in children]

    assert [child.returncode for child in children] == [0] * 4, said


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        db.execute("CREATE TABLE theirs (x)")

    with pytest.raises(WrongDatabase, match="another program"):
        open_store(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "delete"


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("some notes of mine, long enough to have a header" * 10)
    before = (tmp_path / "a.db").read_bytes()

    with pytest.raises(WrongDatabase, match="not an SQLite database"):
        open_store(tmp_path / "a.db")
    assert (tmp_path / "a.db").read_bytes() == before


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as store:
        store.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " VALUES ('aggregator', 'm9999_future', '')"
        )

    for read_only in (False, True):
        with pytest.raises(SchemaTooNew, match="m9999_future"):
            open_store(tmp_path / "a.db", read_only=read_only)


def test_a_database_of_an_older_release_is_not_read_as_if_it_were_new(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as store:
        store.execute("DELETE FROM _sqlite_migrations")

    with pytest.raises(StoreError, match="db migrate"):
        open_store(tmp_path / "a.db", read_only=True)


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        db.execute(f"PRAGMA application_id={store_module.APPLICATION_ID}")
        db.execute("CREATE TABLE story (id)")

    with pytest.raises(StoreError, match="story"):
        open_store(tmp_path / "a.db")
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master")]
    assert "feed" not in tables


def test_the_store_knows_the_names_of_all_migrations() -> None:
    assert tuple(one.name for one in migrations._migrations) == store_module.SCHEMA


def test_broken_references_stop_a_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(tmp_path / "a.db") as store:
        store.execute("PRAGMA foreign_keys=OFF")
        store.execute("INSERT INTO seen (feed_id, identity, raw_hash) VALUES (7, '', '')")

        def m9998_nothing(_: object) -> None:
            """Changes nothing."""

        migrations()(m9998_nothing)
        monkeypatch.setattr(store_module, "SCHEMA", (*store_module.SCHEMA, "m9998_nothing"))
        try:
            with pytest.raises(StoreError, match="1 broken references"):
                migrate(store)
        finally:
            migrations._migrations.pop()


def test_reading_needs_a_database_that_is_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="aggregator fetch"):
        open_store(tmp_path / "none.db", read_only=True)


def test_a_read_only_store_cannot_write(tmp_path: Path) -> None:
    open_store(tmp_path / "a.db").close()

    with (
        open_store(tmp_path / "a.db", read_only=True) as store,
        pytest.raises(StoreError, match="cannot be written"),
    ):
        store.execute("DELETE FROM item")


def test_a_path_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="check"):
        open_store(tmp_path / "file" / "a.db")
    with pytest.raises(StoreError, match="no regular file"):
        open_store(tmp_path)


def test_a_damaged_database_is_told_with_what_to_do(tmp_path: Path) -> None:
    with open_store(tmp_path / "a.db") as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray((tmp_path / "a.db").read_bytes())
    data[200:4096] = b"\xff" * 3896
    (tmp_path / "a.db").write_bytes(data)

    with pytest.raises(StoreError, match="restore a backup"):
        open_store(tmp_path / "a.db")


def test_a_database_that_stays_locked_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_MS", 50)
    with (
        open_store(tmp_path / "a.db") as one,
        open_store(tmp_path / "a.db") as two,
    ):
        one.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreBusy, match="locked"), two.transaction():
            pass


@pytest.mark.parametrize("lock", ["EXCLUSIVE", "IMMEDIATE"])
def test_a_new_file_that_stays_locked_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str
) -> None:
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_MS", 50)
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute(f"BEGIN {lock}")

        with pytest.raises(StoreBusy, match="locked"):
            open_store(tmp_path / "a.db")


def note(store: store_module.Store, key: str, *, then: str = "") -> None:
    with store.transaction():
        store.execute("INSERT INTO setting VALUES (?, '1')", (key,))
        if then:
            raise RuntimeError(then)


def test_a_transaction_is_all_or_nothing() -> None:
    with open_store(None) as store:
        with pytest.raises(RuntimeError):
            note(store, "a", then="fail")
        with store.transaction():
            note(store, "b")
            with pytest.raises(RuntimeError):
                note(store, "c", then="fail")
            note(store, "d")

        rows = store.rows("SELECT key FROM setting ORDER BY key")
        assert [row[0] for row in rows] == ["b", "d"]


@pytest.mark.parametrize("value", ["\ud800", 2**70, None, object()])
def test_a_value_that_sqlite_refuses_is_a_bad_row(value: object) -> None:
    with open_store(None) as store:
        with pytest.raises(BadRow):
            store.execute("INSERT INTO setting VALUES ('a', ?)", (value,))
        with pytest.raises(BadRow):
            store.executemany("INSERT INTO setting VALUES ('a', ?)", [(value,)])


class Kept(Struct):
    """A row of the test below."""

    text: str | None
    at: datetime | None
    is_set: bool
    words: tuple[str, ...]


def test_rows_come_as_structs_by_the_names_of_their_columns() -> None:
    sql = "SELECT ? AS text, ? AS at, ? AS is_set, ? AS words, 1 AS unknown"
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)

    with open_store(None) as store:
        full = store.structs(Kept, sql, ("null", to_text(at), 1, '["a"]'), in_json=("words",))
        bare = store.structs(Kept, sql, (None, None, 0, "[]"), in_json=("words",))

    assert full == (Kept("null", at, True, ("a",)),)
    assert bare == (Kept(None, None, False, ()),)


def test_a_setting_is_kept_until_it_is_replaced_or_removed() -> None:
    with open_store(None) as store:
        found = [store.setting("key")]
        for value in ("1", "2", None):
            store.set_setting("key", value)
            found.append(store.setting("key"))

    assert found == [None, "1", "2", None]


def test_a_store_is_closed_at_the_end_of_its_block() -> None:
    with open_store(None) as store:
        store.value("SELECT 1")

    with pytest.raises(StoreError):
        store.value("SELECT 1")


def test_the_store_thread_runs_functions_one_after_another(tmp_path: Path) -> None:
    import asyncio

    threads: list[str] = []

    def count(store: store_module.Store, table: str, *, plus: int) -> int:
        threads.append(threading.current_thread().name)
        return int(store.value(f"SELECT count(*) FROM {table}")) + plus

    async def use() -> list[int]:
        thread = StoreThread(tmp_path / "a.db")
        try:
            return list(await asyncio.gather(
                *(thread.run(count, "feed", plus=number) for number in range(3))
            ))  # fmt: skip
        finally:
            thread.close()

    assert asyncio.run(use()) == [0, 1, 2]
    assert len(set(threads)) == 1
    assert threads[0].startswith("store")


def _moved_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def _restored(path: Path) -> None:
    copy = path.with_name("backup.db")
    shutil.copy(path, copy)
    copy.replace(path)


def _made_anew(path: Path) -> None:
    path.rename(path.with_name("old.db"))
    open_store(path).close()


@pytest.mark.parametrize(
    ("displace", "is_in_place"),
    [
        (Path.unlink, False),
        (lambda path: path.rename(path.with_name("old.db")), False),
        (_moved_folder, False),
        (_restored, False),
        (_made_anew, False),
        (lambda path: path.chmod(0o400), True),
        (lambda path: path.touch(), True),
    ],
    ids=["removed", "renamed", "folder", "restored", "made-anew", "read-only", "touched"],
)
def test_a_file_that_is_taken_away_is_noticed(
    tmp_path: Path, displace: Callable[[Path], None], *, is_in_place: bool
) -> None:
    path = tmp_path / "db" / "news.db"
    with open_store(path) as store:
        assert store.is_in_place()

        displace(path)

        assert store.is_in_place() == is_in_place


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("make", ["device", "pipe", "socket"])
def test_what_is_no_regular_file_is_no_database(
    tmp_path: Path, make: str, *, read_only: bool
) -> None:
    path = tmp_path / "news.db"
    if make == "device":
        path = Path("/dev/zero")
    elif make == "pipe":
        os.mkfifo(path)
    else:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))

    with pytest.raises(WrongDatabase, match=f"{path}: no regular file"):
        open_store(path, read_only=read_only)


def test_an_empty_file_is_told_as_that(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    path.touch()

    with pytest.raises(StoreError, match="empty, no database yet; run 'aggregator fetch'"):
        open_store(path, read_only=True)


@pytest.mark.parametrize(
    ("sql", "value", "words"),
    [
        ("SELECT 1 WHERE ? = 1", 2**70, "no row can hold a number beyond 64 bits"),
        ("SELECT 1 WHERE ? = 1", -(2**63) - 1, "no row can hold a number beyond 64 bits"),
        ("SELECT 1 WHERE ? = 'a'", "\ud800", "no row can hold half a character"),
        ("INSERT INTO outbox(target) VALUES (?)", "a", "no row can hold this value"),
    ],
    ids=["large", "small", "surrogate", "null"],
)
def test_the_drivers_own_words_are_not_what_a_user_reads(
    sql: str, value: object, words: str
) -> None:
    with open_store(None) as store, pytest.raises(BadRow, match=words):
        store.execute(sql, (value,))


def test_a_folder_that_is_none_is_told_in_the_systems_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / "file" / "a.db")

    assert str(caught.value).partition("a.db: ")[2] == (
        "cannot be opened (File exists); check the rights of the file and its folder"
    )
