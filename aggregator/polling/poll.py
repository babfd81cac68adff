"""One poll, from the request to the feed's new state, and its log line; nothing is stored here."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import blake2b
from typing import Any, Protocol

from msgspec.structs import replace

from aggregator.errors import NAMES_ITS_FEED, BadStatus, FetchError, NotAFeed, ParseError
from aggregator.fetching.client import Request, Validators
from aggregator.fetching.freshness import lifetime_s
from aggregator.logs import event
from aggregator.model import (
    FeedState,
    NotModified,
    ParsedFeed,
    ParseTask,
    PollError,
    PollResult,
    Response,
)
from aggregator.polling.schedule import next_poll
from aggregator.settings import FeedSource
from aggregator.text import printable

_log = logging.getLogger(__name__)
PARSE_DEADLINE_S = 10.0
_DELTA = 226  # RFC 3229: only new entries
_LONGEST_NAMED = 200


class Parser(Protocol):
    """What parses a document; raises ParseError."""

    async def parse(self, task: ParseTask, deadline_s: float) -> ParsedFeed: ...


async def fetch_document(
    begun: PollResult,
    *,
    get: Callable[[Request], Awaitable[Response | NotModified]],
    parser: Callable[[], Parser],
    known: Callable[[], Awaitable[frozenset[str]]],
    is_full: bool,
) -> PollResult:
    """Requests the document, and parses it if it changed; returns the poll with its outcome.

    `is_full`: without validators, and parsed completely even if the body is unchanged. `get` raises
    FetchError; `parser` is called only if a document must be parsed. The feed's state is still the
    previous one (`with_next_poll`).
    """
    started = time.monotonic()
    result, source, state = begun, begun.source, begun.state
    try:
        response = await get(request_for(source, None if is_full else state))
        result = with_response(result, response)
        is_same = result.body_hash is not None and result.body_hash == state.body_hash
        if isinstance(response, Response) and (is_full or not is_same):
            hashes = frozenset[str]() if is_full else await known()
            task = ParseTask(
                response.body, response.headers, response.url, source.name, hashes, source.is_list
            )
            parsed = await parser().parse(task, PARSE_DEADLINE_S)
            result = with_document(result, parsed)
    except FetchError as error:
        result = with_error(result, error)
        result = replace(result, elapsed_s=time.monotonic() - started)
    except ParseError as error:
        result = with_error(result, error)
    return result


def request_for(source: FeedSource, state: FeedState | None = None) -> Request:
    """The request for a feed; with `state`, conditional, and to the address it moved to."""
    request = Request(
        source.url,
        headers=source.headers,
        timeout_s=source.timeout_s,
        max_bytes=source.max_bytes,
        allow_private=source.allow_private_networks,
        route=source.route,
        cookies=source.cookies,
    )
    if state is None:
        return request
    validators = Validators(state.validators_url, state.etag, state.last_modified)
    return replace(request, moved_to=state.permanent_url, validators=validators)


def with_response(result: PollResult, response: Response | NotModified) -> PollResult:
    """The poll with this response; `unchanged` unless the body turns out to differ."""
    result = replace(
        result,
        outcome="not_modified",
        status=304,
        headers=response.headers,
        url=response.url,
        moved_to=response.permanent_url,
        elapsed_s=response.elapsed_s,
    )
    if isinstance(response, NotModified):
        return result
    body_hash = None
    if response.status != _DELTA:
        body_hash = blake2b(response.body, digest_size=16).hexdigest()
    return replace(
        result,
        outcome="unchanged",
        status=response.status,
        body_hash=body_hash,
        body_bytes=len(response.body),
    )


def with_document(result: PollResult, parsed: ParsedFeed) -> PollResult:
    """The poll with its parsed document."""
    if result.status == _DELTA:
        parsed = replace(parsed, is_delta=True)
    return replace(result, outcome="fetched", parsed=parsed)


def with_error(result: PollResult, error: FetchError | ParseError) -> PollResult:
    """The poll with this error.

    If a document cannot be read, hints in the headers count, but its validators do not.
    """
    detail = printable(error.detail)
    if isinstance(error, BadStatus):
        result = replace(result, status=error.status, headers=error.headers)
    # an address in a page may repeat secrets of the request, as may one that is cut off
    named = error.names if isinstance(error, NotAFeed) and not holds_secret(result.source) else ""
    if 0 < len(named) <= _LONGEST_NAMED:
        detail += NAMES_ITS_FEED + printable(named)
    return replace(result, outcome="failed", error=PollError(error.kind, detail))


def with_next_poll(
    result: PollResult, now: datetime, pushed_until: datetime | None = None
) -> PollResult:
    """The poll with the feed's new state, to be stored. `now`: when the outcome was known."""
    source = result.source
    if holds_secret(source):
        result = replace(result, moved_to=None)  # the target may contain it, too
    state = next_poll(result, now, spread_of(result.state), pushed_until)
    if state.hint_until is not None:
        asked_s, kept_s = lifetime_s(result.headers, now), source.longest_wait.total_seconds()
        if asked_s is not None and asked_s > kept_s:
            event(_log, "poll.hint_cut", feed=source.name, asked_s=int(asked_s), kept_s=int(kept_s))
    return replace(result, state=state)


def holds_secret(source: FeedSource) -> bool:
    """Whether the feed's URL contains something that must not be shown."""
    return source.private or source.key != source.url or "@" in source.url.partition("?")[0]


def spread_of(state: FeedState) -> float:
    """A number in [0, 1) that differs between feeds and between polls."""
    digest = blake2b(f"{state.polls} {state.key}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def log_poll(log: logging.Logger, result: PollResult) -> None:
    """Logs a stored poll, and the changes of a list.

    Also that a feed is gone; just once, since it is not polled again.
    """
    fields: dict[str, Any] = {"feed": result.source.name, "ms": round(result.elapsed_s * 1000)}
    level = logging.INFO
    if result.error is not None:
        level = logging.WARNING
        fields |= {"kind": result.error.kind, "detail": result.error.detail}
    elif result.parsed is not None:
        fields |= {"items": result.items, "new": result.new, "updated": result.updated}
    event(log, f"poll.{result.outcome}", level=level, **fields)
    if result.listing is not None:
        added, removed = result.listing.added, result.listing.removed
        name, warning = result.source.name, logging.WARNING
        event(log, "list.changed", level=warning, feed=name, added=len(added), removed=len(removed))
        for word, urls in (("added", added), ("removed", removed)):
            for url in urls:
                event(log, f"list.{word}", feed=name, url=printable(url))
    if result.state.gone and result.outcome == "failed":
        detail = "its server said twice, a day apart, that it is gone (410): remove it"
        event(log, "poll.gone", level=logging.WARNING, feed=result.source.name, detail=detail)
