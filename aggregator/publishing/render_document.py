"""Feed documents before serialisation: safe text, links with relations, HTML content. Pure.

`PublishedFeed` -> `Document`; the output formats are serialisations of a `Document`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.model import Enclosure, Image
from aggregator.publishing.formats import ATOM, PAGE_TYPE
from aggregator.publishing.render_content import (
    UNTITLED,
    RenderedSource,
    closed_on,
    content_of,
    digest_content,
    rendered_source,
)
from aggregator.publishing.render_origins import Origins, entry_origins
from aggregator.publishing.render_text import (
    categories,
    enclosures_of,
    excerpt,
    image_of,
    language_tag,
    name,
    plain,
    safe_url,
)
from aggregator.publishing.style import FEED_STYLE
from aggregator.text import counted
from aggregator.views import PublishedEntry, PublishedFeed, RelatedStory

_ADDRESS = re.compile(r"[^\s()<>,;:]+@[^\s()<>,;:]+")


class Link(Struct, frozen=True, gc=False):
    """A link with its relation (RFC 4287, section 4.2.7; IANA link relations)."""

    href: str
    rel: str
    type: str = ""
    title: str = ""
    hreflang: str = ""


class SourceFeed(Struct, frozen=True, gc=False):
    """The feed that a story's lead came from (RFC 4287, section 4.2.11)."""

    id: str
    title: str
    updated: datetime
    url: str | None
    rights: str


class DocumentEntry(Struct, frozen=True, gc=False):
    """An entry, ready to be serialised."""

    id: str
    title: str
    url: str | None
    published: datetime
    updated: datetime
    content_html: str
    summary: str
    authors: tuple[str, ...]
    language: str
    links: tuple[Link, ...] = ()
    sources: tuple[RenderedSource, ...] = ()
    terms: tuple[str, ...] = ()
    rights: str = ""
    source_feed: SourceFeed | None = None
    origins: Origins | None = None
    image: Image | None = None
    enclosures: tuple[Enclosure, ...] = ()
    related: tuple[RelatedStory, ...] = ()  # as safe text, each with the best link there is


class Day(Struct, frozen=True):
    """A day of the digest."""

    day: str  # YYYY-MM-DD
    closed_at: datetime
    stories: Sequence[PublishedEntry]  # in the order of the digest; not all if there are too many
    count: int  # of all stories of the day
    is_open: bool = False  # more stories may follow


class Document(Struct, frozen=True):
    """A feed document, ready to be serialised."""

    name: str  # of its file, without the ending
    id: str
    title: str
    subtitle: str
    author: str
    language: str
    updated: datetime
    site_url: str
    base_url: str | None
    page: str | None  # address of the page with the same stories
    entries: tuple[DocumentEntry, ...]
    links: tuple[Link, ...] = ()  # hub, archives...; self and alternate differ by format
    icon: str | None = None
    ttl_minutes: int = 0
    is_archive: bool = False
    style: str = ""  # address of the style sheet for browsers; "": none
    parameters: str = ""  # the query of its address, if it is made on request

    def url(self, name: str) -> str | None:
        """The address of one of our files, if `base_url` is known."""
        query = f"?{self.parameters}" if self.parameters else ""
        return None if self.base_url is None else f"{self.base_url}{name}{query}"


def topic_document(feed: PublishedFeed) -> Document:
    """The topic feed; RFC 5005 calls it the subscription document."""
    links = _hub(feed)
    if feed.base_url and feed.months:
        links += (_archive_link(feed, feed.months[-1], rel="prev-archive"),)
    return replace(_document(feed, [_entry(feed, entry) for entry in feed.entries]), links=links)


def archive_document(
    feed: PublishedFeed, *, month: str, left_out: int = 0, latest: datetime | None = None
) -> Document:
    """The entries of a month (YYYY-MM) as an archive document (RFC 5005, section 4).

    It has the id of the topic feed: both are parts of one logical feed. It mentions how many
    entries of the month were `left_out` because a document has limited room. `latest`: when the
    newest entry was updated, if `feed` does not contain all entries.
    """
    at = feed.months.index(month)
    links: tuple[Link, ...] = ()
    if feed.base_url:
        links = (Link(f"{feed.base_url}{feed.topic}.atom", "current", ATOM.media_type),)
        if at > 0:
            links += (_archive_link(feed, feed.months[at - 1], rel="prev-archive"),)
        if at + 1 < len(feed.months):
            links += (_archive_link(feed, feed.months[at + 1], rel="next-archive"),)
    is_former = month < feed.archive_form_since
    stories = counted(left_out, "more story", "more stories")
    are = "is" if left_out == 1 else "are"
    note = f" {stories} of the month {are} left out: each source has its newest here."
    entries = [_entry(feed, entry, in_former_form=is_former) for entry in feed.entries]
    document = _document(feed, entries)
    return replace(
        document,
        name=f"{feed.topic}-{month}",
        title=f"{plain(feed.title)}, {month}",
        subtitle=document.subtitle + (note if left_out else ""),
        updated=latest or document.updated,
        links=links,
        is_archive=True,
        style="",
    )


def search_document(feed: PublishedFeed, *, parameters: str) -> Document:
    """The feed of a search, identified by `parameters`, the query of its address."""
    document = _document(feed, [_entry(feed, entry) for entry in feed.entries])
    page = None if feed.base_url is None else f"{feed.base_url}{feed.topic}?{parameters}"
    identity = f"{feed.feed_id}?{parameters}"
    return replace(document, id=identity, page=page, parameters=parameters)


