"""What may go wrong while a document is read, on demand of a header of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from msgspec import msgpack

from aggregator.model import ParsedFeed, ParseTask
from aggregator.polling.parse_child import answer

HEADER = "x-misbehave"


def misbehaving(well: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """What answers a parsing process, and does what is asked for in place of parsing."""

    def answered(message: bytes) -> bytes:
        headers = msgpack.decode(message, type=ParseTask).headers
        if HEADER not in headers:
            return well(message)
        return answer(message, parse=partial(_misbehave, headers[HEADER]))

    return answered


def _misbehave(how: str, task: ParseTask) -> ParsedFeed:
    match how:
        case "endless":
            _never_end()
        case "greedy":
            _take_all_memory()
        case "crashing":  # as a fault in native code would
            os.kill(os.getpid(), signal.SIGSEGV)
        case "surrogate":
            return ParsedFeed("rss20", "\ud800", ())
        case "reporting":
            return ParsedFeed("rss20", str(os.getpid()), ())
    raise LookupError("no such thing")


def _never_end() -> NoReturn:
    while True:
        time.sleep(0.01)


def _take_all_memory() -> NoReturn:
    held = []
    while True:
        held.append(bytearray(10_000_000))
