"""How servers are reached: by which proxies, under which authorities. Pure.

No standard says what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` mean: they are read as
curl and Go's `net/http` agree on it, in either letter case, the lower one first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from aggregator.errors import BlockedAddress
from aggregator.hosts import host_name
from aggregator.urls import ascii_name

FORM = {"Content-Type": "application/x-www-form-urlencoded"}  # what hubs take (WebSub, 5.1)
_PORTS = {"http": 80, "socks5": 1080}
# names are never ours to look up
_SCHEMES = {"http": "http", "socks5": "socks5", "socks5h": "socks5"}
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_LONGEST_CREDENTIAL = 255  # bytes; RFC 1929 section 2
_THIS_MACHINE = ("localhost", "127.0.0.0/8", "::1")


class Proxy(Struct, frozen=True):
    """An HTTP proxy (RFC 9110 section 3.7) or a SOCKS one (RFC 1928); no repr has credentials."""

    scheme: str  # "http" or "socks5"
    host: str  # ASCII, no brackets; may be on a private network, since the operator wrote it
    port: int
    user: str | None = None
    password: str = ""

    def __repr__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"Proxy({self.scheme}://{host}:{self.port})"


class Proxies(Struct, frozen=True):
    """Which proxy serves which URLs; without any, servers are asked directly."""

    http: Proxy | None = None  # for URLs of this scheme
    https: Proxy | None = None
    exceptions: tuple[str, ...] = ()  # asked directly: names, addresses, networks, as in NO_PROXY

    def proxy_for(self, scheme: str, host: str, port: int) -> Proxy | None:
        """The proxy through which this host is asked, None for none."""
        proxy = self.http if scheme == "http" else self.https
        if proxy is None or any(_covers(one, host, port) for one in self.exceptions):
            return None
        return proxy


class Route(Struct, frozen=True):
    """By which proxies a request goes, and which authorities its servers may be signed by."""

    proxies: Proxies = Proxies()
    ca_file: Path | None = None  # authorities beside those that this machine trusts, PEM


DIRECT = Route()


def is_this_machine(host: str) -> bool:
    """Whether a host is this machine by its loopback name or address."""
    return any(_covers(one, host, 0) for one in _THIS_MACHINE)


def proxies_of(setting: str, environ: Mapping[str, str]) -> Proxies:
    """The proxies that a setting names. Raises ValueError, whose text holds nothing secret."""
    if setting.lower() == "none":
        return Proxies()
    if setting.lower() != "environment":
        proxy = parse_proxy(setting)
        return Proxies(proxy, proxy)
    found: dict[str, Proxy] = {}
    for scheme in ("http", "https"):
        names = (f"{scheme}_proxy", f"{scheme}_proxy".upper(), "all_proxy", "ALL_PROXY")
        name = next((name for name in names if environ.get(name)), None)
        if name is not None:
            value = environ[name]
            try:
                found[scheme] = parse_proxy(value if "://" in value else f"http://{value}")
            except ValueError as error:
                raise ValueError(f"takes {name} from the environment, which {error}") from error
    listed = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    exceptions = tuple(part.lower() for part in re.split(r"[\s,]+", listed) if part)
    # a proxy that was asked for localhost would ask its own machine
    return Proxies(found.get("http"), found.get("https"), (*_THIS_MACHINE, *exceptions))


def parse_proxy(url: str) -> Proxy:
    """The proxy at a URL. Raises ValueError, whose text holds nothing of the URL but its scheme."""
    if _NOT_IN_URLS.search(url):
        raise ValueError("holds a space or another character that a URL cannot hold")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is a URL whose host or port is malformed") from None
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not url.lower().startswith(f"{parts.scheme}://"):
        raise ValueError("is not an http:// or socks5:// URL")
    if port == 0:
        raise ValueError("is a URL with port 0")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("is a URL with a path, which no proxy has")
    user, password = None, ""
    if parts.username is not None:
        user, password = unquote(parts.username), unquote(parts.password or "")
        if not user or max(len(user.encode()), len(password.encode())) > _LONGEST_CREDENTIAL:
            raise ValueError("has a user or a password that is empty or longer than 255 bytes")
        if scheme == "http" and ":" in user:  # RFC 7617 section 2
            raise ValueError("has a user with a colon, which HTTP cannot express")
    try:
        host = host_name(parts.hostname or "")
    except BlockedAddress:
        raise ValueError("is a URL whose host or port is malformed") from None
    return Proxy(scheme, host, port or _PORTS[scheme], user, password)


def _covers(exception: str, host: str, port: int) -> bool:
    """Whether a part of NO_PROXY covers a host: a name with all below it, an address, a network.

    A part that is none of these covers nothing.
    """
    if exception == "*":
        return True
    name, _, number = exception.rpartition(":")
    if name and number.isascii() and number.isdigit() and (":" not in name or name.endswith("]")):
        if int(number) != port:
            return False
        exception = name
    exception = exception.strip("[]")
    try:
        address = ip_address(host)
    except ValueError:
        name = exception.removeprefix("*").removeprefix(".").removesuffix(".")
        with suppress(ValueError):  # what is not a name in any script covers nothing
            name = ascii_name(name)
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ip_network(exception, strict=False)
    except ValueError:
        return False
