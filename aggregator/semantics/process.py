"""The cross-encoder in a process of its own, which starts when it is first asked.

The main process stays small and needs none of the model's libraries. The other one ends when it
was not asked for a minute, and with its caller in any case.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence

from msgspec import msgpack

from aggregator.errors import ModelUnavailable
from aggregator.semantics.pipe import Answer, Question, receive, send
from aggregator.semantics.wordpiece import MAX_READ, Text

COMMAND = (sys.executable, "-P", "-m", "aggregator.semantics.child")
BATCH = 64  # pairs of one question: a third of a second
_LEAVE_S = 5.0  # to end by itself when its input does


class _Child:
    """One running process. `ask` belongs to one thread at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what it has to say, it says in an answer
            bufsize=0,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # numpy would make room for many
            process_group=0,  # Ctrl-C at a terminal is for us: what is being matched ends first
        )
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._questions, self._answers = self._process.stdin, self._process.stdout
        os.set_blocking(self._questions.fileno(), False)
        # collects its exit status when it ends while nobody asks, so that no zombie stays
        self._ended = threading.Thread(target=self._process.wait, daemon=True)
        self._ended.start()

    def ask(self, question: Question, timeout_s: float) -> Answer:
        """Raises OSError or EOFError where it ended, TimeoutError where it is too slow."""
        send(self._questions.fileno(), msgpack.encode(question), timeout_s)
        return self.answer(timeout_s)

    def answer(self, timeout_s: float) -> Answer:
        """The next answer; raises as `ask` does."""
        return msgpack.decode(receive(self._answers.fileno(), timeout_s), type=Answer)

    def end(self, leave_s: float = _LEAVE_S) -> None:
        """Ends it and waits until it is gone; one that has not left by itself then is killed."""
        self._questions.close()
        self._ended.join(leave_s)
        self._process.kill()
        self._ended.join()
        self._answers.close()


class ModelProcess:
    """The cross-encoder for all threads of this process, who take turns question by question.

    Without `close` it ends when nothing refers to it any more, or this process ends, however.
    """

    def __init__(
        self, command: Sequence[str] = COMMAND, *, start_s: float = 60.0, answer_s: float = 60.0
    ) -> None:
        self._command = tuple(command)
        self._start_s, self._answer_s = start_s, answer_s
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def __enter__(self) -> ModelProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def logits(self, pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        """What `CrossEncoder.logits` says of each pair.

        Raises ModelUnavailable where the model cannot be loaded, does not answer in time, or ended
        twice at the same question.
        """
        found: list[float] = []
        for start in range(0, len(pairs), BATCH):
            batch = pairs[start : start + BATCH]
            question = Question(tuple((_sent(a), _sent(b)) for a, b in batch))
            with self._lock:
                try:
                    answer = self._answer(question)
                except (EOFError, BrokenPipeError):  # it was idle until just now, or was killed
                    self._drop()
                    try:
                        answer = self._answer(question)
                    except (EOFError, BrokenPipeError) as error:
                        self._drop()
                        said = "the model's process ended twice at one question"
                        raise ModelUnavailable(said) from error
                if answer.failed:
                    self._drop()
                    raise ModelUnavailable(answer.failed)
                found += answer.logits
        return found

    def close(self) -> None:
        """Ends the process, once the question it works at is answered; a later one starts it."""
        with self._lock:
            self._drop()

    def _answer(self, question: Question) -> Answer:
        try:
            if (child := self._child) is None:
                try:
                    child = self._child = _Child(self._command)
                except OSError as error:
                    raise ModelUnavailable(
                        f"the model's process cannot be started ({error.strerror})"
                    ) from error
                self._finalizer = weakref.finalize(self, child.end)
                if (ready := child.answer(self._start_s)).failed:
                    return ready
            return child.ask(question, self._answer_s)
        except TimeoutError as error:
            self._drop(at_once=True)
            raise ModelUnavailable("the model's process does not answer") from error

    def _drop(self, *, at_once: bool = False) -> None:
        if self._child is not None:
            self._finalizer.detach()
            child, self._child = self._child, None
            child.end(0.0 if at_once else _LEAVE_S)


def _sent(text: Text) -> Text:
    """No more of a text than is read; lone surrogates, which nothing encodes, are read by none."""
    return Text(*(part[:MAX_READ].encode(errors="ignore").decode() for part in text))
