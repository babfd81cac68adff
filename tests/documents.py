"""Feed documents for tests, and the reading of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aggregator.model import Item, ParsedFeed, ParseTask
from aggregator.parsing.document import parse

FEED_URL = "https://news.example/feeds/world.xml"
DATE = "Tue, 12 Aug 2025 10:00:00 +0000"
_NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
    'xmlns:googleplay="http://www.google.com/schemas/play-podcasts/1.0"'
)


def rss(*items: str, channel: str = "", site: str = "https://news.example/") -> bytes:
    """An RSS 2.0 document of these inner XML texts of items."""
    link = f"<link>{site}</link>" if site else ""
    inner = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {_NAMESPACES}><channel>'
        f"<title>News</title>{link}<description>All of it</description>{channel}{inner}"
        "</channel></rss>"
    ).encode()


def entry(title: str = "A headline", link: str = "https://news.example/1", more: str = "") -> str:
    """The inner XML of an RSS item."""
    return f"<title>{title}</title><link>{link}</link><pubDate>{DATE}</pubDate>{more}"


def atom(*entries: str, feed: str = "") -> bytes:
    """An Atom 1.0 document of these inner XML texts of entries."""
    inner = "".join(f"<entry>{one}</entry>" for one in entries)
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><title>News</title>'
        f'<id>tag:news.example,2025:feed</id><link href="https://news.example/"/>{feed}{inner}</feed>'
    ).encode()


def rdf(*items: str, channel: str = "") -> bytes:
    """An RSS 1.0 document: items stand beside the channel, each with its rdf:about."""
    inner = "".join(
        f'<item rdf:about="https://news.example/{at}">{item}</item>'
        for at, item in enumerate(items, start=1)
    )
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
        '<channel rdf:about="https://news.example/"><title>News</title>'
        f"<link>https://news.example/</link>{channel}</channel>{inner}</rdf:RDF>"
    ).encode()


def json_feed(*items: dict[str, Any], minor: int = 1, **feed: Any) -> bytes:
    """A JSON Feed document of these items."""
    version = "https://jsonfeed.org/version/1" + (".1" if minor else "")
    return json.dumps({"version": version, "title": "News", **feed, "items": items}).encode()


def read(
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    url: str = FEED_URL,
    known: frozenset[str] = frozenset(),
) -> ParsedFeed:
    """Parse a document as if it had come from `url`."""
    return parse(ParseTask(body, headers or {}, url, "News of the World", known))


def items(body: bytes, **how: Any) -> tuple[Item, ...]:
    """The items of a document."""
    return read(body, **how).items


def only(body: bytes, **how: Any) -> Item:
    """The one item of a document."""
    found = items(body, **how)
    assert len(found) == 1
    return found[0]
