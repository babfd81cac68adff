"""Hosts: when each may be asked next, kept so that a restart does not shorten the gap."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.storage.store import Store, to_text, to_time

_SECOND = timedelta(seconds=1)


class HostState(Struct, frozen=True):
    """A host, or a registrable domain whose hosts share one lane until `backoff_until`."""

    name: str
    next_start_at: datetime | None = None
    backoff_until: datetime | None = None


def load_hosts(store: Store, now: datetime) -> tuple[HostState, ...]:
    """The hosts for which something still holds at `now`."""
    rows = store.rows(
        "SELECT name, next_start_at, backoff_until FROM host"
        " WHERE next_start_at > :now OR backoff_until > :now",
        {"now": to_text(now)},
    )
    return tuple(HostState(row[0], to_time(row[1]), to_time(row[2])) for row in rows)


def save_hosts(store: Store, hosts: Iterable[HostState], *, now: datetime) -> None:
    """Writes these hosts and drops those for which nothing holds any more."""
    store.executemany(
        "INSERT INTO host (name, next_start_at, backoff_until) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET next_start_at=excluded.next_start_at,"
        " backoff_until=excluded.backoff_until",
        [(host.name, _up(host.next_start_at), _up(host.backoff_until)) for host in hosts],
    )
    store.execute(
        "DELETE FROM host WHERE coalesce(next_start_at, '') <= :now"
        " AND coalesce(backoff_until, '') <= :now",
        {"now": to_text(now)},
    )


def _up(at: datetime | None) -> str | None:
    """Rounded up to the second that the store keeps."""
    if at is not None and at.microsecond:
        at = at.replace(microsecond=0) + _SECOND
    return to_text(at)
