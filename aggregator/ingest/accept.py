"""Polls become rows: everything that one poll learned, in one transaction.

Items and validators must never be stored apart: a crash between them, and the server would
say 304 for ever to items that were never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import BadRow
from aggregator.model import FeedState, ParsedFeed, PollLog
from aggregator.settings import FeedSource
from aggregator.storage import feeds
from aggregator.storage.polls import log_polls
from aggregator.storage.store import Store
from aggregator.text import printable


class Polled(Struct, frozen=True):
    """One poll: the feed, its whole new state, and what came."""

    source: FeedSource
    state: FeedState
    parsed: ParsedFeed | None = None  # None: 304, same body, or failed
    outcome: str = "fetched"  # fetched | not_modified | unchanged | failed | pushed
    http_status: int | None = None
    body_bytes: int = 0
    elapsed_ms: int = 0
    error_kind: str = ""
    error: str = ""
    started_at: datetime | None = None  # None: the poll that `state` speaks of


class Accepted(Struct, frozen=True):
    """What one poll came to. `error` is set where its rows were refused by the database."""

    feed: str
    items: int = 0
    new: int = 0
    updated: int = 0
    error: str = ""


def accept(store: Store, polls: Sequence[Polled], now: datetime) -> tuple[Accepted, ...]:
    """Stores polls in one transaction, each in its own savepoint.

    Rows that SQLite refuses cost their own poll only: nothing of it is stored, its validators
    stay as they were, and the feed counts a failure. Raises StoreError when nothing can be
    written at all.
    """
    with store.transaction():
        return tuple(_accept_one(store, poll, now) for poll in polls)


def _accept_one(store: Store, poll: Polled, now: datetime) -> Accepted:
    try:
        with store.transaction():
            return _store_poll(store, poll, now)
    except BadRow as error:
        detail = printable(str(error))
        refuse(store, poll, now, detail=detail)
        return Accepted(poll.source.name, error=detail)


def _store_poll(store: Store, poll: Polled, now: datetime) -> Accepted:
    new = updated = 0
    state = poll.state
    if poll.parsed is not None:
        from aggregator.ingest.entries import write_entries  # noqa: PLC0415 - 304s bring none

        written = write_entries(store, poll.source, state, parsed=poll.parsed, now=now)
        state, new, updated = written.state, written.new, written.updated
    if new:
        state = replace(state, last_new_at=now)
    feeds.save_states(store, (state,))
    log_polls(store, (log_of(poll, new=new, now=now),))
    return Accepted(poll.source.name, items=_count(poll.parsed), new=new, updated=updated)


def _count(parsed: ParsedFeed | None) -> int:
    return 0 if parsed is None else len(parsed.items) + len(parsed.known)


def log_of(poll: Polled, *, new: int, now: datetime) -> PollLog:
    """The poll as the log keeps it; `new`: items that were not there before."""
    return PollLog(
        feed_id=poll.state.feed_id,
        started_at=poll.started_at or poll.state.last_poll_at or now,
        outcome=poll.outcome,
        http_status=poll.http_status,
        items=_count(poll.parsed),
        items_new=new,
        bytes=poll.body_bytes,
        ms=poll.elapsed_ms,
        error_kind=poll.error_kind,
        error=poll.error,
    )


def refuse(store: Store, poll: Polled, now: datetime, *, detail: str) -> None:
    """Stores the feed's state before the poll, with one failure more."""
    with store.transaction():
        for before in feeds.feed_states(store, (poll.state.feed_id,)):
            state = replace(
                before,
                last_poll_at=poll.state.last_poll_at,
                next_poll_at=poll.state.next_poll_at,
                interval_s=poll.state.interval_s,
                failures=before.failures + 1,
                last_error_kind="parse",
                last_error=detail,
                polls=poll.state.polls,
            )
            failed = replace(
                poll, state=state, parsed=None, outcome="failed", error_kind="parse", error=detail
            )
            feeds.save_states(store, (state,))
            log_polls(store, (log_of(failed, new=0, now=now),))
