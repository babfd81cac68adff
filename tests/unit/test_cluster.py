"""Which wordings tell one story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.settings import StorySettings
from aggregator.stories.cluster import Group, grouped
from aggregator.stories.compare import Comparisons, Member, load_matcher
from aggregator.stories.features import read

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MATCHER = load_matcher(StorySettings())
COACH = (
    "Glacier tour bus plunges into Icelandic river, three hurt",
    "Three injured as tourist coach falls into river in Iceland",
    "Iceland river rescue after glacier coach crash",
    "Three hurt when coach leaves road in Iceland",
)


def crash(count: int = 4) -> list[Member]:
    """Wordings that their words hold together."""
    return [Member(number, read(headline), NOW) for number, headline in enumerate(COACH, start=1)][
        :count
    ]


def reading(events: str) -> Comparisons:
    """Comparisons by a model that knows of which event each of the wordings is."""

    def by_event(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        return [10.0 if events[a.item_id - 1] == events[b.item_id - 1] else -10.0 for a, b in pairs]

    return Comparisons(MATCHER, by_event)


def single(members: Sequence[Member]) -> list[Group]:
    return [(member,) for member in members]


def ids(groups: Sequence[Group]) -> list[list[int]]:
    return sorted(sorted(member.item_id for member in group) for group in groups)


def test_the_words_alone_hold_these_wordings_together() -> None:
    found = Comparisons(MATCHER)(list(combinations(crash(), 2)))

    assert all(MATCHER.scorer.unsure[0] < one.score < MATCHER.scorer.unsure[1] for one in found)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("a", [[1]]),
        ("aa", [[1, 2]]),
        ("ab", [[1], [2]]),
        ("aaaa", [[1, 2, 3, 4]]),
        ("aaba", [[1, 2, 4], [3]]),
        ("abbb", [[1], [2, 3, 4]]),
        ("abab", [[1, 3], [2, 4]]),
        ("abca", [[1, 4], [2], [3]]),
        ("abcd", [[1], [2], [3], [4]]),
    ],
)
def test_wordings_group_by_what_they_tell(events: str, expected: list[list[int]]) -> None:
    assert ids(grouped(single(crash(len(events))), reading(events))) == expected


@pytest.mark.parametrize("events", ["abab", "abba", "abcc", "abcd"])
def test_what_is_held_together_stays_together(events: str) -> None:
    one, two, three, four = crash()

    found = ids(grouped([(one, two), (three,), (four,)], reading(events)))

    assert sum(1 in group and 2 in group for group in found) == 1


def test_what_is_held_together_takes_others_in() -> None:
    one, two, three, four = crash()

    assert ids(grouped([(one, two), (three,), (four,)], reading("aaab"))) == [[1, 2, 3], [4]]


@given(st.permutations(range(4)), st.text("abc", min_size=4, max_size=4))
def test_the_groups_are_the_same_in_any_order(order: list[int], events: str) -> None:
    members = crash()

    found = ids(grouped(single([members[at] for at in order]), reading(events)))

    assert {frozenset(group) for group in found} == {
        frozenset(member.item_id for member in members if events[member.item_id - 1] == event)
        for event in events
    }


def test_one_wording_that_bridges_does_not_hold_two_events_together() -> None:
    def bridged(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        connected = {(1, 2), (3, 4), (2, 3)}
        return [10.0 if (a.item_id, b.item_id) in connected else -10.0 for a, b in pairs]

    assert len(grouped(single(crash()), Comparisons(MATCHER, bridged))) == 2


def explained(number: int, headline: str = "What to know about the glacier coach crash") -> Member:
    member = Member(number, read(f"{headline} in Iceland"), NOW)
    assert not member.features.kind.is_report
    return member


def test_a_piece_that_is_no_report_connects_no_reports() -> None:
    """It is as like both events: it joins one of them, and they stay two."""

    def reads(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        return [10.0 if 9 in (a.item_id, b.item_id) else -10.0 for a, b in pairs]

    found = grouped(single([*crash(2), explained(9)]), Comparisons(MATCHER, reads))

    assert sorted(map(len, found)) == [1, 2]


def test_a_piece_that_is_no_report_stays_alone_where_it_is_not_the_same() -> None:
    found = grouped(
        single([*crash(2), explained(9)]), Comparisons(MATCHER, lambda p: [1.0] * len(p))
    )

    assert ids(found) == [[1, 2], [9]]


def test_one_piece_under_two_addresses_is_one_without_any_report() -> None:
    found = grouped(single([explained(1), explained(2)]), Comparisons(MATCHER))

    assert ids(found) == [[1, 2]]


def test_wordings_that_share_nothing_are_not_compared() -> None:
    strangers = [crash(1)[0], Member(2, read("Parliament of Peru votes on fishing quotas"), NOW)]

    def refuses(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        raise AssertionError(pairs)

    assert ids(grouped(single(strangers), Comparisons(MATCHER, refuses))) == [[1], [2]]
