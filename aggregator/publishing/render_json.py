"""A `Document` as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import json

from aggregator.times import time_text

if TYPE_CHECKING:
    from aggregator.publishing.render_document import Document, DocumentEntry


def json_feed(document: Document) -> bytes:
    """UTF-8 JSON without a byte order mark or null values, with one item per line."""
    hubs = [link.href for link in document.links if link.rel == "hub"]
    feed: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": document.title,
        "home_page_url": document.page,
        "feed_url": document.url(f"{document.name}.json"),
        "description": document.subtitle,
        "icon": document.icon,
        "authors": [{"name": document.author}],
        "language": document.language,
        "hubs": [{"type": "WebSub", "url": hub} for hub in hubs],
    }
    head = _text(_filled(feed))
    items = b",\n".join([_text(_item(entry)) for entry in document.entries])
    return b"".join((head[:-1], b', "items": [\n', items, b"\n]}\n"))


def _item(entry: DocumentEntry) -> dict[str, Any]:
    """One item; what JSON Feed has no key for is in `_aggregator`."""
    sources = [
        _filled(
            {
                "publisher": source.publisher,
                "title": source.headline,
                "url": source.url,
                "date_published": time_text(source.published),
                "origin": source.origin,
            }
        )
        for source in entry.sources
    ]
    own: dict[str, Any] = {"sources": sources}
    if entry.origins is not None:
        own["independent"] = entry.origins.independent
        own["first"] = entry.origins.first
        own["coverage"] = {label: dict(values) for label, values in entry.origins.coverage}
    own["related"] = [
        {"id": one.entry_id, "title": one.headline}
        | ({"url": one.url} if one.url else {})
        | {"date_published": time_text(one.published_at)}
        for one in entry.related
    ]
    item = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.content_html,
        "summary": entry.summary,
        "image": entry.image.url if entry.image else None,
        "date_published": time_text(entry.published),
        "date_modified": time_text(entry.updated),
        "authors": [{"name": name} for name in entry.authors],
        "tags": entry.terms,
        "language": entry.language,
        "attachments": [
            _filled({"url": one.url, "mime_type": one.type, "size_in_bytes": one.bytes})
            for one in entry.enclosures
        ],
        "_aggregator": _filled(own),
    }
    return _filled(item)


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value}


def _text(fields: dict[str, Any]) -> bytes:
    """On one line, with spaces like `json.dumps`, which keeps diffs readable."""
    return json.format(json.encode(fields), indent=0)
