"""Polls cases of the corpus as users would: feeds.yaml, a database file, published files."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.cli.root import run as run_command
from aggregator.config import load
from aggregator.ingest.rules import load_rules
from aggregator.logs import EventFormatter
from aggregator.polling.poller import FetchOptions, fetch
from aggregator.polling.report import FetchReport
from aggregator.publishing.publish import publish
from aggregator.serving import live
from aggregator.serving.metrics import Metrics
from aggregator.serving.search_request import SearchRequest
from aggregator.settings import Config
from aggregator.storage.store import Store
from aggregator.storage.thread import StoreThread
from aggregator.views import SearchFilter
from tests.hostile.corpus.cases import Case

BASE_URL = "https://arena.example.org/"
GOOD_FEEDS = ("/good/a.rss", "/good/b.rss", "/good/c.atom")
GOOD_ITEMS = 5  # in each of them
HEADERS = {"Authorization": "Basic aG9zdGlsZTpzM2NyM3Q=", "Cookie": "session=0f7e5d"}
_COMMANDS = (
    ("status",), ("status", "--json"), ("stories", "list"), ("feeds", "export"), ("publish",),
)  # fmt: skip
BETWEEN_ROUNDS = timedelta(days=2)  # longer than our own waits


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored item and the story that it is in."""

    headline: str
    url: str | None
    story_id: int | None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one feed."""

    error_kind: str  # of the last poll; empty when it succeeded
    error: str
    ever_ok: bool
    moved: bool  # its address counts as replaced
    wait_s: float  # from the last poll to the next
    items: tuple[Stored, ...]
    dates: tuple[datetime, ...]  # of its published entries
    late_changes: int  # items that the last round added or changed


@dataclass(frozen=True, slots=True)
class Bout:
    """A whole run: polled as often as its cases ask, published, and looked at."""

    fates: Mapping[str, Fate]  # by path
    handled_s: Mapping[str, float]  # by path
    files: Mapping[str, bytes]  # published
    outputs: Mapping[str, bytes]  # files, log, what commands print
    pages: Mapping[str, bytes]  # made on request; they hold forms of our own
    log: str
    requests: Sequence[Mapping[str, Any]]
    again: FetchReport | None  # of reading the same documents once more
    folder: Path
    ended_at: datetime  # by the run's own clock


def paths_of(case: Case) -> tuple[str, ...]:
    """The feeds to configure for a case, in the order of fetching."""
    return tuple(case.feeds) or (f"/c/{case.id}",)


def write_config(folder: Path, base: str, paths: Iterable[str], *, more: str = "") -> Config:
    """A checked configuration of these feeds, each by a number as its name."""
    folder.mkdir(parents=True)
    lines = [
        f"site: {{title: Arena, contact: 'mailto:arena@example.org', base_url: '{BASE_URL}'}}",
        "fetch: {timeout: 3s, max_bytes: 5MB, host_gap: 0s, per_host: 64,",
        "        allow_private_networks: true}",
        more or "publish: {entries: 10000}",
        "feeds:",
    ]
    for number, path in enumerate(paths, 1):
        fields = [f"url: '{base}{path}'", f"name: Feed {number}", "on_topic: true"]
        if path.endswith("/xml-stylesheet-pi"):  # its check forbids what its address holds
            fields.append("private: true")
        if path.endswith("/http-redirect-credentials"):
            fields.append(f"headers: {json.dumps(HEADERS)}")
        lines.append(f"  - {{{', '.join(fields)}}}")
    file = folder / "feeds.yaml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load(file, {})


async def fight(
    corpus: Any, cases: Sequence[Case], folder: Path, *, more: str = "", whole: bool = True
) -> Bout:
    """Polls the cases beside the good feeds, publishes, and reads everything that came out.

    `whole`: reads the documents a second time, and asks commands and pages, too.
    """
    paths = list(dict.fromkeys([path for case in cases for path in paths_of(case)]))
    paths += [path for path in GOOD_FEEDS if path not in paths]
    config = write_config(folder, corpus.base, paths, more=more)
    names = {path: f"Feed {number}" for number, path in enumerate(paths, 1)}
    start = datetime.now(UTC)
    with _journal(config) as (text, events):
        thread = StoreThread(config.database)
        try:
            rounds = _Rounds(config, thread, start)
            changes: dict[str, int] = {}
            for number in range(max(case.fetches for case in cases)):
                due = [case for case in cases if case.fetches > number]
                for batch in _batches(due, number):
                    await rounds.poll([names[path] for path in batch])
                    changes.update(await thread.run(_changed, rounds.now()))
                rounds.later()
            await thread.run(publish, config, rounds.now())
            fates = {path: await thread.run(_fate, names[path], changes) for path in paths}
            again = await _read_again(thread, rounds, names, fates) if whole else None
            pages = await thread.run(_pages, config, rounds.now()) if whole else {}
        finally:
            thread.close()
    printed = _printed(config) if whole else {}
    files = _files(config.output)
    return Bout(
        fates=fates,
        handled_s=_handled(corpus, events, names),
        files=files,
        outputs={**files, **printed, "log": text.getvalue().encode()},
        pages=pages,
        log=text.getvalue(),
        requests=corpus.log,
        again=again,
        folder=folder,
        ended_at=rounds.now(),
    )


def _batches(cases: Sequence[Case], number: int) -> Iterator[list[str]]:
    """What is polled at once: everything, but feeds of one case one after another."""
    lone = [path for case in cases if len(paths_of(case)) == 1 for path in paths_of(case)]
    yield [*lone, *(GOOD_FEEDS if number == 0 else ())]
    for case in cases:
        if len(paths_of(case)) > 1:
            yield from ([path] for path in paths_of(case))


class _Rounds:
    """Polls with a clock that stands days later in each round."""

    def __init__(self, config: Config, thread: StoreThread, start: datetime) -> None:
        self._config = config
        self._thread = thread
        self._rules = load_rules(config)
        self._start = start
        self._began = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def later(self) -> None:
        self._start += BETWEEN_ROUNDS

    async def poll(self, names: Sequence[str], *, force: bool = False) -> FetchReport:
        options = FetchOptions(feeds=tuple(names), force=force)
        return await fetch(self._config, self._thread, self._rules, options, self.now)


async def _read_again(
    thread: StoreThread, rounds: _Rounds, names: Mapping[str, str], fates: Mapping[str, Fate]
) -> FetchReport:
    """The documents that were read and stay the same, whole and without validators."""
    same = [
        name
        for path, name in names.items()
        if fates[path].items and not fates[path].error_kind
        if not path.startswith(("/c/id-flood", "/c/id-guid-churn", "/c/id-title-churn", "/c/http-"))
    ]
    return await rounds.poll(same, force=True)


def _changed(store: Store, now: datetime) -> dict[str, int]:
    """By feed: items added or changed within the last minute."""
    rows = store.rows(
        "SELECT f.name, count(i.id) FROM feed f LEFT JOIN item i ON i.feed_id = f.id"
        " AND max(i.first_seen_at, coalesce(i.changed_at, '')) > ? GROUP BY f.id",
        ((now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),),
    )
    return {row[0]: row[1] for row in rows}


def _fate(store: Store, name: str, changes: Mapping[str, int]) -> Fate:
    row = store.row("SELECT * FROM feed WHERE name = ?", (name,))
    assert row is not None
    items = store.rows(
        "SELECT i.headline, i.url, v.story_id FROM item i"
        " LEFT JOIN variant v ON v.id = i.variant_id WHERE i.feed_id = ? ORDER BY i.id",
        (row["id"],),
    )
    dates = store.rows(
        "SELECT DISTINCT p.published_at FROM published p JOIN variant v"
        " ON v.story_id = p.story_id JOIN item i ON i.variant_id = v.id WHERE i.feed_id = ?",
        (row["id"],),
    )
    polled = datetime.fromisoformat(row["last_poll_at"])
    waits = [row[column] for column in ("next_poll_at", "not_before") if row[column]]
    return Fate(
        error_kind=row["last_error_kind"],
        error=row["last_error"],
        ever_ok=row["last_ok_at"] is not None,
        moved=row["permanent_url"] is not None,
        wait_s=max((datetime.fromisoformat(at) - polled).total_seconds() for at in waits),
        items=tuple(Stored(*item) for item in items),
        dates=tuple(datetime.fromisoformat(date[0]) for date in dates),
        late_changes=changes.get(name, 0),
    )


def _handled(corpus: Any, events: io.StringIO, names: Mapping[str, str]) -> dict[str, float]:
    """By path: seconds from the first request to the first stored outcome."""
    stored: dict[str, float] = {}
    for line in events.getvalue().splitlines():
        said = json.loads(line)
        if said["event"].startswith("poll.") and "feed" in said:
            stored.setdefault(said["feed"], datetime.fromisoformat(said["time"]).timestamp())
    asked: dict[str, float] = {}
    for request in corpus.log:
        asked.setdefault(request["target"], request["time"])
    return {path: stored.get(name, 0) - asked.get(path, 0) for path, name in names.items()}


def _pages(store: Store, config: Config, now: datetime) -> dict[str, bytes]:
    """What the server makes on request, and the metrics."""
    wanted = SearchRequest("<script>alert(1)</script> ok talks")
    return {
        "/feeds": live.feeds(store, config, now),
        "/search": live.search(store, config, wanted, SearchFilter()),
        "/search.atom": live.search_atom(store, config, wanted, SearchFilter()),
        "/metrics": Metrics().render(store, now),
    }


def _printed(config: Config) -> dict[str, bytes]:
    """What commands print about it; `publish` writes everything again, with what came last."""
    return {
        " ".join(command): command_output(config, *command)
        for command in (
            ("status",),
            ("status", "--json"),
            ("stories", "list"),
            ("feeds", "export"),
            ("publish",),
        )
    }


def command_output(config: Config, *arguments: str) -> bytes:
    """stdout and stderr of a command, run in this process."""
    written = io.BytesIO()
    printed = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    with logging_kept(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        run_command(["--config", str(config.path), *arguments])
    told = written.getvalue()
    assert b"internal error" not in told, told
    return told


def _files(output: Path) -> dict[str, bytes]:
    files = sorted(path for path in output.rglob("*") if path.is_file())
    return {str(path.relative_to(output)): path.read_bytes() for path in files}


@contextlib.contextmanager
def logging_kept() -> Iterator[None]:
    """Commands set the log up for their process; here they share one with the tests."""
    root, package = logging.getLogger(), logging.getLogger("aggregator")
    kept = (root.handlers[:], root.level, package.level)
    polling = logging.getLogger("aggregator.polling").level
    try:
        yield
    finally:
        root.handlers[:], root.level, package.level = kept
        logging.getLogger("aggregator.polling").setLevel(polling)


@contextlib.contextmanager
def _journal(config: Config) -> Iterator[tuple[io.StringIO, io.StringIO]]:
    """Everything that is logged: as people read it, and as JSON."""
    texts = io.StringIO(), io.StringIO()
    package = logging.getLogger("aggregator")
    level = package.level
    handlers = []
    for stream, style in zip(texts, ("text", "json"), strict=True):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(EventFormatter(style, config.secrets))
        handlers.append(handler)
        package.addHandler(handler)
    package.setLevel(logging.DEBUG)
    try:
        yield texts
    finally:
        package.setLevel(level)
        for handler in handlers:
            package.removeHandler(handler)
