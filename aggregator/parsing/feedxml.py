"""RSS, RDF and Atom: converts the results of feedparser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

from msgspec.structs import replace

from aggregator.errors import NotAFeed, ParseError
from aggregator.html import escape
from aggregator.parsing import feedparsing
from aggregator.parsing.dates import parse_date
from aggregator.parsing.entries import MAX_HEADLINE, categories_of, name_of, plain_line
from aggregator.parsing.rawfeed import Channel, RawEntry, RawFile, RawText
from aggregator.text import one_line, printable, xml_safe
from aggregator.urls import absolute, is_web, redirect_target

_MAIL = re.compile(r"[^\s@]{1,100}@[^\s@]{1,100}")
_MOST_FILES = 20  # of each kind that are read
_TAG = re.compile(r"<[^<>]*>")
# What programs write if there is no link.
_NO_LINK = re.compile(r"\s*(?:#|-|n/?a|nil|null|none|nan|undefined|false)?\s*", re.I)
_REGISTRY = "http://www.iana.org/assignments/relation/"  # before a name (RFC 4287, 4.2.7.2)
_HTML = frozenset({"text/html", "application/xhtml+xml"})


def read_feed(
    document: bytes, url: str, raw_hashes: Sequence[str] = ()
) -> tuple[Channel, tuple[RawEntry, ...]]:
    """Reads a UTF-8 XML document that came from `url`.

    The raw hashes are assigned to the entries only if there are as many. Raises NotAFeed if
    feedparser finds no feed, ParseError if it fails.
    """
    try:
        found = feedparsing.read(document, url)
    except Exception as error:  # hostile input can raise anything; it is the document's fault
        detail = printable(f"{type(error).__name__}: {error}", limit=150)
        raise ParseError(f"the feed cannot be read ({detail})") from error
    if not (version := str(found.get("version") or "")):
        raise NotAFeed("the document is XML, but no RSS, RDF or Atom")
    feed: dict[str, Any] = found["feed"]
    links = list(_links(feed))
    own, hub = _first(links, "self"), _first(links, "hub")
    home = _first(links, "alternate") or _text(feed, "link")
    channel = Channel(
        format=version,
        title=name_of(_text(feed, "title"), limit=300),
        site_url=absolute(url, home) if home else None,
        self_url=absolute(url, own) if own else None,
        hub_url=absolute(url, hub) if hub else None,
        language=_language(feed),
        rights=name_of(_text(feed, "rights"), limit=300),
        author=_author(feed) or _person(_text(feed, "publisher")),
    )
    # Atom's references are relative to the document (RFC 4287, section 2; RFC 3986, section 5.1);
    # RSS has no rule, and relative links there are meant relative to the site.
    site = channel.site_url or url
    base = url if _is_atom(channel) else site
    entries = found["entries"]
    if len(raw_hashes) != len(entries):
        raw_hashes = [""] * len(entries)
    return channel, tuple(
        _former(_raw_entry(entry, channel, base, raw_hash), entry, site)
        for entry, raw_hash in zip(entries, raw_hashes, strict=True)
    )


def _is_atom(channel: Channel) -> bool:
    return channel.format.startswith("atom")


def _former(raw: RawEntry, entry: dict[str, Any], site: str) -> RawEntry:
    """The entry with the guid and URL that version 0.1 would have found, where they differ.

    It resolved ids, applied an `xml:base` beyond its element, and took links of Atom to be relative
    to the site.
    """
    held = _text(entry, "former_base")
    base = _joined(site, held) if held else site
    guid = _joined(held, raw.guid) if held and raw.guid else raw.guid
    is_as_written = raw.url is not None and raw.url == _text(entry, "link").strip()
    url = raw.url if is_as_written else _url(entry, base)
    is_same = (guid, url) == (raw.guid, raw.url)
    return raw if is_same else replace(raw, former=(guid, url))


def _joined(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:  # for example an invalid host in brackets
        return reference


def _raw_entry(entry: dict[str, Any], channel: Channel, base: str, raw_hash: str) -> RawEntry:
    published, updated = _date(entry, "published"), _date(entry, "updated")
    covering = _text(entry, "xml_base")
    title, detail = _text(entry, "title"), _parts(entry, "title_detail")
    title = title or _text(entry, "itunes_title")
    # What Atom calls text is text; the title of an RSS item may be either.
    is_plain = _is_atom(channel) and bool(detail) and _text(detail[0], "type") == "text/plain"
    sources = _parts(entry, "source")
    source = (_text(sources[0], "title") if sources else "") or _text(entry, "news_source")
    url = _url(entry, covering or base)
    return RawEntry(
        guid=xml_safe(_text(entry, "id")).strip(),
        url=url,
        title=(plain_line if is_plain else name_of)(title, limit=MAX_HEADLINE),
        texts=_texts(entry),
        base=covering or (base if _is_atom(channel) else url or base),
        author=_author(entry) or channel.author,
        source="" if source == title else name_of(source),  # forums name the thread there
        published_at=published or _date(entry, "created") or updated,
        updated_at=updated,
        language=_language(entry) or channel.language,
        rights=name_of(_text(entry, "rights"), limit=300) or channel.rights,
        categories=categories_of(
            _text(tag, "label") or _text(tag, "term") for tag in _parts(entry, "tags")
        ),
        files=tuple(_files(entry)),
        raw_hash=raw_hash,
    )


def _text(found: dict[str, Any], key: str) -> str:
    # dict.get, because feedparser's own get falls back to other keys, and warns about it.
    value = dict.get(found, key)
    return value if isinstance(value, str) else ""


def _parts(found: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = dict.get(found, key)
    if value is None:
        return []
    parts = value if isinstance(value, list) else [value]
    return [part for part in parts if isinstance(part, dict)]


def _links(found: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Relation, media type and address of each link."""
    for link in _parts(found, "links"):
        href = _text(link, "href").strip()
        if href:
            rel = _text(link, "rel").removeprefix(_REGISTRY)
            yield rel, _text(link, "type"), href


