"""A first pass over an XML feed: enforces limits, and finds the byte ranges of its items.

With these, later passes can cut out items that are known already, and what no parser should get:
tens of thousands of categories, authors of a megabyte. It is a plain expat run, about fifty times
cheaper than reading the feed.
"""

from __future__ import annotations

import re
from xml.parsers import expat

from msgspec import Struct

from aggregator.errors import UnsupportedFormat
from aggregator.parsing.newest import MAX_ITEMS, date_of, newest

MAX_DEPTH = 200
MAX_ATTRIBUTES = 200  # of one element; more take the parser quadratic time
MAX_ELEMENTS = 200_000  # of one document
MAX_CATEGORIES = 50  # of one item
MAX_AUTHOR = 300  # characters; no name is longer

_KINDS = {  # by the name of an element
    **dict.fromkeys(("item", "entry"), "item"),
    **dict.fromkeys(("guid", "id"), "key"),
    **{"link": "link", "title": "title"},
    **dict.fromkeys(("category", "subject", "keywords"), "category"),
    **dict.fromkeys(("author", "creator", "managingeditor", "webmaster", "publisher"), "author"),
    **dict.fromkeys(("contributor", "name", "email"), "author"),
}
_DC_TITLE = "http://purl.org/dc/elements/1.1/ title"
# The namespaces in which guid, id and link are the entry's own.
_FEED_NAMESPACES = frozenset(
    {
        "",
        "http://www.w3.org/2005/Atom",
        "http://purl.org/atom/ns#",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://backend.userland.com/rss2",
    }
)
_EMPTY_TAG = re.compile(rb"""<[^<>"']*(?:(?:"[^"]*"|'[^']*')[^<>"']*)*>""")
_RDF_ABOUT = "http://www.w3.org/1999/02/22-rdf-syntax-ns# about"


class RawItem(Struct, frozen=True):
    """An item's element, `document[start:end]`, with its own guid and link as written."""

    start: int
    end: int
    guid: str
    link: str


class Layout(Struct, frozen=True):
    """The items of a document. `drops`: byte ranges that no parser needs, in order."""

    items: tuple[RawItem, ...]
    drops: tuple[tuple[int, int], ...]
    left_out: int = 0  # items beyond MAX_ITEMS, among the drops
    nested: bool = False  # there are items within items, so their bytes overlap
    bounds: tuple[int, int] | None = None  # start of the first item, end of the last


class MalformedXml(Exception):
    """The document is not well-formed; `offset`: the byte at which the parser stopped."""

    def __init__(self, detail: str, offset: int, *, trailing: bool) -> None:
        super().__init__(detail)
        self.offset = offset
        self.trailing = trailing  # there is a complete document before the offset


def scan(document: bytes) -> Layout:
    """Reads the layout of a UTF-8 document; raises MalformedXml or UnsupportedFormat (limits)."""
    reader = _Reader(document)
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartNamespaceDeclHandler = reader.namespace
    reader.parser = parser
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        trailing = error.code == expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
        raise MalformedXml(str(error), parser.ErrorByteIndex, trailing=trailing) from error
    items = reader.items
    bounds = (items[0].start, items[-1].end) if items else None
    kept, drops = items, reader.drops
    if len(items) > MAX_ITEMS:
        places = set(newest([date_of(document[item.start : item.end]) for item in items]))
        kept = [item for place, item in enumerate(items) if place in places]
        drops += [(item.start, item.end) for at, item in enumerate(items) if at not in places]
    left_out = len(items) - len(kept)
    return Layout(tuple(kept), tuple(sorted(drops)), left_out, reader.nested, bounds)


