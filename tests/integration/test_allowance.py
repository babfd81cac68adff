"""A feed stores so many new items a day; the rest waits, and none of it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.ingest.accept import accept
from aggregator.model import PollResult
from aggregator.storage.feeds import state_by_key
from aggregator.storage.health import feed_health
from aggregator.storage.store import Store, open_store
from tests.newsroom import NOW, Newsroom, make_item

HOUR = timedelta(hours=1)


@pytest.fixture
def room() -> Iterator[Newsroom]:
    """A feed that may store ten items a day."""
    store = open_store(None)
    room = Newsroom(store, "flood", "calm")
    room.sources = {name: replace(one, items_a_day=10) for name, one in room.sources.items()}
    yield room
    store.close()


def poll(
    room: Newsroom, numbers: range, hours: float, *, name: str = "flood", is_delta: bool = False
) -> PollResult:
    now = NOW + hours * HOUR
    items = [make_item(f"Report {n}", identity=f"{n}", at=NOW + n * HOUR / 60) for n in numbers]
    polled = room.polled(name, *items, now=now, is_delta=is_delta)
    (accepted,) = accept(room.store, [replace(polled, started_at=now)], now)
    return accepted


def stored(store: Store) -> set[str]:
    return {row[0] for row in store.rows("SELECT identity FROM item")}


def waiting(room: Newsroom) -> int:
    return {feed.name: feed.waiting for feed in feed_health(room.store)}["flood"]


def etag(room: Newsroom) -> str | None:
    state = state_by_key(room.store, room.sources["flood"].key)
    assert state is not None
    return state.etag


def test_the_first_document_is_exempt(room: Newsroom) -> None:
    assert poll(room, range(30), 0).new == 30
    assert (waiting(room), etag(room)) == (0, '"1"')


def test_the_newest_are_stored_and_the_rest_waits(room: Newsroom) -> None:
    poll(room, range(30), 0)

    assert poll(room, range(20, 45), 1).new == 10

    assert stored(room.store) == {str(n) for n in (*range(30), *range(35, 45))}
    assert waiting(room) == 5
    assert etag(room) is None  # a 304 would hide what waits


@pytest.mark.parametrize(
    ("polls", "new"),
    [
        ([(range(20, 45), 25)], 5),  # the rest, a day later
        ([(range(20, 45), 2), (range(20, 45), 3)], 0),  # not on the same day
        ([(range(20, 60), 2), (range(20, 60), 26)], 10),  # more came: the newest first
        ([(range(44, 45), 2), (range(20, 45), 26)], 5),  # it left and came back
        ([(range(90, 91), 2), (range(91, 92), 26)], 1),  # it left for good
    ],
)
def test_what_waits_is_stored_when_there_is_room(
    room: Newsroom, polls: list[tuple[range, float]], new: int
) -> None:
    poll(room, range(30), 0)
    poll(room, range(20, 45), 1)

    found = [poll(room, numbers, hours) for numbers, hours in polls]

    assert found[-1].new == new


def test_nothing_is_stored_twice_and_other_feeds_are_not_held_back(room: Newsroom) -> None:
    poll(room, range(30), 0)
    for hour in range(1, 30):
        poll(room, range(20 * hour, 20 * hour + 30), hour)

    assert poll(room, range(9000, 9005), 30, name="calm").new == 5
    assert len(stored(room.store)) == 30 + 20 + 5
    assert room.store.value("SELECT max(items_new) FROM poll WHERE id > 1") == 10


def test_a_push_counts_as_well(room: Newsroom) -> None:
    poll(room, range(30), 0)

    assert poll(room, range(100, 125), 1, is_delta=True).new == 10
    assert waiting(room) == 15


def test_a_quiet_feed_has_validators_again(room: Newsroom) -> None:
    poll(room, range(30), 0)
    poll(room, range(20, 45), 1)
    poll(room, range(20, 45), 26)

    assert (waiting(room), etag(room)) == (0, '"1"')
    assert room.store.value("SELECT count(*) FROM setting") == 0