def digest_document(feed: PublishedFeed, days: Sequence[Day]) -> Document:
    """One entry for each day, newest day first.

    Each links to the page of its day, or, if it was published before there were such pages, to the
    topic's page.
    """
    since = feed.day_links_since
    former = feed.page_url(f"{feed.topic}.html")
    entries = [
        DocumentEntry(
            id=digest_id(feed, day.day),
            title=f"{plain(feed.title)}: {closed_on(day.day)}",
            url=feed.page_url(f"{feed.topic}-{day.day}.html")
            if since is not None and day.day > since
            else former and f"{former}#d{day.day}",
            published=day.closed_at,
            updated=day.closed_at,
            content_html=digest_content(feed, day.stories, count=day.count),
            summary="",
            authors=(),
            language=language_tag(feed.language),
        )
        for day in days
    ]
    return replace(
        _document(feed, entries),
        name=f"{feed.topic}-digest",
        id=f"{feed.feed_id}/digest",
        title=f"{plain(feed.title)}, day by day",
        links=_hub(feed),
    )


def digest_id(feed: PublishedFeed, day: str) -> str:
    """The id of a day's entry."""
    return f"{feed.feed_id}/digest/{day}"


def _document(feed: PublishedFeed, entries: Sequence[DocumentEntry]) -> Document:
    """The feed with these entries, without links; parts of it have another name, id or title."""
    title = plain(feed.title)
    return Document(
        name=feed.topic,
        id=feed.feed_id,
        title=title or feed.topic,
        subtitle=f"{title or feed.topic}. Each story once, with all its sources.",
        author=plain(feed.author) or plain(feed.site_title) or "aggregator",
        language=language_tag(feed.language) or "en",
        updated=max((entry.updated for entry in entries), default=feed.updated_at),
        site_url=feed.base_url or feed.local_url,
        base_url=feed.base_url,
        page=feed.page_url(f"{feed.topic}.html"),
        entries=tuple(entries),
        icon=safe_url(feed.icon),
        ttl_minutes=feed.ttl_minutes,
        style="../" * feed.topic.count("/") + FEED_STYLE,
    )


def _hub(feed: PublishedFeed) -> tuple[Link, ...]:
    hub = safe_url(feed.hub)
    return (Link(hub, "hub"),) if hub else ()


def _archive_link(feed: PublishedFeed, month: str, *, rel: str) -> Link:
    return Link(f"{feed.base_url}{feed.topic}-{month}.atom", rel, ATOM.media_type)


def _entry(
    feed: PublishedFeed, entry: PublishedEntry, *, in_former_form: bool = False
) -> DocumentEntry:
    """The entry; `in_former_form`: as version 0.1 wrote it, for archives that must not change."""
    page = feed.page_url(f"stories/{entry.story}.html") if entry.has_page else None
    title = plain(entry.headline) or plain(entry.lead.headline) or UNTITLED
    url = safe_url(entry.url) or page
    language = language_tag(entry.language)
    summary = excerpt(entry.summary, limit=feed.excerpt)
    lead = entry.lead
    origins = None if in_former_form else entry_origins(entry)
    has_media = feed.has_media and not in_former_form
    reasons = ("",) * len(entry.sources) if origins is None else origins.reasons
    sources = tuple(map(rendered_source, entry.sources, reasons))
    related = tuple(
        replace(
            one,
            headline=plain(one.headline) or UNTITLED,
            url=feed.page_url(f"stories/{one.story}.html") or safe_url(one.url),
        )
        for one in (() if in_former_form else entry.related)
    )
    # without mail addresses, which must not be spread
    author = _ADDRESS.sub("", name(lead.author)).replace("()", "")
    author, publisher = " ".join(author.split()).strip(" ()<>,;"), name(lead.publisher)
    if author and not in_former_form and publisher.casefold() not in author.casefold():
        author = f"{author} ({publisher})"
    return DocumentEntry(
        id=entry.entry_id,
        title=title,
        url=url,
        published=entry.published_at,
        updated=max(entry.updated_at, entry.published_at),
        content_html=content_of(
            sources,
            summary=summary,
            page=page,
            language=language,
            origins="" if origins is None else origins.in_words,
            related=related,
        ),
        summary=summary,
        authors=(author or publisher or plain(feed.site_title) or "aggregator",),
        language=language,
        links=_links(entry, page=page, url=url),
        sources=sources,
        terms=categories(entry.terms),
        rights=plain(lead.rights, limit=300),
        source_feed=_source_feed(feed, entry),
        origins=origins,
        image=image_of(entry) if has_media else None,
        enclosures=enclosures_of(entry) if has_media else (),
        related=related,
    )


def _links(entry: PublishedEntry, *, page: str | None, url: str | None) -> tuple[Link, ...]:
    links = [Link(page, "related", PAGE_TYPE, "All sources of this story")] if page else []
    seen = {url, page}
    for source in entry.sources:
        href = safe_url(source.url)
        if href and href not in seen:
            seen.add(href)
            title = plain(f"{source.publisher}: {source.headline}", limit=300)
            links.append(Link(href, "related", "text/html", title, language_tag(source.language)))
    return tuple(links)


def _source_feed(feed: PublishedFeed, entry: PublishedEntry) -> SourceFeed | None:
    lead = entry.lead
    title = plain(lead.feed_title, limit=300) or plain(lead.feed or lead.publisher, limit=300)
    if not title:
        return None
    address = safe_url(lead.feed_url)
    if address and address.count("/") == 2:
        address += "/"  # the canonical form (RFC 3986, section 6.2.3)
    identity = address
    if identity is None:
        # The address of a private feed is never published: it has an id in our own tag space.
        label = (lead.feed or lead.publisher).lower()
        slug = "".join(char if char.isascii() and char.isalnum() else "-" for char in label)
        identity = f"{feed.feed_id}/source/{slug.strip('-')[:60] or 'unnamed'}"
    return SourceFeed(identity, title, entry.updated_at, address, plain(lead.rights, limit=300))