class _Reader:
    """The handlers of one expat run, with their state."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.parser: expat.XMLParserType
        self.items: list[RawItem] = []
        self.drops: list[tuple[int, int]] = []
        self.nested = False
        self._depth = 0
        self._elements = 0
        self._kinds: dict[str, str] = {}  # our kind of an element, by namespace and name
        self._namespaces = 0
        self._item_depth = 0  # 0: outside of items
        self._item_start = 0
        self._categories = 0
        self._values: dict[str, str] = {}
        self._field = ""  # the kind whose text is collected
        self._field_depth = 0
        self._field_start = 0
        self._text: list[str] = []
        self._dc_titles: list[tuple[int, int]] = []  # of the current item

    def namespace(self, _prefix: str | None, _uri: str) -> None:
        self._namespaces += 1
        if self._namespaces > MAX_ATTRIBUTES:
            raise UnsupportedFormat(f"an element declares more than {MAX_ATTRIBUTES} namespaces")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        self._namespaces = 0
        if self._elements > MAX_ELEMENTS:
            raise UnsupportedFormat(f"the document has more than {MAX_ELEMENTS} elements")
        if self._depth > MAX_DEPTH:
            raise UnsupportedFormat(f"elements are nested more than {MAX_DEPTH} deep")
        if len(attributes) > MAX_ATTRIBUTES:
            raise UnsupportedFormat(f"an element has more than {MAX_ATTRIBUTES} attributes")
        kind = self._kinds.get(name)
        if kind is None:
            namespace, _, local = name.rpartition(" ")
            kind = "dc_title" if name == _DC_TITLE else _KINDS.get(local.lower(), "")
            if kind in ("key", "link", "title") and namespace not in _FEED_NAMESPACES:
                kind = ""
            self._kinds[name] = kind
        if kind == "item" and self._item_depth:
            self.nested = True
        elif kind == "item":
            about = attributes.get(_RDF_ABOUT, "")
            self._item_depth = self._depth
            self._item_start = self.parser.CurrentByteIndex
            self._categories = 0
            self._dc_titles = []
            self._values = {"about": about} if about else {}
        elif kind and not self._field:
            self._open_field(kind, attributes)

    def end(self, name: str) -> None:
        if self._field and self._depth == self._field_depth:
            kind, self._field = self._field, ""
            self.parser.CharacterDataHandler = None
            text = "".join(self._text).strip()
            if kind in ("key", "link"):
                if text:
                    self._values[kind] = text
            elif kind == "dc_title":
                self._dc_titles.append(self._closed(self._field_start))
            elif kind == "title":
                self.drops += self._dc_titles if text else []
                self._dc_titles = []
            else:
                self._categories += kind == "category"
                if len(text) > MAX_AUTHOR or (
                    kind == "category" and self._categories > MAX_CATEGORIES
                ):
                    self.drops.append(self._closed(self._field_start))
        elif self._depth == self._item_depth and self._kinds.get(name) == "item":
            self._item_depth = 0
            guid = self._values.get("key") or self._values.get("about", "")
            link = self._values.get("link", "")
            self.items.append(RawItem(*self._closed(self._item_start), guid, link))
        self._depth -= 1

    def text(self, text: str) -> None:
        self._text.append(text)

    def _open_field(self, kind: str, attributes: dict[str, str]) -> None:
        direct = self._depth == self._item_depth + 1 and self._item_depth > 0
        if kind == "dc_title" and not direct:
            return
        # A title matters only after a dc:title: feedparser uses the first.
        if kind == "title" and not (direct and self._dc_titles):
            return
        if kind in ("key", "link"):
            if not direct or kind in self._values:
                return
            if kind == "link" and "href" in attributes:
                if attributes.get("rel", "alternate") == "alternate":
                    self._values["link"] = attributes["href"]
                return
        self._field = kind
        self._field_depth = self._depth
        self._field_start = self.parser.CurrentByteIndex
        self._text = []
        self.parser.CharacterDataHandler = self.text

    def _closed(self, start: int) -> tuple[int, int]:
        """The range of the element that is being closed and began at `start`."""
        at = self.parser.CurrentByteIndex
        # For an empty-element tag expat reports its end (some versions: its start), otherwise the
        # start of the end tag, in which only the last character is ">".
        if at == start or self.document[at - 2 : at] == b"/>":
            tag = _EMPTY_TAG.match(self.document, start)
            if tag is not None and at in (start, tag.end()):
                return start, tag.end()
        return start, self.document.find(b">", at) + 1
