"""Polls by workers of a real scheduler: what is lost with one of them, and what is refused."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from msgspec.structs import replace

from aggregator.cluster.batch import PollAnswer, encode_answer, encode_answers
from aggregator.cluster.fetcher import ClusterFetcher, WorkerLost
from aggregator.errors import WorkersUnavailable
from aggregator.ingest.rules import load_rules
from aggregator.model import FeedState, PollResult
from aggregator.polling.fetchers import PollLost
from aggregator.polling.poller import Poller
from aggregator.polling.runner import PollRunner
from aggregator.serving.daemon import Daemon
from aggregator.settings import Config, FeedSource, FetchSettings, StorySettings
from aggregator.storage.feeds import sync_feeds
from aggregator.storage.polls import held_leases, noted_pause
from aggregator.storage.store import open_store
from aggregator.storage.thread import StoreThread
from tests.certificates import sign
from tests.servers import Reply, Request, WebServer

if TYPE_CHECKING:
    from tests.cluster import Cluster

needs_extra = pytest.mark.skipif(
    find_spec("distributed") is None, reason="the extra 'cluster' is absent"
)
FEED = (
    b"<rss version='2.0'><channel><title>N</title>"
    b"<item><title>A</title><guid>a</guid></item></channel></rss>"
)
ITEMS = "SELECT count(*) FROM item"


def source_at(url: str) -> FeedSource:
    return FeedSource(
        "News", url, key=url, allow_private_networks=True, host_gap_s=0.1, timeout_s=5
    )


class Desk:
    """A runner that polls by workers, with a clock that a test moves on."""

    def __init__(self, folder: Path, cluster: Cluster, source: FeedSource) -> None:
        self.later = timedelta(0)
        self.polled: list[PollResult] = []
        self.source = source
        fetch = FetchSettings(user_agent="aggregator/0")
        self.config = Config(database=folder / "a.db", feeds=(source,), fetch=fetch)
        self.thread = StoreThread(self.config.database)
        self.fetcher = cluster.fetcher(self.thread, self.clock)
        self.runner = PollRunner(
            self.config, self.thread, self.clock, on_poll=self.polled.append, workers=self.fetcher
        )

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.later

    def shift(self, by: timedelta) -> None:
        """Time goes by."""
        self.later += by

    async def poll(self) -> None:
        self.runner.add([self.source.key])
        await self.runner.idle()

    async def close(self) -> None:
        await self.runner.close(0.0)
        self.thread.close()


def never(*arguments: object) -> NoReturn:
    raise AssertionError(arguments)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - a process makes it hold
            await asyncio.sleep(0.02)


def holding(web: WebServer) -> tuple[str, asyncio.Event]:
    """A feed whose first answer is held back until the event; by then who asked is gone."""
    go = asyncio.Event()
    asked: list[float] = []

    def answer(request: Request) -> Reply:
        asked.append(time.monotonic())
        while len(asked) == 1 and not go.is_set():
            time.sleep(0.02)
        return Reply(FEED, headers={"ETag": '"1"'})

    return web.serve("/feed", answer), go


@needs_extra
def test_what_a_lost_worker_was_asking_waits_out_its_lease_and_is_stored_once(
    tmp_path: Path, web: WebServer
) -> None:
    from tests.cluster import cluster

    async def work(running: Cluster) -> None:
        url, go = holding(web)
        desk = Desk(tmp_path, running, source_at(url))
        await desk.runner.prepare(desk.config)
        polling = asyncio.ensure_future(desk.poll())
        await until(lambda: web.requests)
        running.workers[0].send_signal(signal.SIGKILL)
        await polling
        go.set()
        assert desk.polled == []  # no failure of the feed

        again = asyncio.ensure_future(desk.poll())
        await asyncio.sleep(0.3)
        assert len(web.requests) == 1  # its host is left alone
        await asyncio.to_thread(running.add_worker)
        desk.shift(timedelta(minutes=2))
        await again
        assert [(one.outcome, one.new) for one in desk.polled] == [("fetched", 1)]
        await desk.close()

    with cluster() as running:
        running.add_worker()
        asyncio.run(work(running))
    with open_store(tmp_path / "a.db") as store:
        assert store.value(ITEMS) == 1


@needs_extra
def test_what_a_lost_daemon_had_asked_for_waits_out_its_lease(
    tmp_path: Path, web: WebServer, workers: Cluster
) -> None:
    url, go = holding(web)
    (tmp_path / "feeds.yaml").write_text(
        f"database: a.db\nfetch: {{allow_private_networks: true, timeout: 5s}}\n"
        f"feeds:\n  - {{name: News, url: '{url}'}}\ntopics: []\n"
    )
    command = [sys.executable, "-m", "aggregator", "daemon", "--no-http"]
    daemon = subprocess.Popen(
        [*command, "--workers", workers.address], cwd=tmp_path, stderr=subprocess.DEVNULL
    )

    async def work() -> None:
        await until(lambda: web.requests or daemon.poll() is not None)
        daemon.kill()
        daemon.wait()
        go.set()
        desk = Desk(tmp_path, workers, source_at(url))
        await desk.runner.prepare(desk.config)
        polling = asyncio.ensure_future(desk.poll())
        await asyncio.sleep(0.3)
        assert len(web.requests) == 1
        desk.shift(timedelta(minutes=2))
        await polling
        assert [(one.outcome, one.new) for one in desk.polled] == [("fetched", 1)]
        await desk.close()

    asyncio.run(work())
    with open_store(tmp_path / "a.db") as store:
        assert store.value(ITEMS) == 1


@needs_extra
def test_a_lost_scheduler_pauses_polling_until_it_is_back_and_doubles_nothing(
    tmp_path: Path, web: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.cluster import cluster

    caplog.set_level(logging.INFO, "aggregator")
    rules = load_rules(Config(stories=StorySettings(model=False)))

    async def work(running: Cluster) -> None:
        url, go = holding(web)
        desk = Desk(tmp_path, running, source_at(url))
        poller = Poller(
            desk.config,
            desk.thread,
            rules,
            desk.clock,
            on_poll=desk.polled.append,
            workers=desk.fetcher,
        )
        await poller.tick()
        await until(lambda: web.requests)
        await asyncio.to_thread(running.stop_scheduler)
        await until(lambda: "poll.lost" in caplog.text)
        go.set()
        desk.shift(timedelta(minutes=2))  # the lease has ended
        while poller.paused_by is None:
            await poller.tick()
            await asyncio.sleep(0.02)
        assert str(poller.paused_by).startswith(f"{running.address}: no scheduler answers")
        desk.shift(timedelta(seconds=31))
        await poller.tick()
        assert caplog.text.count("poll.paused") == 1  # still so: told once
        noted = await desk.thread.run(noted_pause)
        assert noted is not None
        assert noted.reason == str(poller.paused_by)

        await asyncio.to_thread(running.restart_scheduler)
        desk.shift(timedelta(seconds=31))
        while not desk.polled:
            await poller.tick()
            await asyncio.sleep(0.02)
        assert "poll.resumed" in caplog.text
        assert [(one.outcome, one.new) for one in desk.polled] == [("fetched", 1)]
        assert await desk.thread.run(noted_pause) is None
        await poller.drain(0.0)
        await desk.close()

    with cluster() as running, pytest.MonkeyPatch.context() as patch:
        patch.setattr("aggregator.cluster.scheduler._CONNECT_S", 1.0)
        running.add_worker()
        asyncio.run(work(running))
    assert len(web.requests) == 2
    with open_store(tmp_path / "a.db") as store:
        assert store.value(ITEMS) == 1


def test_an_answer_that_takes_longer_than_its_lease_is_waited_for_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        """A scheduler that is there, but nothing comes back from it."""

        async def worker_for(self, domain: str) -> str:
            return "tls://worker"

        async def run(self, worker: str, payload: bytes) -> bytes:
            return await asyncio.Future()

        def set_aside(self, worker: str) -> bool:
            return False

        async def close(self) -> None:
            pass

    for name in ("_LATE_S", "_QUEUE_S", "PARSE_DEADLINE_S"):
        monkeypatch.setattr(f"aggregator.cluster.fetcher.{name}", 0.0)
    source = replace(source_at("http://127.0.0.1:8000/feed"), timeout_s=0.1, host_gap_s=60)

    async def work() -> None:
        thread = StoreThread(tmp_path / "a.db")
        ids = await thread.run(sync_feeds, (source,))
        fetcher = ClusterFetcher(Silent(), thread, lambda: datetime.now(UTC))
        begun = PollResult(source, FeedState(ids[source.key], source.key, source.name))
        with pytest.raises(PollLost, match="did not answer in time") as lost:
            await fetcher.fetch(
                begun, known=never, is_full=False, wait_for_host=never, note_start=never
            )
        assert (lost.value.host, 0 <= lost.value.wait_s <= 60) == ("127.0.0.1", True)
        (lease,) = await thread.run(held_leases, datetime.now(UTC))
        assert lease.host == "127.0.0.1"  # for its gap
        await fetcher.close()
        thread.close()

    asyncio.run(work())


@needs_extra
def test_an_unfit_worker_is_set_aside_and_polling_pauses_only_where_all_are(
    tmp_path: Path,
) -> None:
    from aggregator.cluster.scheduler import DaskScheduler

    unfit: list[str] = []

    class Workers(DaskScheduler):
        """Two that answer what a test says."""

        async def _look(self) -> tuple[str, ...]:
            self._workers, self._looked_at = ("tls://a:1", "tls://b:1"), time.monotonic()
            return self._workers

        async def run(self, worker: str, payload: bytes) -> bytes:
            if worker in unfit:
                return encode_answers((), fault="set the clocks")
            return encode_answers([encode_answer(PollAnswer(0.0, url=worker))])

    async def work() -> None:
        thread = StoreThread(tmp_path / "a.db")
        source = replace(source_at("http://127.0.0.1:8000/feed"), host_gap_s=7)
        ids = await thread.run(sync_feeds, (source,))
        engine = Workers("tcp://127.0.0.1:8786", None)
        fetcher = ClusterFetcher(engine, thread, lambda: datetime.now(UTC))

        async def ask() -> str:
            begun = PollResult(source, FeedState(ids[source.key], source.key, source.name))
            result = await fetcher.fetch(
                begun,
                known=never,
                is_full=True,
                wait_for_host=never,
                note_start=lambda host, gap_s, at: None,
            )
            return result.url

        first = await ask()
        unfit.append(first)
        with pytest.raises(PollLost) as lost:
            await ask()
        assert str(lost.value) == f"{first}: set the clocks; other workers poll in its place"
        assert (lost.value.host, lost.value.wait_s) == ("127.0.0.1", 7)
        second = await ask()
        assert {first, second} == {"tls://a:1", "tls://b:1"}
        unfit.append(second)
        with pytest.raises(WorkersUnavailable, match=f"{second}: set the clocks"):
            await ask()
        unfit.clear()
        assert await ask() == first  # it was mended: a pause may end at once
        await fetcher.close()
        thread.close()

    asyncio.run(work())


@needs_extra
def test_what_is_lost_with_a_connection_leaves_a_newer_one_open() -> None:
    from aggregator.cluster.scheduler import DaskScheduler

    class Connection:
        """One of Dask's that is lost in the middle of a batch, when there is another already."""

        status = "running"
        is_closed = False

        async def run(self, *arguments: object, **options: object) -> NoReturn:
            engine._client = newer
            raise OSError

        async def close(self) -> None:
            self.is_closed = True

    async def work() -> None:
        engine._client = Connection()
        with pytest.raises(WorkerLost):
            await engine.run("tls://a:1", b"")

    engine, newer = DaskScheduler("tcp://127.0.0.1:8786", None), Connection()
    asyncio.run(work())
    assert (engine._client, newer.is_closed) == (newer, False)


