"""A process that has loaded the program, and forks for each command that a test runs.

To load it takes most of the time of a short command. Signals, exit code, output, folder and
environment are those of a process of its own; `tests/e2e/test_start.py`, `test_fetch_command.py`
and `test_operations_page.py` start some as users do. The processes that read documents for these
commands are forked likewise, from one that has loaded the parsers.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO

_MOST_REQUEST = 200_000  # bytes: arguments and environment
_NUMBER = 12  # bytes of a process id or an exit code on its way back
# what only other processes load, and what takes long to load for few commands
_NOT_LOADED = ("__main__", "mcp", "semantics.child", "semantics.cross_encoder", "cluster.scheduler")


class Forked:
    """A command that runs, or ran, in a process of its own; named as in `subprocess.Popen`."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        environ: Mapping[str, str],
        stdout: IO[bytes],
        stderr: IO[bytes],
        constants: Mapping[str, float] | None = None,
    ) -> None:
        """`constants`: "module:NAME" -> its value in this process."""
        self.returncode: int | None = None
        self._status, status = os.pipe()
        try:
            given = [[*arguments], str(folder), dict(environ), dict(constants or {})]
            request = json.dumps(given).encode()
            socket.send_fds(_server(), [request], [stdout.fileno(), stderr.fileno(), status])
        finally:
            os.close(status)
        self.pid = int(os.read(self._status, _NUMBER))

    def poll(self) -> int | None:
        """The exit code, negative after a signal; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end, so many seconds at most, and returns the exit code."""
        code = self._look(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("aggregator", timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it at once."""
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout_s: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout_s)[0]:
            self.returncode = int(os.read(self._status, _NUMBER))
            os.close(self._status)
        return self.returncode


@cache
def _server() -> socket.socket:
    """The connection to the server of this process, which ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.forks", str(theirs.fileno())],
        cwd=Path(__file__).parents[1],
        pass_fds=[theirs.fileno()],
    )
    theirs.close()

    def end() -> None:
        ours.close()
        server.wait()

    atexit.register(end)
    return ours


def _load() -> None:
    """The whole program, its built-in topics, and what its parsing processes are forked from."""
    import aggregator
    from aggregator import child
    from aggregator.ingest.rules import load_rules
    from aggregator.settings import Config, StorySettings
    from tests import parsers

    for module in walk_packages(aggregator.__path__, "aggregator."):
        if not module.name.removeprefix("aggregator.").startswith(_NOT_LOADED):
            import_module(module.name)
    load_rules(Config(stories=StorySettings(model=False)))
    parsers.server()
    setattr(child, "Popen", parsers.start)  # noqa: B010 - it is not theirs to set
    gc.freeze()


def _serve(requests: socket.socket) -> list[str]:
    """Returns the arguments in each forked process; ends with its client.

    Between this process and a command stands one that waits for its end and tells it.
    """
    while True:
        request, fds, _, _ = socket.recv_fds(requests, _MOST_REQUEST, 3)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not request:
            sys.exit()
        if os.fork():
            for fd in fds:
                os.close(fd)
            continue
        requests.close()
        stdout, stderr, status = fds
        if pid := os.fork():
            os.write(status, b"%12d" % pid)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os.write(status, b"%12d" % code)
            os._exit(0)
        os.close(status)
        arguments, folder, environ, constants = json.loads(request)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        # anew, for what they were may have been files and these pipes
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - for the life of the process
        sys.stderr = open(2, "w", 1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        for place, value in constants.items():
            module, _, name = place.partition(":")
            setattr(import_module(module), name, value)
        found: list[str] = arguments
        return found


if __name__ == "__main__":
    connection = socket.socket(fileno=int(sys.argv[1]))
    _load()
    sys.argv[1:] = _serve(connection)
    import_module("aggregator.cli").main()
