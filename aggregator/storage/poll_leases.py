"""Leases on feeds that workers poll: until when a host may be asked without our knowing it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.storage.store import Store
from aggregator.times import rounded_up, time_text, to_text

_LONGEST = timedelta(hours=2)  # timeout, gap and all: beyond it the clock was wrong


class PollLease(Struct, frozen=True):
    """A worker may be asking `host` for the feed until then."""

    feed_id: int
    host: str
    until: datetime


def take(store: Store, leases: Iterable[PollLease]) -> None:
    """Stores leases before anything is sent. Storing a feed's state ends its lease."""
    with store.transaction():
        store.executemany(
            "UPDATE feed SET leased_host=?, leased_until=? WHERE id=?",
            [(one.host, time_text(rounded_up(one.until)), one.feed_id) for one in leases],
        )


def held(store: Store, now: datetime) -> tuple[PollLease, ...]:
    """The leases that hold at `now`: of another process, where nothing is under work here."""
    return store.structs(
        PollLease,
        "SELECT id AS feed_id, leased_host AS host, leased_until AS until FROM feed"
        " WHERE leased_until > :now AND leased_until < :latest",
        {"now": to_text(now), "latest": to_text(now + _LONGEST)},
    )
