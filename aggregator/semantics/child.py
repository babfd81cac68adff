"""What runs in the model's own process: `python -m aggregator.semantics.child`.

Questions come over standard input and answers leave over standard output. The process ends when
nobody asks for a while, and when standard input does: it never outlives who started it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from msgspec import msgpack

from aggregator.errors import ModelUnavailable
from aggregator.semantics.pipe import Answer, Question, receive, send
from aggregator.semantics.wordpiece import Text

IDLE_S = 60.0
_TAKEN_S = 30.0  # an answer is small and is waited for

Logits = Callable[[Sequence[tuple[Text, Text]]], Sequence[float]]


def serve(load: Callable[[], Logits], idle_s: float = IDLE_S) -> None:
    """Loads the model, says that it is ready or why it is not, and answers until it is idle."""
    asked, answers = 0, os.dup(1)
    os.dup2(2, 1)  # whatever a library may print is not an answer
    os.set_blocking(answers, False)
    try:
        logits = load()
        _say(answers, Answer())
        while True:
            question = msgpack.decode(receive(asked, idle_s), type=Question)
            _say(answers, Answer(tuple(logits(question.pairs))))
    except ModelUnavailable as error:
        _say(answers, Answer(failed=str(error)))
    except (EOFError, TimeoutError, BrokenPipeError):
        return  # nobody asks any more


def _say(descriptor: int, answer: Answer) -> None:
    send(descriptor, msgpack.encode(answer), _TAKEN_S)


def _load() -> Logits:
    from aggregator.semantics.cross_encoder import load_cross_encoder  # noqa: PLC0415 - may fail

    return load_cross_encoder().logits


if __name__ == "__main__":
    serve(_load)
