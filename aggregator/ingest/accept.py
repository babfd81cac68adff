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
from aggregator.ingest.aliases import recognised
from aggregator.model import FeedSource, FeedState, Item, ParsedFeed, PollLog
from aggregator.storage import feeds, items
from aggregator.storage.items import KnownItem
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


class _Sorted(Struct, frozen=True):
    """The entries of a document, told apart. `ids`: entry -> the item that it belongs to."""

    new: tuple[Item, ...]
    changed: tuple[tuple[KnownItem, Item], ...]
    present: dict[str, str]  # identity -> raw hash, where it is to be noted
    left: tuple[str, ...]


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
    parsed, state = poll.parsed, poll.state
    if parsed is not None:
        parsed = recognised(store, state.feed_id, parsed)
        found = _sort_entries(store, state.feed_id, parsed)
        items.insert_items(store, state.feed_id, items=found.new, now=now)
        items.update_items(store, found.changed, now=now)
        items.write_seen(store, state.feed_id, present=found.present, left=found.left, now=now)
        feeds.save_description(store, state.feed_id, parsed=parsed)
        new, updated = len(found.new), len(found.changed)
    if new:
        state = replace(state, last_new_at=now)
    feeds.save_states(store, (state,))
    feeds.log_polls(store, (log_of(poll, new=new, now=now),))
    return Accepted(poll.source.name, items=_count(parsed), new=new, updated=updated)


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
            feeds.log_polls(store, (log_of(failed, new=0, now=now),))


def _sort_entries(store: Store, feed_id: int, parsed: ParsedFeed) -> _Sorted:
    """Tells new entries from known ones, and notes which stand in the document and which left."""
    entries = {item.identity: item for item in parsed.items}
    stored = items.by_identity(store, feed_id, identities=entries)
    seen = items.seen_entries(store, feed_id)
    pages = _known_pages(store, feed_id, entries=entries, skip=stored.keys() | seen.keys())
    new: dict[str, Item] = {}
    changed: dict[int, tuple[KnownItem, Item]] = {}
    fresh_pages: set[tuple[str, str]] = set()
    for identity, item in entries.items():
        page = (item.canonical_url or "", item.headline)
        known = stored.get(identity) or pages.get(page)
        if known is not None:
            if known.content_hash != item.content_hash:
                changed[known.item_id] = (known, item)
        elif identity not in seen and page not in fresh_pages:
            new[identity] = item
            if item.canonical_url:
                fresh_pages.add(page)
    return _Sorted(
        new=tuple(new.values()),
        changed=tuple(changed.values()),
        present=_to_note(parsed, seen),
        left=_gone(parsed, seen),
    )


def _known_pages(
    store: Store, feed_id: int, *, entries: dict[str, Item], skip: set[str]
) -> dict[tuple[str, str], KnownItem]:
    """Items under another identity that show the same page with the same headline.

    Some feeds mint a new guid whenever they are written.
    """
    urls = {
        item.canonical_url
        for identity, item in entries.items()
        if item.canonical_url and identity not in skip
    }
    return items.by_page(store, feed_id, urls=urls) if urls else {}


def _to_note(parsed: ParsedFeed, seen: dict[str, tuple[str, bool]]) -> dict[str, str]:
    """Entries of the document whose `seen` row is missing or differs."""
    present = {item.identity: item.raw_hash for item in parsed.items}
    known = set(parsed.known)
    if known:
        present |= {
            identity: raw_hash
            for identity, (raw_hash, _) in seen.items()
            if raw_hash in known and identity not in present
        }
    return {
        identity: raw_hash
        for identity, raw_hash in present.items()
        if seen.get(identity) != (raw_hash, True)
    }


def _gone(parsed: ParsedFeed, seen: dict[str, tuple[str, bool]]) -> tuple[str, ...]:
    """Entries that stood in the last document and are not in this one."""
    if parsed.is_delta:
        return ()
    here, known = {item.identity for item in parsed.items}, set(parsed.known)
    return tuple(
        identity
        for identity, (raw_hash, present) in seen.items()
        if present and identity not in here and raw_hash not in known
    )