def _first(links: list[tuple[str, str, str]], rel: str) -> str:
    fitting = [(kind, href) for relation, kind, href in links if relation == rel]
    return next((href for kind, href in fitting if kind in _HTML), fitting[0][1] if fitting else "")


def _url(entry: dict[str, Any], base: str) -> str | None:
    """The article's address.

    The publisher's own rather than FeedBurner's; the alternate link first, a permalink guid before
    an enclosure; never a reply, or the entry's own Atom document.
    """
    links = list(_links(entry))
    guid = _text(entry, "id").strip()
    named = [_text(entry, "feedburner_origlink"), _first(links, "alternate")]
    link = _text(entry, "link").strip()
    if link != guid or any(href == link for _, _, href in links):
        named.append(link)
    named += [_text(part, "src") for part in _parts(entry, "content")]  # RFC 4287, section 4.1.3.2
    for candidate in named:
        found = None if _NO_LINK.fullmatch(candidate) else absolute(base, candidate)
        if found is not None:
            return redirect_target(found) or found
    # An id that is not from a guid element is an rdf:about: the address of what it describes.
    is_permalink = link == guid or entry.get("is_permalink", "guidislink" not in entry)
    if is_permalink and is_web(guid):
        return absolute(base, guid)
    enclosure = _text(entry, "feedburner_origenclosurelink") or _first(links, "enclosure")
    return absolute(base, enclosure) if enclosure else None


def _files(entry: dict[str, Any]) -> Iterator[RawFile]:
    """Thumbnails and other files of Media RSS, then enclosures; a few of each."""
    named = [(one, "url", "image") for one in _parts(entry, "media_thumbnail")[:_MOST_FILES]]
    named += [(one, "url", "") for one in _parts(entry, "media_content")[:_MOST_FILES]]
    enclosures = [one for one in _parts(entry, "links") if _text(one, "rel") == "enclosure"]
    named += [(one, "href", "") for one in enclosures[:_MOST_FILES]]
    for one, key, medium in named:
        yield RawFile(
            url=_text(one, key),
            type=_text(one, "type"),
            medium=medium or _text(one, "medium"),
            width=_text(one, "width"),
            height=_text(one, "height"),
            bytes=_text(one, "length") or _text(one, "filesize"),
        )


def _texts(entry: dict[str, Any]) -> tuple[RawText, ...]:
    """The entry's texts, the longest first, then the captions of its pictures.

    So the content precedes its excerpt, and a text with words precedes one with pictures only.
    """
    parts = [*_parts(entry, "summary_detail")[:1], *_parts(entry, "content")]
    texts = [_html(part) for part in parts] or [RawText(_text(entry, "summary"))]
    texts.append(RawText(_text(entry, "subtitle")))
    texts.append(RawText(_text(entry, "googleplay_description")))
    captions = [_html(part) for part in _parts(entry, "captions")]
    return (*_longest_first(texts), *_longest_first(captions))


def _longest_first(texts: Iterable[RawText]) -> list[RawText]:
    found = [text for text in texts if text.html]
    if len(found) > 1:
        found.sort(key=lambda text: (len(_TAG.sub("", text.html)), len(text.html)), reverse=True)
    return found


def _html(part: dict[str, Any]) -> RawText:
    value = _text(part, "value")
    kind, base = _text(part, "type"), _text(part, "base")
    if kind in ("", "text/html", "application/xhtml+xml"):
        return RawText(value, base=base)
    return RawText(escape(value) if kind.startswith("text/") else "", True, base)


def _author(found: dict[str, Any]) -> str:
    """The names of up to ten people, without mail addresses."""
    people = [_text(person, "name") for person in _parts(found, "authors")][:10]
    whole = _text(found, "author")
    if whole and len(people) < 2:  # feedparser leaves parts of mail addresses in the name
        people = [whole]
    return _named(tuple(people))


@lru_cache(maxsize=256)  # most feeds have few authors
def _named(people: tuple[str, ...]) -> str:
    names = dict.fromkeys(name for name in map(_person, people) if name)
    return one_line(", ".join(names), limit=200)


def _person(text: str) -> str:
    """The name in `mail (Name)`, `Name <mail>` and the like; "" for a mere address."""
    name = name_of(text)
    return _MAIL.sub("", name).strip(" ()<>,;") if "@" in name else name


def _language(found: dict[str, Any]) -> str:
    tag = _text(found, "language")
    if not tag:
        detail = _parts(found, "title_detail")
        tag = _text(detail[0], "language") if detail else ""
    return language_tag(tag)


def language_tag(tag: str) -> str:
    """A language tag (BCP 47), or "" if it does not look like one."""
    tag = tag.strip().replace("_", "-")
    parts = tag.split("-")
    sound = (
        len(tag) <= 35
        and 2 <= len(parts[0]) <= 3
        and all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts)
    )
    return tag if sound and parts[0].isalpha() else ""


def _date(entry: dict[str, Any], key: str) -> datetime | None:
    # no fallback to feedparser's own date: where our parser fails, it mostly invents dates
    return parse_date(_text(entry, key))
