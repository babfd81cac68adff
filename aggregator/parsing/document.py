"""Parses a feed document of any format: bytes in, values out.

All of this runs in a child process that may be killed at any time: it uses no network, files,
clock, log or state.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from aggregator.errors import NotAFeed, ParseError
from aggregator.model import ParsedFeed, ParseTask
from aggregator.parsing import xmltext
from aggregator.parsing.charset import decode
from aggregator.parsing.entries import items_of
from aggregator.parsing.jsonfeed import is_json, read_json_feed
from aggregator.parsing.link_header import header_links, linked
from aggregator.parsing.rawfeed import RawFeed
from aggregator.parsing.xmlfeed import is_xml_feed, read_xml_feed
from aggregator.text import printable

__all__ = ["ParseTask", "parse"]


class Format(Struct, frozen=True):
    """A format of feed documents: how to recognise and how to read it.

    `read` raises NotAFeed, UnsupportedFormat or ParseError. docs/configuration.md lists them all.
    """

    name: str
    recognises: Callable[[str], bool]
    read: Callable[[str, ParseTask], RawFeed]


FORMATS = (
    Format("JSON Feed", is_json, read_json_feed),
    Format("RSS, RDF or Atom", is_xml_feed, read_xml_feed),
)
"""The formats in the order in which they are tried."""

_KNOWN_ROOTS = {
    "html": "a web page (HTML), not a feed",
    "opml": "a list of subscriptions (OPML), not a feed; import it, or subscribe to it with opml:",
    "urlset": "a sitemap, not a feed",
    "sitemapindex": "a sitemap, not a feed",
    "svg": "a picture (SVG), not a feed",
    "envelope": "a SOAP message, not a feed",
    "error": "an error message in XML, not a feed",
}
_BINARY = (
    (b"\x1f\x8b", "compressed data (gzip)"),
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
)


def parse(task: ParseTask) -> ParsedFeed:
    """Reads a feed document.

    Raises NotAFeed for anything else (the message says what it is), UnsupportedFormat for refused
    constructs, and ParseError for documents that cannot be read.
    """
    if not task.body.strip():
        raise NotAFeed("the document is empty")
    if task.is_list:
        from aggregator.parsing.subscriptions import read_subscribed  # noqa: PLC0415 - for lists

        return read_subscribed(task)
    for start, name in _BINARY:
        if task.body.startswith(start):
            raise NotAFeed(f"the document is {name}, not a feed")
    decoded = decode(task.body, task.headers)
    text = decoded.text.lstrip()
    reader = next((one for one in FORMATS if one.recognises(text)), None)
    if reader is None:
        from aggregator.parsing.discovery import declared_feed  # noqa: PLC0415 - for pages

        raise NotAFeed(_what_it_is(text), names=declared_feed(task.body, task.url, task.headers))
    raw = reader.read(text, task)
    channel = raw.channel
    items = items_of(raw.entries, task.publisher, channel.title)
    if raw.is_cut_off and not items:
        # As a success, its validators would hide the rest.
        raise ParseError("the document is cut off before its first entry")
    links = header_links(task.headers, task.url)  # WebSub 4: the header comes before the document
    return ParsedFeed(
        format=channel.format,
        title=channel.title,
        items=items,
        site_url=channel.site_url,
        self_url=linked(links, "self") or channel.self_url,
        hub_url=linked(links, "hub") or channel.hub_url,
        language=channel.language,
        rights=channel.rights,
        hints=raw.hints,
        known=raw.known,
        notes=(*decoded.notes, *raw.notes),
        is_delta="feed" in re.split(r"[\s,;]+", task.headers.get("im", "").lower()),
    )


def _what_it_is(text: str) -> str:
    """What the document is instead; without quoting it, as it may repeat secrets of the request."""
    if "challenge-platform" in text[:20_000] or "<title>Just a moment..." in text[:5000]:
        return "the document is a check for browsers (Cloudflare), not a feed"
    name = xmltext.root_name(text)
    kind = _KNOWN_ROOTS.get(xmltext.local_root_name(text))
    if kind is None and re.search(r"<(?:html|head|body|!doctype html)\b", text[:5000], re.I):
        kind = _KNOWN_ROOTS["html"]
    if kind is not None:
        return f"the document is {kind}"
    if name:
        return f"the document is XML with the root <{printable(name, limit=40)}>, not a feed"
    return "the document is not a feed: plain text, or an unknown format"
