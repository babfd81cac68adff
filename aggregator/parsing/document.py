"""A feed document of any format, bytes in, values out.

Everything here runs in a child process that may be ended at any time: no network, no files, no
clock, no log, no state.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.errors import NotAFeed, ParseError
from aggregator.model import FeedHints, ParsedFeed, ParseTask
from aggregator.parsing import delta, xmltext
from aggregator.parsing.charset import decode
from aggregator.parsing.discovery import declared_feed
from aggregator.parsing.entries import RawEntry, items_of
from aggregator.parsing.feedxml import Channel, read_feed
from aggregator.parsing.hints import read_hints
from aggregator.parsing.jsonfeed import is_json, read_json_feed
from aggregator.parsing.layout import Layout, MalformedXml, scan
from aggregator.parsing.link_header import header_links, linked
from aggregator.parsing.newest import note
from aggregator.text import printable

__all__ = ["ParseTask", "parse"]


class _Reading(Struct, frozen=True):
    """What a format's reader found."""

    channel: Channel
    entries: tuple[RawEntry, ...]
    hints: FeedHints = field(default_factory=FeedHints)
    known: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_cut_off: bool = False  # its root has no end


def parse(task: ParseTask) -> ParsedFeed:
    """Read a feed document.

    Raises NotAFeed for anything else (the message says what came), UnsupportedFormat for refused
    constructs, ParseError for documents that cannot be read.
    """
    if not task.body.strip():
        raise NotAFeed("the document is empty")
    _refuse_binary(task.body)
    decoded = decode(task.body, task.headers)
    text = _without_warnings(decoded.text.lstrip())
    for sniff, read in FORMATS:
        if sniff(text):
            reading = read(text, task)
            return _feed(reading, task, decoded.notes)
    raise NotAFeed(_what_it_is(text), names=declared_feed(task.body, task.url, task.headers))


def _feed(reading: _Reading, task: ParseTask, notes: Sequence[str]) -> ParsedFeed:
    channel = reading.channel
    items = items_of(reading.entries, task.publisher, channel.title)
    if reading.is_cut_off and not items:
        # Counted as a good answer, its validators would hide the rest.
        raise ParseError("the document is cut off before its first entry")
    links = header_links(task.headers, task.url)  # WebSub 4: the header goes before the document
    return ParsedFeed(
        format=channel.format,
        title=channel.title,
        items=items,
        site_url=channel.site_url,
        self_url=linked(links, "self") or channel.self_url,
        hub_url=linked(links, "hub") or channel.hub_url,
        language=channel.language,
        rights=channel.rights,
        hints=reading.hints,
        known=reading.known,
        notes=(*notes, *reading.notes),
        is_delta="feed" in re.split(r"[\s,;]+", task.headers.get("im", "").lower()),
    )


def _read_json(text: str, task: ParseTask) -> _Reading:
    found = read_json_feed(text, task.url, context=_context(task), known=task.known)
    notes = (note(found.left_out),) if found.left_out else ()
    hints = FeedHints(left_out=found.left_out)
    return _Reading(found.channel, found.entries, hints, found.known, notes)


def _read_xml(text: str, task: ParseTask) -> _Reading:
    document, plan, notes = _prepared(xmltext.without_prolog(text))
    context = _context(task)
    if plan is None:
        channel, entries = read_feed(document, task.url)
        is_cut_off = xmltext.after_root(text) is None
        return _Reading(channel, entries, read_hints(_head(document)), (), notes, is_cut_off)
    if plan.left_out:
        notes += (note(plan.left_out),)
    cut = delta.cut_known(document, plan, context=context, known=task.known)
    channel, entries = read_feed(cut.document, task.url, cut.hashes)
    if cut.known and len(entries) != len(cut.hashes):
        cut = delta.whole(document, plan, context=context)
        channel, entries = read_feed(cut.document, task.url, cut.hashes)
    hints = replace(read_hints(_head(document)), left_out=plan.left_out)
    return _Reading(channel, entries, hints, cut.known, notes)


