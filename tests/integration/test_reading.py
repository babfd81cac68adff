"""What the command line reads: search with any input, stories as readers get them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.storage.citing import list_stories, near_stories, show_story
from aggregator.storage.entries import newest_entries
from aggregator.storage.feeds import withdraw_source
from aggregator.storage.search import search
from aggregator.storage.store import Store, open_store
from aggregator.storage.stories import by_uid
from aggregator.views import Missed
from tests.newsroom import BLAST, NOW, TALKS, WEATHER, Newsroom, make_item, make_rules


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(None) as store:
        yield store


@pytest.fixture
def room(store: Store) -> Newsroom:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a", publisher="Dawn"))
    room.poll("geo", make_item(BLAST, identity="b", at=NOW + timedelta(hours=1)))
    room.poll("wire", make_item(TALKS, identity="t", summary="Naïve café owners hope."))
    room.match()
    return room


def test_all_words_must_be_there(room: Newsroom) -> None:
    assert {hit.headline for hit in search(room.store, "quetta blast").hits} == {BLAST}
    assert search(room.store, "quetta textile").hits == ()


def test_summaries_are_searched_without_case_and_accents(room: Newsroom) -> None:
    (hit,) = search(room.store, "NAIVE cafe").hits

    assert (hit.headline, hit.feed, hit.published_at) == (TALKS, "wire", NOW)
    assert hit.story == room.story("t")


def test_a_waiting_item_is_found_without_a_story(room: Newsroom) -> None:
    room.poll("dawn", make_item(WEATHER, identity="w"))

    (hit,) = search(room.store, "snowfall").hits

    assert hit.story is None


def test_the_number_of_hits_has_a_limit(room: Newsroom) -> None:
    assert len(search(room.store, "blast", limit=1).hits) == 1


def test_any_query_is_safe(room: Newsroom) -> None:
    for query in (
        *("counter-terrorism", '"', '""', "a OR", "NEAR(", "headline:x", "*", "^a", "{a b}: c"),
        *("\0", "a\0b", "(", "-", "AND", "NOT x", "\ud800", "'; DROP TABLE item; --", "", "   "),
        *("+", "x*"),
    ):
        assert isinstance(search(room.store, query).hits, tuple), query
    assert room.store.value("SELECT count(*) FROM item") == 3


@pytest.fixture(scope="module")
def empty() -> Iterator[Store]:
    with open_store(None) as store:
        yield store


@given(query=st.text(alphabet=st.characters(exclude_categories=()), max_size=50))
def test_any_text_is_a_safe_query(empty: Store, query: str) -> None:
    assert search(empty, query).hits == ()


def test_readers_get_accepted_stories_with_all_sources(room: Newsroom) -> None:
    (story,) = list_stories(room.store)

    assert (story.uid, story.headline) == (room.story("a"), BLAST)
    assert [(one.feed, one.publisher) for one in story.sources] == [
        ("dawn", "Dawn"), ("geo", "geo"),
    ]  # fmt: skip
    assert (story.published_at, story.updated_at) == (NOW, NOW + timedelta(hours=1))
    assert story.topics == (("news", 1.0),)


def test_published_words_and_times_count_where_there_are_any(room: Newsroom) -> None:
    room.publish(room.story("a"), at=NOW + timedelta(days=1))

    (story,) = list_stories(room.store, topic="news")

    assert (story.published_at, story.updated_at) == (NOW + timedelta(days=1),) * 2


def test_stories_are_listed_by_topic_and_age(room: Newsroom) -> None:
    assert list_stories(room.store, topic="other") == ()
    assert list_stories(room.store, since=NOW + timedelta(hours=2)) == ()
    assert len(list_stories(room.store, since=NOW)) == 1


def test_readers_get_nothing_of_a_withdrawn_source(room: Newsroom) -> None:
    withdraw_source(room.store, "geo", now=NOW)
    (story,) = list_stories(room.store)
    assert [one.feed for one in story.sources] == ["dawn"]

    withdraw_source(room.store, "dawn", now=NOW)
    assert list_stories(room.store) == ()
    # its editor sees all of it
    shown = show_story(room.store, by_uid(room.store, room.story("a")))
    assert shown is not None
    assert len(shown.sources) == 2


def test_near_lists_what_just_missed_a_topic(store: Store) -> None:
    room = Newsroom(store, rules=make_rules(term="quetta"))
    room.poll("dawn", make_item(BLAST, identity="a"), make_item(TALKS, identity="t"))
    room.match()
    store.execute("UPDATE decision SET accepted=0, score=0.4")

    (story,) = near_stories(store, "news")

    assert (story.headline, story.topics) == (BLAST, ())
    assert story.missed == Missed("news", 0.4, 1.0, ("quetta",))


@pytest.mark.parametrize(
    "terms",
    [
        "[]",
        '[{"term": "quetta", "field": "headline", "weight": 0.0, "rules": []}]',
        '[{"term": "quetta", "field": "headline", "weight": -0.4, "rules": ["not"]}]',
        '[{"term": "trusted feed", "field": "feed", "weight": 1.0, "rules": []}]',
        '[{"term": "in quetta", "field": "summary", "weight": 0.0, "rules": ["ignored"]}]',
    ],
)
def test_near_lists_nothing_that_no_term_speaks_for(store: Store, terms: str) -> None:
    room = Newsroom(store, rules=make_rules(term="quetta"))
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    store.execute("UPDATE decision SET accepted=0, score=0.4, terms=?", (terms,))

    assert near_stories(store, "news") == ()


def test_a_story_is_shown_whether_on_topic_or_not(room: Newsroom) -> None:
    story = show_story(room.store, by_uid(room.store, room.story("t")))

    assert story is not None
    assert (story.headline, story.topics, story.hidden) == (TALKS, (), False)
    assert show_story(room.store, 999) is None


def test_a_trusted_feed_is_a_reason_and_no_category(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    store.execute("UPDATE feed SET on_topic=1 WHERE name='wire'")
    room.poll("wire", make_item(f"{BLAST}, again", identity="b"), make_item(TALKS, identity="t"))
    room.match()
    room.publish(room.story("a"))
    room.publish(room.story("t"))

    entries = {one.headline: one.terms for one in newest_entries(store, "news", limit=9)}

    assert entries == {BLAST: ("quetta",), TALKS: ()}
