"""Notifications that wait to be delivered, written in the transaction that publishes.

Mails (`storage.mail`) wait in a table of the same form; what both have in common takes `queue`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from aggregator.storage.store import Store

Queue = Literal["outbox", "mail"]
_RECEIVER = {"outbox": "target", "mail": "mailing"}  # the column that says for whom a row waits


class Delivery(Struct, frozen=True):
    """One notification; `target`: the receiver's name and the topic, `body`: JSON."""

    row_id: int
    target: str
    body: str
    attempts: int


def enqueue(
    store: Store,
    *,
    target: str,
    story_id: int | None = None,
    feed_id: int | None = None,
    change_no: int,
    body: str,
) -> bool:
    """Adds a notification about a story or feed once for each change; returns whether it was added.

    The change of a feed is its outage.
    """
    cursor = store.execute(
        "INSERT INTO outbox(target, story_id, feed_id, change_no, payload) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        (target, story_id, feed_id, change_no, body),
    )
    return cursor.rowcount == 1


def is_enqueued(store: Store, *, target: str, story_id: int, change_no: int) -> bool:
    """Whether this change of a story, or of one merged into it, is queued for the target."""
    found = store.value(
        "WITH RECURSIVE merged(id) AS (VALUES (:story) UNION"
        "  SELECT s.id FROM story s JOIN merged ON s.merged_into = merged.id)"
        " SELECT 1 FROM outbox WHERE target = :target AND change_no = :change"
        " AND story_id IN (SELECT id FROM merged)",
        {"story": story_id, "target": target, "change": change_no},
    )
    return found is not None


class ReceiverState(Struct, frozen=True):
    """The deliveries to a receiver in numbers; its address is not known here."""

    name: str
    waiting: int
    failed: int  # given up, or of a command that failed; forgotten after some time
    next_try: datetime | None
    last_error: str


def receiver_states(store: Store) -> tuple[ReceiverState, ...]:
    """The receivers for which anything waits or failed, by name."""
    # a target is the receiver's name, a slash, and a topic without slashes
    name = "rtrim(rtrim(target, replace(target, '/', '')), '/')"
    return states(store, f"SELECT {name} AS name, * FROM outbox")  # noqa: S608 - a constant


def states(store: Store, rows: str) -> tuple[ReceiverState, ...]:
    """The state of the deliveries in these rows, by `name`."""
    return store.structs(
        ReceiverState,
        "SELECT name, sum(done_at IS NULL) AS waiting, sum(done_at IS NOT NULL) AS failed,"  # noqa: S608 - of this package
        " min(CASE WHEN done_at IS NULL THEN next_try_at END) AS next_try,"
        " coalesce(substr(max(CASE WHEN last_error <> ''"
        "  THEN printf('%020d', id) || last_error END), 21), '') AS last_error"
        f" FROM ({rows}) WHERE done_at IS NULL OR last_error <> '' GROUP BY name ORDER BY name",
    )


def next_change(store: Store, *, target: str, story_id: int) -> int:
    """The number of the next change of a story for this target, from 1."""
    last = store.value(
        "SELECT max(change_no) FROM outbox WHERE target = ? AND story_id = ?", (target, story_id)
    )
    return int(last or 0) + 1


def open_targets(store: Store, *, queue: Queue = "outbox") -> tuple[str, ...]:
    """The targets, or mailings, for which anything waits, whether due or not."""
    return store.column(
        f"SELECT DISTINCT {_RECEIVER[queue]} FROM {queue} WHERE done_at IS NULL ORDER BY 1"  # noqa: S608 - names of ours
    )


def due(
    store: Store, now: datetime, *, targets: Sequence[str], limit: int = 20
) -> tuple[Delivery, ...]:
    """The deliveries due now for these targets, oldest first."""
    return store.structs(
        Delivery,
        "SELECT id AS row_id, target, payload AS body, attempts FROM outbox "
        "WHERE done_at IS NULL AND (next_try_at IS NULL OR next_try_at <= ?) "
        "AND target IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?",
        (now, targets, limit),
    )


def claim(store: Store, row_id: int, now: datetime) -> bool:
    """Marks a delivery as done before it is attempted: commands are started at most once."""
    cursor = store.execute(
        "UPDATE outbox SET done_at = ?, attempts = attempts + 1 WHERE id = ? AND done_at IS NULL",
        (now, row_id),
    )
    return cursor.rowcount == 1


def settle(
    store: Store, row_id: int, now: datetime, *, error: str = "", queue: Queue = "outbox"
) -> None:
    """Marks a delivery as done: it was accepted, or is given up because of this error."""
    store.execute(
        f"UPDATE {queue} SET done_at = ?, attempts = attempts + 1, last_error = ? WHERE id = ?",  # noqa: S608 - names of ours
        (now, error, row_id),
    )


def put_off(
    store: Store, row_id: int, *, error: str, next_try_at: datetime, queue: Queue = "outbox"
) -> None:
    """Records a failed attempt and when to try again."""
    store.execute(
        f"UPDATE {queue} SET attempts = attempts + 1, last_error = ?, next_try_at = ? WHERE id = ?",  # noqa: S608 - names of ours
        (error, next_try_at, row_id),
    )


def keep_error(store: Store, row_id: int, *, error: str) -> None:
    """Records the error of a delivery that is not tried again."""
    store.execute("UPDATE outbox SET last_error = ? WHERE id = ?", (error, row_id))


def give_up_all(
    store: Store, targets: Sequence[str], now: datetime, *, error: str, queue: Queue = "outbox"
) -> int:
    """Gives up all that waits for these targets, or mailings, due or not; returns how many."""
    cursor = store.execute(
        f"UPDATE {queue} SET done_at = ?, last_error = ? "  # noqa: S608 - names of ours
        f"WHERE done_at IS NULL AND {_RECEIVER[queue]} IN (SELECT value FROM json_each(?))",
        (now, error, targets),
    )
    return cursor.rowcount


def drop_done(store: Store, *, before: datetime) -> int:
    """Removes rows that were settled before then, except the last of each story and feed.

    The last one holds the change number, or the outage that was reported.
    """
    cursor = store.execute(
        "DELETE FROM outbox WHERE done_at < ? AND id NOT IN "
        "(SELECT max(id) FROM outbox GROUP BY target, story_id, feed_id)",
        (before,),
    )
    return cursor.rowcount
