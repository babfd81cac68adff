"""Atom 1.0 (RFC 4287) with the archives of RFC 5005."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from tests.validity.values import (
    content_problems,
    is_language,
    is_media_type,
    link_problem,
    moment,
    public_problem,
    repeated,
    text_problem,
    uri_problem,
)

ATOM = "{http://www.w3.org/2005/Atom}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_FEED = ("id", "title", "updated", "author", "link", "generator", "icon", "subtitle", "entry")
XHTML = "{http://www.w3.org/1999/xhtml}"
MEDIA = "{http://search.yahoo.com/mrss/}"
_ENTRY = ("id", "title", "updated", "author", "content", "published", "rights", "link",
          "category", "source", f"{MEDIA}thumbnail")  # fmt: skip
_ONCE = ("id", "title", "updated")
_AT_MOST_ONCE = (
    f"{MEDIA}thumbnail",
    "content",
    "published",
    "rights",
    "source",
    "icon",
    "subtitle",
    "generator",
)
_RELATIONS = ("alternate", "self", "hub", "related", "via", "enclosure",
              "current", "prev-archive", "next-archive")  # fmt: skip
_TYPES = {".atom": "application/atom+xml", ".html": "text/html"}


def links(element: ET.Element, rel: str) -> list[str]:
    """The addresses of an element's links with this relation."""
    return [one.get("href", "") for one in element.findall(f"{ATOM}link") if one.get("rel") == rel]


def atom_problems(data: bytes, own_url: str | None) -> Iterator[str]:
    """What is wrong with a feed or archive document that stands at `own_url`."""
    if not data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>"):
        yield "no XML declaration with UTF-8"
    root = ET.fromstring(data)  # noqa: S314 - our own output
    if root.tag != f"{ATOM}feed":
        yield f"the root is {root.tag}"
        return
    yield from _children(root, (*_FEED, f"{XHTML}div"))
    if own_url is not None and links(root, "self") != [own_url]:
        yield f"self is {links(root, 'self')}, not {own_url}"
    if root.find(f"{ATOM}author") is None:
        yield "no author"
    entries = root.findall(f"{ATOM}entry")
    if entries and list(root).index(entries[0]) + len(entries) != len(root):
        yield "metadata after the first entry"
    for tag in ("id", "updated"):
        twice = repeated(entry.findtext(f"{ATOM}{tag}") for entry in entries)
        if twice:
            yield f"entries with one {tag}: {twice[:3]}"
    newest = max((entry.findtext(f"{ATOM}updated", "") for entry in entries), default="")
    if newest > root.findtext(f"{ATOM}updated", ""):
        yield "the feed is older than an entry"
    yield from _archive(root, own_url)
    for entry in entries:
        name = entry.findtext(f"{ATOM}id")
        yield from (f"{name}: {line}" for line in _entry(entry))


def _archive(root: ET.Element, own_url: str | None) -> Iterator[str]:
    marks = root.findall(f"{HISTORY}archive")
    if len(marks) > 1 or any(len(mark) or mark.text for mark in marks):
        yield "fh:archive must stand once and be empty"
    is_archive = bool(marks)
    if is_archive and own_url is not None and len(links(root, "current")) != 1:
        yield "an archive without the current feed"
    if not is_archive and (links(root, "current") or links(root, "next-archive")):
        yield "links of an archive without fh:archive"


def _children(element: ET.Element, known: tuple[str, ...]) -> Iterator[str]:
    """What feeds, entries and sources have in common."""
    names = [child.tag.removeprefix(ATOM) for child in element]
    strange = {name for name in names if name not in known and not name.startswith(HISTORY)}
    if strange:
        yield f"unknown elements: {sorted(strange)}"
    for name in _ONCE:
        if names.count(name) != 1:
            yield f"{name} stands {names.count(name)} times"
    yield from (f"{name} appears twice" for name in _AT_MOST_ONCE if names.count(name) > 1)
    yield from _values(element, names)
    yield from _links(element)