def _context(task: ParseTask) -> str:
    """What the reading of an entry depends on besides the document."""
    return f"{task.url}\n{task.publisher}"


def _prepared(text: str) -> tuple[bytes, Layout | None, tuple[str, ...]]:
    """The document with common faults mended, its layout if it is well-formed then."""
    # The parser says whether there are characters that XML forbids; looking at each here is slow.
    document = text.encode("utf-8", "surrogatepass")
    try:
        return document, scan(document), ()
    except MalformedXml as fault:
        detail = printable(str(fault), limit=100)
    legal = xmltext.legal(text)
    if legal != text:
        return _prepared(legal)
    document = xmltext.mended(text).encode()
    try:
        return document, scan(document), (f"the XML was repaired ({detail})",)
    except MalformedXml as fault:
        if fault.trailing:
            document = document[: fault.offset]
            return document, scan(document), (f"text after the feed was left out ({detail})",)
    return document, None, (f"the XML is broken ({detail}); read as far as possible",)


def _head(document: bytes) -> str:
    """The feed's own elements: what stands before the first item and after the last."""
    first = re.search(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>/]", document)
    last = max(document.rfind(b"</item>"), document.rfind(b"</entry>"))
    head = document[: first.start()] if first else document
    tail = document[last:] if first and last >= 0 else b""
    return (head[:50_000] + tail[:50_000]).decode("utf-8", "replace")


def _without_warnings(text: str) -> str:
    """The feed alone where a program printed warnings, in HTML, before its declaration.

    A page that quotes a feed is none: it has other tags, or goes on behind the feed.
    """
    at = text.find("<?xml", 1, _MOST_BEFORE)
    if at < 0 or is_json(text) or _is_feed_xml(text) or not _WARNINGS.fullmatch(text, 0, at):
        return text
    feed = text[at:]
    if not _is_feed_xml(feed):
        return text
    rest = xmltext.after_root(feed)
    return text if rest is None or rest.strip() else feed


def _is_feed_xml(text: str) -> bool:
    if not text.startswith("<") and "<" not in text[:5000]:
        return False
    return _root(text) in _FEED_ROOTS


def _root(text: str) -> str:
    return xmltext.root_name(text).rpartition(":")[2].lower()


_MOST_BEFORE = 20_000  # characters before the declaration
_WARNINGS = re.compile(r"[^<]*(?:</?(?:a|b|br|code|i|p)(?=[\s/>])[^<>]*>[^<]*)*", re.I)  # of PHP
_FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_KNOWN_ROOTS = {
    "html": "a web page (HTML), not a feed",
    "opml": "a list of subscriptions (OPML), not a feed; import it instead",
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


def _refuse_binary(body: bytes) -> None:
    for start, name in _BINARY:
        if body.startswith(start):
            raise NotAFeed(f"the document is {name}, not a feed")


def _what_it_is(text: str) -> str:
    """What came instead; its text is not quoted, for it may repeat a key that the request held."""
    if "challenge-platform" in text[:20_000] or "<title>Just a moment..." in text[:5000]:
        return "the document is a check for browsers (Cloudflare), not a feed"
    name = xmltext.root_name(text)
    kind = _KNOWN_ROOTS.get(_root(text))
    if kind is None and re.search(r"<(?:html|head|body|!doctype html)\b", text[:5000], re.I):
        kind = _KNOWN_ROOTS["html"]
    if kind is not None:
        return f"the document is {kind}"
    if name:
        return f"the document is XML with the root <{printable(name, limit=40)}>, not a feed"
    return "the document is no feed: plain text, or nothing known"


FORMATS: tuple[tuple[Callable[[str], bool], Callable[[str, ParseTask], _Reading]], ...] = (
    (is_json, _read_json),
    (_is_feed_xml, _read_xml),
)
