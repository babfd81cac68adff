"""What holds for every document: twice is once, and order does not matter."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.ingest.accept import accept
from aggregator.model import Item
from aggregator.storage import maintenance
from aggregator.storage.store import Store, open_store
from tests.examples import part
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER, Newsroom, make_item, make_rules

HEADLINES = (
    BLAST,
    BLAST_CUT,
    BLAST.replace("five", "six"),
    f"{BLAST} - Dawn",
    "Quetta market explosion leaves five dead, according to police",
    TALKS,
    f"Breaking: {TALKS}",
    WEATHER,
    "Snow shuts schools in north of Norway",
    "Live updates",
)
RULES = make_rules()


@st.composite
def documents(draw: st.DrawFn) -> dict[str, list[Item]]:
    """Feeds with entries; identities are unique within a feed."""
    found: dict[str, list[Item]] = {}
    for name in ("dawn", "geo", "wire"):
        rows = draw(
            st.lists(
                st.tuples(
                    st.one_of(st.sampled_from(HEADLINES), st.text(max_size=40)),
                    st.one_of(st.none(), st.integers(0, 60 * 24 * 20)),
                    st.sampled_from((None, "https://x.example/1", "https://x.example/2")),
                ),
                max_size=6,
            )
        )
        found[name] = [
            make_item(
                headline,
                identity=f"{name}{number}",
                url=url,
                at=None if minutes is None else NOW - timedelta(minutes=minutes),
            )
            for number, (headline, minutes, url) in enumerate(rows)
        ]
    return found


@pytest.fixture(scope="module")
def database() -> Iterator[Store]:
    with open_store(None) as store:
        yield store


@contextmanager
def empty(database: Store) -> Iterator[Store]:
    """The database without a row, as it is again afterwards: to make one takes much longer."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield database
    finally:
        database.connection.rollback()


def stories_after(
    database: Store, feeds: dict[str, list[Item]], *, order: random.Random | None = None
) -> dict[str, frozenset[str]]:
    with empty(database) as store:
        room = Newsroom(store, rules=RULES)
        polls = [room.polled(name, *entries) for name, entries in feeds.items()]
        if order is not None:
            order.shuffle(polls)
        for poll in polls:
            accept(store, (poll,), NOW)
        room.match(limit=7)
        assert maintenance.check(store) == ()
        return room.stories()


@part(1 / 2)
@given(feeds=documents())
def test_ingest_twice_is_ingest_once(database: Store, feeds: dict[str, list[Item]]) -> None:
    with empty(database) as store:
        room = Newsroom(store, rules=RULES)
        for name, entries in feeds.items():
            room.poll(name, *entries)
        room.match()
        before = room.stories()

        for name, entries in feeds.items():
            again = room.poll(name, *entries)
            assert (again.new, again.updated) == (0, 0)
        (report,) = room.match()

        assert report.assigned == 0
        assert room.stories() == before


@part(1 / 2)
@given(feeds=documents(), order=st.randoms(use_true_random=False))
def test_the_order_of_polls_changes_no_story(
    database: Store, feeds: dict[str, list[Item]], order: random.Random
) -> None:
    shuffled = {name: list(entries) for name, entries in feeds.items()}
    for entries in shuffled.values():
        order.shuffle(entries)

    assert stories_after(database, shuffled, order=order) == stories_after(database, feeds)


def test_the_order_of_polls_decides_not_which_items_of_a_page_are_seen(database: Store) -> None:
    page = "https://x.example/2"
    told: dict[str, list[tuple[str | None, timedelta | None]]] = {
        "dawn": [(None, None), (page, timedelta(0)), (page, timedelta(days=20))],
        "geo": [(None, None), (None, None), ("https://x.example/1", None), (page, None)],
        "wire": [(None, None)] * 4 + [(page, timedelta(minutes=1))] * 2,
    }
    feeds = {
        name: [
            make_item(
                BLAST, identity=f"{name}{number}", url=url, at=None if ago is None else NOW - ago
            )
            for number, (url, ago) in enumerate(rows)
        ]
        for name, rows in told.items()
    }
    feeds["geo"].insert(2, make_item(TALKS, identity="geo1b", url=page, at=None))
    expected = stories_after(database, feeds)

    for seed in range(12):
        order = random.Random(seed)
        shuffled = {name: order.sample(entries, len(entries)) for name, entries in feeds.items()}
        assert stories_after(database, shuffled, order=order) == expected


@part(1 / 2)
@given(feeds=documents())
def test_every_item_is_in_one_story_and_every_count_is_right(
    database: Store, feeds: dict[str, list[Item]]
) -> None:
    with empty(database) as store:
        room = Newsroom(store, rules=RULES)
        for name, entries in feeds.items():
            room.poll(name, *entries)
        room.match(limit=3)

        rows = store.rows(
            "SELECT s.items, s.variants, count(i.id), count(DISTINCT v.id) FROM story s"
            " LEFT JOIN variant v ON v.story_id = s.id LEFT JOIN item i ON i.variant_id = v.id"
            " GROUP BY s.id"
        )
        assert all((row[0], row[1]) == (row[2], row[3]) for row in rows)
        stored = store.value("SELECT count(*) FROM item")
        assert sum(row[2] for row in rows) == stored
        assert store.value("SELECT count(*) FROM evidence WHERE chosen=1") == stored
