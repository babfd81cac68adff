"""HTTP requests with every limit: redirects, credentials, validators, sizes, time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Self

from msgspec import Struct

from aggregator.errors import (
    BadStatus,
    BlockedAddress,
    DeadlineExceeded,
    FetchError,
    NetworkFailure,
    TooLarge,
    TooManyRedirects,
)
from aggregator.fetching.cookies import Cookies
from aggregator.fetching.freshness import LONGEST_RETRY_AFTER, retry_after_s
from aggregator.fetching.guard import Origin, Target, check, check_url, origin_of, target_of
from aggregator.fetching.inflate import Inflater, check_codings
from aggregator.fetching.localfile import read_file
from aggregator.fetching.redirects import (
    MOST_REDIRECTS,
    Hops,
    Redirect,
    Trail,
    WaitForHost,
    next_hop,
)
from aggregator.fetching.resolver import Lookup, Resolver, system_lookup
from aggregator.fetching.transport import REDIRECTS, StreamedResponse, Transport
from aggregator.fetching.tunnel import basic
from aggregator.model import NotModified, Response
from aggregator.network import DIRECT, Route, is_this_machine

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml,"
    " application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_NOT_MODIFIED = 304
_WITH_BODY = frozenset({200, 203, 226})


class Validators(Struct, frozen=True):
    """What the server at `url` sent with its last document (RFC 9110 section 8.8)."""

    url: str | None
    etag: str | None = None
    last_modified: str | None = None


class Request(Struct, frozen=True):
    """A document to get, and within which limits. A `file:` URL is read from this machine."""

    url: str  # may hold credentials; these and `headers` are sent to its origin alone
    headers: tuple[tuple[str, str], ...] = ()
    timeout_s: float = 20.0  # for everything, redirects included
    max_bytes: int = 10_000_000  # of the decoded body
    allow_private: bool = False  # the origin of `url` may be on a private network
    route: Route = DIRECT
    cookies: bool = False  # those set on the way are sent back, each to its origin
    moved_to: str | None = None  # asked in place of `url`
    validators: Validators | None = None


class PostReply(Struct, frozen=True):
    """What came of a POST; `retry_after_s` is at most 30 days, None when not given."""

    status: int
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the receiver took it."""
        return 200 <= self.status < 300


