"""The daemon under clocks that are set, receivers that hang and disks that are full."""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.config import load
from aggregator.errors import StoreBusy, StoreError
from aggregator.polling import recorder, runner
from aggregator.serving import daemon as daemon_module
from aggregator.serving.daemon import Daemon
from aggregator.serving.doctor import examine
from aggregator.settings import Config
from aggregator.storage import store as store_module
from aggregator.storage.lock import PollLock
from aggregator.storage.store import open_store
from aggregator.storage.thread import StoreThread
from tests.commands import Home
from tests.samples import Entry, rss
from tests.servers import WebServer

HEADLINE = "Pakistan, US Hold Counterterrorism Dialogue in Islamabad and Pledge to Fight TTP"


class Clock:
    """The real clock, set by as much as a test says; it and `monotonic` may run faster."""

    def __init__(self, speed: int = 1) -> None:
        self.offset = timedelta()
        self._speed = speed
        self._began = datetime.now(UTC), time.monotonic()

    def __call__(self) -> datetime:
        began, at = self._began
        return began + timedelta(seconds=self.monotonic() - at * self._speed) + self.offset

    def monotonic(self) -> float:
        return time.monotonic() * self._speed


def asked_again(web: WebServer, before: int) -> bool:
    return len(web.asked("/one")) > before + 1


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@asynccontextmanager
async def running(
    home: Home,
    clock: Clock,
    *,
    again: Callable[[], Config] | None = None,
    is_serving: bool = False,
) -> AsyncIterator[Daemon]:
    """The real daemon, in this process, with quick ticks; `again` gives the configuration anew."""
    async with AsyncExitStack() as stack:
        path = home.path / "feeds.yaml"
        config = load(path, {})
        thread = StoreThread(config.database)
        stack.callback(thread.close)
        reload = again or (lambda: load(path, {}))
        daemon = Daemon(
            config,
            reload,
            thread,
            clock,
            is_serving=is_serving,
            monotonic=clock.monotonic,
            tick_s=0.1,
        )
        stack.push_async_callback(daemon.stop)
        await daemon.start()
        yield daemon


@pytest.fixture(autouse=True)
def signals() -> object:
    """A daemon in this process must leave no handler behind."""
    before = {number: signal.getsignal(number) for number in (2, 15, 1)}
    yield None
    for number, handler in before.items():
        signal.signal(number, handler)


async def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.05)


def stories(home: Home) -> list[tuple[str, str, int]]:
    store = open_store(home.path / "db" / "aggregator.db", read_only=True)
    try:
        return [
            tuple(row)
            for row in store.rows(
                "SELECT s.uid, s.entry_id, count(*) FROM story s JOIN published p"
                " ON p.story_id = s.id WHERE p.withdrawn = '' GROUP BY s.id ORDER BY s.uid"
            )
        ]
    finally:
        store.close()


def feed() -> str:
    date = format_datetime(datetime.now(UTC) - timedelta(hours=1))
    return rss("one", [Entry(HEADLINE, date, "https://one.example/a/talks", "Officials met.")])


@pytest.mark.parametrize("days", [31])
def test_a_clock_that_jumps_there_and_back_stops_and_doubles_nothing(
    web: WebServer, home: Home, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    monkeypatch.setattr(runner, "_LONGEST_DELAY_S", 0.1)
    monkeypatch.setattr(recorder, "_QUIET_WAIT_S", 0.1)
    home.subscribe([web.serve("/one", feed()), web.serve("/two", feed())])
    text = (home.path / "feeds.yaml").read_text()
    home.configure(
        text.replace("host_gap: 0s", "host_gap: 1s").replace("name:", "every: 1s, name:")
    )
    clock = Clock(speed=10)

    async def live() -> None:
        async with running(home, clock):
            await until(lambda: bool(stories(home)))
            first.extend(stories(home))
            for offset in (timedelta(days=days), timedelta(), timedelta(days=-days)):
                asked = len(web.asked("/one"))
                clock.offset = offset
                # a poll may have been under way when the clock was set
                await until(partial(asked_again, web, asked))

    first: list[tuple[str, str, int]] = []
    asyncio.run(live())

    assert len(first) == 1
    assert stories(home) == first


def test_a_receiver_that_hangs_holds_neither_files_nor_the_end_back(
    web: WebServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "GRACE_S", 0.5)
    pids = home.path / "pids"
    script = (
        f"import os, time; open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)"
    )
    command = [sys.executable, "-c", script]
    home.subscribe(
        [web.serve("/one", feed())], more=f"notify: [{{name: slow, command: {command!r}}}]\n"
    )

    async def live() -> float:
        async with running(home, Clock()):
            await until(lambda: pids.exists() and bool(pids.read_text().strip()))
            began = time.monotonic()
        return time.monotonic() - began

    took_s = asyncio.run(live())
    (pid,) = pids.read_text().split()

    assert b"<entry" in home.published("us-pakistan-security.atom")
    assert took_s < 30  # not the minute that the command may take
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    asyncio.run(_again(home))
    assert len(pids.read_text().split()) == 1  # at most once, though it was cut short


async def _again(home: Home) -> None:
    async with running(home, Clock()):
        await asyncio.sleep(0.5)


def test_a_disk_that_is_full_loses_nothing_and_ends_cleanly(
    web: WebServer, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.subscribe([web.serve("/one", feed())])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def live() -> None:
        async with running(home, Clock()):
            resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))  # after the schema
            await until(lambda: "poll.paused" in caplog.text)

    try:
        asyncio.run(live())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    asyncio.run(_until_published(home))

    assert len(stories(home)) == 1


