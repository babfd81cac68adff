"""A real Dask scheduler in this process, and real workers in processes of their own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from distributed import Scheduler, Security

from aggregator.cluster.fetcher import ClusterFetcher
from aggregator.cluster.scheduler import Certificates, DaskScheduler
from aggregator.storage.thread import StoreThread
from tests.cluster_worker import count_all_as_public

ROOT = Path(__file__).parents[1]
T = TypeVar("T")


class Cluster:
    """A scheduler on an event loop of its own; `engine` is what a `ClusterFetcher` takes."""

    def __init__(self, signed: Certificates | None = None) -> None:
        self.loop = asyncio.new_event_loop()
        self.workers: list[subprocess.Popen[bytes]] = []
        self._thread = Thread(target=self.loop.run_forever, name="scheduler")
        self._thread.start()
        self.scheduler: Any = self.call(_scheduler(signed, 0))
        self.address: str = self.scheduler.address
        self.engine = DaskScheduler(self.address, signed)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs it on the scheduler's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Returns once it has joined."""
        before = len(self.scheduler.workers)
        command = [sys.executable, "-m", "tests.cluster_worker", self.address]
        worker = subprocess.Popen(command, cwd=ROOT)
        self.workers.append(worker)
        self.call(self._joined(before + 1))
        return worker

    def stop_scheduler(self) -> None:
        """Workers lose what they do, and wait for it to come back."""
        self.call(self.scheduler.close())

    def restart_scheduler(self) -> None:
        """Where it was; returns once a worker has joined."""
        port = int(self.address.rpartition(":")[2])
        self.scheduler = self.call(_scheduler(None, port))
        self.call(self._joined(1))

    async def _joined(self, count: int) -> None:
        while len(self.scheduler.workers) < count:  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.05)

    def fetcher(self, thread: StoreThread, clock: Callable[[], datetime]) -> ClusterFetcher:
        """What a poller asks; it may be on another event loop than the scheduler."""
        return ClusterFetcher(_Bridge(self), thread, clock)

    def open_network(self, *, is_on: bool) -> None:
        """On the workers, as the fixture `one_network` does here."""
        for worker in self.scheduler.workers:
            self.call(self._run_there(worker, count_all_as_public, is_on))

    async def _run_there(self, worker: str, function: Callable[[bool], None], value: bool) -> None:
        from distributed.protocol.pickle import dumps

        message = {"op": "run", "function": dumps(function), "args": dumps((value,))}
        await self.scheduler.broadcast(msg=message, workers=[worker])

    def close(self) -> None:
        """Ends scheduler and workers."""
        self.call(self.engine.close())
        self.call(self.scheduler.close())
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


class _Bridge:
    """The engine of a cluster, for event loops that come and go."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    async def worker_for(self, domain: str) -> str:
        return await self._there(self._cluster.engine.worker_for(domain))

    async def run(self, worker: str, payload: bytes) -> bytes:
        return await self._there(self._cluster.engine.run(worker, payload))

    def set_aside(self, worker: str) -> bool:
        return self._cluster.engine.set_aside(worker)

    async def close(self) -> None:
        pass

    async def _there(self, work: Coroutine[Any, Any, T]) -> T:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._cluster.loop))


async def _scheduler(signed: Certificates | None, port: int) -> Any:
    options: dict[str, Any] = {
        "host": "127.0.0.1", "port": port, "dashboard_address": "127.0.0.1:0"
    }  # fmt: skip
    if signed is not None:
        options |= {"protocol": "tls", "security": Security(
            tls_ca_file=str(signed.authority),
            tls_scheduler_cert=str(signed.certificate),
            tls_scheduler_key=str(signed.key),
            require_encryption=True,
        )}  # fmt: skip
    return await Scheduler(dashboard=False, **options)


@contextmanager
def cluster(signed: Certificates | None = None) -> Iterator[Cluster]:
    """One without workers; with certificates, it speaks TLS."""
    running = Cluster(signed)
    try:
        yield running
    finally:
        running.close()
