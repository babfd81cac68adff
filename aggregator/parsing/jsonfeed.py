"""JSON Feed 1.0 and 1.1 (jsonfeed.org): strict about types, lenient about values."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, NoReturn

from aggregator.errors import NotAFeed, ParseError
from aggregator.html import escape
from aggregator.model import FeedHints, ParseTask
from aggregator.parsing.dates import parse_date
from aggregator.parsing.delta import all_distinct, element_hash, own_key, surroundings_hash
from aggregator.parsing.entries import MAX_HEADLINE, categories_of, plain_line
from aggregator.parsing.feedxml import language_tag
from aggregator.parsing.newest import MAX_ITEMS, newest, note
from aggregator.parsing.rawfeed import Channel, RawEntry, RawFeed, RawFile, RawText
from aggregator.text import one_line, xml_safe
from aggregator.urls import absolute, is_web, redirect_target

_MOST_FILES = 20  # attachments of an entry that are read
# A string without an end goes on to that of the text: looking for it from each quote on is slow.
_COMMA_TOO_MANY = re.compile(r"""("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|,(?=\s*+[\]}])""", re.S)
_VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.([01]))?/?")


def is_json(text: str) -> bool:
    """Whether a document begins like a JSON object or array."""
    return text.lstrip()[:1] in ("{", "[")


def read_json_feed(text: str, task: ParseTask) -> RawFeed:
    """Reads a JSON Feed, except entries whose raw hash is among `task.known`.

    Raises ParseError for malformed JSON, NotAFeed for JSON that is not a feed.
    """
    feed = _object(text)
    version = _VERSION.fullmatch(_string(feed, "version").strip())
    items = feed.get("items")
    if version is None or not isinstance(items, list):
        raise NotAFeed("the document is JSON, but no JSON Feed (no version or no items)")
    hubs = [hub for hub in _objects(feed, "hubs") if _string(hub, "type").lower() == "websub"]
    channel = Channel(
        format=f"json1{version.group(1) or '0'}",
        title=plain_line(_string(feed, "title"), limit=300),
        site_url=absolute(task.url, _string(feed, "home_page_url")),
        self_url=absolute(task.url, _string(feed, "feed_url")),
        hub_url=absolute(task.url, _string(hubs[0], "url")) if hubs else None,
        language=language_tag(_string(feed, "language")),
        rights="",
        author=_author(feed),
    )
    entries = [entry for entry in items if isinstance(entry, dict)]
    left_out = max(0, len(entries) - MAX_ITEMS)
    if left_out:
        entries = [entries[place] for place in newest([_published(entry) for entry in entries])]
    rest = {key: value for key, value in feed.items() if key != "items"}
    surroundings = surroundings_hash(_bytes(rest), task.context)
    hashed = [(element_hash(_bytes(entry), surroundings), entry) for entry in entries]
    keys = [own_key(xml_safe(_string(entry, "id")), _string(entry, "url")) for _, entry in hashed]
    known = task.known if all_distinct(keys) else frozenset()
    base = channel.site_url or task.url
    return RawFeed(
        channel,
        tuple(_raw_entry(entry, channel, base, key) for key, entry in hashed if key not in known),
        FeedHints(left_out=left_out),
        tuple(key for key, _ in hashed if key in known),
        (note(left_out),) if left_out else (),
    )


def _published(entry: dict[str, Any]) -> datetime | None:
    published = parse_date(_string(entry, "date_published"))
    return published or parse_date(_string(entry, "date_modified"))


def _bytes(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _object(text: str) -> dict[str, Any]:
    try:
        try:
            found = _decoded(text)
        except ValueError:  # templates may write a comma after the last entry of a list
            found = _decoded(_COMMA_TOO_MANY.sub(r"\1", text))
    except RecursionError as error:
        raise ParseError("the JSON is nested too deep") from error
    except ValueError as error:
        raise ParseError(f"the JSON is broken ({one_line(str(error), limit=120)})") from error
    if not isinstance(found, dict):
        raise NotAFeed("the document is JSON, but no JSON Feed (a list, not an object)")
    return found


def _decoded(text: str) -> Any:
    return json.loads(
        text,
        parse_constant=_refuse,
        parse_int=lambda digits: int(digits) if len(digits) <= 18 else digits,
        strict=False,
    )


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _raw_entry(entry: dict[str, Any], channel: Channel, base: str, raw_hash: str) -> RawEntry:
    guid = xml_safe(_string(entry, "id")).strip()
    url = _first_url(base, _string(entry, "url"), guid if is_web(guid) else "")
    external = _first_url(base, _string(entry, "external_url"))
    attached = [_string(one, "url") for one in _objects(entry, "attachments")[:1]]
    if guid:  # as in RSS, a file is the link only if there is no other
        external = external or _first_url(base, *attached)
    texts = [RawText(_string(entry, "content_html"))]
    texts += [RawText(escape(_string(entry, key)), True) for key in ("content_text", "summary")]
    pictures = (entry.get(key) for key in ("image", "banner_image"))
    return RawEntry(
        guid=guid,
        url=url or external,
        title=plain_line(_string(entry, "title"), limit=MAX_HEADLINE),
        texts=tuple(text for text in texts if text.html),
        base=url or external or base,
        author=_author(entry) or channel.author,
        published_at=_published(entry),
        updated_at=parse_date(_string(entry, "date_modified")),
        language=language_tag(_string(entry, "language")) or channel.language,
        categories=categories_of(
            escape(tag) for tag in _list(entry, "tags") if isinstance(tag, str)
        ),
        files=(
            *(RawFile(picture, medium="image") for picture in pictures if isinstance(picture, str)),
            *(
                RawFile(
                    _string(one, "url"),
                    type=_string(one, "mime_type") or "application/octet-stream",
                    bytes=_string(one, "size_in_bytes"),
                )
                for one in _objects(entry, "attachments")[:_MOST_FILES]
            ),
        ),
        raw_hash=raw_hash,
    )


def _first_url(base: str, *candidates: str) -> str | None:
    for candidate in candidates:
        found = absolute(base, candidate) if candidate.strip() else None
        if found is not None:
            return redirect_target(found) or found
    return None


def _string(found: dict[str, Any], key: str) -> str:
    """A text; numbers are converted (version 1.0 feeds have numeric ids)."""
    value = found.get(key)
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _list(found: dict[str, Any], key: str) -> list[Any]:
    value = found.get(key)
    return value if isinstance(value, list) else []


def _objects(found: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [part for part in _list(found, key) if isinstance(part, dict)]


def _author(found: dict[str, Any]) -> str:
    single = found.get("author")  # version 1.0
    people = [*_objects(found, "authors"), *([single] if isinstance(single, dict) else [])]
    names = (plain_line(_string(person, "name")) for person in people[:10])
    return one_line(", ".join(dict.fromkeys(name for name in names if name)), limit=200)
