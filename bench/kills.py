"""Kills the daemon at random instants and proves that nothing is lost, doubled or renamed.

    python -m bench.kills --kills 200 --seed 1
    python -m bench.kills --kills 10 --workers 2

Servers on loopback show feeds that change all the time. A version of a feed counts as accepted when
the daemon asks with its ETag: from then on the server would answer 304, so its items must be in
the database, each once. Entry ids, once seen, must never change, and published files must be whole.

With workers (extra `cluster`), a worker, their scheduler and the daemon are killed in turn, each
begun again at once; besides, requests to one host keep their distance, and every feed is asked
again in the end, once what was lost with the last kill has waited out its lease.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from bench.workers import Workers

FEEDS = 8
SHOWN = 6  # items in a document: older ones leave it
ATOM = "{http://www.w3.org/2005/Atom}"
PLACES = ("Karachi", "Quetta", "Lahore", "Multan", "Gwadar", "Sukkur", "Mardan", "Swat")
GAP_S = 2.0  # between requests to one host, where workers poll
LEAST_GAP_S = 1.5  # at the server, whose threads may run late
LEASE_S = 60.0  # by then no lease holds any more: see cluster/fetcher.py
DEEDS = ("drone parts", "missile guidance kits", "jet engines", "radar sets", "night-vision gear")


@dataclass(slots=True)
class World:
    """What the server shows and what the daemon is known to have accepted."""

    rng: random.Random
    start: datetime
    items: dict[int, list[str]] = field(default_factory=dict)
    versions: dict[str, tuple[str, ...]] = field(default_factory=dict)  # ETag -> guids
    accepted: set[str] = field(default_factory=set)
    asked: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))  # monotonic
    slowness_s: float = 0.0  # answers take up to that long
    lock: Lock = field(default_factory=Lock)

    @property
    def requests(self) -> int:
        """How many came."""
        return sum(map(len, self.asked.values()))

    def closest_s(self) -> float:
        """The shortest time between two requests to one host."""
        waits = (b - a for times in self.asked.values() for a, b in pairwise(times))
        return min(waits, default=GAP_S)

    def document(self, feed: int) -> tuple[str, bytes]:
        """The feed as it is now, most often with a new item; and its ETag."""
        guids = self.items.setdefault(feed, [])
        if not guids or self.rng.random() < 0.7:
            guids.append(f"{feed}-{len(guids)}")
        shown = guids[-SHOWN:]
        etag = f'"{feed}-{len(guids)}"'
        self.versions[etag] = tuple(shown)
        body = "".join(self._item(feed, guid) for guid in shown)
        text = (
            '<?xml version="1.0"?><rss version="2.0"><channel>'
            f"<title>Feed {feed}</title><link>http://feed{feed}.example/</link>"
            f"<description>made up</description>{body}</channel></rss>"
        )
        return etag, text.encode()

    def _item(self, feed: int, guid: str) -> str:
        number = int(guid.partition("-")[2])
        place, deed = PLACES[(feed + number) % len(PLACES)], DEEDS[number % len(DEEDS)]
        date = format_datetime(self.start + timedelta(minutes=number))
        title = f"U.S. sanctions Pakistan firm in {place} over {deed}, batch {feed * 1000 + number}"
        return (
            f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid>"
            f"<link>http://feed{feed}.example/{number}</link><pubDate>{date}</pubDate></item>"
        )


@contextmanager
def serving(world: World) -> Iterator[int]:
    """A server for each feed, at an address of its own; gives their port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with world.lock:
                feed = int(self.path.strip("/"))
                world.asked[feed].append(time.monotonic())
                known = self.headers.get("If-None-Match", "")
                world.accepted.update(world.versions.get(known, ()))
                etag, body = world.document(feed)
                wait_s = world.rng.uniform(0, world.slowness_s)
            time.sleep(wait_s)
            same = etag == known
            self.send_response(304 if same else 200)
            self.send_header("ETag", etag)
            if not same:
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not same:
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                return  # the daemon was killed in the middle of an answer

    with ExitStack() as stack:
        port = 0
        for feed in range(FEEDS):
            server = ThreadingHTTPServer((address_of(feed), port), Handler)
            port = server.server_port
            server.daemon_threads = True
            thread = Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            for end in (server.server_close, thread.join, server.shutdown):
                stack.callback(end)
        yield port


def address_of(feed: int) -> str:
    """The host of a feed."""
    return f"127.9.0.{feed + 1}"


