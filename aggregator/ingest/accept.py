"""Stores polls: everything that one poll learned, in one transaction.

Items and validators must never be stored separately: after a crash in between, the server would
answer 304 for ever, although the items were never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from aggregator.errors import BadRow
from aggregator.model import HostState, PollError, PollResult
from aggregator.storage import feeds, lists, polls
from aggregator.storage.store import Store
from aggregator.text import printable


def accept(store: Store, results: Sequence[PollResult], now: datetime) -> tuple[PollResult, ...]:
    """Stores polls in one transaction, each in its own savepoint; returns them as stored.

    A poll with rows that SQLite refuses fails alone: nothing of it is stored, the validators stay
    as they were, and the feed counts a failure. A poll that ends after a later one of its feed was
    stored becomes `unchanged`. Raises StoreError when nothing can be written at all.
    """
    stored: list[PollResult] = []
    with store.transaction():
        for given in results:
            (result,) = _in_time(store, (given,))
            parsed = result.parsed
            try:
                with store.transaction():
                    if parsed is not None and result.source.is_list:
                        feed_id = result.state.feed_id
                        change = lists.save_list(store, feed_id, parsed.subscriptions)
                        result = replace(result, listing=change)
                    elif parsed is not None:
                        from aggregator.ingest import entries  # noqa: PLC0415 - not for 304s

                        result = entries.write_entries(store, result, parsed, now)
                    _record(store, (result,), now)
            except BadRow as error:
                result = refuse(store, result, now, detail=printable(str(error)))
            stored.append(result)
    return tuple(stored)


def record(
    store: Store, results: Sequence[PollResult], now: datetime, *, hosts: Sequence[HostState] = ()
) -> None:
    """Stores the states of feeds and hosts, and the poll log, in one transaction."""
    with store.transaction():
        _record(store, _in_time(store, results), now)
        if hosts:
            polls.save_hosts(store, hosts, now=now)


def _record(store: Store, results: Sequence[PollResult], now: datetime) -> None:
    feeds.save_states(store, [result.state for result in results])
    polls.log_polls(store, results, now)


def _in_time(store: Store, results: Sequence[PollResult]) -> Sequence[PollResult]:
    """The polls; one that a later poll of its feed has overtaken becomes `unchanged`.

    That happens when a feed is removed and added again while it is polled.
    """
    begun = {
        result.state.feed_id: result.state.polls
        for result in results
        if result.started_at is not None and result.outcome != "pushed"
    }
    late = {state.feed_id: state for state in feeds.overtaken(store, begun)}
    if not late:
        return results
    return [
        replace(result, state=late[feed_id], parsed=None, outcome="unchanged", error=None)
        if (feed_id := result.state.feed_id) in late
        else result
        for result in results
    ]


def refuse(store: Store, result: PollResult, now: datetime, *, detail: str) -> PollResult:
    """Stores the poll as failed, with the feed's earlier state and one more failure; returns it."""
    error = PollError("parse", detail)
    refused = replace(result, parsed=None, outcome="failed", error=error, new=0, updated=0)
    with store.transaction():
        for before in feeds.feed_states(store, (result.state.feed_id,)):
            state = replace(
                before,
                last_poll_at=result.state.last_poll_at,
                next_poll_at=result.state.next_poll_at,
                interval_s=result.state.interval_s,
                failures=before.failures + 1,
                last_error_kind=error.kind,
                last_error=error.detail,
                polls=result.state.polls,
            )
            refused = replace(refused, state=state)
            _record(store, (refused,), now)
    return refused
