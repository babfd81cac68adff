"""One source that tells more than all others leaves them room, and free places are filled up."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.publishing.source_quota import crowding, fill, own_places, shared_out
from aggregator.views import PublishedEntry
from tests.views import AT, make_entry, make_source


def told_by(feed: str, number: int, *others: str) -> PublishedEntry:
    """A story of the hour `number`, led by `feed`."""
    lead = make_source(feed, published_at=AT + timedelta(hours=number))
    return make_entry(number, *(make_source(other) for other in others), lead=lead)


def newest_first(*entries: PublishedEntry) -> list[PublishedEntry]:
    return sorted(entries, key=lambda entry: (entry.published_at, entry.story), reverse=True)


def numbers(entries: tuple[PublishedEntry, ...]) -> list[int]:
    return [int(entry.story.removeprefix("story")) for entry in entries]


def test_half_of_the_places_and_the_odd_one_are_a_sources_own() -> None:
    assert [own_places(places) for places in (1, 2, 3, 100)] == [1, 1, 2, 50]


def test_nobody_crowds_a_feed_of_many_sources() -> None:
    entries = [told_by(feed, number) for number, feed in enumerate(("Dawn", "Geo", "Dawn", "APP"))]

    assert crowding(entries, places=4) == frozenset()


def test_no_entries_have_no_crowd() -> None:
    assert crowding([], places=4) == frozenset()


def test_a_story_that_another_source_tells_counts_for_nobody() -> None:
    entries = [told_by("Dawn", number, "Geo") for number in range(4)]

    assert crowding(entries, places=4) == frozenset()


def test_a_source_with_more_than_half_crowds() -> None:
    entries = [told_by("Flood", number) for number in range(3)] + [told_by("Dawn", 3)]

    assert crowding(entries, places=4) == {"Flood"}


def test_two_sources_that_flood_at_once_crowd_together() -> None:
    floods = ("Flood", "Deluge", "Flood", "Deluge", "Flood", "Deluge", "Geo", "Dawn")
    entries = newest_first(*(told_by(feed, number) for number, feed in enumerate(floods)))

    assert crowding(entries, places=8) == {"Flood", "Deluge"}
    assert crowding(entries[:6], places=12) == frozenset()  # the feed has room for all


def test_sources_of_equal_weight_are_no_crowd() -> None:
    feeds = ("Dawn", "Geo", "APP", "Jang") * 2
    entries = [told_by(feed, number) for number, feed in enumerate(feeds)]

    assert crowding(entries, places=8) == frozenset()


def test_two_floods_share_the_half_that_one_would_have() -> None:
    floods = newest_first(
        *(told_by("Deluge" if number % 2 else "Flood", number) for number in range(10, 18)),
    )
    others = newest_first(*(told_by("Dawn", number) for number in range(5)))

    shown = fill(floods, lambda crowd: others if crowd == {"Flood", "Deluge"} else (), places=8)

    assert numbers(shown) == [17, 16, 15, 14, 4, 3, 2, 1]


def test_without_a_crowd_nobody_else_is_asked_for() -> None:
    entries = newest_first(told_by("Dawn", 1), told_by("Geo", 2))

    def nobody(crowd: frozenset[str]) -> list[PublishedEntry]:
        raise AssertionError(crowd)

    assert fill(entries, nobody, places=8) == tuple(entries)


def test_others_have_the_half_that_the_crowd_gives_up() -> None:
    newest = newest_first(*(told_by("Flood", number) for number in range(10, 14)))
    others = newest_first(*(told_by("Dawn", number) for number in range(5)))

    shown = shared_out(newest, others, crowd=frozenset({"Flood"}), places=4)

    assert numbers(shown) == [13, 12, 4, 3]


def test_places_that_others_leave_free_are_filled_up() -> None:
    newest = newest_first(*(told_by("Flood", number) for number in range(10, 14)))

    crowd, geo = frozenset({"Flood"}), [told_by("Geo", 1)]

    assert numbers(shared_out(newest, [], crowd=crowd, places=4)) == [13, 12, 11, 10]
    assert numbers(shared_out(newest, geo, crowd=crowd, places=4)) == [13, 12, 11, 1]


def test_an_old_entry_that_stood_among_the_newest_keeps_its_place() -> None:
    newest = newest_first(*(told_by("Flood", number) for number in (11, 12, 13)), told_by("Geo", 1))

    assert numbers(shared_out(newest, [], crowd=frozenset({"Flood"}), places=4)) == [13, 12, 11, 1]


@given(
    st.lists(st.sampled_from(["Flood", "Flood", "Deluge", "Dawn", "Geo"]), min_size=1, max_size=40),
    st.integers(1, 20),
)
def test_the_feed_is_full_ordered_and_fair(feeds: list[str], places: int) -> None:
    entries = newest_first(*(told_by(feed, number) for number, feed in enumerate(feeds)))
    newest = entries[:places]
    crowd = crowding(newest, places=places)
    if not crowd:
        return
    others = [entry for entry in entries if entry.lead.feed not in crowd]

    shown = shared_out(newest, others[:places], crowd=crowd, places=places)

    assert len(shown) == min(len(entries), places)
    assert list(shown) == newest_first(*shown)
    beside = sum(entry.lead.feed not in crowd for entry in shown)
    assert beside == min(len(others), places - own_places(places))
