"""A `Document` as Atom 1.0 (RFC 4287) and RSS 2.0, written with feedgen. Pure.

feedgen drops the relation of an entry's links, writes `source` without id and time, and reads the
clock if no time is given; the two extensions below write what it cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from feedgen.feed import FeedGenerator
from lxml.etree import SubElement, fromstring
from msgspec.structs import replace

from aggregator.publishing.formats import ATOM, PAGE_TYPE, RSS, Format
from aggregator.publishing.render_document import Document, DocumentEntry

_AT_ONCE = 200  # entries that feedgen writes at once
_ATOM = "{http://www.w3.org/2005/Atom}"
_MEDIA = "http://search.yahoo.com/mrss/"
_NOTE = (
    '<div xmlns="http://www.w3.org/1999/xhtml"><p><strong>This is a web feed.</strong> A feed'
    " reader asks it from time to time and shows you what is new, without account or mail"
    " address.</p>"
    "<p>{subscribe}</p>{read}</div>"
)
_HISTORY = "{http://purl.org/syndication/history/1.0}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_SPECIAL = re.compile('[\x00-\x1f&<>"\ufffe\uffff]')
_REFERENCES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}


class _FeedExtension:
    """What a channel or feed needs beyond feedgen; `document` is set after registration.

    Each entry is written on a line of its own, so that diffs of two revisions are readable.
    """

    document: Document

    def extend_ns(self) -> dict[str, str]:
        names = {
            "dc": "http://purl.org/dc/elements/1.1/",
            "fh": "http://purl.org/syndication/history/1.0",
        }
        # The head of an archive stays as an earlier release wrote it; its entries declare `media`.
        return names if self.document.is_archive else {**names, "media": _MEDIA}

    def extend_atom(self, feed: Any) -> Any:
        if self.document.is_archive:
            SubElement(feed, f"{_HISTORY}archive")
        _note(feed, self.document, ATOM)
        feed[-1].tail = "\n"
        return feed

    def extend_rss(self, rss: Any) -> Any:
        channel = rss[0]
        for link in self.document.links:
            if link.rel == "hub":
                SubElement(channel, f"{_ATOM}link", href=link.href, rel=link.rel)
        _note(channel, self.document, RSS)
        channel[-1].tail = "\n"
        return rss


class _EntryExtension:
    """What an entry needs beyond feedgen; `entry` is set after registration."""

    entry: DocumentEntry

    def extend_atom(self, element: Any) -> Any:
        element.tail = "\n"
        if self.entry.language:
            element.set(_LANG, self.entry.language)
        return element

    def extend_rss(self, item: Any) -> Any:
        item.tail = "\n"
        return item


def atom(document: Document) -> bytes:
    """Atom 1.0."""
    return _in_parts(_atom, document, element="entry", end="</feed>", rest=_rest_of_entry)


def rss(document: Document) -> bytes:
    """RSS 2.0, with the full content in `description`, where every reader looks for it."""
    return _in_parts(_rss, document, element="item", end="</channel></rss>", rest=_rest_of_item)


def _in_parts(
    write: Callable[[Document], bytes],
    document: Document,
    *,
    element: str,
    end: str,
    rest: Callable[[Document, DocumentEntry], str],
) -> bytes:
    """The whole document; `write` is called with a few entries at a time.

    feedgen keeps objects and a tree for everything that it writes, which takes much memory for
    thousands of entries. `rest`: what follows in an entry after the elements that feedgen writes.
    """
    start, close = f"\n<{element}", f"</{element}>"
    parts: list[str] = []
    for at in range(0, max(len(document.entries), 1), _AT_ONCE):
        entries = document.entries[at : at + _AT_ONCE]
        part = write(replace(document, entries=entries)).decode()
        head, *lines = part.removesuffix(f"\n{end}").split(start)
        if not parts:
            # the style sheet's address follows the XML declaration (xml-stylesheet 1.0)
            declaration, line_end, root = head.partition("?>\n")
            style = f'<?xml-stylesheet type="text/css" href="{document.style}"?>\n'
            parts += (declaration, line_end, style if document.style else "", root)
        for entry, line in zip(entries, lines, strict=True):
            parts += (start, line.removesuffix(close), rest(document, entry), close)
    return "".join((*parts, end, "\n")).encode()


def _rest_of_entry(document: Document, entry: DocumentEntry) -> str:
    """What feedgen cannot write for Atom. As text: building a tree costs five times as much."""
    parts: list[str] = []
    if entry.url:
        parts.append(f'<link href="{_value(entry.url)}" rel="alternate" type="{PAGE_TYPE}"/>')
    for link in entry.links:
        kind = f' type="{link.type}"' if link.type else ""
        title = f' title="{_value(link.title)}"' if link.title else ""
        language = f' hreflang="{link.hreflang}"' if link.hreflang else ""
        parts.append(f'<link href="{_value(link.href)}" rel="{link.rel}"{kind}{title}{language}/>')
    for one in entry.enclosures:
        length = f' length="{one.bytes}"' if one.bytes else ""
        kind = f'rel="enclosure" type="{_value(one.type)}"'
        parts.append(f'<link href="{_value(one.url)}" {kind}{length}/>')
    parts.append(_thumbnail(document, entry))
    parts += (f'<category term="{_value(term)}"/>' for term in entry.terms)
    if source := entry.source_feed:
        title, rights = _text(source.title), _text(source.rights)
        updated = _whole(source.updated).isoformat()
        own = f'<link href="{_value(source.url)}" rel="self"/>' if source.url else ""
        parts.append(
            f"<source><id>{_text(source.id)}</id><title>{title}</title>"
            f"<updated>{updated}</updated>{own}"
            f"{f'<rights>{rights}</rights>' if rights else ''}</source>"
        )
    return "".join(parts)


def _rest_of_item(document: Document, entry: DocumentEntry) -> str:
    """What feedgen cannot write for RSS, or not as quickly."""
    parts = [f"<dc:creator>{_text(author)}</dc:creator>" for author in entry.authors]
    parts += (f"<category>{_text(term)}</category>" for term in entry.terms)
    for one in entry.enclosures[:1]:  # more than one confuses readers (RSS Advisory Board)
        url, kind = _value(one.url), _value(one.type)
        parts.append(f'<enclosure url="{url}" type="{kind}" length="{one.bytes}"/>')
    parts.append(_thumbnail(document, entry))
    # as RSS needs it, in any locale: the same as from `email.utils`, but faster
    weekday, month, day, clock, year = entry.published.astimezone(UTC).ctime().split()
    parts.append(f"<pubDate>{weekday}, {day:0>2} {month} {year} {clock} +0000</pubDate>")
    if (source := entry.source_feed) and source.url:
        parts.append(f'<source url="{_value(source.url)}">{_text(source.title)}</source>')
    if entry.rights:
        parts.append(f"<dc:rights>{_text(entry.rights)}</dc:rights>")
    if entry.language:
        parts.append(f"<dc:language>{_text(entry.language)}</dc:language>")
    return "".join(parts)


def _atom(document: Document) -> bytes:
    feed = _generator(document, ATOM)
    uri = {"uri": document.base_url} if document.base_url else {}
    feed.author({"name": document.author, **uri})
    feed.subtitle(document.subtitle)
    if document.icon:
        feed.icon(document.icon)
    for entry in document.entries:
        written = _add(feed, entry)
        written.published(_whole(entry.published))
        written.content(entry.content_html, type="html")
        for author in entry.authors:
            written.author({"name": author})
        if entry.rights:
            written.rights(entry.rights)
    result: bytes = feed.atom_str(pretty=False)
    return result


def _rss(document: Document) -> bytes:
    feed = _generator(document, RSS)
    feed.description(document.subtitle)
    feed.docs("https://www.rssboard.org/rss-specification")
    feed.lastBuildDate(_whole(document.updated))
    if document.ttl_minutes:
        feed.ttl(str(document.ttl_minutes))
    for entry in document.entries:
        written = _add(feed, entry)
        if entry.url:
            written.link(href=entry.url, rel="alternate")
        written.description(entry.content_html)
    result: bytes = feed.rss_str(pretty=False)
    return result


def _note(feed: Any, document: Document, written_as: Format) -> None:
    """A note for people who open the feed in a browser; feed readers ignore it.

    XHTML, where extensions are allowed (RFC 4287, section 6.4; RSS 2.0, extending RSS).
    """
    if not document.style:
        return
    own = document.url(written_as.file_name(document.name))
    subscribe = "To subscribe, copy the address of this page into your feed reader."
    if own:
        address = f"<code>{_text(own)}</code>"
        subscribe = f"To subscribe, copy this address into your feed reader: {address}"
    read = ""
    if document.page:
        link = f'<a href="{_value(document.page)}">{_text(document.title)}</a>'
        read = f"<p>To read here: {link}</p>"
    feed.append(fromstring(_NOTE.format(subscribe=subscribe, read=read)))


def _generator(document: Document, written_as: Format) -> Any:
    feed = FeedGenerator()
    feed.register_extension("house", _FeedExtension, _EntryExtension)
    feed.house.document = document
    feed.id(document.id)
    feed.title(document.title)
    feed.updated(_whole(document.updated))
    feed.generator("aggregator")
    feed.language(document.language)
    own = document.url(written_as.file_name(document.name))
    if own:
        feed.link(href=own, rel="self", type=written_as.media_type)
    if written_as is ATOM:
        for link in document.links:
            feed.link(href=link.href, rel=link.rel, **({"type": link.type} if link.type else {}))
    # The alternate comes last: feedgen makes the last link the RSS channel's own.
    if document.page or written_as is RSS:
        alternate = document.page or document.site_url
        feed.link(href=alternate, rel="alternate", type=PAGE_TYPE)
    return feed


def _add(feed: Any, entry: DocumentEntry) -> Any:
    written = feed.add_entry(order="append")
    written.house.entry = entry
    written.id(entry.id)
    written.title(entry.title)
    written.updated(_whole(entry.updated))
    return written


def _thumbnail(document: Document, entry: DocumentEntry) -> str:
    """The picture of an entry or item (Media RSS 1.5.1)."""
    image = entry.image
    if image is None:
        return ""
    declared = f' xmlns:media="{_MEDIA}"' if document.is_archive else ""
    width = f' width="{image.width}"' if image.width else ""
    height = f' height="{image.height}"' if image.height else ""
    return f'<media:thumbnail{declared} url="{_value(image.url)}"{width}{height}/>'


def _value(text: str) -> str:
    """The text as a double-quoted attribute value, without characters that XML 1.0 forbids."""
    if not _SPECIAL.search(text):
        return text
    return _SPECIAL.sub(lambda found: _REFERENCES.get(found[0], ""), text)


def _text(text: str) -> str:
    """The text as the content of an element."""
    return _value(text).replace("&quot;", '"')


def _whole(at: datetime) -> datetime:
    return (
        at if at.tzinfo is UTC and not at.microsecond else at.astimezone(UTC).replace(microsecond=0)
    )
