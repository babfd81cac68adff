"""Redirects of one request: what may be followed, and what is known on the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urljoin

from msgspec import Struct, field

from aggregator.errors import BlockedAddress, FetchError
from aggregator.fetching.cookies import Cookie, Cookies
from aggregator.fetching.guard import Origin, Target, check_url

MOST_REDIRECTS = 5
_PERMANENT = frozenset({301, 308})

WaitForHost = Callable[[str], Awaitable[None]]
"""Returns when the host of a redirect's target may be asked; raises FetchError if it may not."""


class Trail(Struct, frozen=True, forbid_unknown_fields=True):
    """A request that a redirect led to another host: what it takes to go on from there."""

    url: str  # to be asked next
    first_host: str
    visited: tuple[tuple[str, str], ...]  # URLs and the cookies sent there
    left_s: float  # of the time for the whole exchange
    elapsed_s: float
    permanent_url: str | None = None
    all_permanent: bool = True
    retry_after: str = ""
    cookies: tuple[tuple[str, Cookie], ...] | None = None


class LeavesHost(Exception):
    """A redirect leads to a host that is not this client's to ask."""

    def __init__(self, trail: Trail) -> None:
        super().__init__()
        self.trail = trail


class Hops(Struct):
    """One request on its way through redirects."""

    started: float  # monotonic, moved on by the time spent waiting for hosts
    deadline: asyncio.Timeout
    wait_for_host: WaitForHost | None = None
    is_one_host: bool = False
    permanent_url: str | None = None
    all_permanent: bool = True  # so far
    retry_after: str = ""
    first_host: str = ""
    visited: set[tuple[str, str]] = field(default_factory=set)  # URLs and the cookies sent there
    cookies: Cookies | None = None

    async def wait(self, hop: Target) -> None:
        """Until the host of the next hop may be asked; the deadline stands still meanwhile."""
        left_s = (self.deadline.when() or 0.0) - asyncio.get_running_loop().time()
        if self.is_one_host:
            trail = Trail(
                hop.url,
                self.first_host,
                tuple(self.visited),
                left_s,
                self.elapsed_s,
                self.permanent_url,
                self.all_permanent,
                self.retry_after,
                None if self.cookies is None else self.cookies.all(),
            )
            raise LeavesHost(trail)
        if self.wait_for_host is None:
            return
        begun = time.monotonic()
        self.deadline.reschedule(None)
        await self.wait_for_host(hop.origin.host)
        self.started += time.monotonic() - begun
        self.deadline.reschedule(asyncio.get_running_loop().time() + left_s)

    @property
    def elapsed_s(self) -> float:
        """Since the request began, without the waits for hosts."""
        return time.monotonic() - self.started

    def follow(self, trail: Trail) -> None:
        """Goes on as a request that was here before."""
        self.started -= trail.elapsed_s
        self.permanent_url, self.all_permanent = trail.permanent_url, trail.all_permanent
        self.retry_after, self.first_host = trail.retry_after, trail.first_host
        self.visited = set(trail.visited)
        if trail.cookies is not None:
            self.cookies = Cookies(trail.cookies)


class Redirect(Struct, frozen=True):
    """An answer that names another URL."""

    status: int
    headers: Mapping[str, str]


def next_hop(target: Target, answer: Redirect, *, hops: Hops, own: Origin | None) -> Target:
    """Where a redirect leads; raises FetchError when it must not be followed."""
    # Spaces are encoded as browsers do (WHATWG URL); a host cannot hold them in any form.
    location = answer.headers.get("location", "").replace("\t", "").strip().replace(" ", "%20")
    if not location:
        raise FetchError("redirect without a Location", kind="redirect", url=target.url)
    try:
        joined = urljoin(target.url, location)
    except ValueError as error:
        raise BlockedAddress("redirected to a malformed URL", url=target.url) from error
    hop = check_url(joined, own=own)
    if hop.user is not None:
        raise BlockedAddress("redirected to a URL with credentials", url=target.url)
    if target.origin.scheme == "https" and hop.origin.scheme == "http":
        raise FetchError(
            "redirected from https to http, where anybody on the way could read and change it; "
            "if the publisher means that, configure the http: address itself",
            kind="redirect",
            url=target.url,
        )
    hops.all_permanent = hops.all_permanent and answer.status in _PERMANENT
    if hops.all_permanent:
        hops.permanent_url = hop.url
    hops.retry_after = answer.headers.get("retry-after", "") or hops.retry_after
    return hop
