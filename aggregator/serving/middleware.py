"""ASGI middleware: the path prefix, a rate limit for each peer, and security headers."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"cross-origin"),  # web readers fetch feeds from elsewhere
)
# What proxies add to a request that they pass on (RFC 7239, and its forerunners).
_FORWARDED = frozenset(
    {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"}
    | {b"x-real-ip", b"x-client-ip", b"true-client-ip", b"cf-connecting-ip"}
)


class ResponseSettings(Struct, frozen=True):
    """The settings that every response depends on; a reload may change them."""

    prefix: str  # of paths, which are served with and without it
    rate: int  # requests a minute from one peer; 0: no limit
    noindex: bool
    page_policy: str  # Content-Security-Policy of pages


def guarded(app: ASGIApp, *, settings: Callable[[], ResponseSettings]) -> ASGIApp:
    """The app with a rate limit for each peer, security headers, and paths below the prefix.

    A peer is the address of the connection: a forwarded-for header can be forged.
    """
    limit = RateLimit(0)

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        scope = _origin_form(scope)
        # Both lengths in one request may be an attempt at request smuggling: the connection must be
        # closed after the response (RFC 9112, section 6.1).
        names = {name for name, _ in scope["headers"]}
        must_close = {b"content-length", b"transfer-encoding"} <= names
        now = settings()
        limit.per_minute = now.rate
        robots = [(b"x-robots-tag", b"noindex, nofollow")] if now.noindex else []

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                types = [value for name, value in message["headers"] if name == b"content-type"]
                policy = _policy(types[0] if types else b"", now.page_policy)
                added = [*_HEADERS, *robots]
                if message["status"] != HTTPStatus.NOT_MODIFIED:
                    # it would replace that of the stored response (RFC 9111, section 4.3.4)
                    added.append((b"content-security-policy", policy.encode()))
                if must_close:
                    added.append((b"connection", b"close"))
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        wait_s = limit.wait_s(_peer(scope), time.monotonic())
        if wait_s:
            refusal = Response(
                f"Too many requests; try again in {wait_s} s.\n",
                status_code=429,
                media_type="text/plain",
                headers={"Retry-After": str(wait_s), "Cache-Control": "no-store"},
            )
            await refusal(scope, receive, send_guarded)
            return
        if now.prefix and scope["path"] == now.prefix:
            slash = Response(status_code=308, headers={"Location": f"{quote(now.prefix)}/"})
            await slash(scope, receive, send_guarded)
            return
        await app(_below(scope, now.prefix), receive, send_guarded)

    return guard


def _policy(media_type: bytes, of_pages: str) -> str:
    """The Content-Security-Policy of a response: feeds have a style of ours in browsers."""
    if media_type.startswith(b"text/html"):
        allowed = of_pages
    elif b"xml" in media_type:
        allowed = "default-src 'none'; style-src 'self'"
    else:
        allowed = "default-src 'none'"
    return f"{allowed}; frame-ancestors 'none'"


def is_loopback(scope: MutableMapping[str, Any]) -> bool:
    """Whether the request comes from this machine, and not through a proxy on it.

    The value of a proxy's header is not trusted; its presence means that the client is elsewhere.
    """
    try:
        is_near = ipaddress.ip_address(_peer(scope)).is_loopback
    except ValueError:
        return False
    return is_near and not any(name in _FORWARDED for name, _ in scope["headers"])


def _peer(scope: MutableMapping[str, Any]) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _origin_form(scope: Scope) -> Scope:
    """The scope with a target in absolute form made a path (RFC 9112, section 3.2.2).

    Its authority is ignored, as is the header `Host`.
    """
    scheme, mark, rest = str(scope["path"]).partition("://")
    if not mark or scheme.lower() not in ("http", "https"):
        return scope
    _, slash, path = rest.partition("/")
    return {**scope, "path": slash + path or "/", "raw_path": None}


def _below(scope: Scope, prefix: str) -> Scope:
    """The scope without the prefix, which a proxy may pass on or remove."""
    path = str(scope["path"])
    if prefix and path.startswith(f"{prefix}/"):
        return {**scope, "path": path[len(prefix) :], "raw_path": None}
    return scope


MAX_PEERS = 10_000  # the longest unseen is forgotten first


class RateLimit:
    """`per_minute` requests a minute for each peer, as many at once; 0 means no limit."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute  # may be changed
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, since when

    def wait_s(self, peer: str, now_s: float) -> int:
        """0 when the request may pass (and is counted), else whole seconds until one may."""
        if self.per_minute <= 0:
            return 0
        refill = self.per_minute / 60
        tokens, at_s = self._buckets.pop(peer, (float(self.per_minute), now_s))
        tokens = min(tokens + max(now_s - at_s, 0.0) * refill, float(self.per_minute))
        may_pass = tokens >= 1
        self._buckets[peer] = (tokens - may_pass, now_s)
        if len(self._buckets) > MAX_PEERS:
            self._buckets.popitem(last=False)
        return 0 if may_pass else max(int((1 - tokens) / refill + 0.999), 1)
