"""Parsing in child processes that can be killed: feeds are hostile input.

A document that takes too long or too much memory costs its own process and its own feed only.
The children are started at the first document, and end when idle, so that a run whose feeds all
answer 304 never pays for them.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from msgspec import DecodeError, msgpack

from aggregator.child import Child, NotStarted
from aggregator.errors import (
    NotAFeed,
    ParseError,
    ParserKilled,
    ParserUnavailable,
    UnsupportedFormat,
)
from aggregator.model import ParsedFeed, ParseTask
from aggregator.polling.parse_child import Reply

COMMAND = (sys.executable, "-P", "-m", "aggregator.polling.parse_child")
_MOST_MEMORY = 384 * 1024 * 1024
# What waits for the first child before a second one is started, in bytes to be read whole: a third
# of a second of work. Below, one is done before two have begun.
_SECOND_CHILD_AT = 400_000
_KNOWN_SAVES = 5  # a document of which items are known is mostly cut out, not read
_START_S = 30.0  # for a child to come up; usually 0.3 s
_ERRORS = {one.__name__: one for one in (ParserKilled, UnsupportedFormat)}

T = TypeVar("T")


class _Parser:
    """One child, and the thread that asks it, document after document."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.thread = ThreadPoolExecutor(1, "parser")
        self.load = 0  # bytes of documents that wait, less for those of which much is known
        self._fault = ""

    def run(self, work: Callable[[Child], T]) -> T:
        """Works with the child; once it could not be started, what waits need not try again."""
        if self._fault:
            raise NotStarted(self._fault)
        try:
            return work(self.child)
        except NotStarted as error:
            self._fault = str(error)
            raise


class ParsePool:
    """Up to `children` parsing processes, each with a memory limit in bytes.

    `start_s`: how long one may take to come up. It ends when it had nothing to do for `idle_s`.
    """

    def __init__(
        self,
        *,
        children: int = 2,
        idle_s: float = 60.0,
        max_memory: int = _MOST_MEMORY,
        start_s: float = _START_S,
    ) -> None:
        self._most = children
        self._limits = (str(max_memory), str(idle_s))
        self._start_s = start_s
        self._parsers: list[_Parser] = []

    @property
    def children(self) -> int:
        """How many processes run now."""
        return sum(parser.child.is_running for parser in self._parsers)

    async def start(self) -> None:
        """Returns when a child is up; raises ParserUnavailable when none comes up."""
        await self._run(Child.start, 0)

    async def parse(self, task: ParseTask, deadline_s: float) -> ParsedFeed:
        """Parses in a child; raises ParseError, ParserKilled when it was ended for its greed.

        The deadline counts from when the child gets the document. Raises ParserUnavailable when
        no child can be started: that is not a fault of the document.
        """
        message = msgpack.encode(task)
        load = len(task.body) // (_KNOWN_SAVES if task.known else 1)
        try:
            said = await self._run(lambda child: child.ask(message, deadline_s), load)
            reply = msgpack.decode(said, type=Reply)
        except TimeoutError as error:
            raise ParserKilled(f"not read within {deadline_s:g} s") from error
        except (EOFError, DecodeError) as error:
            raise ParserKilled("reading it took too much memory or crashed") from error
        if reply.parsed is not None:
            return reply.parsed
        if reply.error == NotAFeed.__name__:
            raise NotAFeed(reply.detail, names=reply.names)
        raise _ERRORS.get(reply.error, ParseError)(reply.detail)

    async def close(self) -> None:
        """Ends all children; what they still parse is lost."""
        parsers, self._parsers = self._parsers, []
        for parser in parsers:
            parser.thread.shutdown(wait=False, cancel_futures=True)
            await asyncio.to_thread(parser.child.stop)

    async def _run(self, work: Callable[[Child], T], load: int) -> T:
        """Works with the least busy child; another is started when those there have enough."""
        parser = min(self._parsers, key=lambda parser: parser.load, default=None)
        is_busy = parser is None or parser.load >= _SECOND_CHILD_AT
        if parser is None or (is_busy and len(self._parsers) < self._most):
            parser = _Parser(Child((*COMMAND, *self._limits), start_s=self._start_s))
            self._parsers.append(parser)
        parser.load += load
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(parser.thread, parser.run, work)
        except (NotStarted, RuntimeError) as error:  # no process, or no thread to ask it
            if parser in self._parsers:  # the next document may find it mended
                self._parsers.remove(parser)
                parser.thread.shutdown(wait=False)
            raise ParserUnavailable(
                f"{COMMAND[0]}: the process that reads documents cannot be started ({error}); was"
                " Python moved or upgraded? Install aggregator again, or restart it"
            ) from error
        finally:
            parser.load -= load
