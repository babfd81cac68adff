"""Published values for tests of rendering, written here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from aggregator.model import TermHit
from aggregator.publishing.formats import FORMATS, chosen
from aggregator.publishing.render_document import topic_document
from aggregator.views import (
    FeedHealth,
    HeadlineChange,
    PublishedEntry,
    PublishedFeed,
    PublishedSource,
    RelatedStory,
    StoryItem,
    StoryPage,
    TopicReason,
)

ATOM = "{http://www.w3.org/2005/Atom}"
AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def make_health(**changes: Any) -> FeedHealth:
    """A feed that works."""
    values: dict[str, Any] = {
        "name": "Dawn",
        "shown_url": "https://dawn.example/feed",
        "enabled": True,
        "last_success": AT,
        "last_new": None,
        "next_due": None,
        "interval_s": None,
        "failures": 0,
        "last_error_kind": "",
        "last_error": "",
        "not_before": None,
        "not_before_reason": "",
        "permanent_url": None,
        "moved_to": None,
        "gone": False,
        "items": 0,
    }
    return FeedHealth(**(values | changes))


def make_source(name: str = "Dawn", **changes: Any) -> PublishedSource:
    """A source named `name` with a link of its own."""
    low = name.lower().replace(" ", "-")
    source = PublishedSource(
        feed=name,
        publisher=name,
        headline=f"Talks held in Islamabad, says {name}",
        url=f"https://{low}.example/talks",
        published_at=AT,
        feed_url=f"https://{low}.example/feed",
        feed_title=f"{name}: all news",
        language="en",
    )
    return replace(source, **changes)


def make_entry(number: int = 1, *others: PublishedSource, **changes: Any) -> PublishedEntry:
    """A story led by Dawn; `others` are its further sources."""
    at = AT + timedelta(hours=number)
    lead = make_source(headline=f"Talks held in Islamabad, round {number}", published_at=at)
    lead = changes.pop("lead", lead)
    entry = PublishedEntry(
        story=f"story{number}",
        entry_id=f"tag:news.example.org,2026-01-01:story{number}",
        headline=lead.headline,
        url=lead.url,
        summary="Both sides met for two days.",
        published_at=at,
        updated_at=at,
        lead=lead,
        sources=(lead, *others),
        terms=("Islamabad", "talks"),
        language="en",
    )
    return replace(entry, **changes)


def make_feed(*entries: PublishedEntry, **changes: Any) -> PublishedFeed:
    """A feed with an address of its own."""
    feed = PublishedFeed(
        topic="news",
        title="The news",
        feed_id="tag:news.example.org,2026-01-01:topic/news",
        site_title="Example site",
        base_url="https://news.example.org/",
        updated_at=AT,
        entries=entries,
    )
    return replace(feed, **changes)


def make_story_page(*others: PublishedSource, **changes: Any) -> StoryPage:
    """A story's page with its lead and `others`."""
    entry = make_entry(1, *others)
    items = tuple(
        StoryItem(number, source, "new" if number == 1 else "reworded", 0.9, "five words shared")
        for number, source in enumerate(entry.sources, 1)
    )
    change = HeadlineChange("Talks to be held", AT)
    page = StoryPage(
        entry=entry,
        items=(replace(items[0], earlier=(change,)), *items[1:]),
        topics=(TopicReason("news", "The news", 0.9, 0.5, (TermHit("talks", "headline", 1.0),)),),
        related=(RelatedStory("story9", "Talks planned for May", AT),),
    )
    return replace(page, **changes)


def render(feed: PublishedFeed, names: Iterable[str] = FORMATS) -> dict[str, bytes]:
    """The topic feed in the formats of these names."""
    document = topic_document(feed)
    return {one.name: one.render(document) for one in chosen(names)}


def tree(document: bytes) -> ET.Element:
    """The root of an XML document of ours; raises where it is not well-formed."""
    return ET.fromstring(document)  # noqa: S314 - our own output
