"""Search finds stories: a row each, within filters, the newest or the closest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from aggregator.ingest import corrections
from aggregator.storage import search as module
from aggregator.storage.feeds import withdraw_source
from aggregator.storage.search import search
from aggregator.storage.store import Store, open_store
from aggregator.views import SearchFilter
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER, Newsroom, make_item

HOUR = timedelta(hours=1)
STEEL = "Steel prices rise as Brazil textile mills close"


@pytest.fixture(scope="module")
def room() -> Iterator[Newsroom]:
    """A story of two feeds and a publisher, and two stories of one."""
    with open_store(None) as store:
        room = Newsroom(store)
        room.poll("dawn", make_item(BLAST, identity="a", summary="The market was full."))
        room.poll("geo", make_item(f"{BLAST} - Geo", identity="b", at=NOW + HOUR, publisher="Geo"))
        text = "A textile and steel agreement was signed in Brazil."
        room.poll("wire", make_item(TALKS, identity="t", at=NOW + 2 * HOUR, summary=text))
        room.poll("wire", make_item(STEEL, identity="s", at=NOW + 3 * HOUR),
                  make_item(TALKS, identity="t", at=NOW + 2 * HOUR, summary=text))  # fmt: skip
        room.match()
        store.execute("""UPDATE feed SET labels = '{"country": "pk"}' WHERE name = 'geo'""")
        yield room


def found(store: Store, query: str, **options: Any) -> list[str]:
    return [hit.headline for hit in search(store, query, **options).hits]


def test_a_story_is_one_row_with_its_best_matching_item(room: Newsroom) -> None:
    (hit,) = search(room.store, "quetta market").hits
    (by_text,) = search(room.store, "market full").hits
    (side_by_side,) = search(room.store, "market in Quetta").hits

    assert hit.story == by_text.story == room.story("a")
    assert hit.sources == ("dawn", "Geo")
    assert hit.item_id == side_by_side.item_id == room.item_id("b")  # of several, the newest
    assert by_text.item_id == room.item_id("a")
    assert by_text.excerpt == "The market was full."


def test_the_newest_come_first_or_the_closest(room: Newsroom) -> None:
    assert found(room.store, "brazil textile") == [STEEL, TALKS]
    assert found(room.store, "textile brazil") == [STEEL, TALKS]
    assert found(room.store, "steel agreement signed") == [TALKS]
    assert found(room.store, "textile tariff", best_first=True) == [TALKS]
    assert found(room.store, "steel", best_first=True) == [STEEL, TALKS]
    assert found(room.store, "brazil and", best_first=True, limit=1) == [TALKS]
    assert found(room.store, "brazil", best_first=True, limit=1) == [STEEL]


@pytest.mark.parametrize(
    ("among", "stories"),
    [
        (SearchFilter(topic="news"), {"a"}),
        (SearchFilter(topic="other"), set()),
        (SearchFilter(source="GEO"), {"a"}),
        (SearchFilter(source="wire"), {"t", "s"}),
        (SearchFilter(label=("country", "PK")), {"a"}),
        (SearchFilter(label=("nation", "pk")), set()),
        (SearchFilter(since=NOW + 3 * HOUR), {"s"}),
        (SearchFilter(until=NOW + HOUR), {"a"}),
        (SearchFilter(since=NOW + HOUR, until=NOW + 3 * HOUR), {"a", "t"}),
        (SearchFilter(topic="news", source="wire"), set()),
    ],
)  # fmt: skip
def test_a_filter_lets_only_its_own_through(
    room: Newsroom, among: SearchFilter, stories: set[str]
) -> None:
    queries = ("quetta", "brazil")
    hits = [hit.story for query in queries for hit in search(room.store, query, among=among).hits]

    assert set(hits) == {room.story(name) for name in stories}


def test_of_a_filter_the_best_item_is_one_that_it_lets_through(room: Newsroom) -> None:
    (hit,) = search(room.store, "quetta", among=SearchFilter(source="dawn")).hits

    assert (hit.feed, hit.headline) == ("dawn", BLAST)


def test_a_search_says_when_it_did_not_read_all(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_READ", 1)
    other = SearchFilter(topic="news")

    assert search(room.store, "snow").complete
    assert search(room.store, "brazil", limit=1).complete  # as many as were wanted
    assert not search(room.store, "brazil").complete
    assert not search(room.store, "brazil", among=other).complete


def test_the_closest_cost_no_more_than_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(None) as store:
        room = Newsroom(store)
        room.poll("dawn", *(make_item(f"{WEATHER}, day {n}", identity=f"{n}") for n in range(90)))
        monkeypatch.setattr(module, "MOST_READ", 30)

        def steps(*, best_first: bool) -> int:
            counted = []
            store.connection.set_progress_handler(lambda: counted.append(1), 1)
            nowhere = SearchFilter(topic="other")
            found = search(store, "mountain schools", among=nowhere, best_first=best_first)
            store.connection.set_progress_handler(None, 1)
            assert not found.complete
            return len(counted)

        assert steps(best_first=True) < 1.3 * steps(best_first=False)


def test_what_is_older_than_asked_for_is_found_below_newer_matches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_store(None) as store:
        room = Newsroom(store)
        for days in range(6):
            at = NOW + timedelta(days=days)
            item = make_item(f"{WEATHER} {'abcdef'[days] * 5}", identity=f"{days}", at=at)
            room.poll("dawn", item, now=at)
        monkeypatch.setattr(module, "MOST_READ", 3)

        hits = search(store, "norway", among=SearchFilter(until=NOW + timedelta(days=2))).hits

        assert [hit.item_id for hit in hits] == [2, 1]


def test_the_address_of_a_private_feed_is_no_link_of_what_is_found() -> None:
    with open_store(None) as store:
        room = Newsroom(store)
        address = room.sources["dawn"].url
        room.poll("dawn", make_item(BLAST, url=address))
        room.match()
        open_link = search(store, "quetta").hits[0].url
        store.execute("UPDATE feed SET private = 1")

        assert open_link == address
        assert search(store, "quetta").hits[0].url is None


def test_hidden_stories_and_withdrawn_sources_are_not_found() -> None:
    with open_store(None) as store:
        room = Newsroom(store)
        room.poll("dawn", make_item(BLAST, identity="a"))
        room.poll("geo", make_item(f"{BLAST} - Geo", identity="b"))
        room.poll("wire", make_item(WEATHER, identity="w"))
        room.match()

        withdraw_source(store, "geo", now=NOW)
        (hit,) = search(store, "quetta").hits
        assert (hit.feed, hit.sources) == ("dawn", ("dawn",))
        corrections.hide(store, story=room.story("w"), now=NOW)
        assert found(store, "snowfall") == []


def test_items_that_wait_take_no_place_of_a_story_where_stories_alone_are_asked_for() -> None:
    with open_store(None) as store:
        room = Newsroom(store)
        room.poll("dawn", make_item(BLAST, identity="a"))
        room.match()
        room.poll("geo", make_item(f"{BLAST} - Geo", identity="b"))

        assert [hit.story for hit in search(store, "quetta", limit=1).hits] == [None]
        (hit,) = search(store, "quetta", among=SearchFilter(waiting=False), limit=1).hits
        assert hit.story == room.story("a")


def test_a_headline_that_is_cut_off_gives_way_to_a_whole_one_of_its_story() -> None:
    with open_store(None) as store:
        room = Newsroom(store)
        text = "Officers found a second device near the stalls."
        room.poll("dawn", make_item(BLAST, identity="a"))
        room.poll("geo", make_item(BLAST_CUT, identity="b", at=NOW + HOUR, summary=text))
        room.match()
        assert room.groups() == {frozenset("ab")}

        (by_headline,), (by_text,) = search(store, "bomb blast").hits, search(store, "device").hits
        (best,) = search(store, "bomb blast", best_first=True).hits
        (of_one,) = search(store, "bomb blast", among=SearchFilter(source="geo")).hits

        assert [one.headline for one in (by_headline, by_text, best)] == [BLAST] * 3
        assert (by_text.item_id, by_text.feed) == (room.item_id("a"), "dawn")
        assert by_text.excerpt == text  # what was found
        assert of_one.headline == BLAST_CUT
        withdraw_source(store, "dawn", now=NOW)
        assert found(store, "bomb blast") == [BLAST_CUT]


def test_of_whole_headlines_the_one_with_the_words_is_shown() -> None:
    with open_store(None) as store:
        room = Newsroom(store)
        other = "Quetta market explosion leaves five dead, officers say"
        room.poll("dawn", make_item(BLAST, identity="a"))
        room.poll("geo", make_item(BLAST_CUT, identity="b", at=NOW + HOUR))
        room.poll("wire", make_item(other, identity="o", at=NOW + 2 * HOUR))
        room.match()
        for identity in "bo":
            if room.story(identity) != room.story("a"):
                corrections.merge(store, room.rules, first=room.story("a"), now=NOW,
                                  second=room.story(identity))  # fmt: skip

        assert found(store, "bomb blast") == found(store, "kills bomb") == [BLAST]
