"""Connections to where feeds are: opened to checked addresses only, kept, and used again.

Nothing is done that was not asked for: no decoding, no redirects, no cookies, no proxies from the
environment. One exchange is in `connection.py`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cached_property, partial
from ipaddress import IPv6Address

import aiohappyeyeballs

from aggregator.errors import NetworkFailure
from aggregator.polling.addresses import Address
from aggregator.polling.connection import Connection, Fields
from aggregator.polling.guard import Origin, Target
from aggregator.polling.resolver import Names
from aggregator.values import dataclass

_KEEPALIVE_S = 15.0
_NEXT_ADDRESS_S = 0.25  # RFC 8305 section 5: how long one address is tried alone
_MOST_VALIDATOR = 4000  # characters of an ETag that is worth sending back
_VALIDATORS = frozenset({"etag", "last-modified"})

_Place = tuple[Origin, bool]  # own origins apart: no other feed uses a connection to a private one


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of a response; header names are lower-case. The body is read from `chunks` once."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Transport:
    """Connections to the public internet, and apart from them to feeds' own private origins."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._kept: dict[_Place, dict[Connection, asyncio.TimerHandle]] = {}

    @asynccontextmanager
    async def ask(
        self, target: Target, headers: Mapping[str, str], *, form: bytes | None = None
    ) -> AsyncIterator[Answer]:
        """GETs the target, or POSTs the form; raises FetchError, also while the body is read."""
        with _explained(target.url):
            connection = await self._asked(target, _request(target, headers, form), form is None)
            try:
                yield Answer(connection.status, _header_map(connection.fields), connection.chunks())
            finally:
                self._keep((target.origin, target.is_own), connection)

    async def close(self) -> None:
        """Closes all kept connections."""
        for connections in self._kept.values():
            for connection, timer in connections.items():
                timer.cancel()
                connection.close()
        self._kept.clear()
        await asyncio.sleep(0)  # lets the loop forget the sockets

    async def _asked(self, target: Target, request: bytes, may_repeat: bool) -> Connection:
        """The connection on which the target was asked, with the head of the answer."""
        kept = self._taken((target.origin, target.is_own)) if may_repeat else None
        if kept is not None:
            try:
                await kept.ask(request)
            except NetworkFailure:
                if kept.was_answered:
                    raise  # else the server had closed it meanwhile, unseen
            except BaseException:
                kept.close()
                raise
            else:
                return kept
        connection = await self._opened(target)
        try:
            await connection.ask(request)
        except BaseException:
            connection.close()
            raise
        return connection

    async def _opened(self, target: Target) -> Connection:
        """A new connection to one of the addresses that the guard passed."""
        origin = target.origin
        addresses = await self._names.checked(origin.host, any_address=target.is_own)
        loop = asyncio.get_running_loop()
        found = await aiohappyeyeballs.start_connection(
            [_address_info(address, origin.port) for address in addresses],
            happy_eyeballs_delay=_NEXT_ADDRESS_S,
            interleave=1,
            loop=loop,
        )
        is_secure = origin.scheme == "https"
        try:
            _, connection = await loop.create_connection(
                Connection,
                sock=found,
                ssl=self._tls if is_secure else None,
                server_hostname=origin.host if is_secure else None,
            )
        except BaseException:
            found.close()
            raise
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()  # reads the system's certificates: slow
        context.set_alpn_protocols(["http/1.1"])
        return context

    def _taken(self, place: _Place) -> Connection | None:
        """The connection that was used last, if any is kept."""
        connections = self._kept.get(place)
        while connections:
            connection, timer = connections.popitem()
            timer.cancel()
            if connection.is_reusable:
                return connection
        return None

    def _keep(self, place: _Place, connection: Connection) -> None:
        if not connection.is_reusable:
            connection.close()
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(_KEEPALIVE_S, partial(self._drop, place, connection))
        self._kept.setdefault(place, {})[connection] = timer

    def _drop(self, place: _Place, connection: Connection) -> None:
        connections = self._kept[place]
        del connections[connection]
        if not connections:
            del self._kept[place]
        connection.close()


def _request(target: Target, headers: Mapping[str, str], form: bytes | None) -> bytes:
    """The bytes of a request; raises NetworkFailure when a header could not be sent as one line."""
    lines = [f"{'GET' if form is None else 'POST'} {target.path} HTTP/1.1"]
    if not any(name.lower() == "host" for name in headers):
        lines.append(f"Host: {str(target.origin).partition('://')[2]}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if form is not None:
        lines.append(f"Content-Length: {len(form)}")
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise NetworkFailure("a request header holds a line break", kind="protocol")
    return "\r\n".join((*lines, "", "")).encode() + (form or b"")


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


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Errors of the system in the contract's words; their text may hold the server's."""
    try:
        yield
    except TimeoutError:
        raise
    except ssl.SSLError as error:
        raise NetworkFailure("the TLS connection failed", kind="tls", url=url) from error
    except OSError as error:
        detail = os.strerror(error.errno).lower() if error.errno else "could not be reached"
        raise NetworkFailure(detail, kind="connect", url=url) from error
