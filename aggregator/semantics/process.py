"""The cross-encoder in a process of its own, which starts when it is first asked.

The main process stays small and needs none of the model's libraries. The other one ends when it
was not asked for a minute, and with its caller in any case.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from msgspec import msgpack

from aggregator.child import Child, NotStarted
from aggregator.errors import ModelUnavailable
from aggregator.semantics.child import Answer
from aggregator.semantics.wordpiece import MAX_READ, Text

COMMAND = (sys.executable, "-P", "-m", "aggregator.semantics.child")
BATCH = 64  # pairs of one question: a third of a second


class ModelProcess:
    """The cross-encoder for all threads of this process, who take turns question by question.

    Without `close` it ends when nothing refers to it any more, or this process ends, however.
    """

    def __init__(
        self, command: Sequence[str] = COMMAND, *, start_s: float = 60.0, answer_s: float = 60.0
    ) -> None:
        self._child = Child(command, start_s=start_s)
        self._answer_s = answer_s

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
            message = msgpack.encode([(_sent(a), _sent(b)) for a, b in batch])
            try:
                said = self._child.ask(message, self._answer_s)
            except EOFError as error:
                ended = "the model's process ended twice at one question"
                raise ModelUnavailable(ended) from error
            except TimeoutError as error:
                raise ModelUnavailable("the model's process does not answer") from error
            except NotStarted as error:
                reason = f"the model's process cannot be started ({error})"
                raise ModelUnavailable(reason) from error
            answer = msgpack.decode(said, type=Answer)
            if answer.failed:
                self.close()
                raise ModelUnavailable(answer.failed)
            found += answer.logits
        return found

    def close(self) -> None:
        """Ends the process, once the question it works at is answered; a later one starts it."""
        self._child.close()


def _sent(text: Text) -> Text:
    """No more of a text than is read; lone surrogates, which nothing encodes, are read by none."""
    return Text(*(part[:MAX_READ].encode(errors="ignore").decode() for part in text))
