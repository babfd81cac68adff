"""Polls by workers of a real scheduler: what is lost with one of them, and what is refused."""

from __future__ import annotations

import asyncio
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
from typing import TYPE_CHECKING

import pytest

from aggregator.errors import WorkersUnavailable
from aggregator.model import PollResult
from aggregator.polling.runner import PollRunner
from aggregator.settings import Config, FeedSource, FetchSettings
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
        self.asker = cluster.asker(self.thread, self.clock)
        self.runner = PollRunner(
            self.config, self.thread, self.clock, on_poll=self.polled.append, workers=self.asker
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
def test_without_a_scheduler_polling_says_so_and_nobody_is_asked(
    tmp_path: Path, web: WebServer
) -> None:
    from aggregator.cluster.asker import ClusterAsker
    from aggregator.cluster.scheduler import DaskScheduler

    async def work() -> None:
        thread = StoreThread(tmp_path / "a.db")
        source = source_at(web.serve("/feed", Reply(FEED)))
        config = Config(database=tmp_path / "a.db", feeds=(source,))
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        clock = lambda: datetime.now(UTC)  # noqa: E731
        asker = ClusterAsker(DaskScheduler(address, None), thread, clock)
        runner = PollRunner(config, thread, clock, on_poll=print, workers=asker)
        await runner.prepare(config)
        runner.add([source.key])
        with pytest.raises(WorkersUnavailable, match=f"^{address}: no scheduler answers"):
            await runner.idle()
        await runner.close(0.0)
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
