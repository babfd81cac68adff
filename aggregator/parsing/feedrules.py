"""Where our reading of RSS and Atom differs from feedparser's: a mixin for its parsers.

* An `xml:base` applies within its element (XML Base, section 4.2); in feedparser it continues to
  apply afterwards, if there is no outer one. A relative link without any `xml:base` stays as it is
  written: what it is relative to depends on the format.
* An id is compared as it is written (RFC 4287, section 4.2.6.1), and never resolved.
* Title, text, link, date and author of an entry are only its own elements, not those of a gallery,
  of related articles or of comments within it.
* `media:description` describes a picture (Media RSS), and is kept separately as a caption.
* The text of an author is kept whole, with the mail address, for us to parse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_FOREIGN = "foreign element"  # no element's name has a space
_CAPTION = "media_description"
_LINKS = ("href", "src")
_OWN_TEXT = """
    title description abstract summary content content_encoded fullitem body xhtml_body subtitle
    tagline link guid id published issued pubdate updated modified created author
"""


class ParserRules:
    """A mixin that precedes a parser class of feedparser, which calls its methods."""

    # feedparser's own set without "id"
    can_be_relative_uri = frozenset(
        {"comments", "docs", "href", "icon", "link", "logo", "url", "wfw_comment", "wfw_commentrss"}
    )
    # Attributes of feedparser's parsers.
    depth: int
    baseuri: str
    basestack: list[str]
    langstack: list[str | None]
    lang: str | None
    elementstack: list[Any]
    entries: list[Any]
    inentry: int
    insource: int
    guidislink: Any
    push: Callable[..., None]
    pop: Callable[..., Any]
    contentparams: Any
    pop_content: Callable[..., Any]
    _get_context: Callable[[], Any]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.document_url = self.baseuri
        self.entry_depth = 0
        self.former_base = ""  # the xml:base that would still apply in feedparser

    def unknown_endtag(self, tag: str) -> None:
        depth, left = self.depth, self.baseuri
        super().unknown_endtag(tag)  # type: ignore[misc]  # feedparser's
        if self.depth == depth:  # it fails to leave a <div> in escaped text
            self.depth -= 1
            del self.basestack[-1:], self.langstack[-1:]
            self.lang = self.langstack[-1] if self.langstack else self.lang
        self.baseuri = self.basestack[-1] if self.basestack else self.document_url
        if left != self.baseuri == self.document_url:
            self.former_base = left

    def resolve_uri(self, uri: str) -> Any:
        is_covered = self.baseuri != self.document_url
        return super().resolve_uri(uri) if is_covered else uri  # type: ignore[misc]

    def _start_item(self, attrs_d: dict[str, Any]) -> None:
        self.entry_depth = self.depth
        super()._start_item(attrs_d)  # type: ignore[misc]
        is_covered = self.baseuri != self.document_url
        self.entries[-1]["xml_base"] = self.baseuri if is_covered else ""
        self.entries[-1]["former_base"] = self.baseuri if is_covered else self.former_base

    _start_entry = _start_item

    def push_content(self, *given: Any) -> None:
        """Begins a text, and stores the `xml:base` of its links, if any."""
        super().push_content(*given)  # type: ignore[misc]
        self.contentparams["base"] = self.baseuri if self.baseuri != self.document_url else ""

    def strattrs(self, attrs: list[tuple[str, str]]) -> Any:
        """The attributes of an XHTML element, with links resolved by an `xml:base` in the XHTML."""
        if self.baseuri != (self.contentparams.get("base") or self.document_url):
            attrs = [
                (name, self.resolve_uri(value) if name in _LINKS and value[:1] != "#" else value)
                for name, value in attrs
            ]
        return super().strattrs(attrs)  # type: ignore[misc]

    def _save(self, key: str, value: Any, overwrite: bool = False) -> None:
        """Stores with each guid whether it is a permalink.

        feedparser does so only if no `link`, not even an empty one, precedes it.
        """
        super()._save(key, value, overwrite)  # type: ignore[misc]  # feedparser's
        if key == "guidislink":
            self._get_context()["is_permalink"] = bool(self.guidislink)

    def _start_media_title(self, attrs_d: dict[str, Any]) -> None:
        super()._start_title(attrs_d)  # type: ignore[misc]  # of a group, too

    def _start_media_description(self, attrs_d: dict[str, Any]) -> None:
        self.push_content(_CAPTION, attrs_d, "text/html", 1)

    def _end_media_description(self) -> None:
        self.pop_content(_CAPTION)
        context = self._get_context()
        caption = context.pop(f"{_CAPTION}_detail", None)
        if caption is not None:
            context.setdefault("captions", []).append(caption)

    def _sync_author_detail(self, key: str = "author") -> None:
        """Stores a person as written: feedparser cuts addresses with a long top-level domain."""
        people = self._get_context().get(f"{key}s")
        if people and not people[-1]:
            people[-1]["name"] = self._get_context().get(key) or ""
        else:
            super()._sync_author_detail(key)  # type: ignore[misc]

    def is_nested(self) -> bool:
        """Whether the current element is nested deeper in an entry than the entry's own."""
        return bool(self.inentry and not self.insource and self.depth > self.entry_depth + 1)


def _guard(name: str) -> None:
    """Makes an element of this name count only if it is the entry's own."""
    begun, ended = f"_start_{name}", f"_end_{name}"

    def start(self: ParserRules, attrs_d: dict[str, Any]) -> None:
        if self.is_nested():
            self.push(_FOREIGN, 0)
        else:
            getattr(super(ParserRules, self), begun)(attrs_d)

    def end(self: ParserRules) -> None:
        if self.elementstack and self.elementstack[-1][0] == _FOREIGN:
            self.pop(_FOREIGN)
        else:
            getattr(super(ParserRules, self), ended)()

    setattr(ParserRules, begun, start)
    setattr(ParserRules, ended, end)


for _name in _OWN_TEXT.split():
    _guard(_name)
