"""What runs in the model's own process: `python -m aggregator.semantics.child`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from msgspec import Struct, msgpack

from aggregator import pipe
from aggregator.errors import ModelUnavailable
from aggregator.semantics.wordpiece import Text

IDLE_S = 60.0

Question = tuple[tuple[Text, Text], ...]  # pairs to be read
Logits = Callable[[Question], Sequence[float]]


class Answer(Struct, frozen=True, array_like=True):
    """A logit for each pair, or why there is none."""

    logits: tuple[float, ...] = ()
    failed: str = ""


def serve(load: Callable[[], Logits], idle_s: float = IDLE_S) -> None:
    """Loads the model and answers until it is idle; where it cannot be loaded, by saying why."""

    def loaded() -> Callable[[bytes], bytes]:
        try:
            logits = load()
        except ModelUnavailable as error:
            failed = msgpack.encode(Answer(failed=str(error)))
            return lambda message: failed

        def answer(message: bytes) -> bytes:
            try:
                return msgpack.encode(Answer(tuple(logits(msgpack.decode(message, type=Question)))))
            except ModelUnavailable as error:
                return msgpack.encode(Answer(failed=str(error)))

        return answer

    pipe.serve(loaded, idle_s)


def _load() -> Logits:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # numpy would make room for many
    from aggregator.semantics.cross_encoder import load_cross_encoder  # noqa: PLC0415 - may fail

    return load_cross_encoder().logits


if __name__ == "__main__":
    serve(_load)
