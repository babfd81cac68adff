"""WebSub subscriber (W3C Recommendation): hubs push, so that polls may be rarer.

Off unless `serve.websub` is set and `site.base_url` can be reached from outside. Each
subscription has an unguessable callback and a secret; a delivery counts only with a right
signature, and a wrong one is ignored with a 2xx, as section 7.1 asks.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.errors import FetchError, ParserUnavailable, StoreError
from aggregator.logs import event
from aggregator.polling.delivery import Push
from aggregator.publishing.attempt import backoff
from aggregator.storage import leases
from aggregator.storage.thread import StoreThread
from aggregator.text import printable

LEASE_S = 10 * 24 * 3600
RENEW_BEFORE = timedelta(days=1)
_LONGEST_LEASE_S = 30 * 24 * 3600
_FIRST_WAIT, _LONGEST_WAIT = timedelta(hours=1), timedelta(days=1)  # for a hub to verify
_SECONDS = re.compile(r"[0-9]{1,11}")
# sha1 is weak, yet section 7.1 names it first and hubs still use it
_METHODS = ("sha1", "sha256", "sha384", "sha512")

log = logging.getLogger(__name__)
_WARN = logging.WARNING

Send = Callable[[int, str, bytes], Awaitable[int]]  # guarded POST: feed id, url, form -> status


class Subscriber(Struct, frozen=True):
    """What the routes need; `is_on` and `max_bytes` follow the configuration.

    `push` raises StoreError and ParserUnavailable.
    """

    thread: StoreThread
    clock: Callable[[], datetime]
    is_on: Callable[[], bool]
    max_bytes: Callable[[], int]
    push: Callable[[Push], Awaitable[None]]


def is_signed(header: str, *, secret: str, body: bytes) -> bool:
    """Whether `X-Hub-Signature` (`method=hex`) is right for the body; compared in constant time."""
    method, _, given = header.strip().partition("=")
    if method.lower() not in _METHODS:
        return False
    wanted = hmac.new(secret.encode(), body, method.lower()).hexdigest()
    return hmac.compare_digest(wanted.encode(), given.strip().lower().encode("ascii", "replace"))


async def renew(thread: StoreThread, send: Send, *, base_url: str, now: datetime) -> int:
    """Takes up newly named hubs and asks for leases that are wanted or end soon."""
    await thread.run(leases.expire, now)
    for feed_id, hub, topic in await thread.run(leases.without_lease):
        callback, secret = secrets.token_urlsafe(32), secrets.token_hex(32)
        await thread.run(
            leases.want, feed_id=feed_id, hub=hub, topic=topic, callback=callback, secret=secret
        )
    asked = 0
    for lease in await thread.run(leases.to_request, now, renew_before=now + RENEW_BEFORE):
        again = now + backoff(lease.attempts, first=_FIRST_WAIT, longest=_LONGEST_WAIT)
        await thread.run(leases.note_request, lease.feed_id, next_try_at=again)
        form = {  # of a subscription request (section 5.1)
            "hub.mode": "subscribe",
            "hub.topic": lease.topic,
            "hub.callback": f"{base_url}websub/{lease.callback}",
            "hub.secret": lease.secret,
            "hub.lease_seconds": str(LEASE_S),
        }
        try:
            status = await send(lease.feed_id, lease.hub, urlencode(form).encode())
        except FetchError as error:
            event(log, "websub.hub_failed", level=_WARN, feed=lease.feed, detail=error.detail)
            continue
        if 200 <= status < 300:
            asked += 1
        else:
            event(log, "websub.hub_refused", level=_WARN, feed=lease.feed, status=status)
    return asked


def routes(subscriber: Subscriber) -> list[Route]:
    """`GET` (verification of intent) and `POST` (delivery) of `/websub/CALLBACK`."""

    async def callback(request: Request) -> Response:
        path: str = request.path_params["callback"]
        is_on = subscriber.is_on()
        lease = await subscriber.thread.run(leases.by_callback, path) if is_on else None
        if lease is None:
            return PlainTextResponse("no such subscription\n", 404)
        if request.method == "POST":
            return await _take(subscriber, lease, request)
        return await _verify(subscriber, lease, request)

    return [Route("/websub/{callback}", callback, methods=["GET", "POST"])]


async def _verify(subscriber: Subscriber, lease: leases.Lease, request: Request) -> Response:
    query = request.query_params
    mode, topic = query.get("hub.mode"), query.get("hub.topic")
    if topic != lease.topic:
        return PlainTextResponse("not what was asked for\n", 404)
    now = subscriber.clock()
    if mode == "denied":
        reason = printable(query.get("hub.reason", ""))
        event(log, "websub.denied", level=_WARN, feed=lease.feed, reason=reason)
        await subscriber.thread.run(
            leases.end, lease.feed_id, state="refused", next_try_at=now + timedelta(days=1)
        )
        return PlainTextResponse("")
    seconds = query.get("hub.lease_seconds", "")
    challenge = query.get("hub.challenge", "")
    if mode != "subscribe" or not challenge or not (_SECONDS.fullmatch(seconds) and int(seconds)):
        return PlainTextResponse("not what was asked for\n", 404)
    lasts = timedelta(seconds=min(int(seconds), _LONGEST_LEASE_S))
    await subscriber.thread.run(leases.activate, lease.feed_id, expires_at=now + lasts)
    event(log, "websub.active", feed=lease.feed, hours=int(lasts.total_seconds() // 3600))
    # a plain text answer that no browser reads as a page, since the challenge is not ours
    return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})


async def _take(subscriber: Subscriber, lease: leases.Lease, request: Request) -> Response:
    if lease.state != "active":
        return PlainTextResponse("gone\n", 410)
    limit = subscriber.max_bytes()
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                return PlainTextResponse("too large\n", 413)
    except ClientDisconnect:
        return PlainTextResponse("not all came\n", 400)  # to nobody, and nothing for the log
    header = request.headers.get("x-hub-signature", "")
    if not is_signed(header, secret=lease.secret, body=bytes(body)):
        event(log, "websub.bad_signature", level=_WARN, feed=lease.feed)
        return PlainTextResponse("", 202)
    content_type = request.headers.get("content-type", "")
    push = Push(lease.feed_id, bytes(body), content_type, lease.hub, lease.topic)
    try:
        await subscriber.push(push)
        await subscriber.thread.run(leases.note_push, lease.feed_id, subscriber.clock())
    except (StoreError, ParserUnavailable) as error:
        event(log, "websub.not_stored", level=logging.ERROR, feed=lease.feed, detail=str(error))
        return PlainTextResponse("try again\n", 503, headers={"Retry-After": "60"})
    return PlainTextResponse("", 202)
