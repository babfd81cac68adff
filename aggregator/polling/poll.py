"""One poll from the request to the feed's new state; nothing is stored here."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import NAMES_ITS_FEED, BadStatus, FetchError, NotAFeed, ParseError
from aggregator.fetching.client import Request, Validators
from aggregator.fetching.freshness import lifetime_s
from aggregator.ingest.accept import Polled
from aggregator.logs import event
from aggregator.model import FeedState, NotModified, ParsedFeed, ParseTask, Response
from aggregator.polling.schedule import Outcome, next_poll, policy_of
from aggregator.settings import FeedSource
from aggregator.text import printable

if TYPE_CHECKING:
    from aggregator.fetching.client import Client, WaitForHost

_log = logging.getLogger(__name__)
PARSE_DEADLINE_S = 10.0
_DELTA = 226  # RFC 3229: only what is new


class Parser(Protocol):
    """What reads a document; raises ParseError."""

    async def parse(self, task: ParseTask, deadline_s: float) -> ParsedFeed: ...


class Tools(Struct, frozen=True):
    """What a poll needs. `parser` is asked for at the first document that must be read."""

    client: Client
    parser: Callable[[], Parser]
    clock: Callable[[], datetime]


async def poll(
    source: FeedSource,
    state: FeedState,
    *,
    tools: Tools,
    known: Callable[[], Awaitable[frozenset[str]]],
    is_full: bool = False,
    pushed_until: datetime | None = None,
    wait_for_host: WaitForHost | None = None,
) -> Polled:
    """Asks for the document, reads it when it changed, and decides when to ask again.

    `is_full`: without validators, and read whole even when the body is the same as last time.
    `pushed_until`: see `schedule.Policy`; `wait_for_host`: see `Client.get`.
    """
    started_at, begun = tools.clock(), time.monotonic()
    answer: Response | NotModified | None = None
    parsed: ParsedFeed | None = None
    try:
        request = request_for(source, None if is_full else state)
        answer = await tools.client.get(request, wait_for_host=wait_for_host)
        if isinstance(answer, NotModified):
            outcome = _not_modified(answer)
        else:
            outcome = _answered(answer)
            if is_full or outcome.body_hash is None or outcome.body_hash != state.body_hash:
                hashes = frozenset[str]() if is_full else await known()
                task = ParseTask(answer.body, answer.headers, answer.url, source.name, hashes)
                parsed = await tools.parser().parse(task, PARSE_DEADLINE_S)
                outcome, parsed = _read(outcome, parsed)
    except FetchError as error:
        outcome = _refused(error)
    except ParseError as error:
        outcome = _unreadable(error, answer, source)
    return polled(
        source,
        state,
        outcome,
        tools.clock(),
        answer=answer,
        parsed=parsed,
        pushed_until=pushed_until,
        started_at=started_at,
        elapsed_s=time.monotonic() - begun if answer is None else answer.elapsed_s,
    )


def request_for(source: FeedSource, state: FeedState | None = None) -> Request:
    """The request for a feed's document: with `state`, conditional and where the feed moved to."""
    request = Request(
        source.url,
        headers=source.headers,
        timeout_s=source.timeout_s,
        max_bytes=source.max_bytes,
        allow_private=source.allow_private_networks,
    )
    if state is None:
        return request
    validators = Validators(state.validators_url, state.etag, state.last_modified)
    return replace(request, moved_to=state.permanent_url, validators=validators)


def looked(
    source: FeedSource,
    state: FeedState,
    now: datetime,
    *,
    answer: Response,
    parsed: ParsedFeed,
    started_at: datetime,
) -> Polled:
    """The poll that a whole GET amounts to which was made before the feed had a state."""
    if answer.permanent_url == source.url:  # configured as what it moved to: it moves no more
        answer = replace(answer, permanent_url=None)
    outcome, parsed = _read(_answered(answer), parsed)
    return polled(
        source,
        state,
        outcome,
        now,
        answer=answer,
        parsed=parsed,
        started_at=started_at,
        elapsed_s=answer.elapsed_s,
    )


