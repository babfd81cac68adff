"""Stores finished polls in batches.

Polls with a document wait for at most 200 ms, others for at most a second: many small transactions
would cost more than all the polls of a quiet hour.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime

from aggregator.errors import StoreError
from aggregator.ingest.accept import accept, record, refuse
from aggregator.logs import event
from aggregator.model import HostState, PollResult
from aggregator.storage.thread import StoreThread

_MOST_DOCUMENTS = 10
_MOST_ITEMS = 300
_DOCUMENT_WAIT_S = 0.2
_MOST_QUIET = 500
_QUIET_WAIT_S = 1.0

_log = logging.getLogger(__name__)


class Recorder:
    """`on_stored` is called with each stored poll, `on_failed` when a batch could not be stored."""

    def __init__(
        self,
        thread: StoreThread,
        clock: Callable[[], datetime],
        *,
        host_changes: Callable[[], Sequence[HostState]],
        on_stored: Callable[[PollResult], None],
        on_failed: Callable[[], None],
    ) -> None:
        self._thread = thread
        self._clock = clock
        self._host_changes = host_changes
        self._on_stored = on_stored
        self._on_failed = on_failed
        self._documents: list[tuple[PollResult, asyncio.Future[None]]] = []
        self._items = 0
        self._quiet: list[PollResult] = []
        self._hosts: tuple[HostState, ...] = ()  # changes that could not be written
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._writing: set[asyncio.Task[None]] = set()
        self.failure: StoreError | None = None  # why the last batch could not be written

    async def add_document(self, result: PollResult) -> None:
        """Stores a poll with a document; returns when it is stored."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._documents.append((result, stored))
        self._items += result.items
        if len(self._documents) >= _MOST_DOCUMENTS or self._items >= _MOST_ITEMS:
            self._write_documents()
        else:
            self._later("documents", _DOCUMENT_WAIT_S, self._write_documents)
        await stored

    def add_quiet(self, result: PollResult) -> None:
        """Stores a poll that changed only the feed's state, some time soon."""
        self._quiet.append(result)
        if len(self._quiet) >= _MOST_QUIET:
            self._write_quiet()
        else:
            self._later("quiet", _QUIET_WAIT_S, self._write_quiet)

    async def flush(self) -> None:
        """Stores everything that waits; raises StoreError if that fails."""
        self._write_documents()
        self._write_quiet()
        while self._writing:
            await asyncio.gather(*self._writing)
        if self.failure is not None:
            raise self.failure

    async def retry(self) -> None:
        """Tries again after a failure, even if nothing waits; raises StoreError."""
        self.failure = None
        await self.flush()

    def _later(self, name: str, delay_s: float, write: Callable[[], None]) -> None:
        if name not in self._timers:
            loop = asyncio.get_running_loop()
            self._timers[name] = loop.call_later(delay_s, write)

    def _write_documents(self) -> None:
        self._cancel("documents")
        batch, self._documents, self._items = self._documents, [], 0
        if batch:
            self._start(self._accept(batch))

    def _write_quiet(self) -> None:
        self._cancel("quiet")
        batch, self._quiet = self._quiet, []
        changed = (*self._hosts, *self._host_changes())
        self._hosts = ()
        if batch or changed:
            self._start(self._record(batch, changed))

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _start(self, writing: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _accept(self, batch: list[tuple[PollResult, asyncio.Future[None]]]) -> None:
        try:
            results = await self._store([result for result, _ in batch])
        except StoreError as error:
            self.failure = error
            self._on_failed()
            for _, stored in batch:
                if not stored.done():
                    stored.set_exception(error)
            return
        self.failure = None
        for (_, stored), result in zip(batch, results, strict=True):
            self._on_stored(result)
            if not stored.done():
                stored.set_result(None)

    async def _store(self, results: Sequence[PollResult]) -> tuple[PollResult, ...]:
        """Stores polls together, or one by one after a fault of ours. Raises StoreError."""
        try:
            return await self._thread.run(accept, results, self._clock())
        except StoreError:
            raise
        except Exception:
            if len(results) == 1:
                (result,) = results
                feed, detail = result.source.name, "a fault of this program; its log tells more"
                event(_log, "poll.fault", level=logging.ERROR, error=True, feed=feed)
                refused = await self._thread.run(refuse, result, self._clock(), detail=detail)
                return (refused,)
        return tuple([one for result in results for one in await self._store([result])])

    async def _record(self, batch: list[PollResult], changed: tuple[HostState, ...]) -> None:
        try:
            await self._thread.run(record, batch, self._clock(), hosts=changed)
        except StoreError as error:
            self.failure = error
            self._quiet = [*batch, *self._quiet]  # written with the next ones
            self._hosts = (*changed, *self._hosts)
            self._on_failed()
            return
        self.failure = None
        for result in batch:
            self._on_stored(result)
