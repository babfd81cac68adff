"""Cited stories as documents to hand on: Markdown, CSV, JSON Lines; one story at a time. Pure.

Texts are inert as in published files, and links are http(s) without userinfo.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from aggregator.publishing import export_csv, export_markdown
from aggregator.publishing.reasons import in_words, opener_of
from aggregator.publishing.render_text import name, plain, safe_url
from aggregator.stories.independence import in_words as origin_in_words
from aggregator.stories.independence import independence
from aggregator.times import to_text
from aggregator.views import CitedStory


def record(story: CitedStory) -> dict[str, Any]:
    """A story as one JSON object, with the keys of docs/exporting.md."""
    found = independence(story.sources)
    listed = [source for source in story.sources if source.listed]
    opener = opener_of(story.sources)
    sources = []
    for at, source in enumerate(story.sources):
        reason = in_words(
            rule=source.rule, score=source.score, detail=source.detail, signals=source.signals
        )
        if source.rule == "new" and source.item_id != opener:
            reason = f"{reason}; it was a story of its own, which is one with this by now"
        origin = origin_in_words(story.sources, at, found.origins[at])
        sources.append(
            {
                "item": f"i{source.item_id}",
                "feed": name(source.feed),
                "publisher": name(source.publisher),
                "headline": plain(source.headline),
                "url": safe_url(source.url),
                "published": to_text(source.published_at),
                "first_seen": to_text(source.first_seen_at),
                "rule": source.rule,
                "score": None if source.rule in ("", "new") else source.score,
                "reason": plain(reason, limit=2000),
                "origin": plain(origin),
            }
        )
    return {
        "id": story.uid,
        "entry": story.entry_id,
        "headline": plain(story.headline),
        "url": safe_url(story.url),
        "published": to_text(story.published_at),
        "updated": to_text(story.updated_at),
        "first_seen": to_text(story.first_seen_at),
        "topics": dict(story.topics),
        "reports": story.reports,
        "independent": independence(listed).independent,
        "sources": sources,
    }


FORMATS: dict[str, Callable[[Iterable[Mapping[str, Any]]], Iterator[str]]] = {
    "md": export_markdown.write,
    "csv": export_csv.write,
    "jsonl": lambda records: (json.dumps(one, ensure_ascii=False) + "\n" for one in records),
}


def export(stories: Iterable[CitedStory], form: str) -> Iterator[str]:
    """The document in parts, a story each; `form` is a key of `FORMATS`."""
    return FORMATS[form](map(record, stories))
