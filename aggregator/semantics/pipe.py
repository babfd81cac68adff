"""Messages between this process and the model's: a length and that many bytes, over a pipe.

Both ends wait for a bounded time only, so neither can be held up by the other for good.
"""

from __future__ import annotations

import math
import os
import select
import struct
import time

from msgspec import Struct

from aggregator.semantics.wordpiece import Text

_LENGTH = struct.Struct(">I")
_PIECE = 65_536  # bytes written at once: what a pipe of Linux holds


class Question(Struct, frozen=True, array_like=True):
    """Pairs to be read."""

    pairs: tuple[tuple[Text, Text], ...]


class Answer(Struct, frozen=True, array_like=True):
    """A logit for each pair, or why there is none. The first of a process answers no question."""

    logits: tuple[float, ...] = ()
    failed: str = ""


def send(descriptor: int, message: bytes, timeout_s: float) -> None:
    """Writes a message to a pipe that does not block.

    Raises TimeoutError where the other side does not take it, BrokenPipeError where it is gone.
    """
    deadline = time.monotonic() + timeout_s
    rest = memoryview(_LENGTH.pack(len(message)) + message)
    while rest:
        _wait(descriptor, select.POLLOUT, deadline)
        rest = rest[os.write(descriptor, rest[:_PIECE]) :]


def receive(descriptor: int, timeout_s: float) -> bytes:
    """Reads one whole message.

    Raises TimeoutError where it is not there in time, EOFError where the other side is gone.
    """
    deadline = time.monotonic() + timeout_s
    (length,) = _LENGTH.unpack(_read(descriptor, _LENGTH.size, deadline))
    return _read(descriptor, length, deadline)


def _read(descriptor: int, size: int, deadline: float) -> bytes:
    found = bytearray()
    while len(found) < size:
        _wait(descriptor, select.POLLIN, deadline)
        piece = os.read(descriptor, size - len(found))
        if not piece:
            raise EOFError("the other side is gone")
        found += piece
    return bytes(found)


def _wait(descriptor: int, event: int, deadline: float) -> None:
    """Until the pipe is ready or broken; `select.select` could not watch descriptors above 1023."""
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0, math.ceil((deadline - time.monotonic()) * 1000))):
        raise TimeoutError("the other side is silent")
