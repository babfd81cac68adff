"""Polls in batches by workers, each under a lease that is stored before anything is sent.

The queue of the daemon stays the one place that says when a host may be asked: it gives a feed out
when its turn has come, also for each host that redirects lead to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from aggregator.cluster.batch import (
    MOST_TASKS,
    PollAnswer,
    PollTask,
    decode_answers,
    encode_batch,
    result_of,
    task_of,
    without_known,
)
from aggregator.errors import FetchError, StoreError, WorkersUnavailable
from aggregator.fetching.guard import host_of
from aggregator.fetching.redirects import WaitForHost
from aggregator.model import PollResult
from aggregator.polling.fetchers import NoteStart, PollLost
from aggregator.polling.poll import PARSE_DEADLINE_S, with_error
from aggregator.storage import polls
from aggregator.storage.polls import PollLease
from aggregator.storage.thread import StoreThread
from aggregator.text import printable
from aggregator.urls import registrable_domain

_GATHER_S = 0.01  # what is given out within it goes in one batch
_LATE_S = 10.0  # a batch that came to its worker later is not begun
_QUEUE_S = 20.0  # for documents that wait for a parsing process, and for the way back


class WorkerLost(Exception):
    """Nothing came back: whether the batch was begun is not known."""


class WorkerUnfit(Exception):
    """A worker that cannot poll, as by its release or its clock; others may."""


class Scheduler(Protocol):
    """The engine that knows the workers."""

    async def worker_for(self, domain: str) -> str:
        """The worker that asks all hosts of this domain. Raises WorkersUnavailable."""

    async def run(self, worker: str, payload: bytes) -> bytes:
        """Has a worker answer a batch, once.

        Raises WorkerLost, WorkerUnfit and WorkersUnavailable.
        """

    def set_aside(self, worker: str) -> bool:
        """Has others do the work of an unfit worker for some minutes; whether there are any."""

    async def close(self) -> None:
        """Leaves the workers."""


class _Sent(Struct, eq=False):
    task: PollTask
    feed_id: int
    host: str
    gap_s: float
    answer: asyncio.Future[PollAnswer]

    @property
    def lease_s(self) -> float:
        """By then the host was asked, answered or given up, and its gap is over."""
        return _LATE_S + self.task.timeout_s + PARSE_DEADLINE_S + _QUEUE_S + self.gap_s


class ClusterFetcher:
    """The workers of a scheduler, as the poller asks them."""

    def __init__(
        self, scheduler: Scheduler, thread: StoreThread, clock: Callable[[], datetime]
    ) -> None:
        self.user_agent = ""
        self._scheduler = scheduler
        self._thread = thread
        self._clock = clock
        self._waiting: dict[str, list[_Sent]] = {}  # by worker
        self._running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Raises WorkersUnavailable while there is no worker."""
        await self._scheduler.worker_for("")

    async def fetch(
        self,
        begun: PollResult,
        *,
        known: Callable[[], Awaitable[frozenset[str]]],
        is_full: bool,
        wait_for_host: WaitForHost,
        note_start: NoteStart,
    ) -> PollResult:
        """As said in `Fetcher`; a redirect to another host comes back, and waits for that here."""
        source, trail = begun.source, None
        host = host_of(begun.state.permanent_url or source.url)
        while True:
            task = task_of(begun, is_full=is_full, trail=trail)
            try:
                answer = await self._send(task, begun, host)
            except WorkersUnavailable:
                self._note(note_start, host, source.host_gap_s, 0.0)
                raise
            self._note(note_start, host, source.host_gap_s, answer.begun_s)
            if answer.trail is None:
                break
            trail = answer.trail
            host = host_of(trail.url)
            try:
                await wait_for_host(host)
            except FetchError as error:
                return with_error(begun, error)
        result = result_of(answer, begun)
        if result.parsed is not None and not is_full:
            result = replace(result, parsed=without_known(result.parsed, await known()))
        return result

    async def close(self) -> None:
        """What is under work keeps its lease."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._scheduler.close()

    def _note(self, note_start: NoteStart, host: str, gap_s: float, ago_s: float) -> None:
        """The gap counts from when the worker began, not from when the batch was sent."""
        if gap_s > 0:
            note_start(host, gap_s, self._clock() - timedelta(seconds=ago_s))

    async def _send(self, task: PollTask, begun: PollResult, host: str) -> PollAnswer:
        worker = await self._scheduler.worker_for(registrable_domain(host))
        loop = asyncio.get_running_loop()
        gap_s = begun.source.host_gap_s
        sent = _Sent(task, begun.state.feed_id, host, gap_s, loop.create_future())
        waiting = self._waiting.setdefault(worker, [])
        waiting.append(sent)
        if len(waiting) == 1:
            loop.call_later(_GATHER_S, self._flush, worker)
        elif len(waiting) == MOST_TASKS:
            self._flush(worker)
        return await sent.answer

    def _flush(self, worker: str) -> None:
        batch = self._waiting.pop(worker, None)
        if batch is None:  # it was full
            return
        task = asyncio.ensure_future(self._run(worker, batch))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, worker: str, batch: Sequence[_Sent]) -> None:
        """Gives each poll of the batch its answer, or the reason why there is none."""
        now = self._clock()
        leases = [
            PollLease(one.feed_id, one.host, now + timedelta(seconds=one.lease_s)) for one in batch
        ]
        begun = time.monotonic()
        try:
            await self._thread.run(polls.take_leases, leases)
            payload = encode_batch(
                [one.task for one in batch],
                user_agent=self.user_agent,
                sent_at=time.time(),
                late_s=_LATE_S,
            )
            async with asyncio.timeout(max(one.lease_s - one.gap_s for one in batch)):
                answered = await self._scheduler.run(worker, payload)
            answers = decode_answers(answered, len(batch))
            if isinstance(answers, str):
                raise WorkerUnfit(printable(answers))
        except WorkerUnfit as unfit:
            if not self._scheduler.set_aside(worker):
                _fail(batch, WorkersUnavailable(str(unfit), address=worker))
                return
            reason = f"{worker}: {unfit}; other workers poll in its place"
            for one in batch:  # they are due again after the gap: servers may have been asked
                _fail((one,), PollLost(reason, host=one.host, wait_s=one.gap_s))
        except (StoreError, WorkersUnavailable) as error:
            _fail(batch, error)
        except (WorkerLost, TimeoutError, ValueError) as error:
            reason = str(error) or "the worker did not answer in time"
            for one in batch:
                left_s = max(one.lease_s - (time.monotonic() - begun), 0.0)
                _fail((one,), PollLost(reason, host=one.host, wait_s=left_s))
        else:
            for one, answer in zip(batch, answers, strict=True):
                if not one.answer.done():
                    one.answer.set_result(answer)
        finally:  # cancelled: nobody must wait for ever
            for one in batch:
                _fail((one,), PollLost("stopped", host=one.host, wait_s=one.lease_s))


def _fail(batch: Sequence[_Sent], error: Exception) -> None:
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(error)
