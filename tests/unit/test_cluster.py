"""The members of a story that still belong together, and those that no longer do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.settings import StorySettings
from aggregator.stories.cluster import parts
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


def crash(count: int = 4, core: str = "1111") -> list[Member]:
    """Wordings that their words hold together."""
    return [
        Member(number, read(headline), NOW, core=clear == "1")
        for number, (headline, clear) in enumerate(zip(COACH, core, strict=True), start=1)
    ][:count]


def reading(events: str) -> Comparisons:
    """Comparisons by a model that knows of which event each of the wordings is."""

    def by_event(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        return [10.0 if events[a.item_id - 1] == events[b.item_id - 1] else -10.0 for a, b in pairs]

    return Comparisons(MATCHER, by_event)


def ids(groups: Sequence[Sequence[Member]]) -> list[list[int]]:
    return [[member.item_id for member in group] for group in groups]


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
        ("abbb", [[2, 3, 4], [1]]),  # the more wordings, the more it is the story
        ("abab", [[1, 3], [2, 4]]),  # as many: the earliest
        ("abca", [[1, 4], [2], [3]]),
        ("abcd", [[1], [2], [3], [4]]),
    ],
)
def test_members_part_by_what_they_tell(events: str, expected: list[list[int]]) -> None:
    assert ids(parts(crash(len(events)), reading(events))) == expected


@pytest.mark.parametrize(
    ("events", "core", "expected"),
    [
        ("abbb", "1000", [[1], [2, 3, 4]]),
        ("aabb", "0011", [[3, 4], [1, 2]]),
        ("aabb", "0001", [[3, 4], [1, 2]]),
        ("aabb", "0000", [[1, 2], [3, 4]]),
        ("abbb", "1100", [[2, 3, 4], [1]]),  # as much of the core: the larger group
    ],
)
def test_the_story_stays_with_its_core(events: str, core: str, expected: list[list[int]]) -> None:
    assert ids(parts(crash(core=core), reading(events))) == expected


@settings(max_examples=30)
@given(st.permutations(range(4)), st.text("abc", min_size=4, max_size=4))
def test_the_groups_are_the_same_in_any_order(order: list[int], events: str) -> None:
    members = crash()

    found = ids(parts([members[at] for at in order], reading(events)))

    assert {frozenset(group) for group in found} == {
        frozenset(member.item_id for member in members if events[member.item_id - 1] == event)
        for event in events
    }


def test_one_wording_that_bridges_does_not_hold_two_events_together() -> None:
    def bridged(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        told = {(1, 2), (3, 4), (2, 3)}
        return [10.0 if (a.item_id, b.item_id) in told else -10.0 for a, b in pairs]

    assert len(parts(crash(), Comparisons(MATCHER, bridged))) == 2
