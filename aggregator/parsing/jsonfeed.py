"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read strictly by type and leniently by value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from aggregator.errors import NotAFeed, ParseError
from aggregator.html import escape
from aggregator.parsing.dates import parse_date
from aggregator.parsing.draft import Draft, categories_of, name_of
from aggregator.parsing.feedxml import Channel, language_tag
from aggregator.parsing.outline import MAX_ITEMS
from aggregator.text import one_line, xml_safe
from aggregator.urls import absolute, is_web, redirect_target

_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.([01]))?/?")


def is_json(text: str) -> bool:
    """Whether a document begins as a JSON object or array does."""
    return text.lstrip()[:1] in ("{", "[")


def read_json_feed(text: str, url: str) -> tuple[Channel, tuple[Draft, ...]]:
    """Read a JSON Feed that came from `url`.

    Raises ParseError for broken JSON, NotAFeed for JSON that is no feed.
    """
    feed = _object(text)
    version = _VERSION.fullmatch(_string(feed, "version").strip())
    entries = feed.get("items")
    if version is None or not isinstance(entries, list):
        raise NotAFeed("the document is JSON, but no JSON Feed (no version or no items)")
    channel = _channel(feed, url, minor=version.group(1) or "0")
    base = channel.site_url or url
    return channel, tuple(
        _draft(entry, channel, base) for entry in entries[:MAX_ITEMS] if isinstance(entry, dict)
    )


def _object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text, parse_constant=_refuse, parse_int=_integer, strict=False)
    except RecursionError as error:
        raise ParseError("the JSON is nested too deep") from error
    except ValueError as error:
        raise ParseError(f"the JSON is broken ({one_line(str(error), limit=120)})") from error
    if not isinstance(found, dict):
        raise NotAFeed("the document is JSON, but no JSON Feed (a list, not an object)")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= 18 else digits


def _channel(feed: Mapping[str, Any], url: str, *, minor: str) -> Channel:
    hubs = [hub for hub in _objects(feed, "hubs") if _string(hub, "type").lower() == "websub"]
    return Channel(
        format=f"json1{minor}",
        title=name_of(escape(_string(feed, "title")), limit=300),
        site_url=absolute(url, _string(feed, "home_page_url")),
        self_url=absolute(url, _string(feed, "feed_url")),
        hub_url=absolute(url, _string(hubs[0], "url")) if hubs else None,
        language=language_tag(_string(feed, "language")),
        rights="",
        author=_author(feed),
    )


def _draft(entry: Mapping[str, Any], channel: Channel, base: str) -> Draft:
    guid = xml_safe(_string(entry, "id")).strip()
    url = _first_url(base, _string(entry, "url"), guid if is_web(guid) else "")
    external = _first_url(base, _string(entry, "external_url"))
    body = _string(entry, "content_html") or escape(_string(entry, "content_text"))
    updated = parse_date(_string(entry, "date_modified"))
    return Draft(
        guid=guid,
        url=url or external,
        title=escape(_string(entry, "title")),
        body=body or escape(_string(entry, "summary")),
        author=_author(entry) or channel.author,
        published_at=parse_date(_string(entry, "date_published")) or updated,
        updated_at=updated,
        language=language_tag(_string(entry, "language")) or channel.language,
        categories=categories_of(
            escape(tag) for tag in _list(entry, "tags") if isinstance(tag, str)
        ),
    )


def _first_url(base: str, *candidates: str) -> str | None:
    for candidate in candidates:
        found = absolute(base, candidate) if candidate.strip() else None
        if found is not None:
            return redirect_target(found) or found
    return None


def _string(found: Mapping[str, Any], key: str) -> str:
    """A text; a number as its digits (version 1.0 feeds have numeric ids)."""
    value = found.get(key)
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _list(found: Mapping[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    return value if isinstance(value, list) else []


def _objects(found: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [part for part in _list(found, key) if isinstance(part, dict)]


def _author(found: Mapping[str, Any]) -> str:
    single = found.get("author")  # version 1.0
    people = [*_objects(found, "authors"), *([single] if isinstance(single, dict) else [])]
    return one_line(", ".join(dict.fromkeys(_names(people))), limit=200)


def _names(people: list[Mapping[str, Any]]) -> Iterator[str]:
    for person in people[:10]:
        name = name_of(escape(_string(person, "name")))
        if name:
            yield name
