"""Messages between this process and a child of it: a length and that many bytes, over a pipe.

Both ends wait for a bounded time only, so neither can be held up by the other for good.
"""

from __future__ import annotations

import gc
import math
import os
import select
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

_LENGTH = struct.Struct(">I")
LONGEST = 400 * 1024 * 1024  # bytes of a message: more than a child may have memory for
_PIECE = 65_536  # bytes written at once: what a pipe of Linux holds
_TAKEN_S = 30.0  # for the parent to take an answer, which it waits for


def serve(load: Callable[[], Callable[[bytes], bytes]], idle_s: float) -> NoReturn:
    """The life of a child: loads what answers, says so by an empty message, and answers.

    Questions come over standard input and answers leave over standard output. It ends when nobody
    asks for so many seconds, and when standard input does: it never outlives who started it.
    """
    asked, answers = 0, os.dup(1)
    os.dup2(2, 1)  # whatever a library may print is not an answer
    os.set_blocking(answers, False)
    gc.disable()  # what is loaded lives as long as the process
    answer = load()
    gc.freeze()
    gc.enable()
    with suppress(EOFError, TimeoutError):  # nobody asks any more
        send(answers, b"", _TAKEN_S)
        while True:
            send(answers, answer(receive(asked, idle_s)), _TAKEN_S)
    os._exit(0)  # there is nothing to save, and to take all libraries apart takes 5 ms


def send(descriptor: int, message: bytes, timeout_s: float) -> None:
    """Writes a message to a pipe that does not block.

    Raises TimeoutError where the other side does not take it, EOFError where it is gone.
    """
    deadline = time.monotonic() + timeout_s
    rest = memoryview(_LENGTH.pack(len(message)) + message)
    try:
        while rest:
            _wait(descriptor, select.POLLOUT, deadline)
            rest = rest[os.write(descriptor, rest[:_PIECE]) :]
    except BrokenPipeError as error:
        raise EOFError("the other side is gone") from error


def receive(descriptor: int, timeout_s: float) -> bytes:
    """Reads one whole message.

    Raises TimeoutError where it is not there in time, EOFError where the other side is gone, or
    announces more than any message of ours has.
    """
    deadline = time.monotonic() + timeout_s
    (length,) = _LENGTH.unpack(_read(descriptor, _LENGTH.size, deadline))
    if length > LONGEST:
        raise EOFError("the other side announces too long a message")
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
