"""A source with more stories than all others leaves them room, and what is free is filled up."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.publishing.source_quota import apply_quota, dominant_sources, quota, select
from aggregator.views import PublishedEntry
from tests.views import AT, make_entry, make_source


def story_of(feed: str, number: int, *others: str) -> PublishedEntry:
    """A story of the hour `number`, led by `feed`."""
    lead = make_source(feed, published_at=AT + timedelta(hours=number))
    return make_entry(number, *(make_source(other) for other in others), lead=lead)


def newest_first(*entries: PublishedEntry) -> list[PublishedEntry]:
    return sorted(entries, key=lambda entry: (entry.published_at, entry.story), reverse=True)


def numbers(entries: tuple[PublishedEntry, ...]) -> list[int]:
    return [int(entry.story.removeprefix("story")) for entry in entries]


def test_the_quota_is_half_of_the_feed_and_the_odd_entry() -> None:
    assert [quota(size) for size in (1, 2, 3, 100)] == [1, 1, 2, 50]


def test_no_source_dominates_a_feed_of_many() -> None:
    entries = [story_of(feed, number) for number, feed in enumerate(("Dawn", "Geo", "Dawn", "APP"))]

    assert dominant_sources(entries, size=4) == frozenset()


def test_no_entries_have_no_dominant_source() -> None:
    assert dominant_sources([], size=4) == frozenset()


def test_a_story_of_two_sources_counts_for_neither() -> None:
    entries = [story_of("Dawn", number, "Geo") for number in range(4)]

    assert dominant_sources(entries, size=4) == frozenset()


def test_a_source_with_more_than_half_dominates() -> None:
    entries = [story_of("Flood", number) for number in range(3)] + [story_of("Dawn", 3)]

    assert dominant_sources(entries, size=4) == {"Flood"}


def test_two_sources_that_flood_at_once_dominate_together() -> None:
    floods = ("Flood", "Deluge", "Flood", "Deluge", "Flood", "Deluge", "Geo", "Dawn")
    entries = newest_first(*(story_of(feed, number) for number, feed in enumerate(floods)))

    assert dominant_sources(entries, size=8) == {"Flood", "Deluge"}
    assert dominant_sources(entries[:6], size=12) == frozenset()  # the feed has room for all


def test_sources_of_equal_weight_do_not_dominate() -> None:
    feeds = ("Dawn", "Geo", "APP", "Jang") * 2
    entries = [story_of(feed, number) for number, feed in enumerate(feeds)]

    assert dominant_sources(entries, size=8) == frozenset()


def test_two_floods_share_the_half_that_one_would_have() -> None:
    floods = newest_first(
        *(story_of("Deluge" if number % 2 else "Flood", number) for number in range(10, 18)),
    )
    others = newest_first(*(story_of("Dawn", number) for number in range(5)))

    shown = select(
        floods, lambda dominant: others if dominant == {"Flood", "Deluge"} else (), size=8
    )

    assert numbers(shown) == [17, 16, 15, 14, 4, 3, 2, 1]


def test_without_a_dominant_source_no_further_entries_are_read() -> None:
    entries = newest_first(story_of("Dawn", 1), story_of("Geo", 2))

    def nobody(dominant: frozenset[str]) -> list[PublishedEntry]:
        raise AssertionError(dominant)

    assert select(entries, nobody, size=8) == tuple(entries)


def test_others_have_what_the_quota_leaves() -> None:
    newest = newest_first(*(story_of("Flood", number) for number in range(10, 14)))
    others = newest_first(*(story_of("Dawn", number) for number in range(5)))

    shown = apply_quota(newest, others, dominant=frozenset({"Flood"}), size=4)

    assert numbers(shown) == [13, 12, 4, 3]


def test_what_others_do_not_fill_goes_back_to_the_dominant_source() -> None:
    newest = newest_first(*(story_of("Flood", number) for number in range(10, 14)))

    dominant, geo = frozenset({"Flood"}), [story_of("Geo", 1)]

    assert numbers(apply_quota(newest, [], dominant=dominant, size=4)) == [13, 12, 11, 10]
    assert numbers(apply_quota(newest, geo, dominant=dominant, size=4)) == [13, 12, 11, 1]


def test_an_old_entry_among_the_newest_keeps_its_place() -> None:
    newest = newest_first(
        *(story_of("Flood", number) for number in (11, 12, 13)), story_of("Geo", 1)
    )

    assert numbers(apply_quota(newest, [], dominant=frozenset({"Flood"}), size=4)) == [
        13,
        12,
        11,
        1,
    ]


@given(
    st.lists(st.sampled_from(["Flood", "Flood", "Deluge", "Dawn", "Geo"]), min_size=1, max_size=40),
    st.integers(1, 20),
)
def test_the_feed_is_full_ordered_and_fair(feeds: list[str], size: int) -> None:
    entries = newest_first(*(story_of(feed, number) for number, feed in enumerate(feeds)))
    newest = entries[:size]
    dominant = dominant_sources(newest, size=size)
    if not dominant:
        return
    others = [entry for entry in entries if entry.lead.feed not in dominant]

    shown = apply_quota(newest, others[:size], dominant=dominant, size=size)

    assert len(shown) == min(len(entries), size)
    assert list(shown) == newest_first(*shown)
    beside = sum(entry.lead.feed not in dominant for entry in shown)
    assert beside == min(len(others), size - quota(size))
