"""Cookies of one poll (RFC 6265, and of its successor the prefixes and what Secure demands). Pure.

A cookie goes back to the very origin that set it, and is forgotten when the poll ends. `Domain` can
so never widen anything: it only refuses cookies that name another host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from msgspec import Struct

from aggregator.fetching.freshness import parse_http_date
from aggregator.fetching.guard import Target
from aggregator.hosts import literal

MOST_COOKIES = 50  # of one origin
MOST_BYTES = 8192  # of one origin: what servers take as a header
_LONGEST = 4096  # bytes of name and value
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_AGE = re.compile(r"-?[0-9]+", re.ASCII)


class Cookie(Struct, frozen=True):
    """One that a server set."""

    name: str
    value: str
    path: str
    is_over: bool = False  # it takes away what the server set before

    @property
    def pair(self) -> str:
        return f"{self.name}={self.value}"


class Cookies:
    """What servers set during one poll, by origin."""

    def __init__(self, kept: Iterable[tuple[str, Cookie]] = ()) -> None:
        """`kept`: what `all` said of another one."""
        self._kept: dict[str, dict[tuple[str, str], Cookie]] = {}
        for origin, cookie in kept:
            self._kept.setdefault(origin, {})[cookie.name, cookie.path] = cookie

    def all(self) -> tuple[tuple[str, Cookie], ...]:
        """Each with the origin that it goes back to."""
        return tuple((origin, one) for origin, kept in self._kept.items() for one in kept.values())

    def keep(self, target: Target, fields: Iterable[tuple[bytes, bytes]], now: datetime) -> None:
        """Takes the cookies of a response's header fields, as many as there is room for."""
        kept = self._kept.setdefault(str(target.origin), {})
        given = (value for name, value in fields if name.lower() == b"set-cookie")
        for value in islice(given, MOST_COOKIES):
            cookie = _read(value, target, now)
            if cookie is None:
                continue
            key = cookie.name, cookie.path
            if cookie.is_over:
                kept.pop(key, None)
                continue
            others = [len(one.pair.encode()) + 2 for place, one in kept.items() if place != key]
            size = sum(others) + len(cookie.pair.encode())
            if len(others) < MOST_COOKIES and size <= MOST_BYTES:
                kept[key] = cookie

    def header(self, target: Target) -> str:
        """The value of Cookie for a request, those of longer paths first; empty without any."""
        path = target.path.partition("?")[0]
        kept = self._kept.get(str(target.origin), {}).values()
        sent = [
            cookie
            for cookie in kept  # whose path matches (RFC 6265 section 5.1.4)
            if path.startswith(cookie.path)
            and (cookie.path.endswith("/") or path[len(cookie.path) :][:1] in ("", "/"))
        ]
        return "; ".join(one.pair for one in sorted(sent, key=lambda one: -len(one.path)))


def _read(field: bytes, target: Target, now: datetime) -> Cookie | None:
    """The cookie of a Set-Cookie field, None where it is none or not for its server to set."""
    try:
        text = field.decode("utf-8")
    except UnicodeDecodeError:
        return None  # it could not be sent back as it came
    pair, *rest = text.split(";")
    name, equals, value = (part.strip(" \t") for part in pair.partition("="))
    size = len(name.encode()) + len(value.encode())
    if not (name and equals) or size > _LONGEST or _CONTROL.search(text):
        return None
    attributes: dict[str, str] = {}
    for one in rest:
        key, _, said = one.partition("=")
        attributes[key.strip(" \t").lower()] = said.strip(" \t")
    lower, is_secure = name.lower(), "secure" in attributes
    host, domain = target.origin.host, attributes.get("domain", "").removeprefix(".").lower()
    is_below = host.endswith(f".{domain}") and literal(host) is None
    if (
        (is_secure and target.origin.scheme != "https")
        or (lower.startswith(("__secure-", "__host-")) and not is_secure)
        or (lower.startswith("__host-") and "domain" in attributes)
        or (lower.startswith("__host-") and attributes.get("path") != "/")
        or (domain and host != domain and not is_below)
    ):
        return None
    path = attributes.get("path", "")
    if not path.startswith("/"):  # RFC 6265 section 5.1.4
        path = target.path.partition("?")[0].rpartition("/")[0] or "/"
    # One may be set only to be dropped; no other lifetime ends within a poll.
    age, expires = attributes.get("max-age", ""), parse_http_date(attributes.get("expires", ""))
    is_over = expires is not None and expires <= now
    if _MAX_AGE.fullmatch(age):
        is_over = age.startswith("-") or not age.strip("0")
    return Cookie(name, value, path, is_over)
