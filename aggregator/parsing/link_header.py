"""The HTTP Link header (RFC 8288): documents related to the one requested."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from aggregator.urls import absolute

_MAX_HEADER = 8_000  # characters that are read
_LINK = re.compile(r"<([^<>\s]{1,2000})>([^<>]*)")
_PARAMETER = re.compile(r';\s*([a-z*]{1,20})\s*=\s*(?:"([^"]{0,500})"|([^\s;,"]{1,500}))', re.I)


class HeaderLink(Struct, frozen=True):
    """A link: absolute URL, relations in lower case, media type and title as written."""

    url: str
    rels: tuple[str, ...]
    type: str = ""
    title: str = ""


def header_links(headers: Mapping[str, str], url: str) -> tuple[HeaderLink, ...]:
    """The http(s) links of a response from `url`; header names are lower-case."""
    found = []
    for match in _LINK.finditer(headers.get("link", "")[:_MAX_HEADER]):
        target = absolute(url, match.group(1))
        if target is None:
            continue
        values = {
            name.lower(): quoted or bare
            for name, quoted, bare in _PARAMETER.findall(match.group(2))
        }
        rels = tuple(values.get("rel", "").lower().split())
        found.append(HeaderLink(target, rels, values.get("type", ""), values.get("title", "")))
    return tuple(found)


def linked(links: tuple[HeaderLink, ...], rel: str) -> str | None:
    """The first URL with this relation."""
    return next((link.url for link in links if rel in link.rels), None)
