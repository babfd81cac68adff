"""The interface to polling: `fetch` for one run, `Poller` for a daemon."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import AggregatorError, StoreError, UsageError, WorkersUnavailable
from aggregator.logs import event
from aggregator.model import PollResult
from aggregator.polling.delivery import Push
from aggregator.polling.fetchers import Fetcher
from aggregator.polling.report import AssignedRun, FetchReport, Tally
from aggregator.polling.runner import STOPS, PollRunner
from aggregator.polling.schedule import wait_reason
from aggregator.settings import Config, FeedSource
from aggregator.storage import decisions, feeds, items, leases, topic_states
from aggregator.storage.lists import subscribed
from aggregator.storage.polls import note_pause
from aggregator.storage.store import Store
from aggregator.storage.thread import StoreThread

if TYPE_CHECKING:
    from aggregator.ingest.assign import AssignReport
    from aggregator.ingest.model_reader import PairBudget
    from aggregator.ingest.rules import Rules

_log = logging.getLogger(__name__)
_LARGE = 1000  # matched items, after which a run that ends soon gives memory back: it takes 6 ms
_AT_ONCE = 200  # feeds queued without a break: about 5 ms
_PAUSE = timedelta(minutes=5)  # after a failure of the store: outcomes would be lost
_WORKERS_PAUSE = timedelta(seconds=30)  # short, as looking for workers bothers no server

Clock = Callable[[], datetime]


class FetchOptions(Struct, frozen=True):
    """Which feeds a run polls. `feeds`: names; none means all. See `schedule.wait_reason`."""

    feeds: tuple[str, ...] = ()
    due: bool = False
    force: bool = False


async def fetch(
    config: Config,
    thread: StoreThread,
    rules: Rules | Callable[[], Rules],
    options: FetchOptions,
    clock: Clock,
    *,
    on_progress: Callable[[int, int], None] | None = None,
    workers: Fetcher | None = None,
) -> FetchReport:
    """Polls the feeds once, then matches new items; the caller holds the lock and publishes.

    `rules` may be a function that makes them: a run without news needs none. `workers` make the
    polls instead of this process. Raises UsageError for an unknown name, StoreError if outcomes
    cannot be stored, ParserUnavailable if no document can be parsed.
    """
    started = time.monotonic()
    tally = Tally()
    asked: set[str] = set()
    is_stale = True  # the feeds must be read: at first, and when a list has changed

    def count(result: PollResult) -> None:
        nonlocal is_stale
        is_stale = is_stale or result.listing is not None
        tally.add(result)
        if on_progress is not None:
            on_progress(tally.polled + tally.skipped, len(asked))

    runner = PollRunner(config, thread, clock, on_poll=count, workers=workers)
    try:
        while is_stale:
            is_stale = False
            current = await thread.run(subscribed, config)
            # new feeds of a list are polled, too, unless the run is for named feeds
            chosen = [] if options.feeds and asked else _chosen(current, options.feeds)
            chosen = [source for source in chosen if source.key not in asked]
            asked |= {source.key for source in chosen}
            await runner.prepare(current)
            allowed = await _pollable(runner, chosen, options=options, now=clock())
            tally.skipped += len(chosen) - len(allowed)
            if runner.add(allowed, is_full=options.force):
                await runner.idle()
    finally:
        await runner.close(0.0)
    assigned = await _assign_all(thread, config, rules, clock, release_from=_LARGE)
    return tally.report(assigned, time.monotonic() - started)


def _chosen(config: Config, names: tuple[str, ...]) -> list[FeedSource]:
    """The enabled feeds, or the named ones."""
    if not names:
        return [source for source in config.feeds if source.enabled]
    by_name = {source.name: source for source in config.feeds}
    for name in names:
        if name not in by_name:
            from difflib import get_close_matches  # noqa: PLC0415 - only for this message

            near = get_close_matches(name, by_name, 1)
            hint = f"; did you mean {near[0]!r}?" if near else "; see 'aggregator feeds list'"
            raise UsageError(f"no feed is named {name!r}{hint}")
    return [by_name[name] for name in dict.fromkeys(names)]


async def _pollable(
    runner: PollRunner, chosen: list[FeedSource], *, options: FetchOptions, now: datetime
) -> list[str]:
    """Keys of the feeds that may be polled now."""
    allowed = dict.fromkeys(source.key for source in chosen)
    async for state in runner.waiting(list(allowed), now, due_only=options.due):
        reason = wait_reason(state, now, due_only=options.due, force=options.force)
        if reason:
            event(_log, "poll.skipped", feed=state.name, reason=reason)
            del allowed[state.key]
    return list(allowed)


async def _assign_all(
    thread: StoreThread,
    config: Config,
    rules: Rules | Callable[[], Rules],
    clock: Clock,
    *,
    until: Callable[[], float] = lambda: math.inf,
    release_from: int = 0,
) -> AssignedRun:
    """Matches everything that waits, including what an interrupted run left.

    First, topics that are new or have another query judge what is stored. No batch is begun after
    the monotonic clock has reached `until`. From `release_from` matched items on, the memory that
    they took is given back.
    """
    done = AssignedRun()
    topics = config.enabled_topics
    if await thread.run(topic_states.unjudged, topics):
        from aggregator.ingest.stored_stories import judge_stored  # noqa: PLC0415 - not for 304s

        rules = rules() if callable(rules) else rules
        steps = await thread.run(judge_stored, rules, topics, clock())
        while time.monotonic() < until():
            filled = await thread.run(lambda _: next(steps, None))
            if filled is None:
                break
            done = replace(done, filled=filled)
        for one in done.filled:
            event(_log, "topic.judged_stored", topic=one.topic, stories=one.stories)
    budget: PairBudget | None = None
    items_left = await thread.run(items.any_unmatched)
    left = items_left or await thread.run(decisions.any_pair_waiting)
    while left and time.monotonic() < until():
        from aggregator.ingest import assign  # noqa: PLC0415 - not for 304s
        from aggregator.ingest.model_reader import PairBudget  # noqa: PLC0415

        rules = rules() if callable(rules) else rules
        budget = budget or PairBudget(rules.pairs_per_run)
        if items_left:
            report = await thread.run(assign.assign_items, rules, clock(), budget=budget)
        else:
            report = await _read_pairs(thread, rules, clock, budget)
        done = done.plus(report)
        items_left = await thread.run(items.any_unmatched)
        left = items_left or await thread.run(assign.is_pending, rules, budget)
    has_read = done.filled or (budget is not None and done.assigned >= release_from)
    if has_read and not callable(rules):
        # publishing comes next, and then perhaps an hour's wait
        if budget is not None:
            budget.forget()
        rules.forget()
        await thread.run(Store.shrink)
    return done


async def _read_pairs(
    thread: StoreThread, rules: Rules, clock: Clock, budget: PairBudget
) -> AssignReport:
    """Lets the model read waiting pairs, while others can use the store."""
    from aggregator.ingest import assign  # noqa: PLC0415 - as above

    waiting = await thread.run(assign.next_pairs, rules, budget)
    logits = await asyncio.to_thread(assign.read_pairs, rules, budget, waiting)
    if not logits:
        return assign.AssignReport()
    return await thread.run(
        assign.settle_pairs, rules, clock(), waiting, logits=logits, budget=budget
    )


class Poller:
    """Polls for ever; call `tick` every few seconds.

    `on_poll` is called with each stored poll, `on_assigned` when stories may have changed;
    `workers` make the polls instead of this process.
    """

    def __init__(
        self,
        config: Config,
        thread: StoreThread,
        rules: Rules,
        clock: Clock,
        *,
        on_poll: Callable[[PollResult], None] | None = None,
        on_assigned: Callable[[AssignedRun], None] | None = None,
        workers: Fetcher | None = None,
    ) -> None:
        self._config = config
        self._subscribed = config  # with the feeds of its lists
        self._lists_changed = False  # since then
        self._thread = thread
        self._rules = rules
        self._clock = clock
        self._on_poll = on_poll
        self._on_assigned = on_assigned
        self._runner = PollRunner(
            config, thread, clock, on_poll=self._stored, on_idle=self._assign_soon, workers=workers
        )
        self._is_ready = False
        self._unassigned = True  # an earlier process may have left items
        self._assigning: asyncio.Task[None] | None = None
        self._paused_until: datetime | None = None
        self.paused_by: AggregatorError | None = None  # why polling is paused
        self._match_until = math.inf  # monotonic; set when it ends

    async def tick(self) -> None:
        """Starts the polls that are due and the matching of new items; returns at once.

        Items of the last poll are matched without waiting for the next tick. A failure of the store
        or of every parsing process is logged, and pauses polling for five minutes; if there are no
        workers, it looks for them every 30 seconds.
        """
        now = self._clock()
        if self._runner.failure is not None and self._paused_until is None:
            await self._pause(self._runner.failure, now)
        if self._paused_until is not None and now < self._paused_until:
            return
        try:
            if self._paused_until is not None:
                await self._runner.retry()
                self.paused_by = self._paused_until = None
                event(_log, "poll.resumed")
                await self._thread.run(note_pause, "", self._clock())
            if not self._is_ready or self._lists_changed:
                self._is_ready = self._lists_changed = False
                self._subscribed = await self._thread.run(subscribed, self._config)
                await self._runner.prepare(self._subscribed)
                # What is loaded now lives as long as the configuration. With ten thousand feeds,
                # each full garbage collection would stop the event loop for 0.2 s.
                gc.unfreeze()
                gc.collect()
                gc.freeze()
                self._is_ready = True
            await self._update_hubs(now)
            due = await self._thread.run(feeds.due_feeds, now)
            for start in range(0, len(due), _AT_ONCE):
                if self._runner.failure is not None:  # meanwhile: the next tick pauses
                    break
                self._runner.add(key for _, key in due[start : start + _AT_ONCE])
                await asyncio.sleep(0)  # what else runs on this loop must not wait for ten thousand
        except STOPS as error:
            await self._pause(error, now)
            return
        self._assign_soon()

    async def refresh(self, name: str) -> str:
        """Polls one feed now; returns why not ("retry_after", "max-age"...), or "".

        Raises UsageError for an unknown name.
        """
        if not self._is_ready:
            await self.tick()
        (source,) = _chosen(self._subscribed, (name,))
        now = self._clock()
        async for state in self._runner.waiting([source.key], now, due_only=False):
            if reason := wait_reason(state, now, due_only=False, force=False):
                return reason
        self._runner.add([source.key])
        return ""

    async def push(self, push: Push) -> None:
        """Stores a document that a hub delivered, like a poll without validators.

        Raises ParserUnavailable, and StoreError, also while polling is paused at the start.
        """
        if not self._is_ready:
            await self.tick()
        if not self._is_ready:
            raise StoreError("polling has not begun, since the database cannot be written")
        await self._runner.push(push)
        self._assign_soon()

    async def post(self, feed_id: int, url: str, form: bytes) -> int:
        """Sends a form to a hub that this feed named; returns the status. Raises FetchError."""
        return await self._runner.post(feed_id, url, form=form)

    def reload(self, config: Config, rules: Rules) -> None:
        """Applies another configuration; polls in flight end under the old one."""
        self._config = config
        self._rules = rules
        self._is_ready = False
        self._unassigned = True  # a command that added a feed has stored its items

    def shift(self, by: timedelta) -> None:
        """Adapts to a clock that was set by `by`: waits that are not stored keep their length."""
        self._runner.shift(by)
        if self._paused_until is not None:
            # it may already have been set by the new clock
            self._paused_until = min(self._paused_until + by, self._clock() + _PAUSE)

    async def drain(self, grace_s: float) -> None:
        """Ends: waits for polls in flight, cancels the rest, stores and matches their results.

        Items that are not matched within the grace period are matched at the next start.
        """
        self._match_until = time.monotonic() + grace_s
        await self._runner.close(grace_s)
        if self._assigning is not None:
            await self._assigning
            if time.monotonic() >= self._match_until:
                return
        await self._assign()

    async def _update_hubs(self, now: datetime) -> None:
        """Feeds are polled only daily while their hub pushes and misses nothing."""
        if not self._config.serve.websub:
            self._runner.pushing = {}
            return
        for feed_id in self._runner.pop_missed():
            await self._thread.run(leases.note_push, feed_id, None)
        self._runner.pushing = await self._thread.run(leases.pushing_feeds, now)

    def _stored(self, result: PollResult) -> None:
        if result.new or result.updated:
            self._unassigned = True
        if result.listing is not None:
            self._lists_changed = True
        if self._on_poll is not None:
            self._on_poll(result)

    async def _pause(self, error: AggregatorError, now: datetime) -> None:
        """Stops polling for a while; repeated pauses for the same reason are logged once."""
        wait = _WORKERS_PAUSE if isinstance(error, WorkersUnavailable) else _PAUSE
        before, self.paused_by, self._paused_until = self.paused_by, error, now + wait
        if str(before) == str(error):
            return
        event(_log, "poll.paused", level=logging.ERROR, detail=str(error))
        if not isinstance(error, StoreError):
            try:
                await self._thread.run(note_pause, str(error), now)
            except StoreError as worse:
                self.paused_by = worse

    def _assign_soon(self) -> None:
        if self._unassigned and self._assigning is None:
            self._assigning = asyncio.ensure_future(self._assign())
            self._assigning.add_done_callback(self._assigned)

    def _assigned(self, task: asyncio.Task[None]) -> None:
        self._assigning = None

    async def _assign(self) -> None:
        self._unassigned = False
        try:
            done = await _assign_all(
                self._thread, self._config, self._rules, self._clock,
                until=lambda: self._match_until,
            )  # fmt: skip
        except StoreError as error:
            self._unassigned = True
            event(_log, "assign.failed", level=logging.ERROR, detail=str(error))
            return
        except Exception:  # our own fault: retried when more items come; polling goes on
            event(_log, "assign.fault", level=logging.ERROR, error=True)
            return
        if (done.assigned or done.filled) and self._on_assigned is not None:
            self._on_assigned(done)