class Client:
    """One for all requests of a process.

    `lookup` is the name resolution (blocking, raises OSError); `user_agent` may be changed;
    `route` is that of POSTs, which may be changed as well;
    `is_wanted` says whether more requests to a host are to come: its connection is kept for them;
    `requests_left` is how many GETs it may still make, redirects among them, None for any number.
    """

    def __init__(
        self,
        user_agent: str,
        *,
        route: Route = DIRECT,
        lookup: Lookup = system_lookup,
        is_wanted: Callable[[str], bool] = lambda host: True,
        requests_left: int | None = None,
    ) -> None:
        self.user_agent = user_agent
        self.route = route
        self.requests_left = requests_left
        self._transport = Transport(Resolver(lookup), is_wanted=is_wanted)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes all connections."""
        await self._transport.close()

    async def get(
        self,
        request: Request,
        *,
        wait_for_host: WaitForHost | None = None,
        is_one_host: bool = False,
        trail: Trail | None = None,
    ) -> Response | NotModified:
        """Gets the document, conditionally where there are validators.

        The time that `wait_for_host` takes does not count for the deadline. `is_one_host`: raises
        LeavesHost where a redirect leads to another one; with the `trail` of that it goes on.
        Raises FetchError: BlockedAddress, TooManyRedirects, TooLarge, DeadlineExceeded, BadStatus
        or NetworkFailure.
        """
        started = time.monotonic()
        if request.url.startswith("file:"):
            etag = None if request.validators is None else request.validators.etag
            return await asyncio.to_thread(
                read_file, request.url, max_bytes=request.max_bytes, etag=etag
            )
        try:
            left_s = request.timeout_s if trail is None else trail.left_s
            async with asyncio.timeout(left_s) as deadline:
                hops = Hops(started, deadline, wait_for_host, is_one_host)
                if request.cookies:
                    hops.cookies = Cookies()
                if trail is not None:
                    hops.follow(trail)
                return await self._follow(request, hops, None if trail is None else trail.url)
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"no complete response within {request.timeout_s:g} s"
            ) from error

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        timeout_s: float = 20.0,
        trusted: bool = False,
        own: Origin | None = None,
        route: Route | None = None,
        method: str = "POST",
    ) -> PostReply:
        """Sends the body once; neither redirects nor the response's body are followed or read.

        `trusted`: the operator wrote the URL, so it may be on a private network, and credentials
        in it are sent; on this machine itself, no proxy is asked for it. Any other URL is guarded
        like a redirect's target; `own` is the one origin that may be private all the same.
        `route`: in place of the client's; `method` may be PUT. Raises FetchError.
        """
        target = check_url(url, own=origin_of(url) if trusted else own)
        route = route or self.route
        if trusted and is_this_machine(target.origin.host):
            route = Route(ca_file=route.ca_file)
        sent = {"User-Agent": self.user_agent, **headers}
        if target.user is not None:
            if not trusted:
                raise BlockedAddress("the URL contains credentials")
            sent["Authorization"] = basic(target.user, target.password)
        try:
            async with (
                asyncio.timeout(timeout_s) as deadline,
                self._transport.request(
                    target, sent, deadline=deadline, body=body, method=method, route=route
                ) as response,
            ):
                wait_s = retry_after_s(response.headers, datetime.now(UTC))
        except TimeoutError as error:
            raise DeadlineExceeded(f"no response within {timeout_s:g} s") from error
        if wait_s is not None:
            wait_s = min(wait_s, LONGEST_RETRY_AFTER.total_seconds())
        return PostReply(response.status, wait_s)

    async def _follow(
        self, request: Request, hops: Hops, url: str | None
    ) -> Response | NotModified:
        """Requests the URL and what it redirects to, each hop checked on its own.

        `url`: that of a redirect which is to be followed first.
        """
        home = target_of(request.url)  # credentials belong to its origin
        own = home.origin if request.allow_private else None
        first = url or request.moved_to
        target = check(home if first is None else target_of(first), own=own)
        hops.first_host = hops.first_host or target.origin.host
        while len(hops.visited) <= MOST_REDIRECTS:
            cookie = "" if hops.cookies is None else hops.cookies.header(target)
            if (target.url, cookie) in hops.visited:
                raise TooManyRedirects("redirect loop", url=target.url)
            hops.visited.add((target.url, cookie))
            headers = self._headers(request, target, home=home)
            if cookie:
                # beside those that the configuration sends here: there is one such header
                name = next((name for name in headers if name.lower() == "cookie"), "Cookie")
                headers[name] = f"{headers[name]}; {cookie}" if name in headers else cookie
            try:
                answer = await self._get_once(target, headers, request, hops=hops)
            except NetworkFailure as error:
                if error.kind != "dns" or len(hops.visited) == 1:
                    raise  # else it says nothing about the host of `url`
                raise FetchError(
                    "redirected to a host name that does not resolve",
                    kind="redirect",
                    url=target.url,
                ) from error
            if not isinstance(answer, Redirect):
                return answer
            hop = next_hop(target, answer, hops=hops, own=own)
            if hop.origin.host != target.origin.host:
                await hops.wait(hop)
            target = hop
        raise TooManyRedirects(f"more than {MOST_REDIRECTS} redirects", url=target.url)

    def _headers(self, request: Request, target: Target, *, home: Target) -> dict[str, str]:
        """Ours, and at its own origin the request's, in place of ours in whatever letter case.

        Validators are byte-identical to what the server sent, and only for the URL that sent them.
        """
        headers = {"User-Agent": self.user_agent, "Accept": ACCEPT, "Accept-Encoding": "gzip"}
        validators = request.validators
        if validators is not None and validators.url == target.url:
            if validators.etag:
                headers["If-None-Match"] = validators.etag
            if validators.last_modified:
                headers["If-Modified-Since"] = validators.last_modified
        if target.origin != home.origin:
            return headers
        names = {name.lower() for name, _ in request.headers}
        if names:
            headers = {name: value for name, value in headers.items() if name.lower() not in names}
            headers.update(request.headers)
        if home.user is not None and "authorization" not in names:
            headers["Authorization"] = basic(home.user, home.password)
        return headers

    async def _get_once(
        self, target: Target, headers: Mapping[str, str], request: Request, *, hops: Hops
    ) -> Response | NotModified | Redirect:
        """One GET."""
        if self.requests_left is not None:
            if self.requests_left <= 0:
                raise FetchError("no more requests are allowed", kind="redirect", url=target.url)
            self.requests_left -= 1
        async with self._transport.request(
            target, headers, deadline=hops.deadline, route=request.route, first_host=hops.first_host
        ) as response:
            given = dict(response.headers)
            if hops.retry_after:
                given.setdefault("retry-after", hops.retry_after)
            if response.status in REDIRECTS:
                if hops.cookies is not None:
                    hops.cookies.keep(target, response.fields, datetime.now(UTC))
                return Redirect(response.status, given)
            if response.status == _NOT_MODIFIED:
                if not ("If-None-Match" in headers or "If-Modified-Since" in headers):
                    raise NetworkFailure(
                        "304 Not Modified to an unconditional request",
                        kind="protocol",
                        url=target.url,
                    )
                return NotModified(given, target.url, hops.permanent_url, hops.elapsed_s)
            if response.status not in _WITH_BODY:
                detail = f"HTTP {response.status}"
                if given.get("cf-mitigated") == "challenge":
                    detail += ", a Cloudflare browser challenge"
                raise BadStatus(detail, status=response.status, url=target.url, headers=given)
            body = await _read(response, max_bytes=request.max_bytes)
            return Response(
                response.status, given, body, target.url, hops.permanent_url, hops.elapsed_s
            )


async def _read(response: StreamedResponse, *, max_bytes: int) -> bytes:
    """The decoded body; stops at the limit, before or after decoding."""
    check_codings(response.headers.get("content-encoding", ""))
    length = response.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > max_bytes):
        raise TooLarge(f"the body is larger than {max_bytes} bytes")
    inflater = Inflater(max_bytes)
    received = 0
    async for chunk in response.chunks:
        received += len(chunk)
        if received > max_bytes:
            raise TooLarge(f"the body is larger than {max_bytes} bytes")
        inflater.feed(chunk)
    return inflater.finish()
