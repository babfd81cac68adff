"""The scratch database of a replay: a file beside the database, so that an interrupted one goes on.

It is a database of our own schema and one note, written in the transactions of the work itself.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from aggregator.errors import StoreError, WrongDatabase
from aggregator.storage.store import Store, open_store

_NOTE = "replay"  # key of `setting`


class Note(Struct, frozen=True):
    """What the work in a scratch database was begun with, and how far its budget goes."""

    rules: str  # fingerprint of the rules
    age_s: int  # how far back it goes, as it was asked for
    since: datetime
    pairs_left: int | None  # of those that the model may read; None: as many as there are


def place(database: Path) -> Path:
    """Where the scratch database of a database lies: `news.replay.db` beside `news.db`."""
    return database.with_suffix(".replay.db")


def open_scratch(path: Path) -> Store:
    """Opens or makes it. Raises WrongDatabase for another program's file, else StoreError."""
    try:
        return open_store(path)
    except WrongDatabase:
        raise
    except StoreError as error:
        raise StoreError(
            f"{path}: what an interrupted replay left cannot be used ({error}); remove it"
        ) from error


def note_of(scratch: Store) -> Note | None:
    """Its note; None where nothing was begun, or by a release that noted something else."""
    text = scratch.value("SELECT value FROM setting WHERE key=?", (_NOTE,))
    try:
        return None if text is None else msgspec.json.decode(text, type=Note)
    except msgspec.MsgspecError:
        return None


def write_note(scratch: Store, note: Note) -> None:
    """Replaces its note."""
    text = msgspec.json.encode(note).decode()
    scratch.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (_NOTE, text))


def remove(path: Path) -> None:
    """Removes a scratch database that is closed. Raises StoreError."""
    try:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: cannot be removed: {error.strerror}") from error
