"""Polls: when hosts may be asked again, leases of workers, waits after a clock jump, the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from aggregator.model import HostState, PollResult
from aggregator.storage.store import Store
from aggregator.times import rounded_up
from aggregator.views import Pause

_PAUSED = "polling/paused"  # in `setting`: JSON of Pause
_FORM = "%Y-%m-%dT%H:%M:%SZ"
_LONGEST = timedelta(hours=6)  # the longest wait for a receiver or hub, unless it asks for more
_LONGEST_LEASE = timedelta(hours=2)  # timeout and gap included; beyond it the clock was wrong
_SLACK = timedelta(minutes=2)  # clocks are adjusted by seconds all the time
# Keeps every wait as long as it was, counted from now, so no server is asked too early.
# (strftime gives NULL for a NULL modifier, as printf alone would not.)
_SHIFT = """
UPDATE feed SET
  next_poll_at = strftime(:form, :now,
    '+' || (unixepoch(next_poll_at) - unixepoch(last_poll_at)) || ' seconds'),
  not_before = strftime(:form, :now,
    '+' || (unixepoch(not_before) - unixepoch(last_poll_at)) || ' seconds'),
  hint_until = strftime(:form, :now,
    '+' || (unixepoch(hint_until) - unixepoch(last_poll_at)) || ' seconds'),
  last_poll_at = :now
WHERE last_poll_at > :latest
"""
# Attempts later than our longest wait: most likely scheduled by the clock that ran ahead.
_NEXT_TRIES = (
    "UPDATE outbox SET next_try_at = NULL WHERE done_at IS NULL AND next_try_at > ?",
    "UPDATE hub_lease SET next_try_at = NULL WHERE next_try_at > ?",
    "UPDATE topic_state SET hub_next_try_at = NULL WHERE hub_next_try_at > ?",
    "UPDATE topic_state SET next_try_at = NULL WHERE next_try_at > ?",
)


def load_hosts(store: Store, now: datetime) -> tuple[HostState, ...]:
    """The hosts that must not be asked yet at `now`."""
    return store.structs(
        HostState,
        "SELECT name, next_start_at, backoff_until FROM host"
        " WHERE next_start_at > :now OR backoff_until > :now",
        {"now": now},
    )


def save_hosts(store: Store, hosts: Iterable[HostState], *, now: datetime) -> None:
    """Stores these hosts, and deletes those that may be asked again."""
    store.executemany(
        "INSERT INTO host (name, next_start_at, backoff_until) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET next_start_at=excluded.next_start_at,"
        " backoff_until=excluded.backoff_until",
        [
            (host.name, *(at and rounded_up(at) for at in (host.next_start_at, host.backoff_until)))
            for host in hosts
        ],
    )
    store.execute(
        "DELETE FROM host WHERE coalesce(next_start_at, '') <= :now"
        " AND coalesce(backoff_until, '') <= :now",
        {"now": now},
    )


def rebase(store: Store, now: datetime) -> int:
    """Makes the waits of feeds that were polled "in the future" count from `now`.

    Such rows remain when a clock that ran ahead is set back; the feeds would not be polled until
    that time comes. Returns the number of these feeds.
    """
    with store.transaction():
        shift = {"now": now, "latest": now + _SLACK, "form": _FORM}
        cursor = store.execute(_SHIFT, shift)
        soon = now + timedelta(hours=1)
        store.execute("UPDATE host SET next_start_at = NULL WHERE next_start_at > ?", (soon,))
        for sql in _NEXT_TRIES if cursor.rowcount else ():
            store.execute(sql, (now + _LONGEST,))
    return cursor.rowcount


def spread_overdue(store: Store, now: datetime, *, over_s: int, more_than: int) -> int:
    """Spreads overdue feeds over the next `over_s` seconds, if there are more than `more_than`.

    After a long sleep everything is due at once, which servers should not notice. A feed's delay is
    derived from its id, so a repeated call moves nothing twice. Returns how many were moved.
    """
    with store.transaction():
        overdue = store.value(
            "SELECT count(*) FROM feed WHERE active AND enabled AND NOT gone AND next_poll_at <= ?",
            (now,),
        )
        if overdue <= more_than:
            return 0
        store.execute(
            "UPDATE feed SET next_poll_at = strftime(:form, :now, "
            "'+' || (id * 7919 % :over) || ' seconds') "
            "WHERE active AND enabled AND NOT gone AND next_poll_at <= :now",
            {"form": _FORM, "now": now, "over": over_s},
        )
    return int(overdue)


def log_polls(store: Store, results: Iterable[PollResult], now: datetime) -> None:
    """Appends to the poll log; the caller holds the transaction."""
    store.executemany(
        "INSERT INTO poll (feed_id, started_at, outcome, http_status, items, items_new, bytes,"
        " ms, error_kind, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                result.state.feed_id,
                result.started_at or result.state.last_poll_at or now,
                result.outcome,
                result.status,
                result.entries,
                result.new,
                result.body_bytes,
                round(result.elapsed_s * 1000),
                "" if result.error is None else result.error.kind,
                "" if result.error is None else result.error.detail,
            )
            for result in results
        ],
    )


def stored_since(store: Store, feed_id: int, since: datetime) -> int | None:
    """How many items a feed brought since then, by the poll log, without its first document.

    None if no document of it was ever read.
    """
    first = store.value(
        "SELECT id FROM poll WHERE feed_id=? AND outcome NOT IN ('failed', 'not_modified')"
        " ORDER BY started_at, id LIMIT 1",
        (feed_id,),
    )
    if first is None:
        return None
    return int(
        store.value(
            "SELECT coalesce(sum(items_new), 0) FROM poll"
            " WHERE feed_id=? AND started_at > ? AND id <> ?",
            (feed_id, since, first),
        )
    )


def note_waiting(store: Store, feed_id: int, count: int) -> None:
    """Stores how many entries of a feed's last document are waiting to be stored as items."""
    store.set_setting(f"feed/{feed_id}/waiting", str(count) if count else None)


def note_pause(store: Store, reason: str, now: datetime) -> None:
    """Stores why polling is paused; an empty reason means that it goes on."""
    if reason:
        note = Pause(now.replace(microsecond=0), reason)
        store.set_setting(_PAUSED, msgspec.json.encode(note).decode())
    elif store.setting(_PAUSED) is not None:
        store.set_setting(_PAUSED, None)


def noted_pause(store: Store) -> Pause | None:
    """Why and since when the last process that polled has paused; None if it has not."""
    note = store.setting(_PAUSED)
    return None if note is None else msgspec.json.decode(note, type=Pause)


class PollLease(Struct, frozen=True):
    """Until when a worker may be asking `host` for a feed."""

    feed_id: int
    host: str
    until: datetime


def take_leases(store: Store, leases: Iterable[PollLease]) -> None:
    """Stores leases, before any request is sent. A lease ends when the feed's state is stored."""
    with store.transaction():
        store.executemany(
            "UPDATE feed SET leased_host=?, leased_until=? WHERE id=?",
            [(one.host, rounded_up(one.until), one.feed_id) for one in leases],
        )


def held_leases(store: Store, now: datetime) -> tuple[PollLease, ...]:
    """The leases in force at `now`; those of feeds not in work here belong to another process."""
    return store.structs(
        PollLease,
        "SELECT id AS feed_id, leased_host AS host, leased_until AS until FROM feed"
        " WHERE leased_until > :now AND leased_until < :latest",
        {"now": now, "latest": now + _LONGEST_LEASE},
    )
