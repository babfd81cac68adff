"""The parsing process: `python -m aggregator.polling.parse_child MAX_MEMORY IDLE_S`.

Only this process imports `parsing`: the main process needs none of its libraries.
"""

from __future__ import annotations

import resource
import sys
import urllib
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from msgspec import Struct, msgpack

from aggregator.errors import NotAFeed, ParseError
from aggregator.model import ParsedFeed, ParseTask
from aggregator.pipe import serve

# What feedparser and Python's own parser of XML load in order to fetch documents, which they never
# do here: an eighth of what it takes to start.
_FETCHING = ("urllib.error", "urllib.request", "feedparser.http")


class _Later(ModuleType):
    """Stands in for a module, which is loaded when something in it is used."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


class Reply(Struct, frozen=True, array_like=True, omit_defaults=True):
    """The parsed document, or the error with its fields."""

    parsed: ParsedFeed | None = None
    error: str = ""  # the name of its class
    detail: str = ""
    names: str = ""


def load(max_memory: int) -> Callable[[bytes], bytes]:
    """Loads the parsers, and limits the memory of the process (bytes)."""
    for name in _FETCHING:
        module = sys.modules.setdefault(name, _Later(name))
        package, _, own = name.partition(".")
        if package == urllib.__name__:  # whose attributes are set by who loads them
            setattr(urllib, own, module)
    from aggregator.parsing.document import parse  # noqa: PLC0415 - only in the child

    resource.setrlimit(resource.RLIMIT_DATA, (max_memory, max_memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return partial(answer, parse=parse)


def answer(message: bytes, *, parse: Callable[[ParseTask], ParsedFeed]) -> bytes:
    """Handles an encoded `ParseTask`; returns the encoded `Reply`."""
    try:
        return msgpack.encode(Reply(parse(msgpack.decode(message, type=ParseTask))))
    except ParseError as error:
        names = error.names if isinstance(error, NotAFeed) else ""
        reply = Reply(None, type(error).__name__, error.detail, names)
    except MemoryError:
        reply = Reply(None, "ParserKilled", "reading it took too much memory")
    except Exception as error:  # a document that breaks the parsers must not look like our fault
        gave_up = f"the parser gave up on it ({type(error).__name__})"
        reply = Reply(None, "ParseError", gave_up)
    return msgpack.encode(reply)


if __name__ == "__main__":
    serve(partial(load, int(sys.argv[1])), float(sys.argv[2]))
