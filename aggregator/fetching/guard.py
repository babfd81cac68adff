"""Which URLs may be asked at all, decided before any look-up.

Pure. What a name resolves to is checked in `resolver.py`, on the very addresses that are
dialled. The one exception to "public addresses only" is a feed's own origin where its
configuration says `allow_private_networks`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import BlockedAddress
from aggregator.hosts import check_public, host_name

LONGEST_URL = 8000
_PORTS = {"http": 80, "https": 443}
_AS_IS = "/%:=&?~+!$,;'@()*[]|"  # what the configured URL says stays as it is
# Most URLs are of this kind, of which nothing needs to be decoded, encoded or folded: that saves
# 21 us of the 540 of a poll that ends in a 304.
_USUAL = re.compile(
    r"(https?)://([a-z0-9.-]+)(?::([1-9][0-9]{0,3}))?(/[A-Za-z0-9._~/%:=&?+!$,;'@()*|-]*)(?<!\?)",
    re.ASCII,
)
_BAD_TEXT = re.compile(r"[\x00-\x20\x7f\\]")
# Ports of 1024 and above on which no web server, but something that obeys its first line, may
# listen (the fetch standard's list of blocked ports, and databases).
_OTHER_SERVICES = frozenset(
    {
        *(1433, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 3306, 3389, 3659, 4045),
        *(4190, 5060, 5061, 5432, 5672, 5900, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668),
        *(6669, 6679, 6697, 9042, 9092, 9200, 9300, 10080, 10250, 11211, 15672, 27017),
    }
)


class Origin(Struct, frozen=True):
    """Scheme, host and port: what credentials belong to (RFC 6454)."""

    scheme: str
    host: str  # ASCII, lower case, no brackets, no trailing dot
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port as in a URL: without the port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Target(Struct, frozen=True):
    """A URL that may be requested: its origin, the request target, and its user information."""

    origin: Origin
    path: str  # path and query, percent-encoded; never a fragment
    url: str  # without credentials
    user: str | None = None
    password: str = ""
    is_own: bool = False  # on the feed's own origin, which may be private


def check_url(url: str, *, own: Origin | None = None) -> Target:
    """The target of an http(s) URL; raises BlockedAddress when it must not be asked.

    `own` is the feed's origin when the feed may be on a private network: on it, and only there,
    private hosts, names and ports are allowed.
    """
    return check(target_of(url), own=own)


def check(target: Target, *, own: Origin | None = None) -> Target:
    """As `check_url`, for a URL that was taken apart before."""
    if own is not None and target.origin == own:
        return replace(target, is_own=True)
    check_public(target.origin.host)
    port = target.origin.port
    if port not in _PORTS.values() and (port < 1024 or port in _OTHER_SERVICES):
        raise BlockedAddress(f"port {port} is not allowed: other services listen there")
    return target


def origin_of(url: str) -> Origin:
    """The origin of an http(s) URL; raises BlockedAddress when it has none."""
    return target_of(url).origin


def host_of(url: str) -> str:
    """The host whose lane a feed's requests use; the URL itself where there is none."""
    try:
        return origin_of(url).host
    except BlockedAddress:
        return url


@lru_cache(maxsize=2048)  # a poll asks for its lane, and then for its target
def target_of(url: str) -> Target:
    """An http(s) URL taken apart, not yet checked; raises BlockedAddress when it is none."""
    usual = _USUAL.fullmatch(url)
    if usual and len(url) <= LONGEST_URL:
        scheme, name, number, path = usual.groups()
        origin = Origin(scheme, host_name(name), int(number or _PORTS[scheme]))
        return Target(origin, path, f"{origin}{path}")
    if not url or len(url) > LONGEST_URL:
        raise BlockedAddress("the URL is empty" if not url else "the URL is too long")
    if _BAD_TEXT.search(url):
        raise BlockedAddress("the URL contains spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BlockedAddress("malformed URL") from error
    scheme = parts.scheme.lower()
    if scheme not in _PORTS:
        raise BlockedAddress("only http and https URLs are supported")
    if not parts.hostname:
        raise BlockedAddress("the URL has no host")
    if port == 0:
        raise BlockedAddress("port 0 is not allowed")
    origin = Origin(scheme, host_name(parts.hostname), port or _PORTS[scheme])
    path = quote(parts.path or "/", safe=_AS_IS)
    if parts.query:
        path += "?" + quote(parts.query, safe=_AS_IS)
    user = None if parts.username is None else unquote(parts.username)
    return Target(origin, path, f"{origin}{path}", user, unquote(parts.password or ""))
