"""A story step by step: who reported what and when, and what has changed since. Pure."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from aggregator.views import RelatedStory, StoryItem, StoryPage


class Report(Struct, frozen=True):
    """A source reports, under its first headline."""

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
    """The steps of a story, including its related stories, oldest first."""
    steps: list[Step] = []
    for item in page.items:
        earlier = [change.headline for change in item.earlier]
        first, *later = (*earlier, item.source.headline)
        at = item.source.published_at  # a corrected date may be later than a change
        steps.append(Report(at, item, first))
        for number, (change, headline) in enumerate(zip(item.earlier, later, strict=True), 1):
            changed = max(at, change.changed_at)
            steps.append(Change(changed, item, headline, change.headline, number))
    steps += (Related(story.published_at, story) for story in page.related)
    return tuple(sorted(steps, key=lambda step: step.at))
