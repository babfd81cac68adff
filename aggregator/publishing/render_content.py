"""The HTML content of entries: an excerpt, and every source with its headline and time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.publishing.render_origins import entry_origins
from aggregator.publishing.render_text import (
    attributes,
    escape,
    excerpt,
    plain,
    publisher_of,
    safe_url,
)
from aggregator.text import counted
from aggregator.views import PublishedEntry, PublishedFeed, PublishedSource, RelatedStory

UNTITLED = "Untitled"
DIGEST_EXCERPT = 300  # characters of a story's summary in a digest

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class RenderedSource(Struct, frozen=True, gc=False):
    """A source of a story as safe text."""

    publisher: str
    headline: str
    url: str | None
    published: datetime
    language: str = ""  # as the feed declares it
    origin: str = ""  # why it may not be independent of the others


def content_of(
    sources: Sequence[RenderedSource],
    *,
    summary: str,
    page: str | None,
    language: str,
    origins: str = "",
    related: Sequence[RelatedStory] = (),
) -> str:
    """The content of an entry: excerpt, sources, and links to read more.

    `origins`: in words, how many of the sources are independent; `related`: as safe text.
    """
    parts = []
    if summary:
        parts.append(f"<p{attributes(summary, language=language)}>{escape(summary)}</p>")
    said = f"{len(sources)} sources:" if len(sources) > 1 else "Source:"
    parts.append(f"<p>{escape(origins) or said}</p>")
    parts.append(f"<ul>{''.join(map(_source_line, sources))}</ul>")
    if related:
        more = (
            f"<li>{_linked(story.headline, story.url)} ({shown_time(story.published_at)})</li>"
            for story in related
        )
        parts.append(f"<p>More on this:</p><ul>{''.join(more)}</ul>")
    if page:
        parts.append(f'<p><a href="{escape(page)}">All wordings, times and reasons</a></p>')
    return "".join(parts)


def digest_excerpt(feed: PublishedFeed, story: PublishedEntry) -> str:
    """A story's summary in a digest."""
    return excerpt(story.summary, limit=min(feed.excerpt, DIGEST_EXCERPT))


def digest_content(feed: PublishedFeed, stories: Sequence[PublishedEntry], *, count: int) -> str:
    """The content of a day's entry; `count`: how many stories the whole day has."""
    parts = []
    for story in stories:
        headline = plain(story.headline) or UNTITLED
        href = safe_url(story.url)
        title = f'<a href="{escape(href)}">{escape(headline)}</a>' if href else escape(headline)
        parts.append(f"<h3{attributes(headline, language=story.language)}>{title}</h3>")
        if summary := digest_excerpt(feed, story):
            parts.append(f"<p{attributes(summary, language=story.language)}>{escape(summary)}</p>")
        origins = entry_origins(story)
        if origins.in_words:
            parts.append(f"<p>{escape(origins.in_words)}</p>")
        sources = map(rendered_source, story.sources, origins.reasons)
        parts.append(f"<ul>{''.join(map(_source_line, sources))}</ul>")
    more = count - len(stories)
    if more > 0:
        rest = f"And {counted(more, 'more story', 'more stories')}"
        page = feed.page_url(f"{feed.topic}.html")
        linked = f'<a href="{escape(page)}">{rest}</a>' if page else rest
        parts.append(f"<p>{linked}.</p>")
    return "".join(parts)


def _source_line(source: RenderedSource) -> str:
    title = _linked(source.headline, source.url, language=source.language)
    origin = f"; {escape(source.origin)}" if source.origin else ""
    return f"<li>{escape(source.publisher)}: {title} ({shown_time(source.published)}{origin})</li>"


def _linked(headline: str, url: str | None, *, language: str = "") -> str:
    direction = attributes(headline, language=language)
    if url:
        return f'<a href="{escape(url)}"{direction}>{escape(headline)}</a>'
    return f"<span{direction}>{escape(headline)}</span>"


def rendered_source(source: PublishedSource, origin: str = "") -> RenderedSource:
    """The source as safe text; `origin`: one of `Origins.reasons`."""
    return RenderedSource(
        publisher=publisher_of(source),
        headline=plain(source.headline) or UNTITLED,
        url=safe_url(source.url),
        published=source.published_at,
        language=source.language,
        origin=origin,
    )


def other_publishers(entry: PublishedEntry) -> list[tuple[PublishedSource, str | None]]:
    """One source of each publisher other than the lead's (in any case), with its link."""
    found: dict[str, PublishedSource] = {entry.lead.publisher.casefold(): entry.lead}
    for source in entry.sources:
        found.setdefault(source.publisher.casefold(), source)
    return [(source, safe_url(source.url)) for source in list(found.values())[1:]]


def closed_on(day: str) -> str:
    """A day (YYYY-MM-DD) for people, in any locale: 12 August 2025."""
    year, month, number = (int(part) for part in day.split("-"))
    return f"{number} {_MONTHS[month - 1]} {year}"


def shown_time(at: datetime) -> str:
    """A time for people in UTC, in any locale: 12 August 2025, 09:30 UTC."""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at.hour:02}:{at.minute:02} UTC"


def shown_stamp(at: datetime) -> str:
    """The same in short: 12 Aug 2025 09:30 UTC; a line can only break after the day."""
    day = f"{at.day}\u00a0{_MONTHS[at.month - 1][:3]}\u00a0{at.year}"
    return f"{day} {at.hour:02}:{at.minute:02}\u00a0UTC"
