"""A connection through a proxy, by CONNECT (RFC 9110 section 9.3.6) or SOCKS 5 (RFC 1928, 1929).

The proxy is told the host's name and looks it up itself. What it answers is read to its last byte
and no further, is bounded, and is never repeated in an error.
"""

from __future__ import annotations

import asyncio
import re
import socket
from base64 import b64encode
from ipaddress import IPv4Address

from aggregator.errors import NetworkFailure
from aggregator.fetching.guard import Origin
from aggregator.hosts import literal
from aggregator.network import Proxy

_MOST_HEAD = 64 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?=[ \r\n])")
_END = re.compile(rb"\r?\n\r?\n")
_NEEDS_LOGIN = 407
_UNREACHED = frozenset({502, 503, 504})  # the proxy works, the server beyond it does not
_BY_PASSWORD, _NO_METHOD = 2, 0xFF
_REFUSALS = {  # RFC 1928 section 6: kind and words of each reply
    2: ("proxy", "the proxy does not allow connections to this host"),
    3: ("connect", "could not be reached from the proxy: network is unreachable"),
    4: ("connect", "could not be reached from the proxy: unknown or unreachable host"),
    5: ("connect", "could not be reached from the proxy: connection refused"),
    6: ("connect", "could not be reached from the proxy: timed out"),
}


def basic(user: str, password: str) -> str:
    """Credentials as a header has them (RFC 7617)."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def refused_login(proxy: Proxy) -> NetworkFailure:
    """The failure that a proxy's 407 is."""
    if proxy.user is None:
        return NetworkFailure("the proxy asks for a user and a password", kind="proxy")
    return NetworkFailure("the proxy does not accept its user and password", kind="proxy")


def silent() -> NetworkFailure:
    """The failure where the time for a request was over before a proxy answered."""
    return NetworkFailure("the proxy did not answer in time", kind="proxy")


async def connect(sock: socket.socket, proxy: Proxy, origin: Origin) -> None:
    """Has the proxy at the other end of the socket connect it to the origin.

    Raises NetworkFailure: of kind proxy where the proxy is at fault, connect where the server is.
    """
    if proxy.scheme == "http":
        await _by_connect(sock, proxy, origin)
    else:
        await _by_socks(sock, proxy, origin)


async def _by_connect(sock: socket.socket, proxy: Proxy, origin: Origin) -> None:
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    place = f"{host}:{origin.port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.user is not None:
        lines.append(f"Proxy-Authorization: {basic(proxy.user, proxy.password)}")
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, "\r\n".join((*lines, "", "")).encode("ascii"))
    head = b""
    while not (end := _END.search(head)):
        received = await loop.sock_recv(sock, 4096)
        if not received:
            raise _closed()
        head += received
        if len(head) > _MOST_HEAD:
            raise _nonsense()
    status = _STATUS.match(head)
    if status is None:
        raise _nonsense()
    code = int(status[1])
    if code == _NEEDS_LOGIN:
        raise refused_login(proxy)
    if code in _UNREACHED:
        raise NetworkFailure(f"could not be reached from the proxy (HTTP {code})")
    if not 200 <= code < 300:
        raise NetworkFailure(f"the proxy refused the connection (HTTP {code})", kind="proxy")
    if end.end() < len(head):  # servers of TLS do not speak first
        raise _nonsense()


async def _by_socks(sock: socket.socket, proxy: Proxy, origin: Origin) -> None:
    loop = asyncio.get_running_loop()
    methods = b"\x00" if proxy.user is None else b"\x00\x02"
    await loop.sock_sendall(sock, b"\x05%c%s" % (len(methods), methods))
    version, method = await _exactly(sock, 2)
    if version == 5 and method == _NO_METHOD:
        raise refused_login(proxy)
    if version != 5 or method not in methods:
        raise _nonsense()
    if method == _BY_PASSWORD:
        user, password = (proxy.user or "").encode(), proxy.password.encode()
        login = b"\x01%c%s%c%s" % (len(user), user, len(password), password)
        await loop.sock_sendall(sock, login)
        answer = await loop.sock_recv(sock, 1)
        if not answer or (await _exactly(sock, 1))[0]:  # some close without a word
            raise refused_login(proxy)
    # type and address (RFC 1928 section 5); a name is at most 253 ASCII characters
    place = b"\x03%c%s" % (len(origin.host), origin.host.encode("ascii"))
    if (address := literal(origin.host)) is not None:
        place = (b"\x01" if isinstance(address, IPv4Address) else b"\x04") + address.packed
    await loop.sock_sendall(sock, b"\x05\x01\x00%s%s" % (place, origin.port.to_bytes(2)))
    version, reply, _, kind = await _exactly(sock, 4)
    if version != 5:
        raise _nonsense()
    if reply:
        found, words = _REFUSALS.get(reply, ("proxy", "the proxy refused the connection"))
        raise NetworkFailure(words, kind=found)
    if kind == 3:  # the address that the proxy uses: read, not needed
        (length,) = await _exactly(sock, 1)
    elif kind in (1, 4):
        length = kind * 4
    else:
        raise _nonsense()
    await _exactly(sock, length + 2)


async def _exactly(sock: socket.socket, size: int) -> bytes:
    """So many bytes, and none of what follows them."""
    loop = asyncio.get_running_loop()
    received = b""
    while len(received) < size:
        part = await loop.sock_recv(sock, size - len(received))
        if not part:
            raise _closed()
        received += part
    return received


def _closed() -> NetworkFailure:
    return NetworkFailure("the proxy closed the connection", kind="proxy")


def _nonsense() -> NetworkFailure:
    return NetworkFailure("the proxy does not answer as an HTTP or SOCKS proxy does", kind="proxy")
