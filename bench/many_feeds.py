"""Ten thousand feeds in the daemon: how long it takes to start, and what the event loop feels.

    python -m bench.many_feeds

The feeds are polled once (all new, in the background of the measure), then all come due at one
instant: the worst that scheduling can meet. `start` is configuration, database and first tick;
`stall` is how late a task comes that wants to run every 5 ms. Memory is of the main process.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.config import load
from aggregator.ingest.rules import load_rules
from aggregator.model import PollResult
from aggregator.polling.poller import Poller
from aggregator.storage.thread import StoreThread
from bench import feed_farm
from bench.polling import write_config

PROBE_S = 0.005


class Stalls:
    """Asks to run every 5 ms and notes how late it was."""

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self._task: asyncio.Task[None] | None = None

    async def _run(self) -> None:
        while True:
            asked = time.monotonic()
            await asyncio.sleep(PROBE_S)
            self.worst_ms = max(self.worst_ms, (time.monotonic() - asked - PROBE_S) * 1000)

    def begin(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    def end(self) -> float:
        assert self._task is not None
        self._task.cancel()
        return self.worst_ms


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure(folder: Path, count: int) -> None:
    began = time.monotonic()
    config = load(folder / "feeds.yaml", os.environ)
    thread = StoreThread(config.database)
    shift, polled, is_done = timedelta(), 0, asyncio.Event()

    def note(_: PollResult) -> None:
        nonlocal polled
        polled += 1
        if polled % count == 0:
            is_done.set()

    rules = load_rules(config)
    poller = Poller(config, thread, rules, lambda: datetime.now(UTC) + shift, on_poll=note)
    await poller.tick()
    print(f"start: {time.monotonic() - began:.2f} s for {count} feeds, {peak_mib():.0f} MiB")
    await is_done.wait()
    print(f"all polled for the first time: {peak_mib():.0f} MiB")
    for number in (1, 2):
        shift = timedelta(days=3 * number)
        is_done.clear()
        stalls, cpu, wall = Stalls(), time.process_time(), time.monotonic()
        stalls.begin()
        await asyncio.sleep(0.05)
        await poller.tick()
        await is_done.wait()
        worst = stalls.end()
        cost = (time.process_time() - cpu) * 1000 / count
        print(
            f"all due at once: worst stall {worst:.0f} ms, {cost:.2f} ms CPU a poll, "
            f"{time.monotonic() - wall:.1f} s, {peak_mib():.0f} MiB"
        )
    await poller.drain(5)
    thread.close()


def main(count: int, port: int) -> None:
    with (
        feed_farm.running(count, items=1, port=port) as urls,
        tempfile.TemporaryDirectory() as folder,
    ):
        write_config(Path(folder), urls)
        asyncio.run(measure(Path(folder), count))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--port", type=int, default=8860)
    given = parser.parse_args()
    main(given.feeds, given.port)
