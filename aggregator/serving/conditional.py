"""Conditional requests and content negotiation (RFC 9110) over the values of headers. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_TAG = re.compile(r'(?:W/)?"[^"]*"')


def etag_matches(if_none_match: str, etag: str) -> bool:
    """Whether a list of entity tags (or `*`) holds this one, by weak comparison (13.1.2)."""
    if if_none_match.strip() == "*":
        return True
    own = etag.removeprefix("W/")
    return any(tag.removeprefix("W/") == own for tag in _TAG.findall(if_none_match))


def not_modified(
    *,
    etag: str,
    modified: datetime | None,
    if_none_match: str | None,
    if_modified_since: str | None,
) -> bool:
    """Whether the client's copy is still good; entity tags win over dates (13.2.2)."""
    if if_none_match is not None:
        return etag_matches(if_none_match, etag)
    if if_modified_since is None or modified is None:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since)
    except (ValueError, OverflowError):
        return False
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return modified.replace(microsecond=0) <= since


def format_http_date(at: datetime) -> str:
    """`Sun, 06 Nov 1994 08:49:37 GMT`."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the client takes gzip: named, or by `*`, and not with `q=0` (12.5.3)."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.strip().partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            weights[coding.strip()] = float(value) if name.strip() == "q" else 1.0
        except ValueError:
            weights[coding.strip()] = 0.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0
