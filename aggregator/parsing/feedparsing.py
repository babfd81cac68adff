"""feedparser with our rules and, for known releases, some shortcuts.

feedparser reads the documents by its own rules, except for those in `feedrules`. The shortcuts
avoid useless work: in half a dozen places it repeats something for each element, and a replacement
gives the same result. They patch its internals, so releases that are not listed here run without
them: slower, but with the same result. Tests read all sample documents both ways and compare.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias
from xml.sax.expatreader import ExpatParser
from xml.sax.xmlreader import AttributesNSImpl

import feedparser
import feedparser.api
import feedparser.mixin
from feedparser.util import FeedParserDict

from aggregator.parsing.feedrules import ParserRules

TUNED_RELEASES = frozenset({"6.0.14"})  # releases that the shortcuts are known to fit

_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_NO_TIME = (1970, 1, 1, 0, 0, 0, 3, 1, 0)
_NO_ATTRIBUTES: Any = AttributesNSImpl({}, {})
_COMMON_CHARACTERS = 0x2200  # code points; nearly all texts have no others


def read(document: bytes, url: str) -> Any:
    """feedparser's result for a UTF-8 XML document that came from `url`; may raise anything."""
    return feedparser.parse(
        io.BytesIO(document),  # it would open bytes and text as files and addresses
        response_headers={**_HEADERS, "content-location": url},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


_Name: TypeAlias = tuple[str | None, str]
"""Namespace and local name."""


class _Params(dict[str, Any]):
    """The parameters of a text: flat, so that a copy is a deep copy.

    feedparser looks them up for every piece of text and copies them into each result; its own
    dictionary has aliases for some keys, but not for these.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return dict(self)


class _StrictParser(ParserRules, feedparser.api.StrictFeedParser):  # type: ignore[misc]  # untyped
    """For well-formed documents."""


class _LooseParser(ParserRules, feedparser.api.LooseFeedParser):  # type: ignore[misc]  # untyped
    """For documents that are not well-formed."""


class _TunedParser(_StrictParser):
    contentparams: dict[str, Any]
    decls: dict[str, str]
    unknown_starttag: Callable[[str, list[tuple[str, str]]], None]
    characters = feedparser.mixin._FeedParserMixin.handle_data  # called by nothing else

    @staticmethod
    def looks_like_html(text: str) -> bool:
        return ("<" in text or "&" in text) and bool(_StrictParser.looks_like_html(text))

    def startElementNS(self, name: _Name, qname: None, attrs: Any) -> None:
        if attrs is _NO_ATTRIBUTES and not self.decls and (tag := _tag(name)):
            self.unknown_starttag(tag, [])
        else:
            super().startElementNS(name, qname, attrs)

    def endElementNS(self, name: _Name, qname: None) -> None:
        if tag := _tag(name):
            self.unknown_endtag(tag)
        else:
            super().endElementNS(name, qname)

    def push_content(self, *what: Any) -> None:
        super().push_content(*what)
        self.contentparams = _Params(self.contentparams)


class _Expat(ExpatParser):
    """Python's own driver of expat, except that each name is split only once."""

    def start_element_ns(self, name: str, attrs: Mapping[str, str]) -> None:
        if attrs:
            super().start_element_ns(name, attrs)
        else:
            self.getContentHandler().startElementNS(_pair(name), None, _NO_ATTRIBUTES)

    def end_element_ns(self, name: str) -> None:
        self.getContentHandler().endElementNS(_pair(name), None)


def create_parser() -> ExpatParser:
    """The function that `xml.sax.make_parser` expects in a driver module."""
    return _Expat()


@lru_cache(maxsize=512)
def _pair(name: str) -> _Name:
    """The name that expat writes as `namespace local prefix`."""
    parts = name.split()
    return (None, name) if len(parts) == 1 else (parts[0], parts[1])


@lru_cache(maxsize=512)
def _tag(name: _Name) -> str:
    """feedparser's name for an element in a namespace that it knows; "" if that is not enough."""
    prefix = _StrictParser._matchnamespaces.get((name[0] or "").lower())
    local = name[1].lower()
    if prefix is None or local in ("math", "svg"):
        return ""
    return f"{prefix.lower()}:{local}" if prefix else local


def _set_up() -> None:
    # feedparser would try nine parsers of its own on every date; they would be wasted, since
    # `feedxml` parses the dates itself.
    feedparser.registerDateHandler(lambda _text: _NO_TIME)
    feedparser.api.StrictFeedParser = _StrictParser
    feedparser.api.LooseFeedParser = _LooseParser
    if feedparser.__version__ not in TUNED_RELEASES:
        return
    feedparser.api.StrictFeedParser = _TunedParser
    feedparser.api.PREFERRED_XML_PARSERS = [__name__]
    # The base of each element is joined with nothing or itself, again and again.
    join = feedparser.mixin._urljoin
    feedparser.mixin._urljoin = lambda base, uri: join(base, uri) if uri else base
    safe = feedparser.mixin.make_safe_absolute_uri
    feedparser.mixin.make_safe_absolute_uri = lru_cache(maxsize=256)(safe)
    # Most keys have no aliases, and need no search for any.
    names = {"category", "enclosures", "license", "updated", "updated_parsed"}
    names.update(FeedParserDict.keymap)
    get_named, has_named = FeedParserDict.__getitem__, FeedParserDict.__contains__
    set_named = FeedParserDict.__setitem__

    def get(self: dict[str, Any], key: str) -> Any:
        return get_named(self, key) if key in names else dict.__getitem__(self, key)

    def has(self: dict[str, Any], key: str) -> bool:
        return has_named(self, key) if key in names else dict.__contains__(self, key)

    def put(self: dict[str, Any], key: str, value: Any) -> None:
        (set_named if key in names else dict.__setitem__)(self, key, value)

    FeedParserDict.__getitem__, FeedParserDict.__contains__ = get, has
    FeedParserDict.__setitem__ = put
    # A table with changed characters only costs an exception for every other character.
    changed = feedparser.mixin._cp1252
    feedparser.mixin._cp1252 = tuple(changed.get(code, code) for code in range(_COMMON_CHARACTERS))


_set_up()
