"""Notifications: queued once, sent at least once, commands started at most once."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from aggregator.publishing import command
from aggregator.publishing.announce import announce_all
from aggregator.publishing.attempt import FIRST_WAIT, LONGEST_WAIT, MAX_ATTEMPTS, backoff
from aggregator.publishing.notification_document import Change
from aggregator.publishing.notifications import (
    deliver,
    drop_removed,
    enqueue,
)
from aggregator.publishing.targets import signature
from aggregator.settings import Config, FetchSettings, NotifySettings
from aggregator.storage import outbox
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread
from aggregator.views import PublishedEntry, PublishedSource

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def entry(headline: str = "Talks <held>") -> PublishedEntry:
    source = PublishedSource(
        feed="Herald",
        publisher="Herald",
        headline=headline,
        url="https://herald.example/1",
        published_at=NOW,
    )
    return PublishedEntry(
        story="abc",
        entry_id="tag:news.example,2026-03-01:abc",
        headline=headline,
        url="https://herald.example/1",
        summary="",
        published_at=NOW,
        updated_at=NOW,
        lead=source,
        sources=(source,),
    )


def queue(path: Path, receivers: tuple[NotifySettings, ...], *events: str) -> int:
    store = open_store(path)
    with store.transaction():
        _story(store)
        queued = enqueue(
            store, [Change(1, "security", event, entry()) for event in events], receivers
        )
    store.close()
    return queued


def _story(store: Store) -> None:
    store.execute(
        "INSERT INTO story(id, uid, headline, first_seen_at, first_item_at, last_item_at) "
        "VALUES (1, 'abc', 'Talks', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', "
        "'2026-03-01T12:00:00Z') ON CONFLICT DO NOTHING"
    )


def run(path: Path, receivers: tuple[NotifySettings, ...], now: datetime = NOW) -> int:
    agent = FetchSettings(user_agent="aggregator/9 (+mailto:me@a.example)")
    config = Config(notify=receivers, fetch=agent)

    async def tell(thread: StoreThread) -> int:
        settled = [await drop_removed(thread, config, now)]
        settled += [await deliver(thread, config, now, receiver) for receiver in receivers]
        return sum(settled)

    thread = StoreThread(path)
    try:
        return asyncio.run(tell(thread))
    finally:
        thread.close()


def rows(path: Path) -> list[tuple[Any, ...]]:
    store = open_store(path)
    found = [
        tuple(row)
        for row in store.rows(
            "SELECT attempts, done_at IS NOT NULL, next_try_at, last_error FROM outbox ORDER BY id"
        )
    ]
    store.close()
    return found


@contextmanager
def webhook(*statuses: int, retry_after: str = "") -> Iterator[tuple[str, list[tuple[Any, bytes]]]]:
    taken: list[tuple[Any, bytes]] = []
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers, body))
            self.send_response(left.pop(0) if left else 204)
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_webhook_gets_the_story_signed_and_once(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with webhook() as (url, taken):
        hook = (NotifySettings("desk", url=url, secret="shared secret"),)
        queue(path, hook, "new")

        assert run(path, hook) == 1
        assert run(path, hook) == 0

    headers, body = taken[0]
    assert len(taken) == 1
    assert json.loads(body)["headline"] == "Talks ‹held›"
    assert json.loads(body)["event"] == "new"
    assert headers["X-Aggregator-Signature"] == signature("shared secret", body)
    assert headers["X-Aggregator-Delivery"] == json.loads(body)["id"]
    assert headers["User-Agent"] == "aggregator/9 (+mailto:me@a.example)"


def test_a_template_makes_the_body_and_the_ready_message_stands_in_where_it_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.db"
    with webhook() as (url, taken):
        hook = (
            NotifySettings("text", url=url, secret="k", template="{{ headline }} ({{ topic }})"),
            NotifySettings("wrong", url=url, template="{{ 1 // (reports - 1) }}"),
        )
        queue(path, hook, "new")
        assert run(path, hook) == 2

    (text, said), (_, ready) = taken
    assert said.decode() == "Talks ‹held› (security)"
    assert text["Content-Type"] == "text/plain; charset=utf-8"
    assert text["X-Aggregator-Signature"] == signature("k", said)
    assert ready.decode() == "Talks ‹held›\nHerald\nhttps://herald.example/1"
    assert "notify.template" in caplog.text


def test_a_process_that_ends_tells_all_that_waits(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with webhook() as (url, taken):
        hook = (NotifySettings("desk", url=url),)
        queue(path, hook, "new", *["updated"] * 24)
        thread = StoreThread(path)
        asyncio.run(announce_all(thread, Config(notify=hook), lambda: NOW))
        thread.close()

    assert len(taken) == 25


def test_failed_webhook_is_tried_again_later_with_the_same_id(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with webhook(500) as (url, taken):
        hook = (NotifySettings("desk", url=url),)
        queue(path, hook, "new")

        assert run(path, hook) == 0
        assert run(path, hook, NOW + timedelta(seconds=59)) == 0
        assert run(path, hook, NOW + timedelta(seconds=60)) == 1

    ids = {headers["X-Aggregator-Delivery"] for headers, _ in taken}
    assert len(taken) == 2
    assert len(ids) == 1


def test_receivers_retry_after_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with webhook(503, retry_after="7200") as (url, _):
        hook = (NotifySettings("desk", url=url),)
        queue(path, hook, "new")

        run(path, hook)

    assert rows(path) == [(1, 0, "2026-03-01T14:00:00Z", "answered 503")]


def test_webhook_is_given_up_after_the_last_attempt(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    hook = (NotifySettings("desk", url="http://127.0.0.1:9/closed"),)
    queue(path, hook, "new")
    store = open_store(path)
    store.execute("UPDATE outbox SET attempts = ?", (MAX_ATTEMPTS - 1,))
    store.close()

    assert run(path, hook) == 1

    attempts, done, _, error = rows(path)[0]
    assert (attempts, done) == (MAX_ATTEMPTS, 1)
    assert error == "connection refused"


def test_redirect_of_a_webhook_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with webhook(302) as (url, taken):
        hook = (NotifySettings("desk", url=url),)
        queue(path, hook, "new")

        assert run(path, hook) == 0

    assert len(taken) == 1
    assert rows(path)[0][3] == "answered 302"


def test_receiver_that_left_the_configuration_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    queue(path, (NotifySettings("desk", url="http://127.0.0.1:9/"),), "new")

    assert run(path, ()) == 1
    assert rows(path)[0][3] == "receiver no longer configured"


def test_each_change_is_queued_for_those_who_want_it(tmp_path: Path) -> None:
    everything = NotifySettings("all", url="http://127.0.0.1:9/")
    new_only = NotifySettings("new", url="http://127.0.0.1:9/", updates=False)
    other = NotifySettings("other", url="http://127.0.0.1:9/", topics=("sports",))

    queued = queue(tmp_path / "a.db", (everything, new_only, other), "new", "updated")

    assert queued == 3


def test_same_change_is_never_queued_twice(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db")
    _story(store)
    for body in ("first", "second"):
        outbox.enqueue(store, target="desk/security", story_id=1, change_no=1, body=body)

    waiting = outbox.due(store, NOW, targets=outbox.open_targets(store))
    store.close()

    assert [one.body for one in waiting] == ["first"]


def test_command_gets_the_story_on_standard_input_and_starts_once(tmp_path: Path) -> None:
    path, out = tmp_path / "a.db", tmp_path / "out"
    script = f"import sys; open({str(out)!r}, 'ab').write(sys.stdin.buffer.read() + b'\\n')"
    command = (NotifySettings("script", target="command", command=(sys.executable, "-c", script)),)
    queue(path, command, "new")

    assert run(path, command) == 1
    assert run(path, command, NOW + timedelta(days=1)) == 0

    lines = out.read_bytes().splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["story"] == "abc"


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (("/no/such/program",), "could not be started: No such file or directory"),
        ((sys.executable, "-c", "raise SystemExit('bad\\x1b[31m')"), "exit code 1: bad[31m"),
    ],
)
def test_failed_command_is_noted_and_not_started_again(
    tmp_path: Path, command: tuple[str, ...], complaint: str
) -> None:
    path = tmp_path / "a.db"
    receiver = (NotifySettings("script", target="command", command=command),)
    queue(path, receiver, "new")

    run(path, receiver)

    assert rows(path) == [(1, 1, None, complaint)]
    assert run(path, receiver, NOW + timedelta(days=1)) == 0


def test_a_command_that_was_claimed_before_a_crash_is_not_started_again(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    receiver = (NotifySettings("script", target="command", command=("/no/such/program",)),)
    queue(path, receiver, "new")
    store = open_store(path)

    assert outbox.claim(store, 1, NOW)
    assert not outbox.claim(store, 1, NOW)

    store.close()
    assert run(path, receiver) == 0


def test_waits_double_up_to_six_hours() -> None:
    waits = [backoff(failures, first=FIRST_WAIT, longest=LONGEST_WAIT) for failures in range(39)]

    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(waits) == timedelta(hours=6)
    assert waits == sorted(waits)


def test_settled_rows_go_but_the_last_change_of_a_story_stays(tmp_path: Path) -> None:
    store = open_store(tmp_path / "a.db")
    _story(store)
    for number in (1, 2):
        outbox.enqueue(store, target="desk/security", story_id=1, change_no=number, body="{}")
        outbox.settle(store, number, NOW)

    dropped = outbox.drop_done(store, before=NOW + timedelta(days=1))

    assert dropped == 1
    assert outbox.next_change(store, target="desk/security", story_id=1) == 3
    store.close()


def shell(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("sleep 30 & exit 0", ""),
        ("(sleep 30; echo late >&2) & echo early >&2; exit 3", "exit code 3: early"),
        ("sleep 30 <&0 & exit 0", ""),
        ("exec 2>&-; exit 4", "exit code 4"),
        ("exec <&-; exit 0", ""),
        ("kill -9 $$", "ended by signal 9"),
    ],
    ids=["stderr-open", "stderr-used", "stdin-open", "stderr-closed", "stdin-closed", "killed"],
)
def test_only_the_command_itself_is_waited_for(text: str, complaint: str) -> None:
    begun = time.monotonic()

    said = asyncio.run(command.run(shell(text), b"{}" * 100_000))

    assert said == complaint
    assert time.monotonic() - begun < 25


@pytest.mark.parametrize(
    "text",
    [
        "head -c 20000000 /dev/zero >&2; exit 1",
        "head -c 20000000 /dev/zero | tr '\\0' '\\n' >&2; exit 1",
        "head -c 20000000 /dev/zero; exit 1",
    ],
    ids=["one-line", "lines", "stdout"],
)
def test_what_a_command_says_is_read_and_let_go(text: str) -> None:
    tracemalloc.start()
    try:
        said = asyncio.run(command.run(shell(text), b"{}"))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert said.startswith("exit code 1")
    assert len(said) < 300
    assert most < 2_000_000


@pytest.mark.parametrize("text", ["sleep 30", "sleep 30 & wait", "trap '' TERM; sleep 30"])
def test_a_slow_command_is_ended_with_what_it_started(tmp_path: Path, text: str) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    said = asyncio.run(command.run(shell(f"exec 9> {pipe}; {text}"), b"{}", timeout_s=0.5))

    assert said == "killed after 0.5 s"
    os.set_blocking(held, True)
    assert os.read(held, 1) == b""  # once nobody holds its other end any more
    os.close(held)


def test_a_slow_receiver_holds_none_of_the_others_up(tmp_path: Path) -> None:
    """However much waits for the slow one: 22 changes, of which 20 are taken up at once."""
    path, out, end = tmp_path / "a.db", tmp_path / "out", tmp_path / "end"
    slow = NotifySettings(
        "slow", target="command", command=shell(f"until [ -e {end} ]; do sleep 0.5; done")
    )
    quick = NotifySettings("slow/2", target="command", command=shell(f"echo told > {out}"))
    broken = NotifySettings("broken", target="command", command=("/no/such/program",))
    with webhook() as (url, taken):
        receivers = (slow, quick, broken, NotifySettings("hook", url=url))
        queue(path, receivers[:1], "new", *["updated"] * 21)
        queue(path, receivers[1:], "new")
        thread = StoreThread(path)

        def are_told() -> bool:
            return len(taken) == 1 and out.exists()

        async def tell() -> None:
            telling = asyncio.ensure_future(
                announce_all(thread, Config(notify=receivers), lambda: NOW)
            )
            async with asyncio.timeout(20):
                while not are_told():  # noqa: ASYNC110 - processes and threads make it so
                    await asyncio.sleep(0.02)
            end.touch()
            await telling

        asyncio.run(tell())
        thread.close()

    assert all(done for _, done, _, _ in rows(path))
