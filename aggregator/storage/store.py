"""The database: opening it safely, transactions, and rows as structs.

One `Store` is one connection and belongs to one thread. The queries are in the other modules of
this package, one module per subject, as functions that take a `Store` first.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from aggregator import memory
from aggregator.errors import BadRow, NoDatabase, SchemaTooNew, StoreBusy, StoreError, WrongDatabase
from aggregator.times import time_text

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x61676772  # "aggr": marks our files among SQLite databases
BUSY_TIMEOUT_MS = 5000
# the migrations of this release, in order: `migrations/m0001.sql` and so on
SCHEMA = (
    "m0001_initial",
    "m0002_terms",
    "m0003_revisions",
    "m0004_core",
    "m0005_feed_alerts",
    "m0006_views",
    "m0007_sources",
    "m0008_media",
    "m0009_entry_related",
    "m0010_lists",
    "m0011_mail",
    "m0012_leases",
)
CHECKPOINT_PAGES = 8_000  # 32 MiB of log, so a page that several commits write is copied once
CACHE_KIB = 4_096  # page cache; more is not faster, because the system caches the file, too

Params = Sequence[Any] | Mapping[str, Any]
T = TypeVar("T", bound=msgspec.Struct)

# How values are bound: times as texts, lists in JSON, for `json_each`.
sqlite3.register_adapter(datetime, time_text)
sqlite3.register_adapter(list, json.dumps)
sqlite3.register_adapter(tuple, json.dumps)

# Besides SQLite's own errors, values can fail in the driver: text with lone surrogates
# (UnicodeEncodeError) and numbers beyond 64 bits (OverflowError).
_REFUSALS = (sqlite3.Error, UnicodeEncodeError, OverflowError)


class Store:
    """One connection, with the pragmas that our guarantees need. Use `with open_store(...)`."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path | None, *, read_only: bool = False
    ) -> None:
        self.connection = connection
        self.path = path
        self.read_only = read_only
        self.migrated: tuple[str, ...] = ()  # migrations that were applied when it was opened
        self.file: tuple[int, int] | None = None  # device and inode of the open file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def db(self) -> Database:
        """The connection wrapped by sqlite-utils, for schema changes."""
        from sqlite_utils import Database  # noqa: PLC0415 - slow to load, and rarely needed

        return Database(self.connection, execute_plugins=False)

    def execute(self, sql: str, params: Params = ()) -> sqlite3.Cursor:
        """Runs one statement. Times are bound as texts, lists and tuples in JSON."""
        try:
            return self.connection.execute(sql, params)
        except _REFUSALS as error:
            raise _explained(error, self.path) from error

    def executemany(self, sql: str, rows: Iterable[Params]) -> None:
        """Runs one statement for many rows."""
        try:
            self.connection.executemany(sql, rows)
        except _REFUSALS as error:
            raise _explained(error, self.path) from error

    def rows(self, sql: str, params: Params = ()) -> list[sqlite3.Row]:
        """All rows of a query, with columns by name."""
        return self.execute(sql, params).fetchall()

    def tuples(self, sql: str, params: Params = ()) -> list[tuple[Any, ...]]:
        """All rows of a query as plain tuples, which is faster for many rows."""
        cursor = self.execute(sql, params)
        cursor.row_factory = None
        return cursor.fetchall()

    def column(self, sql: str, params: Params = ()) -> tuple[Any, ...]:
        """The first column of all rows of a query."""
        return tuple(row[0] for row in self.execute(sql, params))

    def mapping(self, sql: str, params: Params = ()) -> dict[Any, Any]:
        """The rows of a query with two columns: the first one's values to the second one's."""
        return dict(self.tuples(sql, params))

    def groups(self, sql: str, params: Params = ()) -> dict[Any, list[Any]]:
        """The rows of a query with two columns: the first one's values to all of the second's."""
        found: dict[Any, list[Any]] = {}
        for key, value in self.tuples(sql, params):
            found.setdefault(key, []).append(value)
        return found

    def structs(
        self, kind: type[T], sql: str, params: Params = (), *, in_json: Iterable[str] = ()
    ) -> tuple[T, ...]:
        """All rows of a query as structs of this kind, with fields named like the columns.

        Texts become times and numbers booleans where the fields say so; the columns `in_json` are
        decoded.
        """
        rows = self._values(sql, params, in_json)
        return tuple([msgspec.convert(values, kind, strict=False) for values in rows])

    def structs_by(
        self,
        column: str,
        kind: type[T],
        sql: str,
        params: Params = (),
        *,
        in_json: Iterable[str] = (),
    ) -> dict[Any, tuple[T, ...]]:
        """The same structs, by the value of this column."""
        found: dict[Any, list[T]] = {}
        for values in self._values(sql, params, in_json):
            found.setdefault(values[column], []).append(msgspec.convert(values, kind, strict=False))
        return {value: tuple(structs) for value, structs in found.items()}

    def _values(self, sql: str, params: Params, in_json: Iterable[str]) -> Iterator[dict[str, Any]]:
        cursor = self.execute(sql, params)
        cursor.row_factory = None
        names = [column[0] for column in cursor.description]
        for row in cursor:
            values = dict(zip(names, row, strict=True))  # faster than `Row`, which searches names
            for name in in_json:
                values[name] = json.loads(values[name])
            yield values

    def row(self, sql: str, params: Params = ()) -> sqlite3.Row | None:
        """The first row, or None."""
        found: sqlite3.Row | None = self.execute(sql, params).fetchone()
        return found

    def value(self, sql: str, params: Params = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, params)
        return None if found is None else found[0]

    def setting(self, key: str) -> str | None:
        """The value of a key in the `setting` table, if any."""
        found: str | None = self.value("SELECT value FROM setting WHERE key=?", (key,))
        return found

    def set_setting(self, key: str, value: str | None) -> None:
        """Stores a value in the `setting` table; None deletes the key."""
        if value is None:
            self.execute("DELETE FROM setting WHERE key=?", (key,))
        else:
            self.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)", (key, value))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """`BEGIN IMMEDIATE` ... `COMMIT`, or a savepoint if nested; rolled back on any exception.

        Immediate, because a deferred transaction that first reads and then writes fails
        (SQLITE_BUSY_SNAPSHOT) if another process wrote in between.
        """
        if self.connection.in_transaction:
            self.execute("SAVEPOINT inner_transaction")
            try:
                yield
            except BaseException:
                self.execute("ROLLBACK TO inner_transaction")
                self.execute("RELEASE inner_transaction")
                raise
            self.execute("RELEASE inner_transaction")
            return
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            self.connection.rollback()  # no effect if SQLite has rolled back already (disk full)
            raise

    def is_committed(self) -> bool:
        """Whether nothing that was written here can be rolled back any more."""
        return not self.connection.in_transaction

    def changes(self) -> tuple[int, int]:
        """What was written so far, here and by others; equal values: nothing in between.

        Both numbers ignore what was rolled back, so ask within a transaction, before it commits.
        """
        return self.connection.total_changes, self.value("PRAGMA data_version")

    def is_in_place(self) -> bool:
        """Whether the open file is still the one at its path.

        SQLite would keep writing to a file that was removed, moved or replaced, and all is lost.
        """
        return self.path is None or _file_at(self.path) == self.file

    def shrink(self) -> None:
        """Releases memory after a large job: the next one may be an hour away."""
        self.execute("PRAGMA shrink_memory")
        memory.trim()

    def close(self) -> None:
        """Closes the connection; the store cannot be used again."""
        self.connection.close()


def insertion(into: str, columns: Sequence[str]) -> str:
    """The statement that inserts a row of these columns; `into`: how, and into which table."""
    return f"{into} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def open_store(path: Path | None, *, read_only: bool = False) -> Store:
    """Opens the database, and creates or migrates it if necessary; None: in memory.

    Raises NoDatabase if there is none to be read, WrongDatabase for a foreign file, SchemaTooNew
    for one of a newer release, StoreBusy if it stays locked for too long, and StoreError for any
    other failure.
    """
    connection = _connect(path, read_only=read_only)
    try:
        return _prepare(connection, path, read_only=read_only)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise _explained(error, path) from error
        raise


def _prepare(connection: sqlite3.Connection, path: Path | None, *, read_only: bool) -> Store:
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    store = Store(connection, path, read_only=read_only)
    owner = store.value("PRAGMA application_id")
    tables = store.value("SELECT count(*) FROM sqlite_master")
    if owner != APPLICATION_ID and tables:
        raise WrongDatabase(f"{path}: a database of another program; name another file with --db")
    if read_only:
        if not tables:
            raise NoDatabase(f"{path}: empty, no database yet; run 'aggregator fetch' first")
        if _pending(store):
            raise StoreError(
                f"{path}: of an older release; stop the daemon, then run 'aggregator db migrate'"
            )
    else:
        # SQLite does not wait while another process switches to write-ahead logging
        give_up_at = monotonic() + BUSY_TIMEOUT_MS / 1000
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or monotonic() > give_up_at:
                    raise
                sleep(0.02)
        connection.execute("PRAGMA synchronous=FULL")
        store.migrated = tuple(migrate(store))
    store.file = None if path is None else _file_at(path)
    return store


def migrate(store: Store) -> list[str]:
    """Applies pending migrations and returns their names; several processes may do so at once."""
    if not _pending(store):
        return []
    from aggregator.storage.migrations import migrations  # noqa: PLC0415 - loads sqlite-utils

    with store.transaction():
        pending = _pending(store)
        migrations.apply(store.db)
        store.execute(f"PRAGMA application_id={APPLICATION_ID}")
        broken = store.rows("PRAGMA foreign_key_check")
        if broken:
            raise StoreError(f"{store.path}: {len(broken)} broken references after migration")
    return pending


def _connect(path: Path | None, *, read_only: bool) -> sqlite3.Connection:
    if path is None:
        return sqlite3.connect(":memory:", isolation_level=None)
    try:
        if path.exists() and not path.is_file():  # reading a device or pipe may never end
            raise WrongDatabase(f"{path}: no regular file; name another database with --db")
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
            return sqlite3.connect(path, isolation_level=None, cached_statements=256)
        if not path.exists():
            raise NoDatabase(f"{path}: no database there; run 'aggregator fetch' first")
        how = "mode=ro" if frozen_stamp(path) is None else "immutable=1"
        uri = f"{path.resolve().as_uri()}?{how}"
        return sqlite3.connect(uri, uri=True, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(
            f"{path}: cannot be opened ({why}); check the rights of the file and its folder"
        ) from error


def _file_at(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file at this path; None if there is none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def frozen_stamp(path: Path) -> tuple[int, int] | None:
    """Modification time and size of a database that can only be opened as immutable, else None.

    On a read-only disk SQLite cannot create files beside it; unless a crash left a write-ahead log,
    the file alone is the database. Another user may write to it, so whoever keeps it open must
    compare this from time to time.
    """
    log = path.with_name(f"{path.name}-wal")
    if may_write(path.parent) or log.exists():
        return None
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_size


def may_write(path: Path) -> bool:
    """Whether this process has permission to write there."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _pending(store: Store) -> list[str]:
    """The migrations that are not applied yet, in order. Raises SchemaTooNew."""
    applied: frozenset[str] = frozenset()  # as sqlite-utils has recorded them in this file
    if store.value("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'"):
        names = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'aggregator'"
        applied = frozenset(store.column(names))
    if unknown := applied - set(SCHEMA):
        raise SchemaTooNew(
            f"{store.path}: written by a newer release (unknown: {', '.join(sorted(unknown))}); "
            "upgrade aggregator, or restore a backup made before the upgrade"
        )
    return [name for name in SCHEMA if name not in applied]


def _explained(error: Exception, path: Path | None) -> StoreError:
    text = str(error)
    if not isinstance(error, sqlite3.OperationalError) and type(error) is not sqlite3.DatabaseError:
        known = {OverflowError: "a number beyond 64 bits", UnicodeEncodeError: "half a character"}
        return BadRow(f"{path}: no row can hold {known.get(type(error), f'this value ({text})')}")
    if "locked" in text or "busy" in text:
        return StoreBusy(f"{path}: locked by another program for over {BUSY_TIMEOUT_MS} ms")
    if "not a database" in text:
        return WrongDatabase(f"{path}: not an SQLite database; name another file with --db")
    for sign, advice in _ADVICE:
        if sign in text:
            return StoreError(f"{path}: {advice}")
    return StoreError(f"{path}: the database cannot be used ({text})")


_ADVICE = (
    ("disk is full", "the disk is full; free some space; nothing is lost"),
    ("readonly", "cannot be written; check the rights of the file and its folder"),
    ("malformed", "the file is malformed (damaged); restore a backup"),
    ("disk I/O", "cannot be read or written; check the disk, its space, and limits on open files"),
    ("unable to open", "cannot be opened; check the folder, its rights, and limits on open files"),
)
