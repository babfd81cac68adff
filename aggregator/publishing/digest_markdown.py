"""The newest days of a topic as Markdown, for people and notebooks. Pure.

Each story has its headline, an excerpt, and its sources; no text of a story is taken for markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aggregator.publishing.markdown import escape, link
from aggregator.publishing.render_content import (
    UNTITLED,
    closed_on,
    digest_excerpt,
    other_publishers,
    shown_time,
)
from aggregator.publishing.render_document import Day
from aggregator.publishing.render_origins import entry_origins
from aggregator.publishing.render_text import plain, publisher_of, safe_url
from aggregator.text import counted
from aggregator.views import PublishedEntry, PublishedFeed

_SECTION = "\n\n## "  # no text of a story begins a line like this


def digest_markdown(feed: PublishedFeed, days: Sequence[Day | str]) -> bytes:
    """A section for each day, newest first, in UTF-8 (CommonMark; media type RFC 7763).

    A day may be given as a finished section, as `sections` returns it.
    """
    about = "Each story once, with all its sources."
    page = feed.page_url(f"{feed.topic}.html")
    blocks = [  # paragraphs and headings, separated by empty lines
        f"# {escape(plain(feed.title) or feed.topic)}, day by day",
        f"{about} {link('All stories', page)}" if page else about,
    ]
    if not days:
        blocks.append("No stories yet.")
    for day in days:
        if isinstance(day, str):
            blocks.append(day)
            continue
        stories = counted(day.count, "story", "stories")
        blocks.append(f"## {heading(day.day, is_open=day.is_open)}: {stories}")
        for story in day.stories:
            blocks += _story(feed, story)
        if more := day.count - len(day.stories):
            rest = f"And {counted(more, 'more story', 'more stories')}"
            blocks.append(f"{link(rest, page)}.")
    return ("\n\n".join(blocks) + "\n").encode()


def sections(document: bytes) -> dict[str, str]:
    """The sections of such a document, by `heading`; empty if the document is cut off."""
    if not document.endswith(b"\n"):
        return {}
    _, *found = document.decode(errors="replace").removesuffix("\n").split(_SECTION)
    return {text.partition(":")[0]: f"## {text}" for text in found}


def heading(day: str, *, is_open: bool) -> str:
    """How the heading of a day's section (YYYY-MM-DD) begins."""
    return f"{closed_on(day)}{', so far' if is_open else ''}"


def _story(feed: PublishedFeed, entry: PublishedEntry) -> Iterator[str]:
    headline = plain(entry.headline) or UNTITLED
    yield f"### {link(headline, safe_url(entry.url))}"
    if summary := digest_excerpt(feed, entry):
        yield escape(summary)
    publisher = publisher_of(entry.lead)
    said = [f"{escape(publisher)}, {shown_time(entry.published_at)}." if publisher
            else f"{shown_time(entry.published_at)}."]  # fmt: skip
    others = [
        link(publisher_of(source) or UNTITLED, url) for source, url in other_publishers(entry)
    ]
    if others:
        said.append(f"Also: {', '.join(others)}.")
    if origins := entry_origins(entry).in_words:
        said.append(escape(origins))
    if page := feed.page_url(f"stories/{entry.story}.html"):
        said.append(link("Wordings, times and reasons", page))
    yield " ".join(said)
