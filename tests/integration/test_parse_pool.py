"""Parsing processes: killed when greedy, ended when idle, small."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import NotAFeed, ParseError, ParserKilled, ParserUnavailable
from aggregator.model import ParseTask
from aggregator.polling import parse_pool
from aggregator.polling.parse_pool import ParsePool
from tests.greedy import Crashing, Endless, Greedy, Reporting, Stumbling

BODY = (
    b"<rss version='2.0'><channel><title>News</title><item><title>a</title></item></channel></rss>"
)


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children load the parsers by themselves, as those of the program do.

    Elsewhere they are forked from one that has loaded them: what is tested comes after that.
    """
    monkeypatch.setattr(parse_pool, "_CONTEXT", multiprocessing.get_context("spawn"))


@pytest.fixture
def interpreter(spawned: None) -> Iterator[Callable[[Path], None]]:
    """Sets what spawn starts; afterwards it is Python again."""
    yield lambda path: multiprocessing.get_context("spawn").set_executable(str(path))
    multiprocessing.get_context("spawn").set_executable(sys.executable)


def script(path: Path, text: str, *, mode: int = 0o755) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


def task(headers: Mapping[str, str] | None = None, body: bytes = BODY) -> ParseTask:
    given = {} if headers is None else headers
    return ParseTask(body, given, "http://news.example.com/feed", "News")


def in_pool(work: Callable[[ParsePool], Awaitable[None]], **settings: float) -> None:
    async def run() -> None:
        pool = ParsePool(**settings)  # type: ignore[arg-type]
        try:
            await work(pool)
        finally:
            await pool.close()

    asyncio.run(run())


async def is_killed(pool: ParsePool, headers: Mapping[str, str]) -> bool:
    try:
        await pool.parse(task(headers), deadline_s=1.5)
    except ParserKilled:
        return True
    return False


async def items_of(pool: ParsePool) -> int:
    return len((await pool.parse(task(), deadline_s=10)).items)


@pytest.mark.usefixtures("spawned")
def test_a_document_is_read_in_a_child_and_errors_come_back() -> None:
    async def work(pool: ParsePool) -> None:
        assert pool.children == 0
        parsed = await pool.parse(task(), deadline_s=10)
        assert [item.headline for item in parsed.items] == ["a"]
        assert pool.children == 1
        with pytest.raises(NotAFeed):
            await pool.parse(task(body=b"<html>"), deadline_s=10)

    in_pool(work)


def test_greedy_documents_cost_their_own_feed_only() -> None:
    async def work(pool: ParsePool) -> None:
        await pool.parse(task(), deadline_s=10)
        for headers in (Endless(), Greedy(), Crashing()):
            neighbours = [items_of(pool) for _ in range(3)]
            killed, *read = await asyncio.gather(is_killed(pool, headers), *neighbours)
            assert (killed, read) == (True, [1, 1, 1]), headers

    in_pool(work, max_memory=300_000_000)


def test_a_parser_that_stumbles_is_told_with_the_kind_of_fault() -> None:
    async def work(pool: ParsePool) -> None:
        with pytest.raises(ParseError, match="gave up on it \\(LookupError\\)"):
            await pool.parse(task(Stumbling()), deadline_s=10)

    in_pool(work)


@pytest.mark.parametrize(("known", "children"), [(frozenset[str](), 2), (frozenset({"a hash"}), 1)])
def test_much_is_read_by_two_children_and_little_by_one(
    known: frozenset[str], children: int
) -> None:
    one = replace(task(body=BODY + b"<!-- a long footer -->" * 1000), known=known)

    async def work(pool: ParsePool) -> None:
        found = await asyncio.gather(*(pool.parse(one, deadline_s=20) for _ in range(64)))
        assert len(found) == 64
        assert pool.children == children

    in_pool(work)