def write_config(folder: Path, port: int, *, gap_s: float) -> Path:
    """A configuration that polls as often as the daemon ticks."""
    feeds = "".join(
        f"  - url: http://{address_of(number)}:{port}/{number}\n    name: Feed {number}\n"
        for number in range(FEEDS)
    )
    path = folder / "feeds.yaml"
    path.write_text(
        "site: {contact: 'mailto:bench@example.org', base_url: 'https://news.example.org/'}\n"
        "database: a.db\noutput: public\n"
        f"fetch: {{every: 1s, host_gap: {gap_s:g}s, timeout: 5s, allow_private_networks: true}}\n"
        f"feeds:\n{feeds}topics:\n  - name: us-pakistan-security\n"
    )
    return path


@dataclass(slots=True)
class Findings:
    """What was found wrong; nothing, if all is well."""

    problems: list[str] = field(default_factory=list)
    entry_ids: dict[str, str] = field(default_factory=dict)  # story uid -> entry id

    def look(self, folder: Path, *, thorough: bool) -> None:
        """Checks database and files after a kill, as a restart would find them."""
        database = folder / "a.db"
        if not database.exists():
            return
        shown = self._shown(folder / "public" / "us-pakistan-security.atom")
        with closing(sqlite3.connect(database)) as connection:
            if thorough:
                state = connection.execute("PRAGMA integrity_check").fetchone()[0]
                broken = connection.execute("PRAGMA foreign_key_check").fetchall()
                if state != "ok" or broken:
                    self.problems.append(f"database: {state}, {len(broken)} broken references")
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name='story'").fetchone():
                return
            for uid, entry_id in connection.execute(
                "SELECT uid, entry_id FROM story WHERE entry_id IS NOT NULL"
            ):
                if self.entry_ids.setdefault(uid, entry_id) != entry_id:
                    self.problems.append(f"story {uid}: entry id changed to {entry_id}")
        unknown = shown - set(self.entry_ids.values())
        if unknown:
            self.problems.append(f"{len(unknown)} published entries that no row knows")

    def _shown(self, path: Path) -> set[str]:
        """The ids in a published feed; read before the rows, which are there first."""
        if not path.exists():
            return set()
        try:
            ids = [entry.findtext(f"{ATOM}id", "") for entry in _entries(path)]
        except ET.ParseError as error:
            self.problems.append(f"{path.name}: {error}")
            return set()
        if len(ids) != len(set(ids)):
            self.problems.append(f"{path.name}: an entry appears twice")
        return set(ids)

    def compare(self, folder: Path, accepted: set[str]) -> None:
        """Every accepted item is stored once."""
        with closing(sqlite3.connect(folder / "a.db")) as connection:
            rows = connection.execute("SELECT guid, count(*) FROM item GROUP BY guid").fetchall()
        stored = dict(rows)
        lost = accepted - stored.keys()
        doubled = [guid for guid, count in stored.items() if count > 1]
        if lost:
            self.problems.append(f"{len(lost)} accepted items are lost: {sorted(lost)[:5]}")
        if doubled:
            self.problems.append(f"{len(doubled)} items are stored twice: {sorted(doubled)[:5]}")


def _entries(path: Path) -> list[ET.Element]:
    return ET.parse(path).getroot().findall(f"{ATOM}entry")


class Daemon(Protocol):
    """A running daemon, as `subprocess.Popen` has it."""

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def send_signal(self, number: signal.Signals, /) -> None: ...

    def communicate(self, *, timeout: float | None = None) -> tuple[Any, bytes]: ...


