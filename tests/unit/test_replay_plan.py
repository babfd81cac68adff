"""Which part of a story keeps its id when the stories of before are matched again."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from aggregator.ingest.replay_plan import make_plan
from aggregator.model import PastStory


def past(
    story_id: int,
    items: tuple[int, ...],
    *,
    lead: int | None = None,
    published: str | None = None,
    core: Mapping[int, int] | None = None,
) -> PastStory:
    """A story of before; without `core` each item is a core wording of its own."""
    return PastStory(
        story_id=story_id,
        uid=f"uid{story_id}",
        headline="",
        lead_item_id=lead,
        published_at=published,
        first_at="2026-03-01T12:00:00Z",
        hidden=False,
        items=items,
        core={item: item for item in items} if core is None else core,
        published_in=frozenset(),
    )


PARTS = {10: (1, 2), 11: (3, 4, 5), 12: (6,)}
ITEMS = (1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("story", "keeper"),
    [
        (past(7, ITEMS, lead=6, published="2026-03-01"), 12),
        (past(7, ITEMS, lead=1, published="2026-03-01"), 10),
        (past(7, ITEMS, lead=None, published="2026-03-01"), 11),
        (past(7, ITEMS, lead=99, published="2026-03-01"), 11),  # its item was pruned
        (past(7, ITEMS, lead=6), 11),  # no reader knows its lead
        (past(7, ITEMS, core={1: 1, 2: 2, 3: 3}), 10),
        (past(7, ITEMS, core={1: 1, 2: 2, 3: 3, 4: 3, 5: 3}), 10),  # three items, one wording
        (past(7, ITEMS, core={6: 6}), 12),
        (past(7, ITEMS, core={}), 11),  # most items, where nothing is known of a core
        (past(7, ITEMS, core={1: 1, 3: 3}), 11),  # as many: the larger part
        (past(7, (1, 2, 3, 6), core={1: 1, 2: 2, 3: 3, 6: 6}), 10),
    ],
)
def test_of_a_story_that_parts_one_part_keeps_the_id(story: PastStory, keeper: int) -> None:
    groups = {group: tuple(one for one in items if one in story.items)
              for group, items in PARTS.items()}  # fmt: skip

    plan = make_plan(groups, {7: story})

    assert plan.past_of == {keeper: 7}


@pytest.mark.parametrize(
    ("first", "second", "heir"),
    [
        (past(7, (1, 2), lead=1, published="1"), past(8, (3, 4), lead=3, published="2"), 7),
        (past(7, (1, 2), lead=1, published="2"), past(8, (3, 4), lead=3, published="1"), 8),
        (past(7, (1, 2), lead=1), past(8, (3, 4), lead=3, published="2"), 8),
        (past(7, (1, 2), lead=1), past(8, (3, 4), lead=3), 7),
    ],
)
def test_of_stories_that_join_the_first_published_keeps_its_id(
    first: PastStory, second: PastStory, heir: int
) -> None:
    plan = make_plan({10: (1, 2, 3, 4)}, {7: first, 8: second})

    assert plan.past_of == {10: heir}


def test_an_id_never_goes_to_a_part_without_the_published_lead() -> None:
    """The lead joins an older entry: that is what readers of the id are led to."""
    older = past(7, (1, 2), lead=1, published="1")
    younger = past(8, (3, 4, 5), lead=3, published="2")

    plan = make_plan({10: (1, 2, 3), 11: (4, 5)}, {7: older, 8: younger})

    assert plan.past_of == {10: 7}
    assert plan.followed_by(younger) == 10


def test_a_story_whose_lead_is_gone_is_followed_by_its_oldest_item() -> None:
    plan = make_plan({10: (1, 2), 11: (3,)}, {7: past(7, (3,)), 8: past(8, (1, 2), lead=99)})

    assert plan.followed_by(plan.before[8]) == 10
