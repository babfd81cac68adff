"""Compares old and new stories, and decides which part of a story keeps its id. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from aggregator.model import PastStory


class Plan(Struct, frozen=True):
    """Which items are together after the replay, and under which id."""

    groups: Mapping[int, tuple[int, ...]]  # scratch story -> items
    past_of: Mapping[int, int]  # scratch story -> the past story whose id it takes
    before: Mapping[int, PastStory]
    story_of: Mapping[int, int]  # item -> the past story that it is in
    group_of: Mapping[int, int]  # item -> scratch story

    def followed_by(self, past: PastStory) -> int:
        """The scratch story that readers of a past story would look for: the one with its lead."""
        lead = past.lead_item_id
        if lead is None or lead not in self.group_of:
            lead = past.items[0]
        return self.group_of[lead]


def make_plan(groups: Mapping[int, tuple[int, ...]], before: Mapping[int, PastStory]) -> Plan:
    """Gives each new group the id of at most one past story, published ones first.

    Of several stories, the group takes the id of the one that was published first. Of several parts
    of a published story, only the one with its published lead may take the id; of an unpublished
    one, the part with most wordings of its core.
    """
    story_of = {item: story.story_id for story in before.values() for item in story.items}
    group_of = {item: group for group, items in groups.items() for item in items}
    shared = Counter((group_of[item], story_id) for item, story_id in story_of.items())
    core = Counter(
        (group, story.story_id)
        for story in before.values()
        for group, _ in {(group_of[item], wording) for item, wording in story.core.items()}
    )

    def order(pair: tuple[int, int]) -> tuple[object, ...]:
        past = before[pair[1]]
        return (past.published_at is None, past.published_at or "", past.first_at, past.uid,
                -core[pair], -shared[pair], groups[pair[0]][0])  # fmt: skip

    past_of: dict[int, int] = {}
    taken: set[int] = set()
    for group, story_id in sorted(shared, key=order):
        past, lead = before[story_id], None  # the group with the lead that readers know
        if past.published_at is not None and past.lead_item_id is not None:
            lead = group_of.get(past.lead_item_id)
        if group in past_of or story_id in taken or lead not in {None, group}:
            continue
        past_of[group] = story_id
        taken.add(story_id)
    return Plan(groups, past_of, before, story_of, group_of)
