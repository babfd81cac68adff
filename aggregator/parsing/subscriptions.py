"""Reads and writes lists of subscriptions (OPML 2.0).

Only names, addresses and folders are read from a list; everything else in it (includes, scripts,
files) is ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct

from aggregator.errors import NotAFeed, ParseError, UnsupportedFormat
from aggregator.html import to_text
from aggregator.model import FeedHints, ParsedFeed, ParseTask, Subscription
from aggregator.parsing import xmltext
from aggregator.parsing.charset import decode
from aggregator.text import one_line, printable, xml_safe
from aggregator.urls import absolute, host, web_address

MAX_BYTES = 10_000_000
MAX_DEPTH = 30  # folders within folders
MAX_SUBSCRIPTIONS = 10_000
MOST_SUBSCRIBED = 1000  # feeds of a polled list: each costs a poll per hour
_MAX_NAME = 100  # the limit of the configuration
_NO_FEEDS = frozenset({"include", "link"})  # types of OPML 2.0
_FEEDS = ("rss", "feed", "rdf")  # roots of RSS, Atom, RSS 1.0
# What the configuration refuses in an address; and environment variables.
_UNFIT = re.compile(r"""[\x00-\x20\x7f-\xa0\u2028\u2029"<>\\]|\$\{""")
_TAG = re.compile(r"<(?=[/!?A-Za-z])")  # the configuration refuses it in names
_BREAKS = re.compile("[\t\r\n]+")  # dropped from addresses, as browsers do (WHATWG URL)
_XMLNS = "http://opml.org/spec2.opml"


class SubscriptionList(Struct, frozen=True):
    """The feeds of a list, each once, and a line for every outline that was left out."""

    subscriptions: tuple[Subscription, ...]
    refused: tuple[str, ...] = ()


def read_opml(data: bytes) -> tuple[Subscription, ...]:
    """The feeds of an OPML document; `read_list` also returns what was left out."""
    return read_list(data).subscriptions


def read_list(data: bytes) -> SubscriptionList:
    """Reads an OPML document in any character set of the web.

    Only http(s) feeds are included, each address once. Raises NotAFeed if it is not OPML,
    UnsupportedFormat if it declares entities or is too large, deep or long, and ParseError if the
    XML is malformed.
    """
    if len(data) > MAX_BYTES:
        raise UnsupportedFormat(f"the list is larger than {MAX_BYTES // 1_000_000} MB")
    text = decode(data, {}).text
    root = xmltext.root_name(text)
    if root.lower() != "opml":
        shown = f"its root is <{printable(root, limit=40)}>" if root else "it holds no element"
        if root.lower().rpartition(":")[2] in _FEEDS:
            shown += ": it is a feed, to be added as one"
        raise NotAFeed(f"the document is not a list of subscriptions (OPML): {shown}")
    source = xmltext.without_prolog(text)
    try:
        reader = _run(source)
    except expat.ExpatError:
        try:
            reader = _run(xmltext.mended(source))
        except expat.ExpatError as error:
            raise ParseError(f"the list of subscriptions is broken XML ({error})") from error
    if not reader.has_body:
        raise NotAFeed("the list of subscriptions (OPML) has no body")
    return SubscriptionList(tuple(reader.found.values()), tuple(reader.refused))


def read_subscribed(task: ParseTask) -> ParsedFeed:
    """The first `MOST_SUBSCRIBED` feeds of a polled list.

    Addresses with a user or password are left out: only the configuration may contain these. Raises
    what `read_list` raises, and NotAFeed if the list is empty.
    """
    listed = read_list(task.body)
    found = [one for one in listed.subscriptions if urlsplit(one.url).username is None]
    refused = len(listed.refused) + len(listed.subscriptions) - len(found)
    if not found:
        raise NotAFeed("the list names no feed that can be polled; what it named before stays")
    kept, left_out = found[:MOST_SUBSCRIBED], len(found[MOST_SUBSCRIBED:])
    return ParsedFeed(
        format="opml",
        title="",
        items=(),
        subscriptions=tuple(kept),
        hints=FeedHints(left_out=left_out),
        notes=(f"feeds named: {len(kept)}, left out: {refused + left_out}",),
    )


