"""RSS, RDF and Atom documents: repairs them if that is safe, cuts out known items, reads them.

And their polling hints: ttl, skipHours and skipDays of RSS 2.0, the RSS 1.0 syndication module.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from aggregator.model import FeedHints, ParseTask
from aggregator.parsing import delta, xmltext
from aggregator.parsing.dates import parse_date
from aggregator.parsing.feedxml import read_feed
from aggregator.parsing.layout import Layout, MalformedXml, scan
from aggregator.parsing.months import weekday_of
from aggregator.parsing.newest import note
from aggregator.parsing.rawfeed import RawFeed
from aggregator.text import printable

_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_ENTRY_TAG = re.compile(r"<(/?)(?:\w{1,20}:)?(?:item|entry)\b(?![^<>]*/>)", re.I)
_WHOLE_END = re.compile(r"(?:</[^<>]*|<[^<>]*/)>\s*\Z")
_MOST_BEFORE = 20_000  # characters before the declaration
_WARNINGS = re.compile(r"[^<]*(?:</?(?:a|b|br|code|i|p)(?=[\s/>])[^<>]*>[^<]*)*", re.I)  # of PHP
_MAX_HEAD = 100_000  # characters that are read
_TTL = re.compile(r"<ttl[^<>]{0,80}>\s*(\d{1,9})(?:\.\d*)?\s*</ttl>", re.I)
_SKIP_HOURS = re.compile(r"<skipHours[^<>]{0,80}>([^!]{0,4000}?)</skipHours>", re.I)
_HOUR = re.compile(r"<hour[^<>]{0,80}>\s*(\d{1,2})\s*</hour>", re.I)
_SKIP_DAYS = re.compile(r"<skipDays[^<>]{0,80}>([^!]{0,2000}?)</skipDays>", re.I)
_DAY = re.compile(r"<day[^<>]{0,80}>\s*([A-Za-z]{6,9})\s*</day>", re.I)
_PERIOD = re.compile(r"<(?:\w{1,20}:)?updatePeriod[^<>]{0,80}>\s*([a-z]{4,10})\s*</", re.I)
_FREQUENCY = re.compile(r"<(?:\w{1,20}:)?updateFrequency[^<>]{0,80}>\s*(\d{1,6})\s*</", re.I)
_BASE = re.compile(r"<(?:\w{1,20}:)?updateBase[^<>]{0,80}>([^<>]{1,60})</", re.I)
_PERIODS = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 604_800,
    "monthly": 2_592_000,
    "yearly": 31_536_000,
}
_LONGEST_TTL_S = 366 * 86_400


def is_xml_feed(text: str) -> bool:
    """Whether the root element of a document, after any warnings, is that of a feed."""
    return _has_feed_root(_without_warnings(text))


def read_xml_feed(text: str, task: ParseTask) -> RawFeed:
    """Reads a feed in XML, except entries whose raw hash is among `task.known`.

    Raises UnsupportedFormat for refused constructs, NotAFeed if there is no feed, ParseError if it
    cannot be read.
    """
    text = _without_warnings(text)
    document, layout, notes = _prepared(xmltext.without_prolog(text))
    if layout is None:
        channel, entries = read_feed(document, task.url)
        is_cut_off = xmltext.after_root(text) is None
        tags = _ENTRY_TAG.findall(text) if is_cut_off else ()
        if tags and not tags[-1] and _WHOLE_END.search(text, len(text) - 200) is None:
            # it breaks off within an entry, of which a half would be stored, and the whole later
            entries = entries[:-1]
        return RawFeed(channel, entries, read_hints(_head(document)), (), notes, is_cut_off)
    if layout.left_out:
        notes += (note(layout.left_out),)
    cut = delta.cut_known(document, layout, context=task.context, known=task.known)
    channel, entries = read_feed(cut.document, task.url, cut.hashes)
    if cut.known and len(entries) != len(cut.hashes):
        cut = delta.cut_known(document, layout, context=task.context, known=frozenset())
        channel, entries = read_feed(cut.document, task.url, cut.hashes)
    hints = replace(read_hints(_head(document)), left_out=layout.left_out)
    return RawFeed(channel, entries, hints, cut.known, notes)


def _prepared(text: str) -> tuple[bytes, Layout | None, tuple[str, ...]]:
    """The document with common faults repaired, and its layout if that made it well-formed."""
    # The parser finds characters that XML forbids; searching for them here is slow.
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
    """The feed's own elements: everything before the first item and after the last."""
    first = re.search(rb"<(?:\w{1,20}:)?(?:item|entry)[\s>/]", document)
    last = max(document.rfind(b"</item>"), document.rfind(b"</entry>"))
    head = document[: first.start()] if first else document
    tail = document[last:] if first and last >= 0 else b""
    return (head[:50_000] + tail[:50_000]).decode("utf-8", "replace")


def _without_warnings(text: str) -> str:
    """The feed without warnings that a program printed, in HTML, before the XML declaration.

    A page that quotes a feed is different: it has other tags, or continues after the feed.
    """
    at = text.find("<?xml", 1, _MOST_BEFORE)
    if at < 0 or _has_feed_root(text) or not _WARNINGS.fullmatch(text, 0, at):
        return text
    feed = text[at:]
    if not _has_feed_root(feed):
        return text
    rest = xmltext.after_root(feed)
    return text if rest is None or rest.strip() else feed


def _has_feed_root(text: str) -> bool:
    if not text.startswith("<") and "<" not in text[:5000]:
        return False
    return xmltext.local_root_name(text) in _ROOTS


def read_hints(head: str) -> FeedHints:
    """The hints in a feed's own elements (the document without its items).

    Impossible values count as missing: hours beyond 24, a frequency of zero. Hour 24 is an old way
    to write 0. A list of all hours or all days is ignored.
    """
    # Some generators write every text as CDATA.
    head = head[:_MAX_HEAD].replace("<![CDATA[", "").replace("]]>", "")
    ttl = _TTL.search(head)
    hours_block, days_block = _SKIP_HOURS.search(head), _SKIP_DAYS.search(head)
    digits = _HOUR.findall(hours_block[1]) if hours_block else ()
    hours = {int(hour) % 24 for hour in digits if int(hour) <= 24}
    names = _DAY.findall(days_block[1]) if days_block else ()
    days = {day for name in names if (day := weekday_of(name.lower())) is not None}
    period, frequency = _PERIOD.search(head), _FREQUENCY.search(head)
    period_s = _PERIODS.get(period[1].lower(), 0) if period else 0
    times = int(frequency[1]) if frequency else 1
    return FeedHints(
        ttl_s=min(int(ttl[1]) * 60, _LONGEST_TTL_S) or None if ttl else None,
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(sorted(days)) if len(days) < 7 else (),
        update_every_s=max(1, period_s // times) if period_s and times else None,
        update_base=parse_date(base[1]) if (base := _BASE.search(head)) else None,
    )
