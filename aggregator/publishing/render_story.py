"""A story step by step: who reported what and when, what changed since; a feed of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.publishing.render_content import UNTITLED, content_of, rendered_source
from aggregator.publishing.render_document import Document, DocumentEntry, topic_document
from aggregator.publishing.render_origins import origins_of
from aggregator.publishing.render_text import (
    attributes,
    escape,
    excerpt,
    language_tag,
    plain,
    publisher_of,
    safe_url,
)
from aggregator.views import PublishedEntry, PublishedFeed, RelatedStory, StoryItem, StoryPage

MOST = 200  # steps in the feed, the newest
_SECOND = timedelta(seconds=1)


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


def story_document(
    feed: PublishedFeed, page: StoryPage, *, related: Sequence[PublishedEntry]
) -> Document:
    """The story's reports and changed headlines, and the entries of its related stories.

    `feed`: what all feeds of the site share. The id of a step is derived from its item, so that a
    merge makes nothing new; a related story has the same entry as in the feed of its topic. No two
    entries have the same `updated`: a later item of the same second counts as a second later.
    """
    document = topic_document(replace(feed, entries=tuple(related)))
    taken = {entry.updated for entry in document.entries}
    steps = {
        (step.item.item_id, step.number if isinstance(step, Change) else 0): step
        for step in timeline(page)
        if not isinstance(step, Related)
    }
    origins = origins_of([item.source for item in page.items])
    reasons = dict(zip((item.item_id for item in page.items), origins.reasons, strict=True))
    found = list(document.entries)
    for (item_id, _), step in sorted(steps.items()):
        updated = step.at.replace(microsecond=0)
        while updated in taken:
            updated += _SECOND
        taken.add(updated)
        found.append(_entry(feed, page, step, origin=reasons[item_id], updated=updated))
    entries = sorted(found, key=lambda entry: (entry.published, entry.updated), reverse=True)[:MOST]
    return replace(
        document,
        id=f"{page.entry.entry_id}/steps",
        title=plain(page.entry.headline) or UNTITLED,
        subtitle="One story: its reports, changed headlines and related stories, as they come.",
        updated=max((entry.updated for entry in entries), default=page.entry.updated_at),
        links=(),
        page=feed.page_url(f"stories/{page.entry.story}.html"),
        entries=tuple(entries),
    )


def _entry(
    feed: PublishedFeed, page: StoryPage, step: Report | Change, *, origin: str, updated: datetime
) -> DocumentEntry:
    source = step.item.source
    publisher = publisher_of(source) or "A source"
    headline = plain(step.headline) or UNTITLED
    language = language_tag(source.language)
    tag = page.entry.entry_id.rpartition(":")[0]  # of the story, without its own part
    identity = f"{tag}:item/{step.item.item_id}"
    own = feed.page_url(f"stories/{page.entry.story}.html")
    place = f"{own}#i{step.item.item_id}" if own else None
    if isinstance(step, Change):
        identity += f"/headline/{step.number}"
        title, summary = f"{publisher} changed its headline: {headline}", ""
        before = plain(step.before) or UNTITLED
        content = (
            f"<p>Now: <ins{attributes(headline, language=language)}>{escape(headline)}</ins></p>"
            f"<p>Before: <del{attributes(before, language=language)}>{escape(before)}</del></p>"
        )
    else:
        title, summary = f"{publisher}: {headline}", excerpt(source.summary, limit=feed.excerpt)
        shown = rendered_source(replace(source, headline=step.headline), origin)
        content = content_of([shown], summary=summary, page=place, language=language)
    return DocumentEntry(
        id=identity,
        title=title,
        url=safe_url(source.url) or place,
        published=step.at,
        updated=updated,
        content_html=content,
        summary=summary,
        authors=(publisher,),
        language=language,
        rights=plain(source.rights, limit=300),
    )
