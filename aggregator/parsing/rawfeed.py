"""The result of reading a format: a feed and its entries, as they are in the document."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from aggregator.model import FeedHints


class Channel(Struct, frozen=True):
    """What a document says about the feed itself."""

    format: str
    title: str
    site_url: str | None = None
    self_url: str | None = None
    hub_url: str | None = None
    language: str = ""
    rights: str = ""
    author: str = ""


class RawFile(Struct, frozen=True):
    """An image, audio or video file of an entry; numbers as they are written there."""

    url: str
    type: str = ""  # media type
    medium: str = ""  # image | audio | video (Media RSS)
    width: str = ""
    height: str = ""
    bytes: str = ""


class RawText(Struct, frozen=True):
    """A text of an entry."""

    html: str
    is_text: bool = False  # plain text by its format, escaped as HTML
    base: str = ""  # what its relative links are relative to, if not to the entry's base


class RawEntry(Struct, frozen=True):
    """An entry as its format has it: with raw markup, but title, dates and URLs parsed."""

    guid: str = ""
    url: str | None = None
    title: str = ""  # plain text
    texts: tuple[RawText, ...] = ()  # the best first; others are used if it has no words
    base: str = ""  # what relative links of texts and files are relative to
    author: str = ""
    source: str = ""  # the publisher that the entry itself names
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str = ""
    rights: str = ""
    categories: tuple[str, ...] = ()
    files: tuple[RawFile, ...] = ()  # the best illustrations first
    raw_hash: str = ""
    former: tuple[str, str | None] | None = None  # guid and URL in version 0.1 where they differ


class RawFeed(Struct, frozen=True):
    """A whole document. `known`: the raw hashes of entries that were not read again."""

    channel: Channel
    entries: tuple[RawEntry, ...]
    hints: FeedHints = FeedHints()
    known: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # what was repaired or left out, one line each
    is_cut_off: bool = False  # the root element has no end tag
