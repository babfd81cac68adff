"""What a process of ours is given, how it collects garbage, and how it ends."""

from __future__ import annotations

import atexit
import gc
import os
import resource
import sys
import threading
from typing import NoReturn

from aggregator.errors import TooFewResources

LEAST_FILES = 128  # sockets of 64 polls, the database, pipes to child processes, the server
LEAST_MEMORY = 512 * 1024 * 1024  # bytes of address space; threads and libraries reserve most of it
_MEMORY = (
    (resource.RLIMIT_AS, "address space", "-v", "LimitAS"),
    (resource.RLIMIT_DATA, "data", "-d", "LimitDATA"),
)
_USUAL = gc.get_threshold()
_SELDOM = (100_000, 4, 50)


def fill_streams() -> None:
    """Opens the null device in place of each standard stream that the shell closed (`2>&-`).

    To be called first of all: else the next file that is opened, such as the database, would have
    the number of a standard stream, and get what is written to it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest number that is free
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for the life of the process
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def collect_seldom() -> None:
    """For a command that ends soon: what it makes lives until then, or goes by its reference count.

    With the default thresholds, collecting garbage takes a twentieth of a run.
    """
    gc.set_threshold(*_SELDOM)


def keep_loaded() -> None:
    """Leaves what lives now out of later collections, where `collect_seldom` was called.

    To be called before a command begins its work. The first collection is as far away again:
    without it, a run with a few news takes 15 ms to look for garbage in the program.
    """
    if gc.get_threshold() == _SELDOM:
        gc.freeze()


def collect_as_usual() -> None:
    """For a service: it lives for years, and would be 2 MB larger."""
    gc.set_threshold(*_USUAL)


def check_limits() -> None:
    """Raises TooFewResources where a poll or a server could not do its work.

    Short of files or memory, a poll fails in the middle, feed by feed, as if the feeds were at
    fault.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _is_below(files, LEAST_FILES):
        raise TooFewResources(
            f"only {files} files may be open at once, and {LEAST_FILES} are needed: raise the limit"
            " (ulimit -n; LimitNOFILE of a systemd unit)"
        )
    for kind, what, option, key in _MEMORY:
        limit, _ = resource.getrlimit(kind)
        if _is_below(limit, LEAST_MEMORY):
            raise TooFewResources(
                f"memory ({what}) is limited to {limit // 1024**2} MB, and"
                f" {LEAST_MEMORY // 1024**2} MB are needed: raise the limit (ulimit {option}; {key}"
                " of a systemd unit); MemoryMax bounds what is really used"
            )


def _is_below(limit: int, least: int) -> bool:
    return limit != resource.RLIM_INFINITY and limit < least


def end(code: int) -> NoReturn:
    """Ends the process as `sys.exit` does, but leaves its modules and objects as they are.

    To free them one by one takes an interpreter 4 ms, which is much of a command from cron.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more: the interpreter says so
        sys.exit(code)
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
