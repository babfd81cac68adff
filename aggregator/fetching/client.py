"""One conditional GET with every limit: redirects, credentials, validators, sizes, time."""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

from msgspec import Struct, field

from aggregator.errors import (
    BadStatus,
    BlockedAddress,
    DeadlineExceeded,
    FetchError,
    NetworkFailure,
    TooLarge,
    TooManyRedirects,
)
from aggregator.fetching.guard import Origin, Target, check, check_url, target_of
from aggregator.fetching.inflate import Inflater, check_codings
from aggregator.fetching.localfile import read_file
from aggregator.fetching.resolver import Lookup, Names, system_lookup
from aggregator.fetching.transport import Answer, Transport
from aggregator.model import FeedState, NotModified, Response
from aggregator.settings import FeedSource

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml,"
    " application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_ASKED_FOR = {"Accept": ACCEPT, "Accept-Encoding": "gzip"}
MOST_REDIRECTS = 5
_NOT_MODIFIED = 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_WITH_BODY = frozenset({200, 203, 226})

Turn = Callable[[str], Awaitable[None]]
"""Returns when the host that a redirect leads to may be asked; raises FetchError if it may not."""


class _Chain(Struct):
    """The way of one request through its redirects."""

    started: float  # steady time, moved on by what was waited since
    deadline: asyncio.Timeout
    turn: Turn | None
    permanent_url: str | None = None
    unbroken: bool = True  # permanent redirects only, so far
    retry_after: str = ""
    visited: set[str] = field(default_factory=set)

    async def wait(self, host: str) -> None:
        """For the turn at the host of the next hop."""
        if self.turn is None:
            return
        left_s = (self.deadline.when() or 0.0) - asyncio.get_running_loop().time()
        begun = time.monotonic()
        self.deadline.reschedule(None)
        await self.turn(host)
        self.started += time.monotonic() - begun
        self.deadline.reschedule(asyncio.get_running_loop().time() + left_s)


class _Redirect(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]