def _values(element: ET.Element, names: list[str]) -> Iterator[str]:
    if problem := uri_problem(element.findtext(f"{ATOM}id")):
        yield f"id: {problem}"
    for name in ("title", "subtitle", "rights"):
        if name in names and (problem := text_problem(element.findtext(f"{ATOM}{name}"))):
            yield f"{name}: {problem}"
    for name in ("updated", "published"):
        text = element.findtext(f"{ATOM}{name}")
        if name in names and (moment(text) is None or "." in (text or "")):
            yield f"{name}: no plausible time with a zone: {text!r}"
    language = element.get(LANG)
    if language is not None and not is_language(language):
        yield f"xml:lang: {language!r}"
    for author in element.findall(f"{ATOM}author"):
        if problem := text_problem(author.findtext(f"{ATOM}name")):
            yield f"author: {problem}"
    for address in (*element.findall(f"{ATOM}author/{ATOM}uri"), *element.findall(f"{ATOM}icon")):
        if problem := link_problem(address.text):
            yield f"{address.tag}: {problem}"


def _links(element: ET.Element) -> Iterator[str]:
    found = element.findall(f"{ATOM}link")
    for link in found:
        href, rel, kind = link.get("href"), link.get("rel"), link.get("type")
        if problem := link_problem(href):
            yield f"link: {problem}"
        if rel not in _RELATIONS:
            yield f"link: unknown relation {rel!r}"
        if kind is not None and not is_media_type(kind):
            yield f"link: no media type: {kind!r}"
        if rel in ("self", "current", "prev-archive", "next-archive") and kind is not None:
            expected = _TYPES.get(f".{(href or '').rpartition('.')[2]}", kind)
            yield from [f"{href} is said to be {kind}"] if kind != expected else []
        if link.get("hreflang") is not None and not is_language(link.get("hreflang")):
            yield f"hreflang: {link.get('hreflang')!r}"
        if link.get("title") is not None and (problem := text_problem(link.get("title"))):
            yield f"title of a link: {problem}"
    kinds = [f"{one.get('type')} {one.get('hreflang')}" for one in found
             if one.get("rel") == "alternate"]  # fmt: skip
    yield from (f"two alternates of {kind}" for kind in repeated(kinds))
    yield from (f"linked twice: {one}" for one in repeated(
        f"{one.get('rel')} {one.get('href')}" for one in found))  # fmt: skip


def _entry(entry: ET.Element) -> Iterator[str]:
    yield from _children(entry, _ENTRY)
    content = entry.find(f"{ATOM}content")
    if content is None:
        yield "no content"
    else:
        if content.get("type") != "html":
            yield f"content of type {content.get('type')!r}"
        yield from (f"content: {line}" for line in content_problems(content.text or ""))
    if entry.findtext(f"{ATOM}updated", "") < entry.findtext(f"{ATOM}published", ""):
        yield "updated before it was published"
    terms = [one.get("term") for one in entry.findall(f"{ATOM}category")]
    yield from (f"category: {problem}" for term in terms if (problem := text_problem(term)))
    yield from (f"category twice: {term}" for term in repeated(terms))
    yield from media_problems(entry)
    for link in entry.findall(f"{ATOM}link[@rel='enclosure']"):
        if problem := public_problem(link.get("href")):
            yield f"enclosure: {problem}"
    source = entry.find(f"{ATOM}source")
    if source is not None:
        yield from (f"source: {line}" for line in _children(source, _ENTRY))


def media_problems(entry: ET.Element) -> Iterator[str]:
    """What is wrong with the picture of an entry or item (Media RSS)."""
    for picture in entry.findall(f"{MEDIA}thumbnail"):
        if problem := public_problem(picture.get("url")):
            yield f"thumbnail: {problem}"
        for side in ("width", "height"):
            if not picture.get(side, "1").isdigit():
                yield f"thumbnail: {side} {picture.get(side)!r}"
