"""Parsing processes: killed when greedy, ended when idle, small."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator import child
from aggregator.errors import NotAFeed, ParseError, ParserKilled, ParserUnavailable
from aggregator.model import ParseTask
from aggregator.polling import parse_pool
from aggregator.polling.parse_pool import ParsePool
from tests.greedy import HEADER

BODY = (
    b"<rss version='2.0'><channel><title>News</title><item><title>a</title></item></channel></rss>"
)


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children load the parsers by themselves, as those of the program do.

    Elsewhere they are forked from one that has loaded them: what is tested comes after that.
    """
    monkeypatch.setattr(child, "Popen", subprocess.Popen)


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Sets what is started in place of Python."""

    def use(path: Path) -> None:
        monkeypatch.setattr(parse_pool, "COMMAND", (str(path), *parse_pool.COMMAND[1:]))

    return use


def script(path: Path, text: str, *, mode: int = 0o755) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)
    return path


def task(misbehave: str = "", body: bytes = BODY) -> ParseTask:
    headers = {HEADER: misbehave} if misbehave else {}
    return ParseTask(body, headers, "http://news.example.com/feed", "News")


def children() -> set[int]:
    """The processes that this one has started."""
    found = Path("/proc/self/task").glob("*/children")
    return {int(pid) for path in found for pid in path.read_text().split()}


def in_pool(work: Callable[[ParsePool], Awaitable[None]], **settings: float) -> None:
    async def run() -> None:
        pool = ParsePool(**settings)  # type: ignore[arg-type]
        try:
            await work(pool)
        finally:
            await pool.close()

    asyncio.run(run())


async def is_killed(pool: ParsePool, how: str, *, deadline_s: float = 1.5) -> bool:
    try:
        await pool.parse(task(how), deadline_s=deadline_s)
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
        for how in ("endless", "greedy", "crashing"):
            neighbours = [items_of(pool) for _ in range(3)]
            killed, *read = await asyncio.gather(is_killed(pool, how), *neighbours)
            assert (killed, read) == (True, [1, 1, 1]), how

    in_pool(work, max_memory=300_000_000)


@pytest.mark.parametrize(
    ("how", "fault"), [("stumbling", "LookupError"), ("surrogate", "UnicodeEncodeError")]
)
def test_a_parser_that_stumbles_is_told_with_the_kind_of_fault(how: str, fault: str) -> None:
    async def work(pool: ParsePool) -> None:
        with pytest.raises(ParseError, match=f"gave up on it \\({fault}\\)"):
            await pool.parse(task(how), deadline_s=10)

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

    in_pool(work, idle_s=0.5)


def test_a_child_knows_no_network() -> None:
    program = (
        "import sys\n"
        "from aggregator.polling.parse_child import load\n"
        "load(300_000_000)\n"
        "print(*sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    modules = done.stdout.decode().split()
    assert "aggregator.parsing.document" in modules
    for foreign in (
        *("asyncio", "httptools", "pydantic"),
        *("aggregator.settings", "aggregator.storage.store", "aggregator.stories.match"),
    ):
        assert foreign not in modules


@pytest.mark.usefixtures("spawned")
def test_an_interrupt_at_a_terminal_does_not_reach_a_child() -> None:
    async def work(pool: ParsePool) -> None:
        before = children()
        await pool.start()
        (pid,) = children() - before
        assert os.getpgid(pid) == pid

    in_pool(work)


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


@pytest.mark.parametrize("text", ["exec sleep 30", "exit 1"], ids=["hanging", "ending"])
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


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_child_that_ends_while_it_has_nothing_to_do_costs_no_document(
    number: signal.Signals,
) -> None:
    async def work(pool: ParsePool) -> None:
        reported = await pool.parse(task("reporting"), deadline_s=10)
        os.kill(int(reported.title), number)
        assert await asyncio.gather(*(items_of(pool) for _ in range(3))) == [1, 1, 1]

    in_pool(work)


def test_closing_does_not_wait_for_what_is_read() -> None:
    async def work(pool: ParsePool) -> None:
        await pool.start()
        reading = [
            asyncio.ensure_future(is_killed(pool, "endless", deadline_s=90)) for _ in range(3)
        ]
        await asyncio.sleep(0.05)
        begun = time.monotonic()
        for one in reading:
            one.cancel()
        await pool.close()
        assert time.monotonic() - begun < 60
        assert pool.children == 0

    in_pool(work)
