"""The HTML content of entries: an excerpt, and every source with its own words and time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.publishing.render_origins import origins_of
from aggregator.publishing.render_text import attributes, escape, excerpt, name, plain, safe_url
from aggregator.views import PublishedEntry, PublishedFeed, PublishedSource, RelatedStory

UNTITLED = "Untitled"
DIGEST_EXCERPT = 300  # characters of a story's summary among the others of its day

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class RenderedSource(Struct, frozen=True):
    """A source of a story as safe text."""

    publisher: str
    headline: str
    url: str | None
    published: datetime
    language: str = ""  # as the feed declares it
    origin: str = ""  # what speaks against its being independent of the others


class RenderedRelated(Struct, frozen=True):
    """A related story as safe text; `url` is its page, else where its lead stands."""

    id: str
    headline: str
    url: str | None
    published: datetime


def content_of(
    sources: Sequence[RenderedSource],
    *,
    summary: str,
    page: str | None,
    language: str,
    origins: str = "",
    related: Sequence[RenderedRelated] = (),
) -> str:
    """The content of an entry: its excerpt, its sources, and where to read more of it.

    `origins` tells in words how many of the sources are independent.
    """
    parts = []
    if summary:
        parts.append(f"<p{attributes(summary, language=language)}>{escape(summary)}</p>")
    counted = f"{len(sources)} sources:" if len(sources) > 1 else "Source:"
    parts.append(f"<p>{escape(origins) or counted}</p>")
    parts.append(f"<ul>{''.join(map(_source_line, sources))}</ul>")
    if related:
        parts.append(f"<p>More on this:</p><ul>{''.join(map(_related_line, related))}</ul>")
    if page:
        parts.append(f'<p><a href="{escape(page)}">All wordings, times and reasons</a></p>')
    return "".join(parts)


def digest_content(feed: PublishedFeed, stories: Sequence[PublishedEntry], *, count: int) -> str:
    """The content of a day's entry; `count` stories are the whole day."""
    more = count - len(stories)
    rest = f"And {more} more {'stories' if more > 1 else 'story'}"
    page = feed.page_url(f"{feed.topic}.html")
    if page:
        rest = f'<a href="{escape(page)}">{rest}</a>'
    text = "".join(_digest_story(feed, story) for story in stories)
    return f"{text}<p>{rest}.</p>" if more > 0 else text


def _digest_story(feed: PublishedFeed, entry: PublishedEntry) -> str:
    """A story within the entry of its day."""
    headline = plain(entry.headline) or UNTITLED
    href = safe_url(entry.url)
    direction = attributes(headline, language=entry.language)
    title = f'<a href="{escape(href)}">{escape(headline)}</a>' if href else escape(headline)
    summary = excerpt(entry.summary, limit=min(feed.excerpt, DIGEST_EXCERPT))
    text = f"<p{attributes(summary, language=entry.language)}>{escape(summary)}</p>"
    origins = origins_of(entry.sources)
    counted = f"<p>{escape(origins.in_words)}</p>" if origins.in_words else ""
    sources = map(rendered_source, entry.sources, origins.reasons)
    return (
        f"<h3{direction}>{title}</h3>{text if summary else ''}{counted}"
        f"<ul>{''.join(map(_source_line, sources))}</ul>"
    )


def _source_line(source: RenderedSource) -> str:
    direction = attributes(source.headline, language=source.language)
    title = (
        f'<a href="{escape(source.url)}"{direction}>{escape(source.headline)}</a>'
        if source.url
        else f"<span{direction}>{escape(source.headline)}</span>"
    )
    origin = f"; {escape(source.origin)}" if source.origin else ""
    return f"<li>{escape(source.publisher)}: {title} ({shown_time(source.published)}{origin})</li>"


def _related_line(story: RenderedRelated) -> str:
    direction = attributes(story.headline, language="")
    title = f"<span{direction}>{escape(story.headline)}</span>"
    if story.url:
        title = f'<a href="{escape(story.url)}"{direction}>{escape(story.headline)}</a>'
    return f"<li>{title} ({shown_time(story.published)})</li>"


def rendered_source(source: PublishedSource, origin: str = "") -> RenderedSource:
    """The source as safe text; `origin` is one of `Origins.reasons`."""
    return RenderedSource(
        publisher=name(source.publisher) or name(source.feed),
        headline=plain(source.headline) or UNTITLED,
        url=safe_url(source.url),
        published=source.published_at,
        language=source.language,
        origin=origin,
    )


def other_publishers(entry: PublishedEntry) -> list[tuple[PublishedSource, str | None]]:
    """One source of each publisher besides the lead's, whatever the case, with its link."""
    found: dict[str, PublishedSource] = {entry.lead.publisher.casefold(): entry.lead}
    for source in entry.sources:
        found.setdefault(source.publisher.casefold(), source)
    return [(source, safe_url(source.url)) for source in list(found.values())[1:]]


def rendered_related(story: RelatedStory, *, page: str | None) -> RenderedRelated:
    """The related story as safe text; `page` is the address of its page, where there is one."""
    return RenderedRelated(
        id=story.entry_id,
        headline=plain(story.headline) or UNTITLED,
        url=page or safe_url(story.url),
        published=story.published_at,
    )


def closed_on(day: str) -> str:
    """A day (YYYY-MM-DD) for people, whatever the locale: 12 August 2025."""
    year, month, number = (int(part) for part in day.split("-"))
    return f"{number} {_MONTHS[month - 1]} {year}"


def shown_time(at: datetime) -> str:
    """A time for people in UTC, whatever the locale: 12 August 2025, 09:30 UTC."""
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at.hour:02}:{at.minute:02} UTC"


def shown_stamp(at: datetime) -> str:
    """The same in short: 12 Aug 2025 09:30 UTC; breaks after the day only."""
    day = f"{at.day}\u00a0{_MONTHS[at.month - 1][:3]}\u00a0{at.year}"
    return f"{day} {at.hour:02}:{at.minute:02}\u00a0UTC"