def write_opml(
    subscriptions: Iterable[Subscription], *, title: str, modified: datetime | None = None
) -> bytes:
    """An OPML 2.0 document with nested folders; the same arguments give the same bytes."""
    head = [f"    <title>{escape(one_line(title))}</title>"]
    if modified is not None:
        head.append(f"    <dateModified>{format_datetime(modified)}</dateModified>")
    head.append(f"    <docs>{_XMLNS}</docs>")
    lines: list[str] = []
    opened: tuple[str, ...] = ()  # folders
    for subscription in sorted(subscriptions, key=lambda one: one.group):
        group = subscription.group
        shared = 0
        while shared < min(len(opened), len(group)) and opened[shared] == group[shared]:
            shared += 1
        lines += [_indent(depth) + "</outline>" for depth in range(len(opened), shared, -1)]
        lines += [
            f"{_indent(depth + 1)}<outline text={_attribute(group[depth])}>"
            for depth in range(shared, len(group))
        ]
        name, url = _attribute(subscription.title or subscription.url), _attribute(subscription.url)
        site = f" htmlUrl={_attribute(subscription.site_url)}" if subscription.site_url else ""
        outline = f'<outline type="rss" text={name} title={name} xmlUrl={url}{site}/>'
        lines.append(_indent(len(group) + 1) + outline)
        opened = group
    lines += [_indent(depth) + "</outline>" for depth in range(len(opened), 0, -1)]
    start = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head>", *head]
    end = ["  </body>", "</opml>", ""]
    return "\n".join([*start, "  </head>", "  <body>", *lines, *end]).encode()


class _Reader:
    """The handlers of one expat run over an OPML document, with their results."""

    def __init__(self) -> None:
        self.found: dict[str, Subscription] = {}
        self.refused: list[str] = []
        self.has_body = False
        self._folders: list[str | None] = []  # None: an outline that is not a folder
        self._commented = 0  # open outlines from one that is commented out on

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name.lower() == "body":
            self.has_body = True
        if name.lower() != "outline" or not self.has_body:
            return
        if len(self._folders) >= MAX_DEPTH:
            raise UnsupportedFormat(f"folders are nested more than {MAX_DEPTH} deep")
        given = {key.lower(): value.strip() for key, value in attributes.items()}
        if self._commented or given.get("iscomment", "").lower() == "true":
            self._commented += 1
            return
        title = to_text(given.get("title") or given.get("text", ""))
        title = one_line(_TAG.sub("‹", title), limit=_MAX_NAME)
        address = given.get("xmlurl")
        # in links and includes, `url` is a page or another list
        if not address and given.get("type", "").lower() not in _NO_FEEDS:
            address = given.get("url", address)
        if address is not None:
            url = web_address(_BREAKS.sub("", xml_safe(address))).partition("#")[0]
            if not _is_askable(url):
                shown = printable(address, limit=80)
                why = "holds a space; write %20" if " " in url else "is not an http(s) address"
                self.refused.append(f"{title or 'an outline'}: {shown!r} {why}")
            elif len(self.found) >= MAX_SUBSCRIPTIONS:
                raise UnsupportedFormat(f"the list names more than {MAX_SUBSCRIPTIONS} feeds")
            else:
                group = tuple(folder for folder in self._folders if folder is not None)
                site = given.get("htmlurl", "")
                site_url = site if _is_askable(site) else None
                self.found.setdefault(url, Subscription(url, title or host(url), group, site_url))
        self._folders.append(title if address is None and title else None)

    def end(self, name: str) -> None:
        if name.lower() != "outline":
            return
        if self._commented:
            self._commented -= 1
        elif self._folders:
            self._folders.pop()


def _is_askable(url: str) -> bool:
    """Whether `feeds.yaml` accepts this as an address; the host may be in any script."""
    return not _UNFIT.search(url) and absolute("", url) is not None


def _run(text: str) -> _Reader:
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.Parse(text.encode(), True)
    return reader


def _attribute(text: str) -> str:
    return quoteattr(one_line(text, limit=2000))


def _indent(depth: int) -> str:
    return "  " * (depth + 1)