class Client:
    """Fetches feed documents; one for all feeds of a process.

    `lookup` is the name resolution (blocking, raises OSError); `user_agent` may be changed;
    `left` is how many requests it may still make, redirects among them, None for any number.
    """

    def __init__(
        self, user_agent: str, *, lookup: Lookup = system_lookup, left: int | None = None
    ) -> None:
        self.user_agent = user_agent
        self.left = left
        self._transport = Transport(Names(lookup))

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
        await self._transport.close()

    async def get(
        self,
        source: FeedSource,
        state: FeedState | None = None,
        *,
        conditional: bool = True,
        turn: Turn | None = None,
    ) -> Response | NotModified:
        """Asks for the feed's document, with the validators of `state` where they apply.

        What is waited for the `turn` at another host does not count for the deadline. Raises
        FetchError: BlockedAddress, TooManyRedirects, TooLarge, DeadlineExceeded, BadStatus or
        NetworkFailure.
        """
        started = time.monotonic()
        if source.is_local:
            return await asyncio.to_thread(read_file, source, state if conditional else None)
        try:
            async with asyncio.timeout(source.timeout_s) as deadline:
                chain = _Chain(started, deadline, turn)
                return await self._follow(source, state if conditional else None, chain=chain)
        except TimeoutError as error:
            raise DeadlineExceeded(f"no whole answer within {source.timeout_s:g} s") from error

    async def post(self, source: FeedSource, url: str, *, form: bytes) -> int:
        """Sends a form to an address that the feed named; returns the status.

        Guarded as a redirect of that feed would be; not redirected, no credentials, no cookies.
        Raises FetchError.
        """
        own = target_of(source.url).origin if source.allow_private_networks else None
        target = check_url(url, own=own)
        if target.user is not None:
            raise BlockedAddress("the URL holds credentials")
        headers = {
            "User-Agent": self.user_agent,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            async with (
                asyncio.timeout(source.timeout_s),
                self._transport.ask(target, headers, form=form) as answer,
            ):
                return answer.status
        except TimeoutError as error:
            raise DeadlineExceeded(f"no answer within {source.timeout_s:g} s") from error

    async def _follow(
        self, source: FeedSource, state: FeedState | None, *, chain: _Chain
    ) -> Response | NotModified:
        """Requests the URL and what it redirects to, each hop checked on its own."""
        home = target_of(source.url)  # credentials belong to its origin
        own = home.origin if source.allow_private_networks else None
        moved = state.permanent_url if state is not None else None
        target = check(home if moved is None else target_of(moved), own=own)
        for _ in range(MOST_REDIRECTS + 1):
            url = target.url
            if url in chain.visited:
                raise TooManyRedirects("the redirects go in a circle", url=url)
            chain.visited.add(url)
            headers = {"User-Agent": self.user_agent, **_ASKED_FOR}
            headers.update(_validators(state, url))
            if target.origin == home.origin:
                headers = _with_private(headers, source, home)
            try:
                answer = await self._ask(source, target, headers=headers, chain=chain)
            except NetworkFailure as error:
                if error.kind != "dns" or len(chain.visited) == 1:
                    raise  # else it says nothing about the feed's own host
                raise FetchError(
                    "a redirect to a host name that has no address", kind="redirect", url=url
                ) from error
            if not isinstance(answer, _Redirect):
                return answer
            hop = _next_hop(target, answer, chain=chain, own=own)
            if hop.origin.host != target.origin.host:
                await chain.wait(hop.origin.host)
            target = hop
        raise TooManyRedirects(f"more than {MOST_REDIRECTS} redirects", url=target.url)

    async def _ask(
        self,
        source: FeedSource,
        target: Target,
        *,
        headers: Mapping[str, str],
        chain: _Chain,
    ) -> Response | NotModified | _Redirect:
        """One request."""
        if self.left is not None:
            if self.left <= 0:
                raise FetchError("no further request is allowed", kind="redirect", url=target.url)
            self.left -= 1
        async with self._transport.ask(target, headers) as answer:
            given = dict(answer.headers)
            if chain.retry_after:
                given.setdefault("retry-after", chain.retry_after)
            if answer.status in _REDIRECTS:
                return _Redirect(answer.status, given)
            if answer.status == _NOT_MODIFIED:
                if not ("If-None-Match" in headers or "If-Modified-Since" in headers):
                    raise NetworkFailure(
                        "304 to a request without conditions", kind="protocol", url=target.url
                    )
                elapsed_s = time.monotonic() - chain.started
                return NotModified(given, target.url, chain.permanent_url, elapsed_s)
            if answer.status not in _WITH_BODY:
                detail = f"HTTP {answer.status}"
                if given.get("cf-mitigated") == "challenge":
                    detail += ", a check for browsers (Cloudflare)"
                raise BadStatus(detail, status=answer.status, url=target.url, headers=given)
            body = await _read(answer, max_bytes=source.max_bytes)
            elapsed_s = time.monotonic() - chain.started
            return Response(answer.status, given, body, target.url, chain.permanent_url, elapsed_s)


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


def _with_private(headers: dict[str, str], source: FeedSource, home: Target) -> dict[str, str]:
    """The headers with the feed's own, which stand in place of ours in whatever letters."""
    names = {name.lower() for name, _ in source.headers}
    merged = {name: value for name, value in headers.items() if name.lower() not in names}
    merged.update(source.headers)
    if home.user is not None and "authorization" not in names:
        pair = f"{home.user}:{home.password}".encode()
        merged["Authorization"] = f"Basic {b64encode(pair).decode('ascii')}"
    return merged


def _next_hop(target: Target, answer: _Redirect, *, chain: _Chain, own: Origin | None) -> Target:
    """Where a redirect leads; raises FetchError when it must not be followed."""
    # Spaces are encoded as browsers do (WHATWG URL); a host cannot hold them in any form.
    location = answer.headers.get("location", "").replace("\t", "").strip().replace(" ", "%20")
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
    chain.unbroken = chain.unbroken and answer.status in _PERMANENT
    if chain.unbroken:
        chain.permanent_url = hop.url
    chain.retry_after = answer.headers.get("retry-after", "") or chain.retry_after
    return hop


async def _read(answer: Answer, *, max_bytes: int) -> bytes:
    """The decoded body; stops at the limit, before or after decoding."""
    check_codings(answer.headers.get("content-encoding", ""))
    length = answer.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > max_bytes):
        raise TooLarge(f"the body is larger than {max_bytes} bytes")
    inflater = Inflater(max_bytes)
    received = 0
    async for chunk in answer.chunks:
        received += len(chunk)
        if received > max_bytes:
            raise TooLarge(f"the body is larger than {max_bytes} bytes")
        inflater.feed(chunk)
    return inflater.finish()
