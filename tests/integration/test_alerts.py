"""Alerts of feeds that stay broken: one an outage, for those who ask for them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.publishing.announce import announce_all
from aggregator.publishing.notifications import enqueue_outages
from aggregator.settings import Config, NotifySettings
from aggregator.storage import outbox
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread
from aggregator.times import to_text

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAYS = timedelta(days=1)
DESK = NotifySettings("desk", url="https://desk.example/", broken_for=3 * DAYS)
QUIET = NotifySettings("quiet", url="https://quiet.example/")


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(None) as store:
        yield store


def feed(store: Store, number: int = 1, **columns: Any) -> None:
    """A feed that has failed for four days, but for `columns`."""
    values = {
        "id": number, "key": f"k{number}", "name": f"Feed {number}", "failures": 9,
        "shown_url": f"https://{number}.example/feed", "last_ok_at": to_text(NOW - 4 * DAYS),
        "last_error_kind": "http", "last_error": "HTTP 404",
    } | columns  # fmt: skip
    store.execute(
        f"INSERT OR REPLACE INTO feed({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
        tuple(values.values()),
    )


def poll(store: Store, at: datetime) -> None:
    store.execute("DELETE FROM poll")
    store.execute("INSERT INTO poll(feed_id, started_at, outcome) VALUES (1, ?, 'failed')",
                  (to_text(at),))  # fmt: skip


def told(store: Store) -> list[Any]:
    return [json.loads(row[0]) for row in store.rows("SELECT payload FROM outbox ORDER BY id")]


def test_a_broken_feed_is_told_with_what_is_wrong(store: Store) -> None:
    feed(store)

    assert enqueue_outages(store, (DESK, QUIET), NOW) == 1
    (alert,) = told(store)
    assert len(alert.pop("id")) == 32
    assert alert == {
        "event": "broken", "feed": "Feed 1", "url": "https://1.example/feed",
        "since": "2026-03-06T12:00:00Z", "gone": False, "failures": 9,
        "error_kind": "http", "error": "HTTP 404",
    }  # fmt: skip
    assert [one.target for one in outbox.due(store, NOW, targets=outbox.open_targets(store))] == [
        "desk/"
    ]


@pytest.mark.parametrize(
    ("columns", "count"),
    [
        ({"last_ok_at": to_text(NOW - 3 * DAYS)}, 1),
        ({"gone": 1, "failures": 2}, 1),
        ({"last_ok_at": to_text(NOW - 3 * DAYS + timedelta(seconds=1))}, 0),
        ({"failures": 2}, 0),
        ({"failures": 0}, 0),
        ({"enabled": 0}, 0),
        ({"active": 0}, 0),
        ({"last_ok_at": None}, 0),  # never polled
    ],
)
def test_only_what_is_wanted_and_broken_for_so_long_is_told(
    store: Store, columns: dict[str, Any], count: int
) -> None:
    feed(store, **columns)

    assert enqueue_outages(store, (DESK,), NOW) == count


def test_the_address_of_a_private_feed_is_not_told(store: Store) -> None:
    feed(store, private=1, shown_url="")
    enqueue_outages(store, (DESK,), NOW)

    assert told(store)[0]["url"] is None


def test_an_outage_is_told_once_and_the_next_one_again(store: Store) -> None:
    feed(store)
    counts = [enqueue_outages(store, (DESK,), NOW)]
    outbox.settle(store, 1, NOW)
    outbox.drop_done(store, before=NOW + 100 * DAYS)
    counts.append(enqueue_outages(store, (DESK,), NOW + 100 * DAYS))
    store.execute("UPDATE feed SET last_ok_at=?", (to_text(NOW + 101 * DAYS),))
    counts += [enqueue_outages(store, (DESK,), NOW + days * DAYS) for days in (102, 104, 105)]

    assert counts == [1, 0, 0, 1, 0]
    assert len({alert["id"] for alert in told(store)}) == 2


def test_a_feed_that_never_worked_is_told_once_whatever_is_forgotten_of_its_polls(
    store: Store,
) -> None:
    feed(store, last_ok_at=None)
    counts = []
    for day in (0, 40):
        poll(store, NOW + (day - 4) * DAYS)
        counts.append(enqueue_outages(store, (DESK,), NOW + day * DAYS))

    assert counts == [1, 0]


def test_each_receiver_is_told_by_its_own_measure(store: Store) -> None:
    for number, days in ((1, 1), (2, 4), (3, 9)):
        feed(store, number, last_ok_at=to_text(NOW - days * DAYS))
    weekly = NotifySettings("weekly", url="https://w.example/", broken_for=7 * DAYS)

    enqueue_outages(store, (weekly, DESK), NOW)

    assert [row[0] for row in store.rows("SELECT target FROM outbox ORDER BY id")] == [
        "weekly/", "desk/", "desk/",
    ]  # fmt: skip


def test_a_command_gets_the_alert_when_a_run_ends(tmp_path: Path) -> None:
    path, taken = tmp_path / "news.db", tmp_path / "taken"
    with open_store(path) as store:
        feed(store)
    script = (
        f"import sys, pathlib; pathlib.Path({str(taken)!r}).write_bytes(sys.stdin.buffer.read())"
    )
    desk = NotifySettings(
        "desk", target="command", command=(sys.executable, "-c", script), broken_for=3 * DAYS
    )
    thread = StoreThread(path)
    try:
        asyncio.run(announce_all(thread, Config(notify=(desk,)), lambda: NOW))
    finally:
        thread.close()

    assert json.loads(taken.read_text())["event"] == "broken"
