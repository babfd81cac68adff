"""Parsing in child processes that can be killed: feeds are hostile input.

A document that takes too long or too much memory costs its own process and its own feed only.
The children are started by spawn at the first document, and ended when idle, so that a run whose
feeds all answer 304 never pays for them. A child that is lost, or never comes up, is noticed from
outside: what it should have told would be waited for without end.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import spawn
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from aggregator.errors import ParserKilled, ParserUnavailable
from aggregator.model import ParsedFeed, ParseTask
from aggregator.polling.parse_child import load, parse_document, set_limits

_CONTEXT: Any = multiprocessing.get_context("spawn")  # fork would copy held locks
_MOST_MEMORY = 384 * 1024 * 1024
# What waits for the first child before a second one is started, in bytes to be read whole: a third
# of a second of work. Below, one is done before two have begun.
_SECOND_CHILD_AT = 400_000
_KNOWN_SAVES = 5  # a document of which items are known is mostly cut out, not read
_START_S = 30.0  # for a child to come up, or to begin with the next document; usually 0.3 s
_LOOK_S = 0.5  # between two looks at children from which something is waited for
_TRIES = 2  # the first child may have been lost since the last document

T = TypeVar("T")


class _Lost(Exception):
    """A child ended by itself, or never came up."""


class _Child:
    """One process; pebble watches its deadline and replaces it when it was killed."""

    def __init__(self, max_memory: int, start_s: float) -> None:
        self.load = 0  # bytes of documents that wait, less for those of which much is known
        self.waiting = 0  # documents
        self._start_s = start_s
        self._fault = asyncio.ensure_future(asyncio.to_thread(_fault_of_interpreter, start_s))
        self.jobs: dict[asyncio.Future[Any], Any] = {}  # what is waited for -> pebble's future
        self.is_lost = False
        self._moved_at = 0.0  # when something went on (monotonic)
        self._pool: Any = ProcessPool(  # partly untyped
            max_workers=1,
            initializer=set_limits,
            initargs=(max_memory,),
            context=_CONTEXT,
        )

    async def run(self, function: Callable[..., T], args: tuple[Any, ...], deadline_s: float) -> T:
        """What the function returns or raises there.

        Raises _Lost when the process is no more, ParserUnavailable when none can be started.
        """
        if fault := await asyncio.shield(self._fault):
            self.is_lost = True
            raise ParserUnavailable(_cannot_start(fault))
        if not self.jobs:
            self._moved_at = time.monotonic()
        try:
            job = self._pool.schedule(function, args=args, timeout=deadline_s)
            answer: asyncio.Future[T] = asyncio.wrap_future(job)
        except (OSError, EOFError, RuntimeError) as error:  # no process, or a pool without one
            self.is_lost = True
            raise _Lost(_reason(error)) from error
        self.jobs[answer] = job
        try:
            return await answer
        except BrokenProcessPool as error:
            self.is_lost = True
            raise _Lost(_reason(error)) from error
        except asyncio.CancelledError as error:
            if self.is_lost and answer.cancelled():
                raise _Lost("it does not begin") from error
            raise
        finally:
            del self.jobs[answer]
            self._moved_at = time.monotonic()

    def look(self) -> None:
        """Ends all waiting where the process is lost, or does not begin."""
        if not self.jobs:
            return
        now = time.monotonic()
        if any(job.running() for job in self.jobs.values()):
            self._moved_at = now
        if not self._pool.active or now - self._moved_at > self._start_s:
            self.give_up()

    def give_up(self) -> None:
        """Ends all waiting: a pool that has failed forgets what it had not begun to hand on."""
        self.is_lost = True
        for answer in self.jobs:
            answer.cancel()

    def end(self) -> None:
        """Ends the process; blocks for a moment."""
        self._pool.stop()
        self._pool.join()


class ParsePool:
    """Up to `children` parsing processes, each with a memory limit in bytes.

    `start_s`: how long one may take to come up, or to begin with what waits for it.
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
        self._idle_s = idle_s
        self._max_memory = max_memory
        self._start_s = start_s
        self._children: list[_Child] = []
        self._idle: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Future[None]] = set()

    @property
    def children(self) -> int:
        """How many processes run now."""
        return len(self._children)

    async def start(self) -> None:
        """Returns when a child is up; raises ParserUnavailable when none comes up."""
        await self._run(load, (), 0, self._start_s)

    async def parse(self, task: ParseTask, deadline_s: float) -> ParsedFeed:
        """Parses in a child; raises ParseError, ParserKilled when it was ended for its greed.

        The deadline counts from when the child begins with the document. Raises ParserUnavailable
        when no child can be started: that is not a fault of the document.
        """
        try:
            load = len(task.body) // (_KNOWN_SAVES if task.known else 1)
            return await self._run(parse_document, (task,), load, deadline_s)
        except TimeoutError as error:
            raise ParserKilled(f"not read within {deadline_s:g} s") from error
        except (MemoryError, ProcessExpired) as error:
            raise ParserKilled("reading it took too much memory or crashed") from error
        except FutureCancelled as error:  # not ours: the pool's
            raise ParserKilled("the parser was stopped") from error

    async def _run(
        self, function: Callable[..., T], args: tuple[Any, ...], load: int, deadline_s: float
    ) -> T:
        """Runs it in the least busy child; once more where that one was lost meanwhile."""
        reason = ""
        for _ in range(_TRIES):
            # another is started when those there have enough to do
            child = min(self._children, key=lambda child: child.load, default=None)
            is_busy = child is None or child.load >= _SECOND_CHILD_AT
            if child is None or (is_busy and len(self._children) < self._most):
                child = _Child(self._max_memory, self._start_s)
                self._children.append(child)
            child.waiting += 1
            child.load += load
            if self._idle is not None:
                self._idle.cancel()
            self._watch_children()
            try:
                return await child.run(function, args, deadline_s)
            except _Lost as error:
                reason = str(error)
            finally:
                child.waiting -= 1
                child.load -= load
                if child.is_lost and child in self._children:
                    self._children.remove(child)
                    child.give_up()
                    self._end(child)
                if self._idle is not None:
                    self._idle.cancel()
                if not any(child.waiting for child in self._children):
                    loop = asyncio.get_running_loop()
                    self._idle = loop.call_later(self._idle_s, self._end_children)
        raise ParserUnavailable(_cannot_start(reason))

    async def close(self) -> None:
        """Ends all children; what they still parse is lost."""
        self._end_children()
        for timer in (self._idle, self._watch):
            if timer is not None:
                timer.cancel()
        await asyncio.gather(*self._ending)

    def _watch_children(self) -> None:
        """Looks from time to time, as long as anything is waited for."""
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        self._watch = None
        waited_for = [child for child in self._children if child.waiting]
        for child in waited_for:
            child.look()
        if waited_for:
            self._watch_children()

    def _end_children(self) -> None:
        children, self._children = self._children, []
        for child in children:
            self._end(child)

    def _end(self, child: _Child) -> None:
        ending = asyncio.ensure_future(asyncio.to_thread(child.end))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


def _fault_of_interpreter(start_s: float) -> str:
    """Why the interpreter does not run, or ""; spawn would not tell, and wait for it for ever.

    It may go while we run: an upgrade of the system takes it away under a daemon. Blocks.
    """
    command = [os.fsdecode(spawn.get_executable()), "-I", "-S", "-c", ""]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=start_s, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it does not begin within {start_s:g} s"
    except OSError as error:
        return os.strerror(error.errno or 0)
    return f"it ends with code {done.returncode}" if done.returncode else ""


def _cannot_start(why: str) -> str:
    return (
        f"{os.fsdecode(spawn.get_executable())}: the process that reads documents cannot be started"
        f" ({why}); was Python moved or upgraded? Install aggregator again, or restart it"
    )


def _reason(error: Exception) -> str:
    cause = error if isinstance(error, OSError) else error.__cause__
    if isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)
    return "it ended at once"
