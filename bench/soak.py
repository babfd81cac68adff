"""Runs the daemon through a week at high speed, against feeds that change, fail, hang and refuse.

    python -m bench.soak --feeds 2000 --days 7 --speed 600

The daemon is the real one, in this process, with a clock that runs `speed` times faster than time.
A tick comes every fifth of a second (five seconds in real use), which is two minutes of that clock
at speed 600: work is not done faster, so a tick has 25 times less room than in real use. How late
feeds are asked is therefore told in real seconds: other work delays them by no more in real use,
where as much work comes in a minute as in a tenth of a second here. The farm is a process of its
own on loopback. A version of a feed counts as accepted when the daemon asks with its ETag: from
then on the server would answer 304, so its entries must be stored, each once, and those of the
feeds that are on topic must be in the published feed's rows as one story each.

Prints one JSON object and ends with 1 when something is lost, doubled, late or grown.
`host_gap` is 0 s: a host's own gap does not count as lag.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from aggregator.config import load
from aggregator.ingest.assign import assign_pending
from aggregator.ingest.model_reader import PairBudget
from aggregator.ingest.rules import load_rules
from aggregator.publishing.publish import publish
from aggregator.serving.daemon import Daemon
from aggregator.serving.jobs import Jobs
from aggregator.settings import Config
from aggregator.storage import items
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread
from aggregator.times import to_text
from bench import loopback
from bench.made_up_news import News

TICK_S = 0.2
SHOWN = 10  # entries in a document
ON_TOPIC = 20  # feeds whose entries are all published
NET = 11
TIMEOUT_S = 1.0  # of the daemon, real seconds; a hanging server holds a poll for so long
GROWTH_MIB = 10.0
LAG_S = 10.0  # real seconds: two ticks of real use
SHARES = {"error": 0.02, "busy": 0.01, "hang": 0.002}  # of the answers
NEW_PER_HOUR = 0.03  # entries a feed gets in an hour, on average


# --- the farm: another process ------------------------------------------------------------------


@dataclass(slots=True)
class Farm:
    """Feeds that grow by the fast clock, and what the daemon is known to have accepted."""

    now: Callable[[], datetime]
    start: datetime
    rng: random.Random
    news: News
    born: dict[int, list[datetime]] = field(default_factory=dict)  # feed -> dates of its entries
    next_at: dict[int, datetime] = field(default_factory=dict)
    accepted: dict[int, set[int]] = field(default_factory=dict)  # feed -> entries it has for sure
    answers: dict[str, int] = field(default_factory=dict)

    def document(self, feed: int) -> tuple[str, bytes]:
        """The feed as it is now and its ETag."""
        dates = self.born.setdefault(
            feed, [self.start - timedelta(minutes=7 * n) for n in range(SHOWN, 0, -1)]
        )
        after = self.next_at.setdefault(feed, self.start + self._pause())
        while after <= self.now():
            dates.append(after)
            after += self._pause()
        self.next_at[feed] = after
        entries = "".join(
            self._entry(feed, number, dates[number])
            for number in range(len(dates) - 1, len(dates) - 1 - SHOWN, -1)
        )
        text = (
            '<?xml version="1.0"?><rss version="2.0"><channel>'
            f"<title>Feed {feed}</title><link>https://n{feed}.example/</link>"
            f"<description>made up</description>{entries}</channel></rss>"
        )
        return f'"{feed}-{len(dates)}"', text.encode()

    def _pause(self) -> timedelta:
        return timedelta(hours=self.rng.expovariate(NEW_PER_HOUR))

    def _entry(self, feed: int, number: int, at: datetime) -> str:
        own = random.Random(feed * 1_000_003 + number)
        title = self.news.headline(f"{feed}-{number}")
        return (
            f"<item><title>{title}</title><guid isPermaLink='false'>{feed}-{number}</guid>"
            f"<link>https://n{feed}.example/{number}</link>"
            f"<pubDate>{format_datetime(at)}</pubDate>"
            f"<description>{' '.join(self.news.words(own, 40))}</description></item>"
        )

    def answer(self, request: str) -> bytes:
        """The response to one request head."""
        target, known = loopback.target_of(request), loopback.known_to(request)
        if target == "/_truth":
            return self.truth()
        feed = int(target.rpartition("/")[2])
        if known:
            count = int(known.strip('"').partition("-")[2])
            self.accepted.setdefault(feed, set()).update(range(count - SHOWN, count))
        draw = self.rng.random()
        for kind, share in SHARES.items():
            if draw < share:
                self._count(kind)
                return _FAULTS[kind]
            draw -= share
        etag, body = self.document(feed)
        head = f"ETag: {etag}\r\nCache-Control: max-age=0\r\n"
        if known == etag:
            self._count("304")
            return f"HTTP/1.1 304 Not Modified\r\n{head}\r\n".encode()
        head += f"Content-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n"
        self._count("200")
        return f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + body

    def _count(self, kind: str) -> None:
        self.answers[kind] = self.answers.get(kind, 0) + 1

    def truth(self) -> bytes:
        """What was accepted and answered, for the other process."""
        accepted = [f"{feed}-{number}" for feed, all_ in self.accepted.items() for number in all_]
        return loopback.json_answer(
            json.dumps({"accepted": accepted, "answers": self.answers}).encode()
        )


_FAULTS = {
    "error": b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
    "busy": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n",
    "hang": b"",
}


async def serve(start: float, speed: float, lifetime_s: float) -> None:
    """Answers on 127.11.0.0/16 until its lifetime is over; prints the port when ready."""
    began = datetime.fromtimestamp(start, UTC)
    farm = Farm(fast_clock(began, speed), began, random.Random(1), News())
    hosts = [loopback.host_of(number, net=NET) for number in range(loopback.HOSTS)]
    server = await loopback.listen(farm.answer, hosts, FARM_PORT)
    print("ready", flush=True)
    await asyncio.sleep(lifetime_s)
    server.close()


FARM_PORT = 8869


def fast_clock(start: datetime, speed: float) -> Callable[[], datetime]:
    """A clock that was at `start` at that very time, and runs `speed` times faster."""
    return lambda: start + (datetime.now(UTC) - start) * speed


# --- the daemon -----------------------------------------------------------------------------------


def write_config(folder: Path, feeds: int) -> Path:
    """A configuration of all feeds; everything but what the loopback network needs is default."""
    lines = "".join(
        f"  - {{url: 'http://{loopback.host_of(n, net=NET)}:{FARM_PORT}/{n}', name: 'Feed {n}'"
        f"{', on_topic: true' if n < ON_TOPIC else ''}}}\n"
        for n in range(feeds)
    )
    path = folder / "feeds.yaml"
    path.write_text(
        "site: {contact: 'mailto:soak@example.org'}\n"
        f"fetch: {{host_gap: 0s, per_host: 8, timeout: {TIMEOUT_S:g}s,"
        " allow_private_networks: true}\n"
        f"feeds:\n{lines}"
    )
    return path


@dataclass(slots=True)
class Watch:
    """What was seen while the daemon ran."""

    settled: datetime  # lag counts from then on, see `look`
    is_settled: bool = False
    lags_s: list[float] = field(default_factory=list)  # of the fast clock
    sizes: list[tuple[float, float]] = field(default_factory=list)  # (days, MiB)
    polls: int = 0
    stopping_s: float = 0.0
    left: int = 0  # items that the end left to the next start
    _due: dict[int, datetime] = field(default_factory=dict)
    _last: int = 0

    def look(self, store: Store, now: datetime) -> None:
        """Notes since when feeds are due, and how late those were that have been asked since.

        At the start all feeds are due at once, and bring their first entries: lag counts once
        these have been matched, and half a day has passed.
        """
        if not self.is_settled and now > self.settled and not items.any_unmatched(store):
            self.is_settled, self.settled = True, now
        rows = store.rows(
            "SELECT id, feed_id, started_at FROM poll WHERE id > ? ORDER BY id", (self._last,)
        )
        for row, feed, started in rows:
            self._last = row
            self.polls += 1
            due = self._due.pop(feed, None)
            if due is not None and self.is_settled and due > self.settled:
                self.lags_s.append((datetime.fromisoformat(started) - due).total_seconds())
        for feed, due in store.rows(
            "SELECT id, next_poll_at FROM feed WHERE next_poll_at <= ?", (to_text(now),)
        ):
            self._due[feed] = datetime.fromisoformat(due)


async def soak(folder: Path, *, feeds: int, days: float, speed: float, start: datetime) -> Watch:
    """Runs the daemon for so many days of the fast clock, then stops it as SIGTERM would."""
    clock = fast_clock(start, speed)
    path = write_config(folder, feeds)
    watch = Watch(settled=start + timedelta(hours=12))
    async with AsyncExitStack() as stack:
        ended = 0.0
        config = load(path, {})
        thread = StoreThread(config.database)
        stack.callback(thread.close)
        daemon = Daemon(
            config,
            lambda: load(path, {}),
            thread,
            clock,
            is_serving=False,
            monotonic=lambda: time.monotonic() * speed,
            tick_s=TICK_S,
        )
        stack.push_async_callback(daemon.stop)
        await daemon.start()
        chores, day = Jobs(thread, clock), 1
        while (passed := (clock() - start) / timedelta(days=1)) < days:
            await asyncio.sleep(0.05)
            await thread.run(watch.look, clock())
            if not watch.sizes or passed - watch.sizes[-1][0] > 0.02:
                watch.sizes.append((passed, resident_mib()))
            if passed > day:
                day += 1
                await chores.prune(config)
        ended = time.monotonic()
    watch.stopping_s = time.monotonic() - ended
    watch.left = match_the_rest(config, clock())
    return watch


def match_the_rest(config: Config, now: datetime) -> int:
    """What the next start would do with items that the grace was too short for; their number."""
    rules = load_rules(config)
    budget = PairBudget(rules.pairs_per_run)  # without it, all pairs of the week would be read
    with open_store(config.database) as store:
        left: int = store.value("SELECT count(*) FROM item WHERE variant_id IS NULL")
        while assign_pending(store, rules, now, budget=budget).left:
            continue
        publish(store, config, now)
    return left


def resident_mib() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def findings(database: Path, truth: dict[str, Any]) -> dict[str, int]:
    """What is lost or doubled, and how the store ended."""
    store = open_store(database, read_only=True)
    try:
        stored = {
            row[0]: row[1] for row in store.rows("SELECT guid, count(*) FROM item GROUP BY 1")
        }
        return {
            "items": sum(stored.values()),
            "lost_items": len(set(truth["accepted"]) - stored.keys()),
            "doubled_items": sum(count > 1 for count in stored.values()),
            "unmatched": store.value("SELECT count(*) FROM item WHERE variant_id IS NULL"),
            "entries": store.value("SELECT count(*) FROM published"),
            "doubled_entries": store.value(
                "SELECT count(*) FROM (SELECT 1 FROM published p JOIN variant v USING (story_id)"
                " GROUP BY p.topic, v.fingerprint HAVING count(DISTINCT p.story_id) > 1)"
            ),
            "unpublished": store.value(
                "SELECT count(*) FROM item i JOIN feed f ON f.id = i.feed_id"
                " JOIN variant v ON v.id = i.variant_id"
                " WHERE CAST(substr(f.name, 6) AS INTEGER) < ?"
                " AND v.story_id NOT IN (SELECT story_id FROM published)",
                (ON_TOPIC,),
            ),
            "integrity_errors": store.value("PRAGMA integrity_check") != "ok",
        }
    finally:
        store.close()


def verdict(watch: Watch, found: dict[str, int], *, speed: float) -> dict[str, Any]:
    """The figures, and under `problems` what must not be."""
    late = sorted(watch.lags_s) or [0.0]
    warm = [mib for days, mib in watch.sizes if 1 <= days < 2] or [watch.sizes[-1][1]]
    last = [mib for days, mib in watch.sizes if days > watch.sizes[-1][0] - 0.5]
    growth = statistics.median(last) - statistics.median(warm)
    figures: dict[str, Any] = {
        "polls": watch.polls,
        "waits_measured": len(watch.lags_s),
        **found,
        "memory_mib": {"day_2": round(statistics.median(warm), 1),
                       "end": round(statistics.median(last), 1), "growth": round(growth, 1)},
        "lag_s": {"p50": round(late[len(late) // 2] / speed, 2),
                  "p99": round(late[int(len(late) * 0.99)] / speed, 2),
                  "max": round(late[-1] / speed, 2)},
        "stopping_s": round(watch.stopping_s, 2),
        "left_to_the_next_start": watch.left,
    }  # fmt: skip
    wrong = ("lost_items", "doubled_items", "unmatched", "doubled_entries", "unpublished",
             "integrity_errors")  # fmt: skip
    figures["problems"] = [name for name in wrong if found[name]]
    figures["problems"] += ["memory"] if growth > GROWTH_MIB else []
    figures["problems"] += ["lag"] if late[-1] > LAG_S * speed else []
    figures["problems"] += [] if watch.lags_s else ["nothing measured: too slow, or too short"]
    return figures


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--days", type=float, default=7)
    parser.add_argument("--speed", type=float, default=600)
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    lifetime_s = options.days * 86400 / options.speed + 120
    if options.serve is not None:
        asyncio.run(serve(options.serve, options.speed, lifetime_s))
        return 0
    logging.getLogger("aggregator").setLevel(logging.ERROR)
    start = datetime.now(UTC)
    given = ["--days", str(options.days), "--speed", str(options.speed)]
    farm = subprocess.Popen(
        [sys.executable, "-m", "bench.soak", "--serve", str(start.timestamp()), *given],
        stdout=subprocess.PIPE,
    )
    try:
        assert farm.stdout is not None
        farm.stdout.readline()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            watch = asyncio.run(soak(folder, feeds=options.feeds, days=options.days,
                                     speed=options.speed, start=start))  # fmt: skip
            with urlopen(f"http://127.0.0.1:{FARM_PORT}/_truth") as answer:
                truth = json.load(answer)
            found = findings(folder / "db" / "aggregator.db", truth)
    finally:
        farm.terminate()
        farm.wait()
    figures = verdict(watch, found, speed=options.speed)
    print(json.dumps({"answers": truth["answers"], **figures}, indent=1))
    return 1 if figures["problems"] else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
