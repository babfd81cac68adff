"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

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

_FEED = {"version", "title", "home_page_url", "feed_url", "description", "icon", "authors",
         "language", "hubs", "items"}  # fmt: skip
_ITEM = {"id", "url", "title", "content_html", "summary", "date_published", "date_modified",
         "authors", "tags", "language", "image", "attachments"}  # fmt: skip


def json_problems(data: bytes, own_url: str | None) -> Iterator[str]:
    """What is wrong with a feed that stands at `own_url`."""
    if data.startswith(b"\xef\xbb\xbf"):
        yield "a byte order mark"
    feed = json.loads(data.decode())
    yield from _keys(feed, _FEED)
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield f"version: {feed.get('version')!r}"
    if own_url is not None and feed.get("feed_url") != own_url:
        yield f"feed_url is {feed.get('feed_url')!r}, not {own_url}"
    for key in ("title", "description"):
        if problem := text_problem(feed.get(key)):
            yield f"{key}: {problem}"
    for key in ("home_page_url", "feed_url", "icon"):
        if key in feed and (problem := link_problem(feed[key])):
            yield f"{key}: {problem}"
    for hub in feed.get("hubs", ()):
        if set(hub) != {"type", "url"} or link_problem(hub["url"]):
            yield f"hub: {hub}"
    yield from _shared(feed)
    items = feed.get("items")
    if not isinstance(items, list):
        yield "no items"
        return
    yield from (f"one id twice: {one}" for one in repeated(item.get("id") for item in items))
    for item in items:
        yield from (f"{item.get('id')}: {line}" for line in _item(item))


def _item(item: dict[str, Any]) -> Iterator[str]:
    yield from _keys(item, _ITEM)
    if not isinstance(item.get("id"), str) or (problem := uri_problem(item["id"])):
        yield f"id: {problem if isinstance(item.get('id'), str) else item.get('id')!r}"
    if "url" in item and (problem := link_problem(item["url"])):
        yield f"url: {problem}"
    for key in ("title", "summary"):
        if key in item and (problem := text_problem(item[key])):
            yield f"{key}: {problem}"
    for key in ("date_published", "date_modified"):
        if moment(item.get(key)) is None:
            yield f"{key}: {item.get(key)!r}"
    yield from (f"content_html: {line}" for line in content_problems(item.get("content_html", "")))
    tags = item.get("tags", [])
    yield from (f"tag: {problem}" for tag in tags if (problem := text_problem(tag)))
    yield from (f"tag twice: {tag}" for tag in repeated(tags))
    yield from _media(item)
    yield from _shared(item)


def _media(item: dict[str, Any]) -> Iterator[str]:
    attachments = item.get("attachments", [])
    addresses = [one.get("url") for one in attachments]
    for address in (*([item["image"]] if "image" in item else []), *addresses):
        if problem := public_problem(address):
            yield f"image or attachment: {problem}"
    for one in attachments:
        if not is_media_type(one.get("mime_type")) or one.get("size_in_bytes", 1) < 1:
            yield f"attachment: {one}"


def _shared(value: dict[str, Any]) -> Iterator[str]:
    for author in value.get("authors", ()):
        yield from [f"author: {problem}"] if (problem := text_problem(author.get("name"))) else []
    if "language" in value and not is_language(value["language"]):
        yield f"language: {value['language']!r}"


def _keys(value: dict[str, Any], known: set[str]) -> Iterator[str]:
    strange = {key for key in value if not key.startswith("_")} - known
    if strange:
        yield f"unknown keys: {sorted(strange)}"
    yield from (f"{key} is null" for key, found in value.items() if found is None)
