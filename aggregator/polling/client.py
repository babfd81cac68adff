"""One conditional GET with every limit; the only user of aiohttp besides its resolver.

The library is told to do nothing on its own: no decoding, no redirects, no cookies, no proxies
from the environment.
"""

from __future__ import annotations

import asyncio
import os
import stat
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from aggregator.errors import (
    BadStatus,
    BlockedAddress,
    DeadlineExceeded,
    FetchError,
    NetworkFailure,
    TooLarge,
    TooManyRedirects,
)
from aggregator.model import FeedSource, FeedState, NotModified, Response
from aggregator.polling.guard import Origin, Target, check_url, origin_of
from aggregator.polling.inflate import Inflater
from aggregator.polling.resolver import (
    Lookup,
    Names,
    OwnResolver,
    PublicResolver,
    system_lookup,
)

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml,"
    " application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_WITH_BODY = frozenset({200, 203, 226})
_KEEPALIVE_S = 15.0
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
_MOST_VALIDATOR = 4000  # characters of an ETag that is worth sending back


class _FreshConnector(aiohttp.TCPConnector):
    """Hands out no kept connection on which the server sent something unasked.

    Such bytes would be read as the answer to the next request.
    """

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's signature
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        for _ in range(8):
            protocol = connection.protocol
            if protocol is None or not protocol.should_close:
                break
            connection.close()
            connection = await super().connect(req, traces, timeout)
        return connection


@dataclass(slots=True)
class _Chain:
    """The way of one request through its redirects."""

    asked: str
    permanent_url: str | None = None
    unbroken: bool = True  # permanent redirects only, so far
    retry_after: str = ""
    visited: set[str] = field(default_factory=set)


class Client:
    """Fetches feed documents; one for all feeds of a process.

    `lookup` is the name resolution (blocking, raises OSError).
    """

    def __init__(self, user_agent: str, *, lookup: Lookup = system_lookup) -> None:
        self._headers = {
            "User-Agent": user_agent,
            "Accept": ACCEPT,
            "Accept-Encoding": "gzip",
        }
        self._names = Names(lookup)
        self._public: aiohttp.ClientSession | None = None
        self._own: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections."""
        for session in (self._public, self._own):
            if session is not None:
                await session.close()

    async def get(
        self, source: FeedSource, state: FeedState | None = None, *, conditional: bool = True
    ) -> Response | NotModified:
        """Asks for the feed's document, with the validators of `state` where they apply.

        Raises FetchError: BlockedAddress, TooManyRedirects, TooLarge, DeadlineExceeded,
        BadStatus or NetworkFailure.
        """
        started = time.monotonic()
        if source.is_local:
            return await asyncio.to_thread(_read_file, source, state if conditional else None)
        try:
            async with asyncio.timeout(source.timeout_s):
                return await self._follow(source, state if conditional else None, started=started)
        except TimeoutError as error:
            raise DeadlineExceeded(f"no whole answer within {source.timeout_s:g} s") from error

    async def _follow(
        self, source: FeedSource, state: FeedState | None, *, started: float
    ) -> Response | NotModified:
        """Requests the URL and what it redirects to, each hop checked on its own."""
        home = check_url(source.url, own=origin_of(source.url))  # credentials belong to it
        own = home.origin if source.allow_private_networks else None
        moved = state.permanent_url if state is not None else None
        target = check_url(moved or source.url, own=own)
        chain = _Chain(asked=target.url)
        for _ in range(MOST_REDIRECTS + 1):
            if target.url in chain.visited:
                raise TooManyRedirects("the redirects go in a circle", url=target.url)
            chain.visited.add(target.url)
            headers = dict(self._headers)
            headers.update(_validators(state, target.url))
            if target.origin == home.origin:
                headers.update(_private_headers(source, home))
            answer = await self._ask(source, target, headers=headers, chain=chain, started=started)
            if not isinstance(answer, Target):
                return answer
            target = answer
        raise TooManyRedirects(f"more than {MOST_REDIRECTS} redirects", url=target.url)

    async def _ask(
        self,
        source: FeedSource,
        target: Target,
        *,
        headers: Mapping[str, str],
        chain: _Chain,
        started: float,
    ) -> Response | NotModified | Target:
        """One request; a redirect comes back as the next target."""
        session = self._session(target)
        try:
            async with session.get(
                URL(target.url, encoded=True), headers=headers, allow_redirects=False
            ) as response:
                given = _header_map(response)
                if chain.retry_after:
                    given.setdefault("retry-after", chain.retry_after)
                if response.status in _REDIRECTS:
                    own = origin_of(source.url) if source.allow_private_networks else None
                    return _next_hop(target, response.status, headers=given, chain=chain, own=own)
                elapsed_s = time.monotonic() - started
                if response.status == 304:
                    if not ("If-None-Match" in headers or "If-Modified-Since" in headers):
                        raise NetworkFailure(
                            "304 to a request without conditions", kind="protocol", url=target.url
                        )
                    return NotModified(given, target.url, chain.permanent_url, elapsed_s)
                if response.status not in _WITH_BODY:
                    raise BadStatus(
                        f"HTTP {response.status}",
                        status=response.status,
                        url=target.url,
                        headers=given,
                    )
                body = await _read(response, headers=given, max_bytes=source.max_bytes)
                return Response(
                    response.status,
                    given,
                    body,
                    target.url,
                    chain.permanent_url,
                    time.monotonic() - started,
                )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure(error, target) from error

    def _session(self, target: Target) -> aiohttp.ClientSession:
        """Own origins have connections of their own, so that no other feed comes to use them."""
        if target.is_own:
            if self._own is None:
                self._own = _new_session(OwnResolver(self._names))
            return self._own
        if self._public is None:
            self._public = _new_session(PublicResolver(self._names))
        return self._public


def _new_session(resolver: AbstractResolver) -> aiohttp.ClientSession:
    connector = _FreshConnector(
        resolver=resolver,
        use_dns_cache=False,
        limit=0,
        keepalive_timeout=_KEEPALIVE_S,
        happy_eyeballs_delay=0.25,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None, sock_read=None),
    )


def _validators(state: FeedState | None, url: str) -> dict[str, str]:
    """Byte-identical to what the server sent, and only to the URL that sent them."""
    if state is None or state.validators_url != url:
        return {}
    found = {}
    if state.etag:
        found["If-None-Match"] = state.etag
    if state.last_modified:
        found["If-Modified-Since"] = state.last_modified
    return found


def _private_headers(source: FeedSource, home: Target) -> dict[str, str]:
    headers = dict(source.headers)
    if home.user is not None and not any(name.lower() == "authorization" for name in headers):
        pair = f"{home.user}:{home.password}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode('ascii')}"
    return headers


def _header_map(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Lower-case names; repeated fields joined (RFC 9110 section 5.3).

    Validators that could not be sent back byte for byte are left out.
    """
    given: dict[str, str] = {}
    for raw_name, raw_value in response.raw_headers:
        name = raw_name.decode("latin-1").lower()
        try:
            value = raw_value.decode("utf-8")
        except UnicodeDecodeError:
            value = raw_value.decode("latin-1")
            if name in ("etag", "last-modified"):
                continue
        if name in ("etag", "last-modified"):
            if name not in given and len(value) <= _MOST_VALIDATOR and value.isprintable():
                given[name] = value
        elif name in given and name != "location":
            given[name] = f"{given[name]}, {value}"
        else:
            given.setdefault(name, value)
    return given


