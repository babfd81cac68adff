"""A child process that answers messages (`pipe`), started when it is first asked.

What needs much memory, large libraries, or must be ended when it takes too long runs there.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence
from subprocess import DEVNULL, PIPE, Popen

from aggregator.pipe import receive, send

_LEAVE_S = 5.0  # to end by itself when its input does


class NotStarted(Exception):
    """The process does not come up; says why."""


class _Process:
    """One running process."""

    def __init__(self, command: Sequence[str]) -> None:
        self.system = Popen(  # noqa: S603 - our own module
            command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,  # what it has to say, it says in an answer
            bufsize=0,
            process_group=0,  # Ctrl-C at a terminal is for us: what is being done ends first
        )
        assert self.system.stdin is not None  # noqa: S101 - both are pipes
        assert self.system.stdout is not None  # noqa: S101
        self._questions, self._answers = self.system.stdin, self.system.stdout
        os.set_blocking(self._questions.fileno(), False)
        # collects its exit status when it ends while nobody asks, so that no zombie stays
        self._ended = threading.Thread(target=self.system.wait, daemon=True)
        self._ended.start()

    def ask(self, message: bytes, timeout_s: float) -> bytes:
        """What it answers; raises EOFError where it ended, TimeoutError where it is too slow."""
        send(self._questions.fileno(), message, timeout_s)
        return self.answer(timeout_s)

    def answer(self, timeout_s: float) -> bytes:
        """The next message from it; raises as `ask` does."""
        return receive(self._answers.fileno(), timeout_s)

    def end(self, leave_s: float = _LEAVE_S) -> None:
        """Ends it and waits until it is gone; one that has not left by itself then is killed."""
        self._questions.close()
        self._ended.join(leave_s)
        self.system.kill()
        self._ended.join()
        self._answers.close()


class Child:
    """The process for all threads of this one, who take turns message by message.

    It is started by the first message, and by the next one when it has ended. `start_s`: how long
    it may take to come up. Without `close` it ends when nothing refers to it any more, or this
    process ends, however.
    """

    def __init__(self, command: Sequence[str], *, start_s: float) -> None:
        self._command = tuple(command)
        self._start_s = start_s
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._is_stopped = False

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        process = self._process
        return process is not None and process.system.returncode is None

    def start(self) -> None:
        """Returns once the process is up. Raises NotStarted."""
        with self._lock:
            self._started()

    def ask(self, message: bytes, timeout_s: float) -> bytes:
        """What the process answers, so many seconds after it was up at the latest.

        Where it had been idle until just now, or was killed, another one is asked. Raises
        NotStarted; EOFError where that ended, too, as it does when a message crashes it;
        TimeoutError where it does not answer in time, and is killed.
        """
        with self._lock:
            try:
                return self._ask(message, timeout_s)
            except EOFError:
                if self._is_stopped:
                    raise
                return self._ask(message, timeout_s)

    def stop(self) -> None:
        """Ends the process for good and at once, whoever waits for an answer."""
        self._is_stopped = True
        if process := self._process:
            process.system.kill()
        self.close()

    def close(self) -> None:
        """Ends the process, once the message it works at is answered; a later one starts it."""
        with self._lock:
            self._drop()

    def _ask(self, message: bytes, timeout_s: float) -> bytes:
        try:
            return self._started().ask(message, timeout_s)
        except EOFError:
            self._drop()
            raise
        except TimeoutError:
            self._drop(0.0)
            raise

    def _started(self) -> _Process:
        running = self._process
        if running is not None and running.system.returncode is None:
            return running
        self._drop()
        try:
            process = self._process = _Process(self._command)
        except OSError as error:
            raise NotStarted(os.strerror(error.errno or 0)) from error
        self._finalizer = weakref.finalize(self, process.end)
        try:
            process.answer(self._start_s)
        except TimeoutError as error:
            self._drop(0.0)
            reason = f"it does not begin within {self._start_s:g} s: is the machine too busy?"
            raise NotStarted(reason) from error
        except EOFError as error:
            self._drop()
            raise NotStarted(f"it ends with code {process.system.returncode}") from error
        return process

    def _drop(self, leave_s: float = _LEAVE_S) -> None:
        if self._process is not None:
            self._finalizer.detach()
            process, self._process = self._process, None
            process.end(leave_s)
