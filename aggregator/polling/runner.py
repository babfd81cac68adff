"""Polls the feeds of a queue, at most N at once, one lane per host; each poll fails alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from aggregator.errors import (
    AggregatorError,
    FetchError,
    ParserUnavailable,
    StoreError,
    WorkersUnavailable,
)
from aggregator.fetching.guard import host_of, origin_of
from aggregator.logs import event
from aggregator.model import FeedState, PollError, PollResult
from aggregator.network import FORM
from aggregator.polling import delivery, poll
from aggregator.polling.delivery import Push
from aggregator.polling.fetchers import Fetcher, LocalFetcher, PollLost
from aggregator.polling.poll import log_poll
from aggregator.polling.queue import PollQueue, Ticket
from aggregator.polling.recorder import Recorder
from aggregator.polling.redirect_waits import RedirectWaits
from aggregator.settings import Config, FeedSource
from aggregator.storage import feeds, items, polls
from aggregator.storage.thread import StoreThread
from aggregator.urls import registrable_domain

_log = logging.getLogger(__name__)
_GATHER_S = 0.005  # polls that end within it are replaced together, with one query
_PAGE = 200
_TOO_MANY_REQUESTS = 429
_LONGEST_DELAY_S = 1.0  # the clock may be set during the wait for a gap
# not the fault of a feed: all further results would be lost
STOPS = (StoreError, ParserUnavailable, WorkersUnavailable)


class PollRunner:
    """Makes all polls, for the scheduler, the command line and "refresh now"."""

    def __init__(
        self,
        config: Config,
        thread: StoreThread,
        clock: Callable[[], datetime],
        *,
        on_poll: Callable[[PollResult], None],
        on_idle: Callable[[], None] = lambda: None,
        workers: Fetcher | None = None,
    ) -> None:
        """`on_poll` gets each stored poll; `on_idle` is called when no feed waits or is polled.

        `workers` make the polls instead of this process.
        """
        self._thread = thread
        self._clock = clock
        self._on_poll = on_poll
        self._on_idle = on_idle
        self._sources: dict[str, FeedSource] = {}
        self._concurrency = config.fetch.concurrency
        self._queue = PollQueue(registrable_domain)
        self._local = LocalFetcher(config.fetch.user_agent, is_wanted=self._queue.has_waiting)
        self._workers = workers
        self._recorder = Recorder(
            thread,
            clock,
            host_changes=lambda: tuple(self._queue.changes()),
            on_stored=self._stored,
            on_failed=self._queue.clear,  # responses would be lost
        )
        self._redirects = RedirectWaits()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: AggregatorError | None = None
        self._filler: asyncio.TimerHandle | None = None
        self._is_open = True
        self._idle = asyncio.Event()
        self._idle.set()
        self._busy = 0  # slots in use
        self._ids: dict[str, int] = {}
        self._moved: dict[int, str] = {}  # feed id -> confirmed new address
        self.pushing: Mapping[int, datetime] = {}  # feed id -> end of its working hub's lease
        self._missed: set[int] = set()

    @property
    def failure(self) -> AggregatorError | None:
        """Why the last results could not be parsed or stored; None if they could."""
        return self._failure or self._recorder.failure

    async def prepare(self, config: Config) -> None:
        """Brings the database's feeds in line with the configuration; must be called first.

        Waiting feeds are forgotten: those that are due will be added again with their new
        configuration, if they still have one.
        """
        await self._thread.run(items.retry, config.feeds)
        await self._thread.run(polls.note_pause, "", self._clock())
        ids = await self._thread.run(feeds.sync_feeds, config.feeds)
        moved = await self._thread.run(feeds.moved_feeds)
        now = self._clock()
        self._queue.restore(await self._thread.run(polls.load_hosts, now))
        for lease in await self._thread.run(polls.held_leases, now):
            if lease.feed_id not in self._queue:  # otherwise it is ours
                self._queue.note_start(lease.host, (lease.until - now).total_seconds(), now)
        self._queue.clear()
        self._sources = {source.key: source for source in config.feeds}
        self._ids, self._moved = ids, moved
        self._concurrency = config.fetch.concurrency
        self._local.client.user_agent = config.fetch.user_agent
        if self._workers is not None:
            self._workers.user_agent = config.fetch.user_agent

    async def waiting(
        self, keys: Sequence[str], now: datetime, *, due_only: bool
    ) -> AsyncIterator[FeedState]:
        """The states of those of these feeds that may not be polled now, read in pages."""
        ids = [self._ids[key] for key in keys]
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE]
            for state in await self._thread.run(feeds.waiting_feeds, page, now, due_only=due_only):
                yield state

    def add(self, keys: Iterable[str], *, is_full: bool = False) -> int:
        """Queues feeds; returns how many were not queued already.

        Skips feeds that another process stored from a configuration that is not loaded here yet.
        """
        now = self._clock()
        added = 0
        for key in keys:
            feed_id = self._ids.get(key)
            if feed_id is None or feed_id in self._queue:
                continue
            source = self._sources[key]
            host = host_of(self._moved.get(feed_id, source.url))
            gap_s = 0.0 if source.is_local else source.host_gap_s
            # when a worker began a request is known only once it has responded
            per_host = source.per_host if self._workers is None or gap_s == 0 else 1
            ticket = Ticket(feed_id, key, host, gap_s, per_host, is_full)
            added += self._queue.add(ticket, now)
        if added:
            self._idle.clear()
            self._fill_later(0.0)
        return added

    async def idle(self) -> None:
        """Returns when nothing waits and everything is stored; raises `failure` if there is one."""
        await self._idle.wait()
        await self._recorder.flush()
        if self._failure is not None:
            raise self._failure

    def shift(self, by: timedelta) -> None:
        """Adapts to a clock that was set by `by`: waits between requests keep their length."""
        self._queue.shift(by, self._clock())

    async def retry(self) -> None:
        """Stores what could not be stored before; raises `failure` if that fails again."""
        if isinstance(self._failure, ParserUnavailable):
            await self._local.start()  # before any server is requested in vain
        if isinstance(self._failure, WorkersUnavailable) and self._workers is not None:
            await self._workers.start()
        self._failure = None
        await self._recorder.retry()

    async def close(self, grace_s: float) -> None:
        """Starts no more polls, waits for those in flight, cancels the rest, stores the results."""
        self._is_open = False
        if self._filler is not None:
            self._filler.cancel()
        self._redirects.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._recorder.flush()
        finally:
            await self._local.close()
            if self._workers is not None:
                await self._workers.close()

    async def push(self, push: Push) -> None:
        """Stores what a hub delivered; logs it if the document cannot be read.

        Raises StoreError and ParserUnavailable: the hub may try again.
        """
        source = self.source_of(push.feed_id)
        if source is None:
            return
        parsed = await delivery.read(push, source, self._local.parser())
        if parsed is None:
            return
        result = await self._thread.run(
            delivery.store_push, push, self._clock(), source=source, parsed=parsed
        )
        log_poll(_log, result)
        self._on_poll(result)

    async def post(self, feed_id: int, url: str, *, form: bytes) -> int:
        """Sends a form to a hub that this feed named; returns the status. Raises FetchError."""
        source = self.source_of(feed_id)
        if source is None:
            raise FetchError("the feed is no longer configured")
        own = origin_of(source.url) if source.allow_private_networks else None
        reply = await self._local.client.post(
            url, form, headers=FORM, timeout_s=source.timeout_s, own=own, route=source.route
        )
        return reply.status

    def pop_missed(self) -> frozenset[int]:
        """Feeds with a pushing hub in which polls found news nevertheless, since the last call."""
        missed, self._missed = frozenset(self._missed), set()
        return missed

    def source_of(self, feed_id: int) -> FeedSource | None:
        """The configured feed with this row id; None if there is none."""
        key = next((key for key, one in self._ids.items() if one == feed_id), "")
        return self._sources.get(key)

    def _fill_later(self, delay_s: float) -> None:
        if self._filler is None and self._is_open:
            self._filler = asyncio.get_running_loop().call_later(delay_s, self._fill)

    def _fill(self) -> None:
        """Starts as many polls as there is room for; runs again when a host's gap is over."""
        self._filler = None
        now = self._clock()
        tickets: list[Ticket] = []
        while self._busy < self._concurrency:
            ticket = self._queue.take(now)
            if ticket is None:
                break
            self._busy += 1
            if ticket.is_hop:
                self._redirects.allow(ticket.feed_id)
            else:
                tickets.append(ticket)
        if tickets:
            self._start(self._begin(tickets))
        if self._busy < self._concurrency:
            start = self._queue.next_start()
            if start is not None:
                self._fill_later(min(max(start - now.timestamp(), 0.0), _LONGEST_DELAY_S))
        if not self._busy and not self._queue.waiting:
            self._idle.set()
            self._on_idle()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begin(self, tickets: Sequence[Ticket]) -> None:
        """Reads the states of these feeds and starts their polls."""
        try:
            ids = [ticket.feed_id for ticket in tickets]
            found = await self._thread.run(feeds.feed_states, ids)
        except StoreError as error:
            self._stop(error)
            found = ()
        states = {state.feed_id: state for state in found}
        for ticket in tickets:
            state, source = states.get(ticket.feed_id), self._sources.get(ticket.key)
            if state is None or source is None:  # unreadable, or no longer configured
                self._queue.done(ticket)
                self._queue.forget(ticket.feed_id)
                self._release()
            else:
                self._start(self._poll(ticket, source, state))

    async def _poll(self, ticket: Ticket, source: FeedSource, state: FeedState) -> None:
        """Polls one feed; any error affects this feed only."""
        try:
            try:
                result = await self._request(ticket, source, state)
            finally:
                self._queue.done(ticket)
                host = self._redirects.pop_host(ticket.feed_id, ticket.host)
            if result.status == _TOO_MANY_REQUESTS:
                self._queue.throttle(host, self._clock())  # for its other feeds
            if result.error is not None and result.error.kind == "dns":
                dropped = self._queue.drop(ticket.host)
                if dropped:
                    self._busy += 1
                    self._start(self._fail(dropped, result.error))
            if ticket.key not in self._sources:  # removed meanwhile; its row may belong by now to
                self._queue.forget(ticket.feed_id)  # another address with the same name
                return
            if result.parsed is None:
                self._recorder.add_quiet(result)
            else:
                await self._recorder.add_document(result)
        except PollLost as lost:
            event(_log, "poll.lost", level=logging.WARNING, feed=source.name, detail=str(lost))
            self._queue.note_start(lost.host, lost.wait_s, self._clock())
            self._queue.forget(ticket.feed_id)  # due as before
        except STOPS as error:
            self._queue.forget(ticket.feed_id)
            self._stop(error)
        finally:
            self._release()

    async def _request(self, ticket: Ticket, source: FeedSource, state: FeedState) -> PollResult:
        begun = PollResult(source, state, started_at=self._clock())
        try:
            # other machines have neither our files nor our CA file
            workers = None if source.is_local or source.ca_file else self._workers
            result = await (workers or self._local).fetch(
                begun,
                known=lambda: self._thread.run(items.known_hashes, state.feed_id),
                is_full=ticket.is_full,
                wait_for_host=partial(self._wait_for_host, ticket),
                note_start=self._queue.note_start,
            )
            return poll.with_next_poll(result, self._clock(), self.pushing.get(state.feed_id))
        except (*STOPS, PollLost):
            raise
        except Exception as error:  # a fault of ours must not cost the other feeds
            event(_log, "poll.fault", level=logging.ERROR, error=True, feed=source.name)
            return self._failed(source, state, PollError("internal", type(error).__name__))

    def _failed(self, source: FeedSource, state: FeedState, error: PollError) -> PollResult:
        result = PollResult(source, state, outcome="failed", error=error)
        return poll.with_next_poll(result, self._clock())

    async def _wait_for_host(self, ticket: Ticket, host: str) -> None:
        """Waits until the host of a redirect may be requested; meanwhile others may run."""
        self._queue.redirect(ticket, host, self._clock())
        self._release()
        try:
            await self._redirects.wait(ticket.feed_id, host)
        except BaseException:
            self._busy += 1  # for the `_release` that comes at the end of each poll
            raise

    def _release(self) -> None:
        self._busy -= 1
        self._fill_later(_GATHER_S)

    async def _fail(self, tickets: Sequence[Ticket], error: PollError) -> None:
        """Fails all waiting feeds of a host whose name does not resolve, without further tries."""
        left = {ticket.feed_id for ticket in tickets}
        try:
            for state in await self._thread.run(feeds.feed_states, left.copy()):
                source = self._sources.get(state.key)
                if source is not None:
                    left.discard(state.feed_id)  # `_stored` forgets it
                    self._recorder.add_quiet(self._failed(source, state, error))
        except StoreError as failure:
            self._stop(failure)
        finally:
            for feed_id in left:
                self._queue.forget(feed_id)
            self._release()

    def _stop(self, error: AggregatorError) -> None:
        """Forgets all waiting feeds: their responses would be lost."""
        self._failure = error
        self._queue.clear()

    def _stored(self, result: PollResult) -> None:
        state, source = result.state, result.source
        feed_id = state.feed_id
        self._queue.forget(feed_id)
        before, after = self._moved.get(feed_id), state.permanent_url
        if after != before:  # it has a new address
            if after is None:
                del self._moved[feed_id]
            else:
                self._moved[feed_id] = after
            old, new = before or source.shown_url, after or source.shown_url
            event(_log, "poll.moved", level=logging.WARNING, feed=source.name, old=old, new=new)
        if result.new and feed_id in self.pushing:
            self._missed.add(feed_id)
        log_poll(_log, result)
        self._on_poll(result)
