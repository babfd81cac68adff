"""One HTTP request, nothing more: the only user of aiohttp.

The library is told to do nothing on its own: no decoding, no redirects, no cookies, no proxies
from the environment; and it dials only addresses that were checked.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv6Address
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from aggregator.errors import FetchError, NetworkFailure
from aggregator.polling.guard import Target
from aggregator.polling.resolver import Names

_KEEPALIVE_S = 15.0
_MOST_HEADERS = 2000  # lines; some servers set hundreds of cookies
_MOST_VALIDATOR = 4000  # characters of an ETag that is worth sending back
_VALIDATORS = frozenset({"etag", "last-modified"})
_ALTERED = 0x7F  # stands for NUL: no printable character, so what holds it is not sent back

# The library's errors in the contract's words, most special first.
_FAILURES: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError),
        "tls",
        "the TLS connection failed",
    ),
    ((aiohttp.ClientConnectorDNSError,), "dns", "the host name has no address"),
    ((aiohttp.ClientPayloadError,), "protocol", "the body is incomplete"),
    (
        (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, OSError),
        "connect",
        "the server closed the connection",
    ),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of a response; header names are lower-case. The body is read from `chunks` once."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]


class Transport:
    """Connections to the public internet, and apart from them to feeds' own private origins.

    Apart, so that no other feed comes to use a connection that was opened for a private one.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    @asynccontextmanager
    async def ask(
        self, target: Target, headers: Mapping[str, str], *, form: bytes | None = None
    ) -> AsyncIterator[Answer]:
        """GETs the target, or POSTs the form; raises FetchError, also while the body is read."""
        session = self._session(is_own=target.is_own)
        try:
            async with session.request(
                "GET" if form is None else "POST",
                URL(target.url, encoded=True),
                data=form,
                headers=headers,
                allow_redirects=False,
            ) as response:
                yield Answer(response.status, _header_map(response), response.content.iter_any())
        except FetchError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise _failure(error, target.url) from error

    async def close(self) -> None:
        """Closes all connections."""
        for session in self._sessions.values():
            await session.close()

    def _session(self, *, is_own: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(is_own)
        if session is None:
            connector = _Connector(
                resolver=_CheckedResolver(self._names, is_own=is_own),
                use_dns_cache=False,
                limit=0,
                keepalive_timeout=_KEEPALIVE_S,
            )
            session = self._sessions[is_own] = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None),
                max_headers=_MOST_HEADERS,
            )
        return session


class _CheckedResolver(AbstractResolver):
    """Gives the library the addresses that the guard passed."""

    def __init__(self, names: Names, *, is_own: bool) -> None:
        self._names = names
        self._is_own = is_own

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in await self._names.checked(host, any_address=self._is_own)
        ]

    async def close(self) -> None:
        """Nothing to close."""


class _Handler(ResponseHandler):
    """Mends two faults of servers that the parser takes for the end of the world.

    A body after a 304, which must not have one (RFC 9110 section 15.4.5), is cut off and the
    connection with it; NUL in a header is replaced (RFC 9110 section 5.5).
    """

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1."):
            head, end, rest = data.partition(b"\r\n\r\n")
            if b"\0" in head:
                head = head.replace(b"\0", bytes((_ALTERED,)))
            if rest and head[9:12] == b"304":
                self.force_close()
                rest = b""
            data = head + end + rest
        super().data_received(data)


class _Connector(aiohttp.TCPConnector):
    """Hands out no kept connection on which the server sent something unasked.

    Such bytes would be read as the answer to the next request.
    """

    _factory: partial[Any]

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's signature
    ) -> aiohttp.connector.Connection:
        if self._factory.func is not _Handler:
            self._factory = partial(_Handler, loop=asyncio.get_running_loop())
        connection = await super().connect(req, traces, timeout)
        for _ in range(8):
            protocol = connection.protocol
            if protocol is None or not protocol.should_close:
                break
            connection.close()
            connection = await super().connect(req, traces, timeout)
        return connection


def _header_map(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Lower-case names; repeated fields joined (RFC 9110 section 5.3).

    Validators that could not be sent back byte for byte are left out.
    """
    given: dict[str, str] = {}
    for raw_name, raw_value in response.raw_headers:
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


def _failure(error: Exception, url: str) -> FetchError:
    """Our error for one of the library's; its text may hold the server's, so it is not shown."""
    named = isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorDNSError)
    if isinstance(error, aiohttp.ClientConnectorError) and error.errno and not named:
        return NetworkFailure(os.strerror(error.errno).lower(), kind="connect", url=url)
    for classes, kind, detail in _FAILURES:
        if isinstance(error, classes):
            return NetworkFailure(detail, kind=kind, url=url)
    return NetworkFailure("the answer is no proper HTTP", kind="protocol", url=url)
