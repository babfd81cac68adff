"""Polls become rows: everything that one poll learned, in one transaction.

Items and validators must never be stored apart: a crash between them, and the server would
say 304 for ever to items that were never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import BadRow
from aggregator.ingest.aliases import recognised
from aggregator.ingest.allowance import allow
from aggregator.ingest.edits import Edit, settle
from aggregator.ingest.recognition import Found, Stock, recognise, renamed
from aggregator.model import FeedSource, FeedState, Item, ParsedFeed, PollLog
from aggregator.storage import feeds, items, revisions
from aggregator.storage.items import KnownItem, SeenEntry
from aggregator.storage.revisions import Decision
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
    """The entries of a document, told apart, by the identity that the document gives them."""

    new: dict[str, Item]
    changed: tuple[tuple[KnownItem, Edit], ...]
    found: dict[str, Found]
    seen: dict[str, SeenEntry]
    waiting: frozenset[str] = frozenset()  # beyond what the feed may store today

    def without(self, items: frozenset[str]) -> _Sorted:
        """The same but for new items (by their own identities), which wait for another poll."""
        waiting = frozenset(
            identity for identity, item in self.new.items() if item.identity in items
        )
        if not waiting:
            return self
        return replace(
            self,
            new={identity: item for identity, item in self.new.items() if identity not in waiting},
            found={identity: one for identity, one in self.found.items()
                   if identity not in waiting},
            waiting=waiting,
        )  # fmt: skip


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
        seen = items.seen_entries(store, state.feed_id)
        parsed = recognised(store, state.feed_id, parsed, seen)
        sorted_ = _sort_entries(store, state.feed_id, parsed, seen)
        allowed = allow(store, poll.source, state.feed_id, new=tuple(sorted_.new.values()), now=now)
        sorted_ = sorted_.without(allowed.waiting)
        _write_entries(store, state.feed_id, parsed, entries=sorted_, now=now)
        feeds.save_description(store, state.feed_id, parsed=parsed)
        state = allowed.state(state)
        new, updated = len(sorted_.new), len(sorted_.changed)
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


def _sort_entries(
    store: Store, feed_id: int, parsed: ParsedFeed, seen: dict[str, SeenEntry]
) -> _Sorted:
    """Tells new entries from known ones, and what those change."""
    entries = {item.identity: item for item in parsed.items}
    found = recognise(entries, _stock(store, feed_id, parsed, entries=entries, seen=seen))
    known = {one.item.item_id: (one.item, entries[identity])
             for identity, one in found.items() if not one.verdict.is_new}  # fmt: skip
    altered = {
        item_id: pair for item_id, pair in known.items()
        if pair[0].content_hash != pair[1].content_hash
        or pair[0].published_at != pair[1].published_at
    }  # fmt: skip
    earlier = revisions.earlier(store, tuple(altered)) if altered else {}
    edits = [(pair[0], settle(*pair, earlier[item_id])) for item_id, pair in altered.items()]
    new = {}
    for identity, item in entries.items():
        if identity not in found:
            if identity not in seen:
                new[identity] = item
        elif found[identity].verdict.is_new:
            new[identity] = renamed(item)
    return _Sorted(new, tuple((one, edit) for one, edit in edits if edit), found, seen)


def _stock(
    store: Store,
    feed_id: int,
    parsed: ParsedFeed,
    *,
    entries: Mapping[str, Item],
    seen: Mapping[str, SeenEntry],
) -> Stock:
    """What is stored under the identities of a document, or shows its pages."""
    own = {
        identity: _last_told_first(known, seen.get(identity))
        for identity, known in items.by_identity(store, feed_id, identities=entries).items()
    }
    unlike = {
        identity: item
        for identity, item in entries.items()
        if all(one.content_hash != item.content_hash for one in own.get(identity, ()))
    }
    again = {renamed(item).identity: identity for identity, item in unlike.items()
             if identity in own}  # fmt: skip
    for identity, known in items.by_identity(store, feed_id, identities=again).items():
        own[again[identity]] += known
    urls = {item.canonical_url for item in unlike.values() if item.canonical_url}
    others = items.by_page(store, feed_id, urls=urls) if urls else ()
    if any(item.canonical_url is None for item in unlike.values()):
        gone = items.by_identity(store, feed_id, identities=_gone(parsed, seen))
        others += tuple({one.item_id: one for known in (*own.values(), *gone.values())
                         for one in known if one.canonical_url is None}.values())  # fmt: skip
    return Stock(own, others, _held(parsed, seen, others), parsed.is_delta)


def _last_told_first(known: tuple[KnownItem, ...], seen: SeenEntry | None) -> tuple[KnownItem, ...]:
    """Items of one identity, which came to tell several; without a note, the oldest is its own."""
    last = seen.item_id if seen and seen.item_id else known[-1].item_id
    return tuple(sorted(known, key=lambda one: one.item_id != last))


def _held(
    parsed: ParsedFeed, seen: Mapping[str, SeenEntry], others: Iterable[KnownItem]
) -> frozenset[int]:
    """Those of the items that stand in the document, in entries that need no parsing."""
    raw = set(parsed.known)
    standing = {identity: one.item_id for identity, one in seen.items() if one.raw_hash in raw}
    told = set(standing.values())
    return frozenset(
        one.item_id
        for one in others
        if one.item_id in told or standing.get(one.identity, 0) is None
    )


def _write_entries(
    store: Store, feed_id: int, parsed: ParsedFeed, *, entries: _Sorted, now: datetime
) -> None:
    items.insert_items(store, feed_id, items=tuple(entries.new.values()), now=now)
    items.update_items(store, [(known, edit.item) for known, edit in entries.changed], now=now)
    revisions.note_earlier(
        store,
        [(known.item_id, *part) for known, edit in entries.changed for part in edit.replaced],
    )
    told = {identity: one.item.item_id for identity, one in entries.found.items()
            if one.item.identity != identity}  # fmt: skip
    again = {item.identity: identity for identity, item in entries.new.items()
             if item.identity != identity}  # fmt: skip
    ids = items.ids_of(store, feed_id, identities=again) if again else {}
    told |= {again[identity]: item_id for identity, item_id in ids.items()}
    revisions.note_aliases(store, feed_id, aliases=told.items())
    revisions.note_decisions(store, _decisions(entries, told), now=now)
    present = {identity: one for identity, one in _to_note(parsed, entries.seen, told).items()
               if identity not in entries.waiting}  # fmt: skip
    items.write_seen(store, feed_id, present=present, left=_gone(parsed, entries.seen), now=now)


def _decisions(entries: _Sorted, told: Mapping[str, int]) -> Iterator[Decision]:
    """Why entries are what they are, where it had to be decided."""
    edited = {known.item_id for known, _ in entries.changed}
    for identity, one in entries.found.items():
        reasons = one.verdict.reasons
        if one.verdict.is_new:
            yield Decision(told[identity], "new", reasons, one.item.item_id)
        elif one.is_moved:
            yield Decision(one.item.item_id, "moved", reasons)
        elif reasons and one.item.item_id in edited:
            yield Decision(one.item.item_id, "edit", reasons)


def _to_note(
    parsed: ParsedFeed, seen: Mapping[str, SeenEntry], told: Mapping[str, int]
) -> dict[str, SeenEntry]:
    """Entries of the document whose `seen` row is missing or differs."""
    present = {
        item.identity: SeenEntry(item.raw_hash, True, told.get(item.identity))
        for item in parsed.items
    }
    known = set(parsed.known)
    for identity, one in seen.items():
        if one.raw_hash in known and identity not in present:
            present[identity] = SeenEntry(one.raw_hash, True, one.item_id)
    return {identity: one for identity, one in present.items() if seen.get(identity) != one}


def _gone(parsed: ParsedFeed, seen: Mapping[str, SeenEntry]) -> tuple[str, ...]:
    """Entries that stood in the last document and are not in this one."""
    if parsed.is_delta:
        return ()
    here, known = {item.identity for item in parsed.items}, set(parsed.known)
    return tuple(
        identity
        for identity, one in seen.items()
        if one.is_present and identity not in here and one.raw_hash not in known
    )
