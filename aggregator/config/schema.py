"""The keys of `feeds.yaml`: one table per section. docs/configuration.md describes each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from aggregator.config.document import Fields, Node
from aggregator.config.fields import (
    Bad,
    Key,
    argv,
    base_url,
    clock,
    contact,
    duration,
    flag,
    language,
    list_of,
    matching,
    one_of,
    quoted,
    scalar,
    seconds,
    size,
    switch,
    text,
    web_url,
    whole,
)

MINUTE, HOUR, DAY = 60, 3600, 86_400

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", re.ASCII)
_RESERVED = ("index", "feeds", "stories", "search", "healthz", "metrics")
_RESERVED_ENDING = re.compile(r".*-(digest|\d{4}-\d{2})", re.ASCII | re.IGNORECASE)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_OUR_HEADERS = (  # set by the fetcher, or by the protocol
    *("accept-encoding", "if-modified-since", "if-none-match"),
    *("connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"),
)


def topic_name(node: Node) -> str:
    """A topic's name: it becomes file names and URL paths."""
    value = scalar(node)
    if not _NAME.fullmatch(value):
        raise Bad(
            f"{quoted(value)} cannot be a file name",
            "write letters, digits, - and _ only, at most 60, as in us-pakistan-security",
        )
    if value.lower() in _RESERVED or _RESERVED_ENDING.fullmatch(value):
        raise Bad(f"{quoted(value)} is the name of another published file", "choose another name")
    return value


def headers(node: Node) -> tuple[tuple[str, str], ...]:
    """Request headers of one feed; values may hold ${VARIABLES}."""
    if not isinstance(node, Fields):
        raise Bad("must be a map", "write {Header-Name: value}")
    result: dict[str, str] = {}
    for key, value in node.entries:
        name = key.text
        if not _HEADER_NAME.fullmatch(name):
            raise Bad(f"{quoted(name)} is no header name", place=key.place)
        if name.lower() in _OUR_HEADERS:
            raise Bad(f"{name} is set by the fetcher itself", "remove it", place=key.place)
        try:
            result[name] = scalar(value)
        except Bad as error:
            raise Bad(f"{name} {error.message}", "write its value", place=value.place) from error
    return tuple(result.items())


def query(node: Node) -> Node:
    """The query of a topic as it stands; `topics.query` reads it."""
    if not isinstance(node, Fields):
        raise Bad("must be a map", "docs/topics.md shows queries")
    return node


def zone(node: Node) -> str:
    """A time zone of the IANA data base."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - slow to import, and rarely needed

    value = scalar(node)
    try:
        ZoneInfo(value)
    except (ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise _no_zone(value) from error
    except KeyError as error:
        raise _no_zone(value) from error
    return value


def _no_zone(value: str) -> Bad:
    return Bad(f"{quoted(value)} is no time zone", "write one such as UTC or Asia/Karachi")


def _table(**keys: tuple[str, Any]) -> Mapping[str, Key]:
    return MappingProxyType({name: Key(*row) for name, row in keys.items()})


_address = matching(
    re.compile(r"[A-Za-z0-9.:_-]{1,253}", re.ASCII), "is no host or address", "write 127.0.0.1"
)

TOP = (
    "site",
    "database",
    "output",
    "fetch",
    "stories",
    "feeds",
    "topics",
    "publish",
    "serve",
    "storage",
    "notify",
)

SITE = _table(
    title=("title", text()),
    base_url=("base_url", base_url),
    contact=("contact", contact),
    author=("author", text()),
    icon=("icon", web_url),
    language=("language", language),
)

# what stands under `fetch:` and may stand on a feed, too
_EACH = {
    "every_without_validators": ("every_without_validators", duration(1, 30 * DAY)),
    "longest_wait": ("longest_wait", duration(DAY, 366 * DAY)),
    "timeout": ("timeout_s", seconds(0.1, 10 * MINUTE)),
    "max_bytes": ("max_bytes", size(1_000, 10**9)),
    "per_host": ("per_host", whole(1, 100)),
    "host_gap": ("host_gap_s", seconds(0, HOUR)),
    "allow_private_networks": ("allow_private_networks", flag),
}

FETCH = _table(
    every=("default_every", duration(1, 30 * DAY)),
    concurrency=("concurrency", whole(1, 1000)),
    **_EACH,
)

FEED = _table(
    url=("url", scalar),
    name=("name", text(limit=100)),
    rank=("rank", whole(-1000, 1000)),
    headers=("headers", headers),
    enabled=("enabled", flag),
    private=("private", flag),
    on_topic=("on_topic", flag),
    every=("every", duration(1, 30 * DAY)),
    **_EACH,
)

STORIES = _table(
    window=("window", duration(HOUR, 90 * DAY)),
    model=("model", switch),
    pairs_per_run=("pairs_per_run", whole(0, 10_000_000)),
)

TOPIC = _table(
    name=("name", topic_name),
    title=("title", text()),
    enabled=("enabled", flag),
    query=("query", query),
)

PUBLISH = _table(
    formats=("formats", list_of(one_of(("atom", "rss", "json", "html", "opml")))),
    entries=("entries", whole(1, 10_000)),
    hub=("hub", web_url),
    max_age=("max_age", duration(0, DAY)),
    update_on_source=("update_on_source", flag),
    excerpt=("excerpt", whole(0, 100_000)),
    noindex=("noindex", flag),
    digest_at=("digest_at", clock),
    digest_zone=("digest_zone", zone),
    archive=("archive", flag),
)

SERVE = _table(
    host=("host", _address),
    port=("port", whole(0, 65_535)),
    metrics_public=("metrics_public", flag),
    rate=("rate", whole(0, 1_000_000)),
    websub=("websub", flag),
)

STORAGE = _table(
    keep=("keep", duration(DAY, 36_500 * DAY)),
    backups=("backups", whole(0, 1000)),
)

NOTIFY = _table(
    name=("name", text(limit=100)),
    topics=("topics", list_of(topic_name)),
    webhook=("webhook", scalar),
    secret=("secret", scalar),
    command=("command", argv),
    updates=("updates", flag),
)


def every_key() -> tuple[str, ...]:
    """All keys as dotted paths; `[]` stands for each member of a list."""
    sections = {
        "site": SITE,
        "fetch": FETCH,
        "stories": STORIES,
        "feeds[]": FEED,
        "topics[]": TOPIC,
        "publish": PUBLISH,
        "serve": SERVE,
        "storage": STORAGE,
        "notify[]": NOTIFY,
    }
    nested = [f"{section}.{key}" for section, keys in sections.items() for key in keys]
    return ("database", "output", *nested)