def test_children_end_when_idle_and_come_back() -> None:
    async def work(pool: ParsePool) -> None:
        await pool.parse(task(), deadline_s=10)
        async with asyncio.timeout(30):
            while pool.children:  # noqa: ASYNC110 - a thread of the pool ends them
                await asyncio.sleep(0.02)
        again = await pool.parse(task(), deadline_s=10)
        assert again.items

    in_pool(work, idle_s=0.1)


@pytest.mark.usefixtures("spawned")
def test_a_child_knows_no_network_and_ignores_an_interrupt(tmp_path: Path) -> None:
    report = tmp_path / "report"

    async def work(pool: ParsePool) -> None:
        await pool.parse(task(Reporting(report=str(report))), deadline_s=10)

    in_pool(work)

    _, ignores, *modules = report.read_text().splitlines()
    assert ignores == "True"
    assert "aggregator.parsing.document" in modules
    for foreign in (
        "httptools",
        "aggregator.storage.store",
        "aggregator.stories.match",
        "pydantic",
    ):
        assert foreign not in modules


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda folder: folder / "python", "No such file or directory"),
        (lambda folder: folder, "Permission denied"),
        (lambda folder: script(folder / "x", "", mode=0o644), "Permission denied"),
        (lambda folder: script(folder / "x", "exit 127"), "it ends with code 127"),
        (lambda folder: script(folder / "x", "kill -SEGV $$"), "it ends with code -11"),
    ],
    ids=["missing", "folder", "no-permission", "no-library", "crashing"],
)
def test_an_interpreter_that_does_not_run_is_told_and_held_against_no_document(
    tmp_path: Path,
    interpreter: Callable[[Path], None],
    make: Callable[[Path], Path],
    why: str,
) -> None:
    async def work(pool: ParsePool) -> None:
        for attempt in (pool.parse(task(), deadline_s=10), pool.start()):
            with pytest.raises(ParserUnavailable, match=why):
                await attempt
        interpreter(Path(sys.executable))
        assert await items_of(pool) == 1

    interpreter(make(tmp_path))
    in_pool(work)


@pytest.mark.parametrize(
    "text",
    [
        "exec sleep 30",
        'case "$*" in *spawn_main*) exec sleep 30;; esac',  # half upgraded: alone, it runs
        'case "$*" in *spawn_main*) exit 1;; esac',
    ],
    ids=["hanging", "hanging-as-child", "ending-as-child"],
)
def test_a_child_that_does_not_come_up_is_waited_for_so_long_and_no_longer(
    tmp_path: Path, interpreter: Callable[[Path], None], text: str
) -> None:
    interpreter(script(tmp_path / "x", text))

    async def work(pool: ParsePool) -> None:
        begun = time.monotonic()
        found = await asyncio.gather(*(items_of(pool) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(one, ParserUnavailable) for one in found), found
        assert time.monotonic() - begun < 25

    in_pool(work, start_s=0.2)


@pytest.mark.usefixtures("spawned")
def test_what_waits_in_a_pool_that_failed_is_read_in_another() -> None:
    async def work(pool: ParsePool) -> None:
        waiting = asyncio.ensure_future(items_of(pool))
        while not (pool._children and pool._children[0].jobs):  # noqa: ASYNC110 - no event says so
            await asyncio.sleep(0.01)
        pool._children[0]._pool.stop()  # as one does whose process ends before it was told
        assert list(await asyncio.gather(waiting, items_of(pool))) == [1, 1]

    in_pool(work)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_child_that_ends_while_it_has_nothing_to_do_costs_no_document(
    tmp_path: Path, number: signal.Signals
) -> None:
    report = tmp_path / "report"

    async def work(pool: ParsePool) -> None:
        await pool.parse(task(Reporting(report=str(report))), deadline_s=10)
        os.kill(int(report.read_text().splitlines()[0]), number)
        await asyncio.sleep(0.3)
        assert await asyncio.gather(*(items_of(pool) for _ in range(3))) == [1, 1, 1]

    in_pool(work)
