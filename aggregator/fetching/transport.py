"""A pool of HTTP/1.1 connections, opened to checked addresses only, or to the operator's proxy.

Nothing is done that was not asked for: no decoding, no redirects, no cookies, no proxies from the
environment. `connection.py` has one request on one connection.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from ipaddress import IPv6Address
from pathlib import Path
from typing import NamedTuple

import aiohappyeyeballs
from msgspec import Struct

from aggregator.errors import NetworkFailure
from aggregator.fetching import tls, tunnel
from aggregator.fetching.connection import Connection, Fields
from aggregator.fetching.guard import Origin, Target
from aggregator.fetching.resolver import Resolver
from aggregator.hosts import Address
from aggregator.network import DIRECT, Proxy, Route

_BUFFER = 256 * 1024  # bytes; more are not read at once
_KEEPALIVE_S = 15.0
_SWEEP_S = 1.0  # between two looks at all that are kept, of which there may be thousands
_NEXT_ADDRESS_S = 0.25  # RFC 8305 section 5: how long one address is tried alone
_MOST_VALIDATOR = 4000  # characters of an ETag that is worth sending back
_VALIDATORS = frozenset({"etag", "last-modified"})

_NEEDS_LOGIN = 407
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Places of which connections wait to be used again: each takes a file and, with TLS, 0.3 MB.
MOST_KEPT = 64


class _Place(NamedTuple):
    """Where a connection leads, and by which way: what its users must have in common."""

    origin: Origin
    is_own: bool  # own origins apart: no other feed uses a connection to a private one
    proxy: Proxy | None
    ca_file: Path | None

    @property
    def reader(self) -> Proxy | None:
        """The proxy that reads the requests themselves; others pass on bytes."""
        if self.proxy is None or not self.proxy.scheme == self.origin.scheme == "http":
            return None
        return self.proxy


class StreamedResponse(Struct, frozen=True):
    """The head of a response; header names are lower-case. The body is read from `chunks` once."""

    status: int
    headers: Mapping[str, str]
    fields: Fields  # as they came
    chunks: AsyncIterator[bytes]


class _ResponseContext(Struct):
    """One request, from its head until its body was read; see `Transport.request`.

    A class, since two generators cost a poll more than the reading of its response.
    """

    transport: Transport
    place: _Place
    url: str
    request: bytes
    deadline: asyncio.Timeout | None
    may_repeat: bool
    first_host: str
    connection: Connection | None = None

    async def __aenter__(self) -> StreamedResponse:
        reader = self.place.reader
        try:
            connection = await self.transport.send(
                self.place, self.request, self.deadline, may_repeat=self.may_repeat
            )
        except TimeoutError:
            raise
        except OSError as error:
            raise self._failure_of(error) from error
        except asyncio.CancelledError:
            if reader is not None and _is_over(self.deadline):
                raise tunnel.silent() from None
            raise
        if reader is not None and connection.status == _NEEDS_LOGIN:
            connection.close()
            raise tunnel.refused_login(reader)
        self.connection = connection
        headers = _header_map(connection.fields)
        return StreamedResponse(connection.status, headers, connection.fields, connection.chunks())

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if self.connection is not None:
            self.transport.release(self.place, self.connection, first_host=self.first_host)
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            raise self._failure_of(error) from error

    def _failure_of(self, error: OSError) -> NetworkFailure:
        """An error of the system in our words; its own text may hold what the server sent."""
        if isinstance(error, ssl.SSLError):
            trusting = tls.context(self.place.ca_file)
            return NetworkFailure(tls.words(error, trusting, os.environ), kind="tls", url=self.url)
        return NetworkFailure(_words(error), url=self.url)


class Transport:
    """Connections to the public internet, and apart from them to feeds' own private origins."""

    def __init__(
        self, resolver: Resolver, *, is_wanted: Callable[[str], bool] = lambda host: True
    ) -> None:
        """`is_wanted`: whether more requests to a host are to come."""
        self._resolver = resolver
        self._is_wanted = is_wanted
        self._buffer = memoryview(bytearray(_BUFFER))
        # until when (monotonic); what was used last stands last, and ends last
        self._kept: dict[_Place, dict[Connection, float]] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    def request(
        self,
        target: Target,
        headers: Mapping[str, str],
        *,
        deadline: asyncio.Timeout | None = None,
        body: bytes | None = None,
        route: Route = DIRECT,
        method: str = "POST",
        first_host: str = "",
    ) -> _ResponseContext:
        """A GET, or a POST or PUT of the body; raises FetchError, also while the response is read.

        `deadline`: the running limit of the whole exchange, which tells a proxy that hangs.
        `first_host`: where the redirects began that led here.

        Only a GET goes over a connection that was used before, and once more over a new one where
        the server had closed it: a POST is never sent twice.
        """
        origin = target.origin
        proxy = route.proxies.proxy_for(origin.scheme, origin.host, origin.port)
        place = _Place(origin, target.is_own, proxy, route.ca_file)
        sent = _request_bytes(target, headers, body, place.reader, method=method)
        return _ResponseContext(self, place, target.url, sent, deadline, body is None, first_host)

    async def close(self) -> None:
        """Closes all kept connections."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connections in self._kept.values():
            for connection in connections:
                connection.close()
        self._kept.clear()
        await asyncio.sleep(0)  # lets the loop forget the sockets

    async def send(
        self, place: _Place, request: bytes, deadline: asyncio.Timeout | None, *, may_repeat: bool
    ) -> Connection:
        """The connection on which the request was sent and the head of its response came."""
        kept = None
        unused = self._kept.get(place) if may_repeat else None
        while unused and kept is None:
            latest, _ = unused.popitem()
            kept = latest if latest.is_reusable else None
        if kept is not None:
            try:
                await kept.request(request)
            except NetworkFailure:
                if kept.was_answered:
                    raise  # else the server had closed it meanwhile, unseen
            except BaseException:
                kept.close()
                raise
            else:
                return kept
        connection = await self._connect(place, deadline)
        try:
            await connection.request(request)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _connect(self, place: _Place, deadline: asyncio.Timeout | None) -> Connection:
        """A new connection, to one of the addresses that the guard passed or by the proxy."""
        origin = place.origin
        if place.proxy is None:
            addresses = await self._resolver.resolve(origin.host, any_address=place.is_own)
            sock = await _open(addresses, origin.port)
        else:
            sock = await self._open_by(place.proxy, place, deadline)
        is_secure = origin.scheme == "https"
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                partial(Connection, self._buffer, to_proxy=place.reader is not None),
                sock=sock,
                ssl=tls.context(place.ca_file) if is_secure else None,
                server_hostname=origin.host if is_secure else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection

    async def _open_by(
        self, proxy: Proxy, place: _Place, deadline: asyncio.Timeout | None
    ) -> socket.socket:
        """A socket that leads to the place's origin, or to a proxy that reads requests."""
        sock = None
        try:
            try:
                addresses = await self._resolver.resolve(proxy.host, any_address=True)
            except NetworkFailure as error:
                detail = "the proxy's host name does not resolve"
                raise NetworkFailure(detail, kind="proxy") from error
            sock = await _open(addresses, proxy.port)
            if place.reader is None:
                await tunnel.connect(sock, proxy, place.origin)
        except BaseException as error:
            if sock is not None:
                sock.close()
            if isinstance(error, asyncio.CancelledError) and _is_over(deadline):
                raise tunnel.silent() from None
            if isinstance(error, OSError) and not isinstance(error, TimeoutError):
                raise NetworkFailure(f"the proxy: {_words(error)}", kind="proxy") from error
            raise
        return sock

    def release(self, place: _Place, connection: Connection, *, first_host: str) -> None:
        """Takes a connection back; one that cannot or need not be used again is closed.

        After a redirect, the same server is often asked next; and where one feed of a host is
        redirected to, its others often are.
        """
        is_wanted = connection.is_reusable and (
            connection.status in REDIRECTS
            or self._is_wanted(place.origin.host)
            or self._is_wanted(first_host)
        )
        if not is_wanted:
            connection.close()
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + _KEEPALIVE_S
        connections = self._kept.pop(place, {})
        connections[connection] = until
        self._kept[place] = connections
        if len(self._kept) > MOST_KEPT:
            for unused in self._kept.pop(next(iter(self._kept))):
                unused.close()
        if self._sweeper is None:
            self._sweeper = loop.call_at(until, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Closes what was not used for so long, and comes again when the next one is due.

        One timer for all: nearly every connection is used again, or closed with the rest.
        """
        self._sweeper, now = None, loop.time()
        for place, connections in list(self._kept.items()):
            for connection in [one for one, until in connections.items() if until <= now]:
                del connections[connection]
                connection.close()
            if not connections:
                del self._kept[place]
        if self._kept:
            first = min(min(connections.values()) for connections in self._kept.values())
            self._sweeper = loop.call_at(max(first, now + _SWEEP_S), self._sweep, loop)


def _request_bytes(
    target: Target,
    headers: Mapping[str, str],
    body: bytes | None,
    proxy: Proxy | None,
    *,
    method: str,
) -> bytes:
    """A whole request; raises NetworkFailure when a header could not be sent as one line.

    To a proxy that reads it, in absolute form (RFC 9112 section 3.2.2) and with its credentials.
    """
    place = target.path if proxy is None else target.url
    lines = [f"{'GET' if body is None else method} {place} HTTP/1.1"]
    if "host" not in map(str.lower, headers):
        lines.append(f"Host: {target.origin.authority}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if proxy is not None and proxy.user is not None:
        lines.append(f"Proxy-Authorization: {tunnel.basic(proxy.user, proxy.password)}")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join((*lines, "", ""))
    ends = len(lines) + 1  # and no other line breaks
    if head.count("\r") != ends or head.count("\n") != ends or "\0" in head:
        raise NetworkFailure("a request header holds a line break", kind="protocol")
    return head.encode() + (body or b"")


def _is_over(deadline: asyncio.Timeout | None) -> bool:
    return deadline is not None and deadline.expired()


def _words(error: OSError) -> str:
    """Why a connection failed, without the error's own text."""
    if error.errno:
        return os.strerror(error.errno).lower()
    if isinstance(error, ConnectionError):  # asyncio's for an end within the handshake
        return "the server closed the connection"
    return "could not be reached"


async def _open(addresses: Sequence[Address], port: int) -> socket.socket:
    """A socket connected to the first address that answers (RFC 8305)."""
    return await aiohappyeyeballs.start_connection(
        [
            (
                socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (str(address), port),
            )
            for address in addresses
        ],
        happy_eyeballs_delay=_NEXT_ADDRESS_S,
        interleave=1,
        loop=asyncio.get_running_loop(),
    )


def _header_map(fields: Fields) -> dict[str, str]:
    """Lower-case names; repeated fields joined (RFC 9110 section 5.3).

    Validators that could not be sent back byte for byte are left out.
    """
    given: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name = raw_name.decode("latin-1").lower()
        is_validator = name in _VALIDATORS
        try:
            value = raw_value.decode("utf-8")
        except UnicodeDecodeError:
            if is_validator:
                continue
            value = raw_value.decode("latin-1")
        if is_validator and (len(value) > _MOST_VALIDATOR or not value.isprintable()):
            continue
        if name in given and not is_validator and name != "location":
            given[name] = f"{given[name]}, {value}"
        else:
            given.setdefault(name, value)
    return given
