"""The table of output formats: the values of `publish.formats`, and what is derived from them.

A new format for a topic's feed is a module with one function, `Document` -> bytes, and one row of
`FORMATS`. Its file, its links on the pages, its address and `Content-Type` over HTTP, the setting
and the tables of docs/publishing.md are derived from the row. Pure: same feed, same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct

from aggregator.publishing.render_json import json_feed
from aggregator.settings import PublishSettings

if TYPE_CHECKING:
    from aggregator.publishing.render_document import Document


class Format(Struct, frozen=True):
    """A format in which the feed of each topic is written."""

    name: str  # in `publish.formats`
    media_type: str  # without parameters; the text is UTF-8 in every format
    ending: str  # of the file, without its dot; no two formats have the same
    label: str  # link text on pages
    render: Callable[[Document], bytes]

    def file_name(self, topic: str) -> str:
        """The topic's file in this format."""
        return f"{topic}.{self.ending}"


def _atom(document: Document) -> bytes:
    from aggregator.publishing.render_xml import atom  # noqa: PLC0415 - loads lxml

    return atom(document)


def _rss(document: Document) -> bytes:
    from aggregator.publishing.render_xml import rss  # noqa: PLC0415 - loads lxml

    return rss(document)


ATOM = Format("atom", "application/atom+xml", "atom", "Atom", _atom)  # also digests, archives
RSS = Format("rss", "application/rss+xml", "rss", "RSS", _rss)
JSON_FEED = Format("json", "application/feed+json", "json", "JSON Feed", json_feed)

FORMATS: dict[str, Format] = {one.name: one for one in (ATOM, RSS, JSON_FEED)}

# The other values of `publish.formats`, by name and file ending: web pages (`pages`) and the list
# of sources (`parsing.subscriptions`).
PAGE_TYPE = "text/html"
OPML_TYPE = "text/x-opml"
MARKDOWN_TYPE = "text/markdown"  # RFC 7763; only for the digest
_ARCHIVE = re.compile(r"\d{4}-\d{2}\.atom", re.ASCII)
_DAY_PAGE = re.compile(r"\d{4}-\d{2}-\d{2}\.html", re.ASCII)
_SITE_TYPES = {"html": PAGE_TYPE, "opml": OPML_TYPE}


def names() -> tuple[str, ...]:
    """The valid values of `publish.formats`."""
    return (*FORMATS, *_SITE_TYPES)


def chosen(formats: Iterable[str]) -> tuple[Format, ...]:
    """The rows for those values of `publish.formats` that are feed formats."""
    return tuple(FORMATS[name] for name in formats if name in FORMATS)


def is_written(settings: PublishSettings, topic: str, name: str) -> bool:
    """Whether a file of this name is written for a topic with these settings."""
    if name in (one.file_name(topic) for one in chosen(settings.formats)):
        return True
    has_atom, has_pages = ATOM.name in settings.formats, "html" in settings.formats
    page, _, rest = name.partition(f"{topic}-")
    if page or not rest:
        return has_pages and name == f"{topic}.html"
    if rest in ("digest.atom", "digest.md"):
        return has_atom and settings.digest
    if _ARCHIVE.fullmatch(rest):
        return has_atom and settings.archive
    return has_pages and settings.digest and _DAY_PAGE.fullmatch(rest) is not None


def content_type(name: str) -> str:
    """The `Content-Type` of a published file, by its ending. Raises KeyError for other endings."""
    types = {"md": MARKDOWN_TYPE, "css": "text/css", "svg": "image/svg+xml", **_SITE_TYPES}
    types |= {one.ending: one.media_type for one in FORMATS.values()}
    return f"{types[name.rpartition('.')[2]]}; charset=utf-8"
