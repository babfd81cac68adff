"""Only one process polls with a database: it locks a file beside it (flock(2)).

The operating system releases the lock when the process ends, however it ends; the file stays.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec import Meta, Struct

from aggregator.errors import StoreError, StoreLocked
from aggregator.times import to_text

_PATIENCE_S = 0.5  # for a holder that has not written its note yet, or only looks for one
_PAUSE_S = 0.02


class Holder(Struct, frozen=True):
    """The process that polls with a database; `pid` is 0 if the file does not say."""

    pid: Annotated[int, Meta(ge=0, lt=2**31)] = 0  # what a system may have as one
    since: str = ""
    role: str = ""  # the command: daemon, fetch, replay

    def __str__(self) -> str:
        if not self.pid:
            return "another process"
        role = f"{self.role}, " if self.role else ""
        return f"process {self.pid} ({role}since {self.since})"


class PollLock:
    """Held from `__enter__` to `__exit__`; raises StoreLocked while another process holds it."""

    def __init__(self, database: Path, now: datetime, *, role: str) -> None:
        self._path = _lock_of(database)
        self._note = Holder(os.getpid(), to_text(now) or "", role)
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(
                f"{self._path}: cannot be made or opened ({error.strerror}); check the rights of"
                " the file and its folder"
            ) from error
        holder = _held_by(self._descriptor, fcntl.LOCK_EX)
        if holder is not None:
            self._close()
            raise StoreLocked(
                f"{self._path}: {holder} polls with this database; wait until it is done, or "
                "stop it",
                pid=holder.pid or None,
            )
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, msgspec.json.encode(self._note), 0)
        except OSError as error:
            self._close()
            raise StoreError(f"{self._path}: cannot be written: {error.strerror}") from error
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a stale note does no harm: its process no longer exists
            os.ftruncate(self._descriptor, 0)
        self._close()

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1


def lock_holder(database: Path) -> Holder | None:
    """The process that is polling with this database; None if none is."""
    try:
        descriptor = os.open(_lock_of(database), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return _held_by(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _held_by(descriptor: int, kind: int) -> Holder | None:
    """Takes the lock and returns None, or returns its holder."""
    give_up_at = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except OSError:
            try:
                holder = msgspec.json.decode(os.pread(descriptor, 1000, 0), type=Holder)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                holder = Holder()
            if time.monotonic() > give_up_at or _lives(holder.pid):
                return holder
            time.sleep(_PAUSE_S)
        else:
            return None


def _lives(pid: int) -> bool:
    """Whether the process exists; the note of one that was killed remains."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)  # sends no signal, only checks
    except OSError as error:  # it is another user's, unless there is none
        return not isinstance(error, ProcessLookupError)
    return True


def _lock_of(database: Path) -> Path:
    return database.with_name(database.name + ".lock")