def _next_hop(
    target: Target, status: int, *, headers: Mapping[str, str], chain: _Chain, own: Origin | None
) -> Target:
    """Where a redirect leads; raises FetchError when it must not be followed."""
    location = headers.get("location", "").strip()
    if not location:
        raise FetchError("a redirect without a target", kind="redirect", url=target.url)
    try:
        joined = urljoin(target.url, location)
    except ValueError as error:
        raise BlockedAddress("a redirect to a URL that cannot be read", url=target.url) from error
    hop = check_url(joined, own=own)
    if hop.user is not None:
        raise BlockedAddress("a redirect to a URL with credentials", url=target.url)
    if target.origin.scheme == "https" and hop.origin.scheme == "http":
        raise FetchError("a redirect from https to http", kind="redirect", url=target.url)
    chain.unbroken = chain.unbroken and status in _PERMANENT
    if chain.unbroken:
        chain.permanent_url = hop.url
    chain.retry_after = headers.get("retry-after", "") or chain.retry_after
    return hop


async def _read(
    response: aiohttp.ClientResponse, *, headers: Mapping[str, str], max_bytes: int
) -> bytes:
    """The decoded body; stops at the limit, before or after decoding."""
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise NetworkFailure("the body has a coding that was not offered", kind="protocol")
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > max_bytes):
        raise TooLarge(f"the body is larger than {max_bytes} bytes")
    if coding in ("gzip", "x-gzip"):
        inflater = Inflater(max_bytes)
        received = 0
        async for chunk in response.content.iter_any():
            received += len(chunk)
            if received > max_bytes:
                raise TooLarge(f"the body is larger than {max_bytes} bytes")
            inflater.feed(chunk)
        return inflater.finish()
    return await _read_plain(response.content.iter_any(), max_bytes)


async def _read_plain(chunks: aiohttp.streams.AsyncStreamIterator[bytes], max_bytes: int) -> bytes:
    parts: list[bytes] = []
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > max_bytes:
            raise TooLarge(f"the body is larger than {max_bytes} bytes")
        parts.append(chunk)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _failure(error: Exception, target: Target) -> FetchError:
    """Our error for one of the library's; its text may hold the server's, so it is not shown."""
    if isinstance(error, FetchError):
        return error
    named = isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorDNSError)
    if isinstance(error, aiohttp.ClientConnectorError) and error.errno and not named:
        return NetworkFailure(os.strerror(error.errno).lower(), kind="connect", url=target.url)
    for classes, kind, detail in _FAILURES:
        if isinstance(error, classes):
            return NetworkFailure(detail, kind=kind, url=target.url)
    return NetworkFailure("the answer is no proper HTTP", kind="protocol", url=target.url)


def _read_file(source: FeedSource, state: FeedState | None) -> Response | NotModified:
    """A feed that the configuration names as a file on this machine."""
    path = unquote(urlsplit(source.url).path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise NetworkFailure("the file cannot be opened", kind="file") from error
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NetworkFailure("not a regular file", kind="file")
        headers = {"etag": f'"{status.st_mtime_ns:x}-{status.st_size:x}"'}
        if state is not None and state.etag == headers["etag"]:
            return NotModified(headers, source.url, None, 0.0)
        if status.st_size > source.max_bytes:
            raise TooLarge(f"the file is larger than {source.max_bytes} bytes")
        body = file.read(source.max_bytes + 1)
    if len(body) > source.max_bytes:
        raise TooLarge(f"the file is larger than {source.max_bytes} bytes")
    return Response(200, headers, body, source.url, None, 0.0)