def start_daemon(config: Path, *options: str) -> subprocess.Popen[bytes]:
    """The daemon as its users start it, without its HTTP server."""
    command = [sys.executable, "-m", "aggregator", "-q", "--config", str(config), "daemon"]
    return subprocess.Popen(
        [*command, "--no-http", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def run(
    folder: Path,
    *,
    kills: int,
    seed: int,
    longest_s: float = 3.0,
    start: Callable[[Path], Daemon] = start_daemon,
) -> tuple[World, Findings]:
    """Kills that many daemons one after another, lets the last one end in peace, and compares."""
    rng = random.Random(seed)
    world = World(random.Random(seed + 1), datetime.now(UTC) - timedelta(days=1))
    findings = Findings()
    with serving(world) as port:
        config = write_config(folder, port, gap_s=0.0)
        for number in range(kills):
            daemon = start(config)
            time.sleep(rng.uniform(0.3, longest_s))
            _kill(daemon, findings)
            findings.look(folder, thorough=number % 10 == 0)
        daemon = start(config)
        _wait_for_peace(world, daemon)
        _end(daemon, findings)
    findings.look(folder, thorough=True)
    findings.compare(folder, world.accepted)
    return world, findings


def run_with_workers(
    folder: Path, *, kills: int, seed: int, workers: int, longest_s: float = 12.0
) -> tuple[World, Findings]:
    """Kills that many workers, schedulers and daemons in turn, and compares as `run` does."""
    from bench.workers import working  # noqa: PLC0415 - Dask is an extra

    rng = random.Random(seed)
    world = World(random.Random(seed + 1), datetime.now(UTC) - timedelta(days=1), slowness_s=1.0)
    findings = Findings()
    with serving(world) as port, working(folder, workers) as cluster:
        config = write_config(folder, port, gap_s=GAP_S)
        daemon = start_daemon(config, "--workers", cluster.address)
        for number in range(kills):
            _wait_for_requests(world, daemon, cluster)
            _supervise(cluster, rng.uniform(0.3, longest_s))
            victim = ("worker", "scheduler", "daemon")[number % 3]
            if victim == "worker":
                cluster.kill_worker(rng)
            elif victim == "scheduler":
                cluster.kill_scheduler()
            else:
                _kill(daemon, findings)
                daemon = start_daemon(config, "--workers", cluster.address)
            findings.look(folder, thorough=True)
        last = time.monotonic()
        while time.monotonic() < last + 2 * LEASE_S and _unasked(world, last):
            _supervise(cluster, 0.5)
        if unasked := _unasked(world, last):
            findings.problems.append(f"not asked again after the last kill: feeds {unasked}")
        _end(daemon, findings)
    if world.closest_s() < LEAST_GAP_S:
        findings.problems.append(f"a host was asked {world.closest_s():.2f} s after the last time")
    findings.look(folder, thorough=True)
    findings.compare(folder, world.accepted)
    return world, findings


def _kill(daemon: Daemon, findings: Findings) -> None:
    daemon.send_signal(signal.SIGKILL)
    _, complaint = daemon.communicate()
    if b"Traceback" in complaint and not _is_orphan(complaint):
        findings.problems.append(complaint.decode(errors="replace")[-500:])


def _end(daemon: Daemon, findings: Findings) -> None:
    daemon.send_signal(signal.SIGTERM)
    _, complaint = daemon.communicate(timeout=60)
    if daemon.returncode != 0:
        findings.problems.append(f"exit {daemon.returncode}: {complaint.decode()[-500:]}")


def _supervise(cluster: Workers, seconds: float) -> None:
    """Begins again what has ended, for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        cluster.supervise()
        time.sleep(0.1)


def _wait_for_requests(world: World, daemon: subprocess.Popen[bytes], cluster: Workers) -> None:
    """Until polling goes on, two minutes at most: a kill while it pauses would show nothing."""
    before, end = world.requests, time.monotonic() + 2 * LEASE_S
    while world.requests == before and time.monotonic() < end and daemon.poll() is None:
        _supervise(cluster, 0.1)


def _unasked(world: World, since: float) -> list[int]:
    """The feeds that nobody asked since then."""
    return [feed for feed in range(FEEDS) if max(world.asked[feed], default=0.0) < since]


def _is_orphan(complaint: bytes) -> bool:
    """A child for parsing that was being started when its parent was killed says so itself."""
    return b"EOFError: Ran out of input" in complaint and complaint.count(b"Traceback") == 1


def _wait_for_peace(world: World, daemon: Daemon) -> None:
    """Until the last daemon has asked again for what it stored, a minute at most."""
    before, end = len(world.accepted), time.monotonic() + 60
    while len(world.accepted) <= before and time.monotonic() < end and daemon.poll() is None:
        time.sleep(0.1)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0)
    options = parser.parse_args()
    kills = {"kills": options.kills, "seed": options.seed}
    with tempfile.TemporaryDirectory() as name:
        if options.workers:
            world, findings = run_with_workers(Path(name), workers=options.workers, **kills)
        else:
            world, findings = run(Path(name), **kills)
    for problem in findings.problems:
        print(problem)
    print(
        f"{options.kills} kills, {world.requests} requests, {len(world.accepted)} accepted items, "
        f"{len(findings.entry_ids)} entry ids: {len(findings.problems)} problems"
    )
    return 1 if findings.problems else 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    sys.exit(main())
