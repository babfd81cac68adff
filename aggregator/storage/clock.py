"""Repair of stored times after the clock was wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.storage.store import Store, to_text

_FORM = "%Y-%m-%dT%H:%M:%SZ"
_LONGEST = timedelta(hours=6)  # no receiver or hub is waited for longer, unless it asks
_SLACK = timedelta(minutes=2)  # clocks are set by seconds all the time

# Keeps every wait as long as it was, counted from now: never earlier than a server asked.
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

# Tries that are further off than our own waits: most likely planned by the clock that ran ahead.
_NEXT_TRIES = (
    "UPDATE outbox SET next_try_at = NULL WHERE done_at IS NULL AND next_try_at > ?",
    "UPDATE hub_lease SET next_try_at = NULL WHERE next_try_at > ?",
    "UPDATE topic_state SET hub_next_try_at = NULL WHERE hub_next_try_at > ?",
    "UPDATE topic_state SET next_try_at = NULL WHERE next_try_at > ?",
)


def rebase(store: Store, now: datetime) -> int:
    """Moves the waits of feeds that were polled "in the future" so that they count from `now`.

    Such rows appear when the clock ran ahead and was set back: without this they would not be
    polled until the wrong time comes round. Returns the number of feeds that were moved.
    """
    with store.transaction():
        latest = to_text(now + _SLACK)
        cursor = store.execute(_SHIFT, {"now": to_text(now), "latest": latest, "form": _FORM})
        store.execute(
            "UPDATE host SET next_start_at = NULL WHERE next_start_at > ?",
            (to_text(now + timedelta(hours=1)),),
        )
        for sql in _NEXT_TRIES if cursor.rowcount else ():
            store.execute(sql, (to_text(now + _LONGEST),))
    return cursor.rowcount


def spread_overdue(store: Store, now: datetime, *, over_s: int, more_than: int) -> int:
    """Spreads feeds that are overdue over the next `over_s` seconds, if there are many.

    After a long sleep everything is due at once; servers need not feel our waking up. A feed's
    place follows from its id, so that repeating this moves nothing twice. Returns how many moved.
    """
    with store.transaction():
        overdue = store.value(
            "SELECT count(*) FROM feed WHERE active AND enabled AND NOT gone AND next_poll_at <= ?",
            (to_text(now),),
        )
        if overdue <= more_than:
            return 0
        store.execute(
            "UPDATE feed SET next_poll_at = strftime(:form, :now, "
            "'+' || (id * 7919 % :over) || ' seconds') "
            "WHERE active AND enabled AND NOT gone AND next_poll_at <= :now",
            {"form": _FORM, "now": to_text(now), "over": over_s},
        )
    return int(overdue)
