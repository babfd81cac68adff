"""What a poll costs the daemon where workers make it, beside one that it makes itself.

    python -m bench.workers --feeds 200 --workers 2

The farm of `bench.polling` is polled with an empty database, then again with nothing new, by a
poller in this process: alone, and by workers of a Dask scheduler in processes of their own. CPU is
that of this process, which stores and matches in both cases, for one poll. The first turn, in which
code is loaded, is not told.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from aggregator.cluster.fetcher import ClusterFetcher
from aggregator.cluster.scheduler import DaskScheduler
from aggregator.config import load
from aggregator.ingest.rules import load_rules
from aggregator.model import PollResult
from aggregator.polling.poller import Poller
from aggregator.storage import items
from aggregator.storage.thread import StoreThread
from bench import feed_farm
from bench.idle import free_port
from bench.polling import write_config

_OPTIONS = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")


class Workers:
    """A scheduler and its workers, each a process that is begun again where it ended."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        at = ("--host", "127.0.0.1", "--port", str(port))
        self._commands = [("scheduler", *at, *_OPTIONS)]
        worker = ("worker", self.address, "--no-nanny", "--nthreads", "1", *_OPTIONS)
        self._commands += [worker] * count
        self._processes = [self._begun(command) for command in self._commands]

    def _begun(self, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command],
            cwd=self._folder,  # where Dask has its folders
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )

    def supervise(self) -> None:
        """Begins again what has ended; to be called often."""
        for number, process in enumerate(self._processes):
            if process.poll() is not None:
                self._processes[number] = self._begun(self._commands[number])

    def kill_scheduler(self) -> None:
        """At once; its workers end soon after it by themselves."""
        self._processes[0].send_signal(signal.SIGKILL)

    def kill_worker(self, rng: random.Random) -> None:
        """Any of them, at once."""
        rng.choice(self._processes[1:]).send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Ends all of them."""
        for process in self._processes:
            process.kill()
            process.wait()


@contextmanager
def working(folder: Path, count: int) -> Iterator[Workers]:
    """A scheduler with so many workers, which may not have joined yet."""
    workers = Workers(folder, count)
    try:
        yield workers
    finally:
        workers.close()


async def costs(config_file: Path, address: str, *, rounds: int = 4) -> tuple[float, float]:
    """CPU milliseconds of this process for a poll: of a new feed, and of a 304.

    By the workers of the scheduler at `address`; empty: by itself.
    """
    config = load(config_file, os.environ)
    thread = StoreThread(config.database)
    shift, outcomes, is_done = timedelta(0), list[str](), asyncio.Event()

    def clock() -> datetime:
        return datetime.now(UTC) + shift

    def count(done: PollResult) -> None:
        outcomes.append(done.outcome)
        if len(outcomes) % len(config.feeds) == 0:
            is_done.set()

    fetcher = ClusterFetcher(DaskScheduler(address, None), thread, clock) if address else None
    if fetcher is not None:
        await fetcher.start()
    poller = Poller(config, thread, load_rules(config), clock, on_poll=count, workers=fetcher)
    found = []
    for _ in range(rounds):
        is_done.clear()
        before = time.process_time()
        await poller.tick()
        async with asyncio.timeout(600):  # none comes where polling pauses
            await is_done.wait()
        while await thread.run(items.any_unmatched):  # noqa: ASYNC110 - as a daemon would go on
            await asyncio.sleep(0.05)
        found.append((time.process_time() - before) * 1000 / len(config.feeds))
        shift += timedelta(days=3)
    await poller.drain(5)
    thread.close()
    assert outcomes.count("not_modified") == len(config.feeds) * (rounds - 1), set(outcomes)
    return found[0], median(found[1:])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--items", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print("| polled by | new feed, CPU ms | 304, CPU ms |\n|---|---|---|")
    with (
        tempfile.TemporaryDirectory() as name,
        feed_farm.running(options.feeds, items=options.items, port=free_port()) as urls,
        working(Path(name), options.workers) as workers,
    ):
        turns = (("", ""), ("the daemon", ""), ("workers", workers.address))
        for number, (who, address) in enumerate(turns):
            config = write_config(Path(name) / str(number), urls, model=False)
            new, same = asyncio.run(costs(config, address))
            if who:
                print(f"| {who} | {new:.1f} | {same:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
