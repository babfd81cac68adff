"""The daemon: polls, publishes and maintains its database, on a schedule.

APScheduler decides when (this is the only module that uses it), the poller does the polling. At
the end no new polls are started; those in flight finish or are dropped, and what they brought is
matched and published.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.errors import AggregatorError, StoreError, WorkersUnavailable
from aggregator.ingest.rules import load_rules
from aggregator.logs import event
from aggregator.model import PollResult
from aggregator.polling.fetchers import Fetcher
from aggregator.polling.poller import Poller
from aggregator.polling.report import AssignedRun
from aggregator.serving.jobs import Jobs, logged
from aggregator.serving.liveness import ClockWatch, Liveness, notify, watchdog_interval_s
from aggregator.serving.metrics import Metrics
from aggregator.settings import Config
from aggregator.storage import health, topic_states
from aggregator.storage import polls as stored_polls
from aggregator.storage.store import Store
from aggregator.storage.thread import StoreThread

if TYPE_CHECKING:
    from starlette.routing import Route

TICK_S = 5
SIGNALS = frozenset({signal.SIGHUP, signal.SIGTERM, signal.SIGINT})  # those that it handles
GRACE_S = 10.0
LEASES_S = 60  # between two checks for leases to request
_IN_FLIGHT_S = 120.0  # the longest that a poll may last
_DAY_S = 86_400.0
_FAR_S = 1.5 * _DAY_S  # a jump ahead that no suspended night explains
_HERD = 100  # overdue feeds above which they are spread
_SPREAD_S = 300
CATCH_UP_S = 120.0  # after the start, for the jobs of a night when the machine was off
_INTERRUPTED = 130

log = logging.getLogger(__name__)


_wall = partial(datetime.now, UTC)  # the time that the scheduler goes by


def _log_fault(name: str, done: asyncio.Task[None]) -> None:
    """Logs the exception that ended a task, if any: a fault of this program."""
    fault = None if done.cancelled() else done.exception()
    if fault is not None:
        log.error("job.fault", extra={"fields": {"job": name}}, exc_info=fault)


class Daemon:
    """Poller, scheduler and jobs of one process, from `start` to `stop`."""

    def __init__(
        self,
        config: Config,
        load: Callable[[], Config],
        thread: StoreThread,
        clock: Callable[[], datetime],
        *,
        is_serving: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
        tick_s: float,
        workers: Fetcher | None = None,
    ) -> None:
        """`clock` and `monotonic` may run faster than real time, the scheduler does not.

        `tick_s`: between two looks at what is due. `workers` make the polls in place of this
        process.
        """
        self.config = config
        self._is_serving = is_serving  # without a server no hub could reach us
        self._monotonic = monotonic
        self._tick_s = tick_s
        self.ended = asyncio.Event()
        self.failure: StoreError | None = None  # why it ended without a signal
        self.metrics = Metrics()
        self.liveness = Liveness(monotonic)
        self._load = load
        self._thread = thread
        self._clock = clock
        self._jobs = Jobs(thread, clock)
        self._poller = Poller(
            config,
            thread,
            load_rules(config),
            clock,
            on_poll=self._polled,
            on_assigned=self._assigned,
            workers=workers,
        )
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            # without these, a tick that comes a second late is dropped, or two run at once
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._unsettled_until = 0.0  # polls that began by the old time may still be stored
        self._doubtful_until = 0.0  # no pruning: the clock, which says what is old, may be wrong
        self._clock_watch = ClockWatch(clock, monotonic, every_s=TICK_S)
        self._watches: set[asyncio.Task[None]] = set()  # they run until they are cancelled
        self._reloading = asyncio.Lock()  # two reloads must not overtake each other
        self._work: dict[str, asyncio.Task[None]] = {}  # running jobs by name
        self._receivers: tuple[str, ...] = ()  # jobs that notify receivers or send mails

    async def start(self) -> None:
        """Repairs what a crash left, then begins to poll."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._keep(self.reload()))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        await self._wake()
        await self._jobs.publish(self.config, force=True)
        self._scheduler.start()
        self._plan("poll", self._tick, "interval", seconds=self._tick_s, next_run_time=_wall())
        each_tick: dict[str, Any] = {"trigger": "interval", "seconds": self._tick_s}
        self._plan("publish", lambda: self._jobs.publish(self.config), **each_tick)
        self._plan("announce", lambda: self._jobs.announce(self.config), **each_tick)
        self._plan("prune", self._prune, "cron", hour=3, minute=17, jitter=600)
        self._plan_configured_jobs()
        self._keep(self._catch_up())
        self._keep(self._watch_clock())
        if (interval_s := watchdog_interval_s()) is not None:
            self._keep(self._ping_watchdog(interval_s))
        notify("READY=1")
        event(log, "daemon.started", feeds=len(self.config.feeds), pid=os.getpid())

    async def stop(self) -> None:
        """Ends polls in flight, matches and publishes what they brought; safe after a failed start.

        Publishes nothing when the database was taken away.
        """
        if not self._scheduler.running:  # the start failed: nothing was begun
            return
        self._scheduler.shutdown(wait=False)
        end = time.monotonic() + GRACE_S
        for task in self._watches:
            task.cancel()
        work = tuple(self._work.values())
        if work:
            await asyncio.wait(work, timeout=GRACE_S)
        for task in work:  # deliveries to slow receivers and hubs are repeated after the next start
            task.cancel()
        await asyncio.gather(*self._watches, *work, return_exceptions=True)
        with logged("daemon.unstored"):  # what is not stored will be fetched again
            await self._poller.drain(max(end - time.monotonic(), 0.0))
        if self.failure is None:
            await self._jobs.publish(self.config)

    async def reload(self) -> None:
        """Reads the configuration again, or keeps the one in force and logs why."""
        async with self._reloading:
            notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
            try:
                try:
                    config = await asyncio.to_thread(self._load)
                    rules = await asyncio.to_thread(load_rules, config)
                except AggregatorError as error:
                    for line in str(error).splitlines():
                        event(log, "config.refused", level=logging.ERROR, detail=line)
                    return
                if config.database != self.config.database:
                    event(log, "config.refused", level=logging.ERROR, detail="restart to change it")
                    return
                before, after = self.config.serve, config.serve
                if self._is_serving and (before.host, before.port) != (after.host, after.port):
                    detail = "serve.host and serve.port stay; restart to change them"
                    event(log, "config.half_taken", level=logging.WARNING, detail=detail)
                self.config = config
                self._poller.reload(config, rules)
                self._plan_configured_jobs()
                event(log, "config.reloaded", feeds=len(config.feeds))
            finally:
                notify("READY=1")

    def health_problem(self, store: Store) -> str:
        """Why the service is not healthy, or ""; for `/healthz`, on the reader thread."""
        lag_s = health.measure(store, self._clock()).lag_s
        if problem := self.liveness.problem(lag_s=lag_s):
            return problem
        cause = self._poller.paused_by
        if isinstance(cause, WorkersUnavailable):
            return f"no feed is polled: {cause.reason}"
        if cause is not None:
            return "no poll can be read or stored: 'aggregator doctor' says why"
        topics = [topic.name for topic in self.config.enabled_topics]
        failing = ", ".join(topic_states.failing(store, topics))
        return f"cannot publish {failing}: 'aggregator doctor' says why" if failing else ""

    def routes(self) -> list[Route]:
        """The callbacks of hubs; without `serve.websub` they know no subscription."""
        from aggregator.serving import websub  # noqa: PLC0415 - not with --no-http

        subscriber = websub.Subscriber(
            thread=self._thread,
            clock=self._clock,
            is_on=lambda: self.config.serve.websub,
            max_bytes=lambda: self.config.feed_defaults.max_bytes,
            push=self._poller.push,
        )
        return websub.routes(subscriber)

    def _plan_configured_jobs(self) -> None:
        """Adds the jobs that the configuration in force asks for, and removes the others."""
        if self.config.storage.backups:
            self._plan("backup", lambda: self._jobs.back_up(self.config), "cron", hour=2, minute=41)
        else:
            self._unplan("backup")
        if self.config.serve.websub and self._is_serving:
            first = _wall() + timedelta(seconds=self._tick_s)  # when first polls named hubs
            when = {"seconds": LEASES_S, "next_run_time": first}
            renew = partial(self._jobs.renew_leases, self.config, self._poller.post)
            self._plan("leases", renew, "interval", **when)
        else:
            self._unplan("leases")
        for name in self._receivers:
            self._unplan(name)
        jobs, config = self._jobs, self.config
        deliveries = {
            **{f"notify:{one.name}": partial(jobs.notify, config, one) for one in config.notify},
            **{f"mail:{one.name}": partial(jobs.send_mails, config, one) for one in config.mail},
        }
        for name, work in deliveries.items():  # one each: a receiver may be slow
            self._plan(name, work, "interval", seconds=self._tick_s)
        self._receivers = tuple(deliveries)

    def _plan(
        self, name: str, work: Callable[[], Coroutine[Any, Any, None]], trigger: str, **when: Any
    ) -> None:
        arguments = {"id": name, "args": (name, work), "replace_existing": True}
        self._scheduler.add_job(self._begin, trigger, **arguments, **when)

    def _unplan(self, name: str) -> None:
        if self._scheduler.get_job(name) is not None:
            self._scheduler.remove_job(name)

    async def _begin(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Starts a job unless its last run still goes on.

        In a task of ours: the scheduler would cancel its own at shutdown.
        """
        if name in self._work:
            return

        def settle(done: asyncio.Task[None]) -> None:
            del self._work[name]
            _log_fault(name, done)  # the next run may succeed

        task = self._work[name] = asyncio.create_task(work())
        task.add_done_callback(settle)

    async def _tick(self) -> None:
        await self._check_clock()
        if not await self._thread.run(Store.is_in_place):
            self.failure = StoreError(
                f"{self.config.database}: removed, moved or replaced while the daemon ran; "
                "put it back or restore a backup, then start the daemon again"
            )
            event(log, "daemon.failed", level=logging.ERROR, detail=str(self.failure))
            self.ended.set()
            return
        await self._poller.tick()
        self.liveness.ticked()

    async def _prune(self) -> None:
        if time.monotonic() < self._doubtful_until:
            event(log, "prune.put_off", level=logging.WARNING, reason="the clock was set far ahead")
            return
        await self._jobs.prune(self.config)

    async def _catch_up(self) -> None:
        """Prunes and backs up soon where the machine was off at the scheduled time."""
        await asyncio.sleep(CATCH_UP_S)
        with logged("maintenance.failed"):
            for name in await self._jobs.overdue(self.config):
                self._scheduler.modify_job(name, next_run_time=_wall())

    async def _wake(self) -> None:
        now = self._clock()
        moved = await self._thread.run(stored_polls.rebase, now)
        spread = await self._thread.run(
            stored_polls.spread_overdue, now, over_s=_SPREAD_S, more_than=_HERD
        )
        if moved or spread:
            event(log, "clock.repaired", waits_moved=moved, overdue_spread=spread)

    async def _watch_clock(self) -> None:
        """Checks the clock apart from the ticks, which a clock that was set back would delay."""
        while True:
            await asyncio.sleep(TICK_S)
            await self._check_clock()

    async def _check_clock(self) -> None:
        """After a gap in time: corrects stored waits, and reschedules the jobs."""
        gap = self._clock_watch.check()
        if gap is None:
            if time.monotonic() < self._unsettled_until:
                with logged("clock.unrepaired"):
                    await self._thread.run(stored_polls.rebase, self._clock())
            return
        self._unsettled_until = time.monotonic() + _IN_FLIGHT_S
        if gap.jump_s:
            event(log, "clock.jumped", level=logging.WARNING, seconds=round(gap.jump_s))
            self.metrics.clock_jumped()
            self._poller.shift(timedelta(seconds=gap.jump_s))
            if gap.jump_s > _FAR_S:
                self._doubtful_until = time.monotonic() + _DAY_S
        else:
            event(log, "daemon.slept", level=logging.WARNING, seconds=round(gap.asleep_s))
        with logged("clock.unrepaired"):
            await self._wake()
        for name in ("poll", "publish", "announce", *self._receivers):
            self._scheduler.modify_job(name, next_run_time=_wall())

    async def _ping_watchdog(self, interval_s: float) -> None:
        while True:
            if not self.liveness.problem():
                notify("WATCHDOG=1")
            await asyncio.sleep(interval_s)

    def _polled(self, result: PollResult) -> None:
        self.liveness.polled()
        self.metrics.polled(
            outcome=result.outcome,
            elapsed_s=result.elapsed_s,
            new=result.new,
            updated=result.updated,
        )

    def _assigned(self, done: AssignedRun) -> None:
        self.metrics.matched(done.rules, merged_stories=len(done.gone))
        if self._scheduler.running:
            self._scheduler.modify_job("publish", next_run_time=_wall())

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a coroutine until it ends or the daemon stops."""

        def forget(done: asyncio.Task[None]) -> None:
            self._watches.discard(done)
            _log_fault("watch", done)

        task = asyncio.create_task(work)
        self._watches.add(task)
        task.add_done_callback(forget)

    def _end(self) -> None:
        if self.ended.is_set():
            os._exit(_INTERRUPTED)  # a second signal: at once; SQLite rolls back what is open
        self.ended.set()
