"""Finds the feeds of a web page: declared ones, linked ones, and common addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from aggregator.html import page_links, to_text
from aggregator.parsing.charset import decode
from aggregator.parsing.link_header import header_links
from aggregator.text import one_line
from aggregator.urls import absolute

MAX_FOUND = 30
_FEED_TYPES = frozenset(
    f"application/{kind}"
    for kind in ("rss+xml", "atom+xml", "rdf+xml", "feed+json", "x-rss+xml", "x-atom+xml")
)
_MAYBE_TYPES = frozenset({"application/json", "application/xml", "text/xml", "text/rss+xml"})
_LOOKS_LIKE_FEED = re.compile(
    r"/(?:feed|rss|atom|rdf)s?(?:/|\.xml|\.php|\.aspx|\Z)|\.(?:rss|atom|rdf)\Z|/feed\.json\Z"
    r"|/(?:rss|feed|atom|index)\.xml\Z|(?:[?&](?:feed|format)=(?:rss2?|atom|feed))(?:&|\Z)",
    re.I,
)
# Ordered by how often there is a feed.
_COMMON_PATHS = ("/feed/", "/rss.xml", "/rss", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")


class FoundFeed(Struct, frozen=True):
    """A possible feed. `how` it was found says how likely it is: header, link, anchor or guess."""

    url: str
    how: str
    title: str = ""
    type: str = ""


def find_feeds(page: bytes, url: str, headers: Mapping[str, str]) -> tuple[FoundFeed, ...]:
    """Possible feeds of a page that came from `url`, the likeliest first, each once.

    Declared ones (HTTP Link header, `link` elements) come first, then links that look like feeds,
    then common addresses. Nothing is fetched; header names are lower-case.
    """
    links = page_links(decode(page[:1_000_000], headers).text)
    bases = [absolute(url, link.href) for link in links if link.tag == "base" and link.href]
    base = next((found for found in bases if found), None) or url
    found: dict[str, FoundFeed] = {}
    for header in header_links(headers, url):
        kind = header.type.partition(";")[0].strip().lower()
        if "alternate" in header.rels and kind in _FEED_TYPES:
            _add(found, FoundFeed(header.url, "header", _title(header.title), header.type))
    for link in links:
        target = absolute(base, link.href) if link.tag == "link" else None
        if target is None:
            continue
        kind = link.type.partition(";")[0].strip().lower()
        is_feed = kind in _FEED_TYPES or (
            kind in _MAYBE_TYPES and _LOOKS_LIKE_FEED.search(target) is not None
        )
        if "feed" in link.rels or ("alternate" in link.rels and is_feed):
            _add(found, FoundFeed(target, "link", _title(link.title), kind))
    for link in links:
        target = absolute(base, link.href) if link.tag == "a" else None
        if target is not None and _LOOKS_LIKE_FEED.search(target):
            _add(found, FoundFeed(target, "anchor"))
    for path in _COMMON_PATHS:
        guess = absolute(url, path)
        if guess is not None:
            _add(found, FoundFeed(guess, "guess"))
    return tuple(found.values())[:MAX_FOUND]


def declared_feed(page: bytes, url: str, headers: Mapping[str, str]) -> str:
    """The address of the first feed that a page declares, other than its own; "" if none."""
    for feed in find_feeds(page, url, headers):
        if feed.how in ("header", "link") and feed.url.partition("#")[0] != url.partition("#")[0]:
            return feed.url
    return ""


def _title(title: str) -> str:
    return one_line(to_text(title), limit=120)


def _add(found: dict[str, FoundFeed], feed: FoundFeed) -> None:
    found.setdefault(feed.url.partition("#")[0], feed)
