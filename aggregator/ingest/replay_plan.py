"""Old and new stories side by side: which part of a story keeps its id. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from aggregator.model import PastStory


class Plan(Struct, frozen=True):
    """Which items stand together after the replay, and under which id."""

    groups: Mapping[int, tuple[int, ...]]  # scratch story -> items
    heir: Mapping[int, int]  # scratch story -> the past story whose id it takes
    before: Mapping[int, PastStory]
    home: Mapping[int, int]  # item -> the past story that it is in
    place: Mapping[int, int]  # item -> scratch story

    def followed_by(self, past: PastStory) -> int:
        """The scratch story that its readers would look for: the one with its lead."""
        lead = past.lead_item_id
        if lead is None or lead not in self.place:
            lead = past.items[0]
        return self.place[lead]


def make_plan(groups: Mapping[int, tuple[int, ...]], before: Mapping[int, PastStory]) -> Plan:
    """Gives each new group the id of at most one past story, published ones first.

    Of several, the one that was published first. Of the parts of a story, the one that holds the
    lead under which it was published, and no other; where none does, the one with most wordings
    of its core.
    """
    home = {item: story.story_id for story in before.values() for item in story.items}
    place = {item: group for group, items in groups.items() for item in items}
    shared = Counter((place[item], story_id) for item, story_id in home.items())
    core = Counter(
        (group, story.story_id)
        for story in before.values()
        for group, _ in {(place[item], wording) for item, wording in story.core.items()}
    )

    def order(pair: tuple[int, int]) -> tuple[object, ...]:
        past = before[pair[1]]
        return (past.published_at is None, past.published_at or "", past.first_at, past.uid,
                -core[pair], -shared[pair], groups[pair[0]][0])  # fmt: skip

    heir: dict[int, int] = {}
    taken: set[int] = set()
    for group, story_id in sorted(shared, key=order):
        past, lead = before[story_id], None  # the group with the lead that readers know
        if past.published_at is not None and past.lead_item_id is not None:
            lead = place.get(past.lead_item_id)
        if group in heir or story_id in taken or lead not in {None, group}:
            continue
        heir[group] = story_id
        taken.add(story_id)
    return Plan(groups, heir, before, home, place)