async def _until_published(home: Home) -> None:
    async with running(home, Clock()):
        await until(lambda: bool(stories(home)))


def test_of_two_reloads_the_later_one_stays(web: WebServer, home: Home) -> None:
    home.subscribe([web.serve("/one", feed())])
    config = load(home.path / "feeds.yaml", {})
    given: list[Config] = []

    def load_slowly_at_first() -> Config:
        given.append(replace(config, feeds=config.feeds * len(given)))
        found = given[-1]
        time.sleep(0.3 if len(given) == 1 else 0)
        return found

    async def live() -> None:
        async with running(home, Clock(), again=load_slowly_at_first) as daemon:
            await asyncio.gather(daemon.reload(), daemon.reload())
            assert daemon.config is given[1]

    asyncio.run(live())


@pytest.mark.parametrize("is_serving", [True, False])
def test_a_reload_says_what_needs_a_restart(
    web: WebServer, home: Home, caplog: pytest.LogCaptureFixture, *, is_serving: bool
) -> None:
    home.subscribe([web.serve("/one", feed())])
    config = load(home.path / "feeds.yaml", {})
    moved = replace(config, serve=replace(config.serve, port=config.serve.port + 1))

    async def live() -> None:
        async with running(home, Clock(), again=lambda: moved, is_serving=is_serving) as daemon:
            await daemon.reload()
            assert daemon.config is moved

    asyncio.run(live())
    assert ("config.half_taken" in caplog.text) is is_serving


def test_what_no_night_has_done_is_done_after_the_start(
    web: WebServer, home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "CATCH_UP_S", 0.0)
    caplog.set_level("INFO", "aggregator")
    home.subscribe([web.serve("/one", feed())], more="storage: {backups: 2}\n")
    clock = Clock()

    async def live() -> None:
        async with running(home, clock):
            await until(lambda: "prune.done" in caplog.text and "backup.done" in caplog.text)

    async def live_again() -> None:
        caplog.clear()
        async with running(home, clock):
            await asyncio.sleep(0.5)
        assert "prune.done" not in caplog.text
        assert "backup.done" not in caplog.text

    asyncio.run(live())
    asyncio.run(live_again())
    clock.offset = timedelta(days=2)
    asyncio.run(live())

    assert len(list((home.path / "db" / "backups").iterdir())) == 2


def test_nothing_is_forgotten_by_a_clock_that_was_set_a_month_ahead(
    web: WebServer, home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon_module, "CATCH_UP_S", 1.0)
    caplog.set_level("INFO", "aggregator")
    home.subscribe([web.serve("/one", feed())])
    clock = Clock()

    async def live() -> None:
        async with running(home, clock):
            clock.offset = timedelta(days=31)
            await until(lambda: "prune.put_off" in caplog.text)

    asyncio.run(live())

    assert "clock.jumped" in caplog.text
    assert "prune.done" not in caplog.text


def test_a_database_that_is_locked_at_the_start_is_told_and_nothing_is_begun(
    web: WebServer, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.subscribe([web.serve("/one", feed())])
    asyncio.run(_again(home))
    asked = len(web.requests)
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_MS", 50)

    with closing(sqlite3.connect(home.path / "db" / "aggregator.db", isolation_level=None)) as one:
        one.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="locked by another program"):
            asyncio.run(_again(home))

    assert len(web.requests) == asked


def test_a_lock_that_cannot_say_who_holds_it_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)

    with (
        pytest.raises(StoreError, match="No space left"),
        PollLock(tmp_path / "a.db", Clock()(), role="fetch"),
    ):
        pass


@pytest.mark.parametrize("take", ["remove", "move", "replace"])
def test_a_database_that_is_taken_away_ends_the_daemon(home: Home, take: str) -> None:
    home.subscribe(["http://127.0.0.1:9/closed"])
    database = home.path / "db" / "aggregator.db"

    async def work() -> None:
        async with running(home, Clock()) as daemon:
            if take == "replace":
                shutil.copy(database, home.path / "backup.db")
                (home.path / "backup.db").replace(database)
            else:
                database.rename(home.path / "old.db")
            await until(daemon.ended.is_set)
            assert "removed, moved or replaced" in str(daemon.failure)

    asyncio.run(work())


@pytest.mark.parametrize("place", ["public", "public/below", "public/far/below"])
def test_an_output_that_cannot_be_written_makes_the_daemon_unhealthy_and_found_by_the_doctor(
    home: Home, place: str
) -> None:
    (home.path / "public").write_text("a file where the folder should be")
    home.subscribe(["http://127.0.0.1:9/closed"], more=f"output: {place}\n")
    database = home.path / "db" / "aggregator.db"

    async def work() -> str:
        async with running(home, Clock()) as daemon:
            with open_store(database, read_only=True) as store:
                return daemon.health_problem(store)

    assert "cannot publish us-pakistan-security" in asyncio.run(work())
    checks = {
        check.check: check for check in examine(load(home.path / "feeds.yaml", {}), Clock()())
    }
    assert not checks["publishing"].ok
