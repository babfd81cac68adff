"""A story step by step: what was reported when and by whom, and what came of it since. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from aggregator.views import RelatedStory, StoryItem, StoryPage


class Report(Struct, frozen=True):
    """A source reports, under the headline that it had first."""

    at: datetime
    item: StoryItem
    headline: str


class Change(Struct, frozen=True):
    """A source changes its own headline, for the `number`th time."""

    at: datetime
    item: StoryItem
    headline: str
    before: str
    number: int


class Related(Struct, frozen=True):
    """A related story begins."""

    at: datetime
    story: RelatedStory


Step = Report | Change | Related


def timeline(page: StoryPage) -> tuple[Step, ...]:
    """The steps of a story, its related stories among them, oldest first."""
    steps: list[Step] = []
    for item in page.items:
        earlier = [change.headline for change in item.earlier]
        first, *later = (*earlier, item.source.headline)
        at = item.source.published_at  # which may come after a change: a corrected date
        steps.append(Report(at, item, first))
        for number, (change, headline) in enumerate(zip(item.earlier, later, strict=True), 1):
            changed = max(at, change.changed_at)
            steps.append(Change(changed, item, headline, change.headline, number))
    steps += (Related(story.published_at, story) for story in page.related)
    return tuple(sorted(steps, key=lambda step: step.at))
