"""Parses in child processes that can be killed, because feeds are hostile input.

A document that takes too much time or memory affects only its process and its feed. Children are
started with the first document and end when idle, so a run with 304 responses only needs none.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

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
# Bytes that wait for the first child before a second one is started: a third of a second of work.
# With less, one child is done before a second one has started.
_SECOND_CHILD_AT = 400_000
_KNOWN_SAVES = 5  # a document with known items is mostly cut out, not read
_START_S = 30.0  # for a child to start; usually 0.3 s
_ERRORS = {one.__name__: one for one in (ParserKilled, UnsupportedFormat)}

T = TypeVar("T")


class _Parser:
    """A child, and the thread that gives it one document after another."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.thread = ThreadPoolExecutor(1, "parser")
        self.load = 0  # bytes of waiting documents; those with known items count less
        self._fault = ""

    def run(self, work: Callable[[Child], T]) -> T:
        """Runs `work` with the child; after a failed start, waiting work fails at once."""
        if self._fault:
            raise NotStarted(self._fault)
        try:
            return work(self.child)
        except NotStarted as error:
            self._fault = str(error)
            raise


class ParsePool:
    """Up to `children` parsing processes, each with a memory limit in bytes.

    `start_s`: how long one may take to start; `idle_s`: how long it may be idle before it ends.
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

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def children(self) -> int:
        """How many processes are running."""
        return sum(parser.child.is_running for parser in self._parsers)

    async def start(self) -> None:
        """Returns when a child is running; raises ParserUnavailable if none can be started."""
        await self._run(Child.start, 0)

    async def parse(self, task: ParseTask, deadline_s: float) -> ParsedFeed:
        """Parses in a child; raises ParseError, or ParserKilled if it used too much time or memory.

        The deadline counts from when the child gets the document. Raises ParserUnavailable if no
        child can be started, which is not the document's fault.
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
        """Ends all children; documents that they are parsing are lost."""
        parsers, self._parsers = self._parsers, []
        for parser in parsers:
            parser.thread.shutdown(wait=False, cancel_futures=True)
            await asyncio.to_thread(parser.child.stop)

    async def _run(self, work: Callable[[Child], T], load: int) -> T:
        """Runs `work` with the least busy child; starts another if all are busy."""
        parser = min(self._parsers, key=lambda parser: parser.load, default=None)
        is_busy = parser is None or parser.load >= _SECOND_CHILD_AT
        if parser is None or (is_busy and len(self._parsers) < self._most):
            parser = _Parser(Child((*COMMAND, *self._limits), start_s=self._start_s))
            self._parsers.append(parser)
        parser.load += load
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(parser.thread, parser.run, work)
        except (NotStarted, RuntimeError) as error:  # no process, or no thread for it
            if parser in self._parsers:  # the next document may be able to start one
                self._parsers.remove(parser)
                parser.thread.shutdown(wait=False)
            raise ParserUnavailable(
                f"{COMMAND[0]}: the process that reads documents cannot be started ({error}); was"
                " Python moved or upgraded? Install aggregator again, or restart it"
            ) from error
        finally:
            parser.load -= load
