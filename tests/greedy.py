"""Header maps that misbehave when they are read; a parsing process imports this module."""

from __future__ import annotations

import os
import signal
import time


class _Headers(dict[str, str]):
    def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
        self.misbehave()
        return ""

    def misbehave(self) -> None:
        raise NotImplementedError


class Endless(_Headers):
    """Never comes back."""

    def misbehave(self) -> None:
        while True:
            time.sleep(0.01)


class Greedy(_Headers):
    """Takes all the memory that it can get."""

    def misbehave(self) -> None:
        held = []
        while True:
            held.append(bytearray(10_000_000))


class Crashing(_Headers):
    """Ends the process as a fault in native code would."""

    def misbehave(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)


class Stumbling(_Headers):
    """Trips the parser up."""

    def misbehave(self) -> None:
        raise LookupError("no such thing")


class Reporting(_Headers):
    """Writes what the process has loaded, and how it treats an interrupt, to a file."""

    def misbehave(self) -> None:
        import sys

        ignores = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        lines = [str(os.getpid()), str(ignores), *sorted(sys.modules)]
        with open(self["report"], "w") as report:
            report.write("\n".join(lines))
