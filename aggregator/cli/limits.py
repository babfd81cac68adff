"""What the shell or the service manager lets this process have, looked at before work begins.

Short of files or memory, a poll fails in the middle, feed by feed, as if the feeds were at fault.
"""

from __future__ import annotations

import resource

from aggregator.errors import TooFewResources

LEAST_FILES = 128  # sockets of 64 polls, the database, pipes to child processes, the server
LEAST_MEMORY = 512 * 1024 * 1024  # bytes of address space; threads and libraries reserve most of it
_MEMORY = (
    (resource.RLIMIT_AS, "address space", "-v", "LimitAS"),
    (resource.RLIMIT_DATA, "data", "-d", "LimitDATA"),
)


def check() -> None:
    """Raises TooFewResources where a poll or a server could not do its work."""
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
