"""Atomic replacement of a file: no reader, and no crash, ever meets half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, data: bytes, *, mode: int | None = None) -> None:
    """Writes the data beside the file, syncs it, and renames it over the file (rename(2)).

    `mode` is the permissions of the new file; without it, the file must exist, and its permissions
    and owner stay. Raises OSError; then the file is as it was. A process that is killed may leave
    `.NAME.XXXXXXXX.tmp` behind.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if mode is None:
                status = path.stat()
                with suppress(OSError):  # root edits the file of another user, where it may
                    os.chown(temporary, status.st_uid, status.st_gid)
                shutil.copymode(path, temporary)
            else:
                temporary.chmod(mode)
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
