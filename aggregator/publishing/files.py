"""Writes published files: only those that changed, each replaced atomically."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from aggregator.errors import PublishError
from aggregator.files import replace_file
from aggregator.text import printable

MODE = 0o644  # a web server may run as another user
FOLDER_MODE = 0o755
_LEFT_FOR_S = 3600
_TEMPORARY = re.compile(r"\..+\.[a-z]+\.[a-z0-9_]{8}\.tmp")  # as `replace_file` names them


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Raises a PublishError that names the path where the system refuses its block."""
    try:
        yield
    except OSError as error:
        reason = printable(error.strerror or str(error))
        raise PublishError(
            f"{path}: cannot be written ({reason}); make room or check the folder's permissions"
        ) from error


def write_files(folder: Path, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Writes those files (name relative to `folder` -> bytes) that changed; returns their paths.

    Each is written beside its target, synced, and renamed over it; the folders are synced last.
    Raises PublishError, which names the file that could not be written.
    """
    written: list[Path] = []
    for name, data in contents.items():
        path = folder / name
        if read_file(path) == data:
            continue
        with _named(path):
            _make_folder(path.parent)
            replace_file(path, data, mode=MODE)
        written.append(path)
    for parent in sorted({path.parent for path in written}):
        with _named(parent):
            descriptor = os.open(parent, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
    return tuple(written)


def read_file(path: Path) -> bytes | None:
    """The contents of a published file; None if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def remove_file(path: Path) -> None:
    """Removes a published file, if it is there. Raises PublishError."""
    with _named(path):
        path.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Removes temporary files of killed processes from the folder and its subfolders.

    Only those that are an hour old: another process may be writing. Raises PublishError.
    """
    for path in folder.rglob(".*.tmp"):
        if _TEMPORARY.fullmatch(path.name):
            # its writer may just have renamed it
            with _named(path), suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - _LEFT_FOR_S:
                    path.unlink()


def _make_folder(folder: Path) -> None:
    """Creates the folder, readable whatever the umask: others read what a service publishes."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    folder.chmod(FOLDER_MODE)
