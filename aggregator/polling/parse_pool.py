"""Parsing in child processes that can be killed: feeds are hostile input.

A document that takes too long or too much memory costs its own process and its own feed only.
The children are started by spawn at the first document, and ended when idle, so that a run whose
feeds all answer 304 never pays for them.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import CancelledError as FutureCancelled
from typing import Any

from pebble import ProcessExpired, ProcessPool

from aggregator.errors import ParserKilled
from aggregator.model import ParsedFeed, ParseTask
from aggregator.polling.parse_child import parse_document, set_limits

_MOST_MEMORY = 384 * 1024 * 1024
# What waits for the first child before a second one is started, in bytes to be read whole: a third
# of a second of work. Below, one is done before two have begun.
_SECOND_CHILD_AT = 400_000
_KNOWN_SAVES = 5  # a document of which items are known is mostly cut out, not read


class _Child:
    """One process; pebble watches its deadline and replaces it when it was killed."""

    def __init__(self, max_memory: int) -> None:
        self.waiting = 0  # documents
        self.load = 0  # bytes in them, see `_load`
        self.pool: Any = ProcessPool(  # partly untyped
            max_workers=1,
            initializer=set_limits,
            initargs=(max_memory,),
            context=multiprocessing.get_context("spawn"),  # fork would copy held locks
        )

    def end(self) -> None:
        """Ends the process; blocks for a moment."""
        self.pool.stop()
        self.pool.join()


class ParsePool:
    """Up to `children` parsing processes, each with a memory limit in bytes."""

    def __init__(
        self, *, children: int = 2, idle_s: float = 60.0, max_memory: int = _MOST_MEMORY
    ) -> None:
        self._most = children
        self._idle_s = idle_s
        self._max_memory = max_memory
        self._children: list[_Child] = []
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Future[None]] = set()

    @property
    def children(self) -> int:
        """How many processes run now."""
        return len(self._children)

    async def parse(self, task: ParseTask, deadline_s: float) -> ParsedFeed:
        """Parses in a child; raises ParseError, ParserKilled when it was ended for its greed.

        The deadline counts from when the child begins with the document.
        """
        child = self._child()
        load = _load(task)
        child.waiting += 1
        child.load += load
        if self._idle is not None:
            self._idle.cancel()
        try:
            job = child.pool.schedule(parse_document, args=(task,), timeout=deadline_s)
            return await asyncio.wrap_future(job)
        except TimeoutError as error:
            raise ParserKilled(f"not read within {deadline_s:g} s") from error
        except (MemoryError, ProcessExpired) as error:
            raise ParserKilled("reading it took too much memory or crashed") from error
        except FutureCancelled as error:  # not ours: the pool's
            raise ParserKilled("the parser was stopped") from error
        finally:
            child.waiting -= 1
            child.load -= load
            self._watch_idle()

    async def close(self) -> None:
        """Ends all children; what they still parse is lost."""
        self._end_children()
        if self._idle is not None:
            self._idle.cancel()
        await asyncio.gather(*self._ending)

    def _child(self) -> _Child:
        """The least busy one; another is started when those there have enough to do."""
        free = min(self._children, key=lambda child: child.load, default=None)
        busy = free is None or free.load >= _SECOND_CHILD_AT
        if free is None or (busy and len(self._children) < self._most):
            free = _Child(self._max_memory)
            self._children.append(free)
        return free

    def _watch_idle(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        if not any(child.waiting for child in self._children):
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(self._idle_s, self._end_children)

    def _end_children(self) -> None:
        children, self._children = self._children, []
        for child in children:
            ending = asyncio.ensure_future(asyncio.to_thread(child.end))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)


def _load(task: ParseTask) -> int:
    return len(task.body) // (_KNOWN_SAVES if task.known else 1)
