"""The JSON documents of notifications, and samples of them. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from aggregator.publishing.render_origins import entry_origins
from aggregator.publishing.render_text import name, plain
from aggregator.times import time_text
from aggregator.views import PublishedEntry, PublishedSource

NEW, UPDATED, ALERT, BROKEN, TEST = "new", "updated", "alert", "broken", "test"


class Change(Struct, frozen=True):
    """A story that is new in a topic, changed materially, or is worth an alert."""

    story_id: int
    topic: str
    event: str  # NEW | UPDATED | ALERT
    entry: PublishedEntry


def document_of(change: Change, target: str, number: int) -> dict[str, Any]:
    """The document of a notification; its `id` is the same in every attempt.

    Texts are as safe as in published files, since receivers put them into mails and pages.
    """
    entry = change.entry
    origins = entry_origins(entry)
    return {
        "id": stable_id(target, entry.entry_id, str(number)),
        "event": change.event,
        "topic": change.topic,
        "story": entry.story,
        "entry_id": entry.entry_id,
        "headline": plain(entry.headline),
        "url": entry.url,
        "published": time_text(entry.published_at),
        "updated": time_text(entry.updated_at),
        "sources": [
            {
                "feed": source.feed,
                "publisher": name(source.publisher),
                "headline": plain(source.headline),
                "url": source.url,
                "published": time_text(source.published_at),
                "origin": origin,
            }
            for source, origin in zip(entry.sources, origins.reasons, strict=True)
        ],
        "reports": origins.reports,
        "independent": origins.independent,
        "first": origins.first,
        "coverage": {label: dict(values) for label, values in origins.coverage},
    }


def stable_id(*parts: str) -> str:
    """An id derived from these parts; receivers recognise repeated notifications by it."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def sample(receiver: str, now: datetime) -> Mapping[str, Any]:
    """The document of a made-up story, with characters that need escaping."""
    change = Change(0, "test", TEST, sample_entry(now))
    document = document_of(change, f"{receiver}/{now.isoformat()}", 0)
    return document | {"rule": {"sources": 3, "independent": 2, "terms": ["test"], "within": 7200}}


def sample_entry(now: datetime) -> PublishedEntry:
    """A made-up story of three papers, with characters that need escaping."""
    headline = 'This is a test: “quotes”, "marks", 5 < 6 & *stars*, _lines_, @nobody'
    sources = tuple(
        PublishedSource(
            feed=paper,
            publisher=paper,
            headline=headline if paper == "Gazette" else f"A test, reported by the {paper}",
            url=f"https://{paper.lower()}.example/test?a=1&b=2",
            published_at=now + timedelta(minutes=at - 3),
        )
        for at, paper in enumerate(("Gazette", "Ledger", "Courier"))
    )
    return PublishedEntry(
        story="test",
        entry_id="tag:aggregator.invalid,2000-01-01:test",
        headline=headline,
        url=sources[0].url,
        summary="",
        published_at=sources[0].published_at,
        updated_at=now,
        lead=sources[0],
        sources=sources,
    )
