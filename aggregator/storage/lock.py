"""One process polls with a database: an operating-system lock on a file beside it.

The lock goes with the process, however it ends; the file stays and says who held it last.
"""

from __future__ import annotations

import fcntl
import json
import os
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aggregator.errors import StoreError, StoreLocked
from aggregator.storage.store import to_text


class PollLock:
    """Held from `__enter__` to `__exit__`; raises StoreLocked while another process holds it."""

    def __init__(self, database: Path, now: datetime) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._now = now
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be made: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = self._holder()
            self._close()
            raise _locked(self._path, holder) from error
        note = json.dumps({"pid": os.getpid(), "since": to_text(self._now)})
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, note.encode(), 0)
        except OSError as error:
            self._close()
            raise StoreError(f"{self._path}: cannot be written: {error.strerror}") from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.ftruncate(self._descriptor, 0)
        self._close()

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    def _holder(self) -> tuple[int | None, str]:
        return _read_note(os.pread(self._descriptor, 1000, 0))


def lock_holder(database: Path) -> tuple[int, str] | None:
    """(pid, since) of the process that polls with this database now, None when none does.

    The pid is 0 where the file does not say.
    """
    path = database.with_name(database.name + ".lock")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        pid, since = _read_note(os.pread(descriptor, 1000, 0))
        return pid or 0, since
    else:
        return None
    finally:
        os.close(descriptor)


def _read_note(text: bytes) -> tuple[int | None, str]:
    try:
        note = json.loads(text)
        return int(note["pid"]), str(note["since"])
    except (ValueError, KeyError, TypeError):
        return None, ""


def _locked(path: Path, holder: tuple[int | None, str]) -> StoreLocked:
    pid, since = holder
    who = f"process {pid} (since {since})" if pid else "another process"
    return StoreLocked(
        f"{path}: {who} polls with this database; wait until it is done, or stop it", pid=pid
    )
