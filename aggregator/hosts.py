"""Hosts: names and addresses in one spelling, and which of them are on the public internet.

Pure. The tables are the IANA special-purpose address registries (RFC 6890 and updates), whole:
also the few globally reachable ranges in them serve no feeds.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from aggregator.errors import BlockedAddress
from aggregator.urls import MAX_URL, absolute, ascii_name

Address = IPv4Address | IPv6Address

_USERINFO = r"(?i)(?:[a-z][a-z0-9+.-]*:)?[/\\]{2,}[^/\\?#]*@"
_DROPPED = r"[\x00-\x20]"  # what browsers drop from an address, and more
_NUMERIC_LABEL = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_LOCAL_NAMES = frozenset(
    {"localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private"}
)

_SPECIAL_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared (carrier-grade NAT)
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # IETF protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relay, deprecated
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")  # all that is allocated; everything else is special
_SPECIAL_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, ORCHID...
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: how an IPv6-only network reaches IPv4
_MAPPED = IPv6Network("::ffff:0:0/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # RFC 5214: the 32 bits before the IPv4 address


@lru_cache(maxsize=1024)  # many have several feeds
def host_name(text: str) -> str:
    """The host as it is looked up: an address in its one spelling, or an ASCII name.

    Raises BlockedAddress where it is neither.
    """
    if ":" in text:
        try:
            address = IPv6Address(text)
        except AddressValueError as error:
            raise BlockedAddress("malformed IPv6 address") from error
        if address.scope_id is not None:
            raise BlockedAddress("an IPv6 address with a zone is link-local")
        return str(address)
    try:
        name = text.lower() if text.isascii() else ascii_name(text)
    except ValueError as error:
        raise BlockedAddress("invalid host name") from error
    name = name.removesuffix(".")
    labels = name.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(name))
        except AddressValueError as error:
            raise BlockedAddress("non-standard notation of an IPv4 address") from error
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BlockedAddress("invalid host name")
    return name


def literal(host: str) -> Address | None:
    """The address that a host, as `host_name` writes it, is; None for a name."""
    if ":" in host:
        return IPv6Address(host)
    return IPv4Address(host) if host.replace(".", "").isdigit() else None


def check_public(host: str) -> None:
    """Raises BlockedAddress where a host, as `host_name` writes it, is not a public one."""
    address, labels = literal(host), host.split(".")
    if address is not None:
        fault = "" if is_public(address) else "the address is not on the public internet"
    else:
        is_local = len(labels) == 1 or labels[-1] in _LOCAL_NAMES or labels[-2:] == ["home", "arpa"]
        fault = "the host name belongs to a local network" if is_local else ""
    if fault:
        hint = "a feed of your own network needs allow_private_networks: true"
        raise BlockedAddress(f"{fault}; {hint}")


def public_https(base: str, url: str) -> str | None:
    """The address that `url` means on a page at `base`, or None where a reader should not ask it.

    Of https, a public host and its default port; without user names and passwords. What a name
    resolves to is not known here.
    """
    found = absolute(base, url)
    if (
        found is None
        or not found.lower().startswith("https:")
        or re.match(_USERINFO, re.sub(_DROPPED, "", url[: 2 * MAX_URL]))
    ):
        return None
    parts = urlsplit(found)
    try:
        check_public(host_name(parts.hostname or ""))
    except BlockedAddress:
        return None
    return found if parts.port in (None, 443) else None


def is_public(address: Address) -> bool:
    """Whether the address is on the public internet, looking through IPv6 forms of IPv4."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address.scope_id is not None:
        return False
    if address in _NAT64 or address in _MAPPED:
        return is_public(_embedded(address))
    if address not in _GLOBAL_V6 or any(address in network for network in _SPECIAL_V6):
        return False
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return is_public(_embedded(address))
    return True


def _embedded(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