def polled(
    source: FeedSource,
    state: FeedState,
    outcome: Outcome,
    now: datetime,
    *,
    answer: Response | NotModified | None = None,
    parsed: ParsedFeed | None = None,
    pushed_until: datetime | None = None,
    started_at: datetime | None = None,
    elapsed_s: float = 0.0,
) -> Polled:
    """The poll as it is stored, with the feed's new state. `now`: when its outcome was known."""
    if holds_secret(source):
        outcome = replace(outcome, moved_to=None)  # the target may hold it, too
    policy = policy_of(source, pushed_until)
    after = next_poll(state, outcome, policy, now, spread_of(state))
    if after.hint_until is not None:
        _tell_cut(source, outcome, now)
    return Polled(
        source=source,
        state=after,
        parsed=parsed if outcome.kind == "fetched" else None,
        outcome=outcome.kind,
        http_status=outcome.status,
        body_bytes=len(answer.body) if isinstance(answer, Response) else 0,
        elapsed_ms=round(elapsed_s * 1000),
        error_kind=outcome.error_kind,
        error=outcome.error,
        started_at=started_at,
    )


def holds_secret(source: FeedSource) -> bool:
    """Whether the feed's URL holds what must not be shown."""
    return source.private or source.key != source.url or "@" in source.url.partition("?")[0]


def _tell_cut(source: FeedSource, outcome: Outcome, now: datetime) -> None:
    asked_s, kept_s = lifetime_s(outcome.headers, now), source.longest_wait.total_seconds()
    if asked_s is not None and asked_s > kept_s:
        event(_log, "poll.hint_cut", feed=source.name, asked_s=int(asked_s), kept_s=int(kept_s))


def spread_of(state: FeedState) -> float:
    """A number in [0, 1) that is a feed's own and another one at each poll."""
    digest = blake2b(f"{state.polls} {state.key}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def _not_modified(answer: NotModified) -> Outcome:
    return Outcome(
        "not_modified", answer.headers, 304, url=answer.url, moved_to=answer.permanent_url
    )


def _answered(answer: Response) -> Outcome:
    """`unchanged` until the body turns out to be another one."""
    body_hash = None
    if answer.status != _DELTA:
        body_hash = blake2b(answer.body, digest_size=16).hexdigest()
    return Outcome(
        "unchanged",
        answer.headers,
        answer.status,
        url=answer.url,
        moved_to=answer.permanent_url,
        body_hash=body_hash,
    )


def _read(outcome: Outcome, parsed: ParsedFeed) -> tuple[Outcome, ParsedFeed]:
    """The same answer once its document was read."""
    if outcome.status == _DELTA:
        parsed = replace(parsed, is_delta=True)
    return replace(outcome, kind="fetched", hints=parsed.hints), parsed


def _refused(error: FetchError) -> Outcome:
    status, headers = None, {}
    if isinstance(error, BadStatus):
        status, headers = error.status, error.headers
    return Outcome(
        "failed",
        headers,
        status,
        url=error.url,
        retry_after_s=error.retry_after_s,
        error_kind=error.kind,
        error=printable(error.detail),
    )


def _unreadable(
    error: ParseError, answer: Response | NotModified | None, source: FeedSource
) -> Outcome:
    """A document that cannot be read: its headers' hints count, its validators do not."""
    headers = answer.headers if isinstance(answer, Response) else {}
    status = answer.status if isinstance(answer, Response) else None
    said = printable(error.detail)
    # an address that a page names may repeat what the request held, as may one that is cut off
    if isinstance(error, NotAFeed) and not holds_secret(source) and 0 < len(error.names) <= 200:
        said += NAMES_ITS_FEED + printable(error.names)
    return Outcome("failed", headers, status, error_kind=error.kind, error=said)
