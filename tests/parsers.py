"""Parsing processes that start at once: forked from one that has loaded the parsers."""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

import pytest

from aggregator import child
from aggregator.pipe import serve
from aggregator.polling import parse_child, parse_pool
from tests.greedy import misbehaving

_MOST_REQUEST = 200  # bytes
_NUMBER = 12  # bytes of a process id


class Forked:
    """A parsing process; named as in `subprocess.Popen`."""

    returncode: int | None = None

    def __init__(self, arguments: Sequence[str]) -> None:
        asked, questions = os.pipe()
        answers, answered = os.pipe()
        self._status, status = os.pipe()
        socket.send_fds(server(), [json.dumps(arguments).encode()], [asked, answered, status])
        for descriptor in (asked, answered, status):
            os.close(descriptor)
        self.stdin: IO[bytes] = open(questions, "wb", 0)  # noqa: SIM115 - for its life
        self.stdout: IO[bytes] = open(answers, "rb", 0)  # noqa: SIM115
        self.pid = int(os.read(self._status, _NUMBER))

    def wait(self) -> None:
        """Waits for its end."""
        os.read(self._status, 1)
        os.close(self._status)
        self.returncode = 0  # its own is not known

    def kill(self) -> None:
        """Ends it at once."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


@cache
def server() -> socket.socket:
    """The connection to what forks them, which ends with all who can use it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.parsers", str(theirs.fileno())],
        cwd=Path(__file__).parents[1],
        pass_fds=[theirs.fileno()],
    )
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def start(command: Sequence[str], **settings: Any) -> subprocess.Popen[bytes]:
    """`Popen` for `aggregator.child`."""
    program = parse_pool.COMMAND
    if program[0] == sys.executable and tuple(command[: len(program)]) == program:
        return cast("subprocess.Popen[bytes]", Forked(command[len(program) :]))
    return subprocess.Popen(command, **settings)


@contextmanager
def loaded_parsers() -> Iterator[None]:
    """Has parsing processes forked.

    They are the real ones; where each loaded the parsers by itself, half of the time of the tests
    that poll went into that. `test_parse_pool` starts some as the program does.
    """
    server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child, "Popen", start)
        yield


def _serve(requests: socket.socket) -> list[str]:
    """Returns the arguments in each forked process, whose pipes are in place."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    while True:
        request, fds, _, _ = socket.recv_fds(requests, _MOST_REQUEST, 3)
        if not request:
            sys.exit()
        if os.fork() == 0:
            break
        for fd in fds:
            os.close(fd)
    requests.close()
    os.setpgid(0, 0)
    asked, answered, status = fds
    os.write(status, b"%12d" % os.getpid())
    os.dup2(asked, 0)
    os.dup2(answered, 1)
    os.close(asked)
    os.close(answered)
    found: list[str] = json.loads(request)
    return found


if __name__ == "__main__":
    import aggregator.parsing.document  # noqa: F401

    connection = socket.socket(fileno=int(sys.argv[1]))
    gc.freeze()
    most_memory, idle_s = _serve(connection)
    serve(lambda: misbehaving(parse_child.load(int(most_memory))), float(idle_s))
    os._exit(0)
