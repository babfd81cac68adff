"""RSS 2.0 after the specification of the RSS Advisory Board and its profile."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from tests.validity.atom import ATOM, MEDIA, XHTML, media_problems
from tests.validity.values import (
    content_problems,
    is_language,
    is_media_type,
    link_problem,
    mail_date,
    public_problem,
    repeated,
    text_problem,
    uri_problem,
)

DC = "{http://purl.org/dc/elements/1.1/}"
_CHANNEL = ("title", "link", "description", "language", "lastBuildDate", "generator", "docs", "ttl",
            f"{ATOM}link", f"{XHTML}div", "item")  # fmt: skip
_ITEM = ("title", "link", "description", "guid", "category", "pubDate", "source",
         "enclosure", f"{MEDIA}thumbnail",
         f"{DC}creator", f"{DC}rights", f"{DC}language")  # fmt: skip
_MANY = ("item", "category", f"{ATOM}link", f"{DC}creator")


def rss_problems(data: bytes, own_url: str | None) -> Iterator[str]:
    """What is wrong with a feed that stands at `own_url`."""
    if not data.startswith(b"<?xml version='1.0' encoding='UTF-8'?>"):
        yield "no XML declaration with UTF-8"
    root = ET.fromstring(data)  # noqa: S314 - our own output
    channel = root.find("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or channel is None or len(root) != 1:
        yield f"no RSS 2.0: {root.tag} {root.attrib}"
        return
    yield from _children(channel, _CHANNEL)
    yield from _channel(channel, own_url)
    items = channel.findall("item")
    if items and list(channel).index(items[0]) + len(items) != len(channel):
        yield "metadata after the first item"
    yield from (f"one guid twice: {one}" for one in repeated(
        item.findtext("guid") for item in items))  # fmt: skip
    for item in items:
        name = item.findtext("guid")
        yield from (f"{name}: {line}" for line in _item(item))


def _channel(channel: ET.Element, own_url: str | None) -> Iterator[str]:
    for name in ("title", "description"):
        if problem := text_problem(channel.findtext(name)):
            yield f"{name}: {problem}"
    for name in ("link", "docs"):
        if problem := link_problem(channel.findtext(name)):
            yield f"{name}: {problem}"
    if not is_language(channel.findtext("language")):
        yield f"language: {channel.findtext('language')!r}"
    if mail_date(channel.findtext("lastBuildDate")) is None:
        yield f"lastBuildDate: {channel.findtext('lastBuildDate')!r}"
    ttl = channel.findtext("ttl", "1")
    if not ttl.isdigit() or int(ttl) < 1:
        yield f"ttl: {ttl!r}"
    found = [(one.get("rel"), one.get("href")) for one in channel.findall(f"{ATOM}link")]
    if own_url is not None and [href for rel, href in found if rel == "self"] != [own_url]:
        yield f"self is not {own_url}: {found}"
    for link in channel.findall(f"{ATOM}link"):
        if link.get("rel") == "self" and link.get("type") != "application/rss+xml":
            yield f"self is said to be {link.get('type')}"
        if problem := link_problem(link.get("href")):
            yield f"atom:link: {problem}"


def _item(item: ET.Element) -> Iterator[str]:
    yield from _children(item, _ITEM)
    for name in ("title", f"{DC}creator", f"{DC}rights"):
        for one in item.findall(name):
            yield from [f"{name}: {problem}"] if (problem := text_problem(one.text)) else []
    if item.find("title") is None:
        yield "no title"
    description = item.findtext("description")
    if description is None:
        yield "no description"
    else:
        yield from (f"description: {line}" for line in content_problems(description))
    if item.find("link") is not None and (problem := link_problem(item.findtext("link"))):
        yield f"link: {problem}"
    guid = item.find("guid")
    if guid is None or (problem := uri_problem(guid.text)):
        yield f"guid: {problem if guid is not None else 'none'}"
    elif guid.get("isPermaLink") != str(not link_problem(guid.text)).lower():
        yield f"guid {guid.text} has isPermaLink={guid.get('isPermaLink')}"
    if mail_date(item.findtext("pubDate")) is None:
        yield f"pubDate: {item.findtext('pubDate')!r}"
    terms = [one.text for one in item.findall("category")]
    yield from (f"category: {problem}" for term in terms if (problem := text_problem(term)))
    yield from (f"category twice: {term}" for term in repeated(terms))
    source = item.find("source")
    if source is not None:
        for problem in (link_problem(source.get("url")), text_problem(source.text)):
            yield from [f"source: {problem}"] if problem else []
    yield from media_problems(item)
    yield from _enclosure(item.find("enclosure"))
    language = item.findtext(f"{DC}language")
    if language is not None and not is_language(language):
        yield f"dc:language: {language!r}"


def _enclosure(enclosure: ET.Element | None) -> Iterator[str]:
    if enclosure is None:
        return
    if problem := public_problem(enclosure.get("url")):
        yield f"enclosure: {problem}"
    if not is_media_type(enclosure.get("type")) or not enclosure.get("length", "").isdigit():
        yield f"enclosure: {enclosure.attrib}"


def _children(element: ET.Element, known: tuple[str, ...]) -> Iterator[str]:
    names = [child.tag for child in element]
    strange = set(names) - set(known)
    if strange:
        yield f"unknown elements: {sorted(strange)}"
    yield from (f"{name} appears twice" for name in repeated(names) if name not in _MANY)
