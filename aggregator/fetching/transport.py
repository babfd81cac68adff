"""A pool of HTTP/1.1 connections, opened to checked addresses only.

Nothing is done that was not asked for: no decoding, no redirects, no cookies, no proxies from the
environment. `connection.py` has one request on one connection.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from ipaddress import IPv6Address
from types import TracebackType

import aiohappyeyeballs
from msgspec import Struct

from aggregator.errors import NetworkFailure
from aggregator.fetching import tls
from aggregator.fetching.addresses import Address
from aggregator.fetching.connection import Connection, Fields
from aggregator.fetching.guard import Origin, Target
from aggregator.fetching.resolver import Resolver

_KEEPALIVE_S = 15.0
_SWEEP_S = 1.0  # between two looks at all that are kept, of which there may be thousands
_NEXT_ADDRESS_S = 0.25  # RFC 8305 section 5: how long one address is tried alone
_MOST_VALIDATOR = 4000  # characters of an ETag that is worth sending back
_VALIDATORS = frozenset({"etag", "last-modified"})

_Place = tuple[Origin, bool]  # own origins apart: no other feed uses a connection to a private one


class StreamedResponse(Struct, frozen=True):
    """The head of a response; header names are lower-case. The body is read from `chunks` once."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class _ResponseContext:
    """One request, from its head until its body was read; see `Transport.request`.

    A class, since two generators cost a poll more than the reading of its response.
    """

    def __init__(
        self, transport: Transport, target: Target, request: bytes, *, may_repeat: bool
    ) -> None:
        self._transport = transport
        self._target = target
        self._request = request
        self._may_repeat = may_repeat
        self._connection: Connection | None = None

    async def __aenter__(self) -> StreamedResponse:
        try:
            connection = await self._transport.send(
                self._target, self._request, may_repeat=self._may_repeat
            )
        except TimeoutError:
            raise
        except OSError as error:
            raise self._transport.failure_of(error, self._target.url) from error
        self._connection = connection
        headers = _header_map(connection.fields)
        return StreamedResponse(connection.status, headers, connection.chunks())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._transport.release(self._target, self._connection)
        if isinstance(error, OSError) and not isinstance(error, TimeoutError):
            raise self._transport.failure_of(error, self._target.url) from error


class Transport:
    """Connections to the public internet, and apart from them to feeds' own private origins."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        # until when (monotonic); the one used last stands last, and ends last
        self._kept: dict[_Place, dict[Connection, float]] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    def request(
        self, target: Target, headers: Mapping[str, str], *, body: bytes | None = None
    ) -> _ResponseContext:
        """A GET, or a POST of the body; raises FetchError, also while the response is read.

        Only a GET goes over a connection that was used before, and once more over a new one where
        the server had closed it: a POST is never sent twice.
        """
        sent = _request_bytes(target, headers, body)
        return _ResponseContext(self, target, sent, may_repeat=body is None)

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

    async def send(self, target: Target, request: bytes, *, may_repeat: bool) -> Connection:
        """The connection on which the request was sent and the head of its response came."""
        kept = self._reusable((target.origin, target.is_own)) if may_repeat else None
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
        connection = await self._connect(target)
        try:
            await connection.request(request)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _connect(self, target: Target) -> Connection:
        """A new connection to one of the addresses that the guard passed."""
        origin = target.origin
        addresses = await self._resolver.resolve(origin.host, any_address=target.is_own)
        loop = asyncio.get_running_loop()
        sock = await aiohappyeyeballs.start_connection(
            [_address_info(address, origin.port) for address in addresses],
            happy_eyeballs_delay=_NEXT_ADDRESS_S,
            interleave=1,
            loop=loop,
        )
        is_secure = origin.scheme == "https"
        try:
            _, connection = await loop.create_connection(
                Connection,
                sock=sock,
                ssl=self._tls if is_secure else None,
                server_hostname=origin.host if is_secure else None,
            )
        except BaseException:
            sock.close()
            raise
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return tls.context()

    def failure_of(self, error: OSError, url: str) -> NetworkFailure:
        """An error of the system in our words; its own text may hold what the server sent."""
        if isinstance(error, ssl.SSLError):
            return NetworkFailure(tls.words(error, self._tls, os.environ), kind="tls", url=url)
        detail = "could not be reached"
        if error.errno:
            detail = os.strerror(error.errno).lower()
        elif isinstance(error, ConnectionError):  # asyncio's for an end within the handshake
            detail = "the server closed the connection"
        return NetworkFailure(detail, kind="connect", url=url)

    def _reusable(self, place: _Place) -> Connection | None:
        """The connection that was used last, if any is kept."""
        connections = self._kept.get(place)
        while connections:
            connection, _ = connections.popitem()
            if connection.is_reusable:
                return connection
        return None

    def release(self, target: Target, connection: Connection) -> None:
        """Takes a connection back; one that cannot be used again is closed."""
        if not connection.is_reusable:
            connection.close()
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + _KEEPALIVE_S
        self._kept.setdefault((target.origin, target.is_own), {})[connection] = until
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


def _request_bytes(target: Target, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """A whole request; raises NetworkFailure when a header could not be sent as one line."""
    lines = [f"{'GET' if body is None else 'POST'} {target.path} HTTP/1.1"]
    if not any(name.lower() == "host" for name in headers):
        lines.append(f"Host: {str(target.origin).partition('://')[2]}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise NetworkFailure("a request header holds a line break", kind="protocol")
    return "\r\n".join((*lines, "", "")).encode() + (body or b"")


def _address_info(
    address: Address, port: int
) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]:
    is_v6 = isinstance(address, IPv6Address)
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    return family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(address), port)


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