@needs_extra
def test_without_a_scheduler_the_daemon_says_so_and_nobody_is_asked(
    tmp_path: Path, web: WebServer
) -> None:
    from aggregator.cluster.scheduler import DaskScheduler

    async def work() -> None:
        thread = StoreThread(tmp_path / "a.db")
        sources = tuple(source_at(web.serve(f"/{n}", Reply(FEED))) for n in range(3))
        config = Config(database=tmp_path / "a.db", feeds=sources)
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        clock = lambda: datetime.now(UTC)  # noqa: E731
        fetcher = ClusterFetcher(DaskScheduler(address, None), thread, clock)
        daemon = Daemon(
            config, lambda: config, thread, clock, is_serving=False, tick_s=0.1, workers=fetcher
        )
        problem = ""
        async with asyncio.timeout(20):  # one look for all feeds
            while not problem:
                await daemon._tick()
                await asyncio.sleep(0.02)
                problem = await thread.run(daemon.health_problem)
        assert problem.startswith("no feed is polled: no scheduler answers (")
        await daemon._poller.drain(0.0)
        thread.close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aggregator.cluster.scheduler._CONNECT_S", 1.0)
        asyncio.run(work())
    assert web.requests == []


@needs_extra
def test_a_scheduler_with_tls_takes_those_alone_whom_its_authority_signed(tmp_path: Path) -> None:
    from aggregator.cluster.scheduler import Certificates, DaskScheduler
    from tests.cluster import cluster

    own, other = (sign(tmp_path, name, is_authority=True) for name in ("own", "other"))
    ours, theirs = (sign(tmp_path, f"of-{by.key.stem}", by) for by in (own, other))

    async def refusal(signed: Certificates) -> str:
        engine = DaskScheduler(address, signed)
        with pytest.raises(WorkersUnavailable) as caught:
            await engine.worker_for("example.org")
        await engine.close()
        return str(caught.value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aggregator.cluster.scheduler._CONNECT_S", 3.0)
        welcome = Certificates(own.certificate, ours.certificate, ours.key)
        with cluster(welcome) as running:
            address = running.address
            assert address.startswith("tls://")
            assert "no worker has joined" in asyncio.run(refusal(welcome))
            stranger = Certificates(own.certificate, theirs.certificate, theirs.key)
            assert "no scheduler answers" in asyncio.run(refusal(stranger))
            misled = Certificates(other.certificate, ours.certificate, ours.key)
            assert "no scheduler answers" in asyncio.run(refusal(misled))
