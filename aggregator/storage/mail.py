"""Digests by mail, waiting or sent; `outbox` has what they share with notifications."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from msgspec import Struct

from aggregator.storage import outbox
from aggregator.storage.outbox import ReceiverState
from aggregator.storage.store import Store
from aggregator.times import to_text

_QUEUED_UPTO = "mail/{}/{}"  # topic and mailing: key of a day that `Store.setting` keeps


class Letter(Struct, frozen=True):
    """The digest of a period for one reader."""

    row_id: int
    topic: str
    first_day: str  # YYYY-MM-DD
    last_day: str
    reader: str  # a hash of the address
    message_id: str
    queued_at: datetime
    attempts: int


def queued_upto(store: Store, mailing: str, topic: str) -> str | None:
    """The last day (YYYY-MM-DD) that a mailing is done with; None before it began."""
    return store.setting(_QUEUED_UPTO.format(topic, mailing))


def set_queued_upto(store: Store, mailing: str, topic: str, *, day: str) -> None:
    """Records that all periods up to a day are queued."""
    store.set_setting(_QUEUED_UPTO.format(topic, mailing), day)


def forget_others(store: Store, mailings: Collection[str]) -> None:
    """Forgets how far others than these mailings were."""
    store.execute(
        "DELETE FROM setting WHERE key GLOB 'mail/*'"
        " AND substr(key, 6 + instr(substr(key, 6), '/'))"
        " NOT IN (SELECT value FROM json_each(?))",
        (json.dumps(list(mailings)),),
    )


def enqueue(store: Store, mailing: str, letter: Letter) -> int:
    """Queues a letter, whose `row_id` is not used, once; returns how many are new: 1 or 0."""
    cursor = store.execute(
        "INSERT OR IGNORE INTO mail(mailing, topic, first_day, last_day, reader, message_id,"
        " queued_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (mailing, letter.topic, letter.first_day, letter.last_day, letter.reader,
         letter.message_id, to_text(letter.queued_at)),
    )  # fmt: skip
    return cursor.rowcount


def due(store: Store, now: datetime, *, mailing: str, limit: int = 20) -> tuple[Letter, ...]:
    """The letters of a mailing that are due now, oldest first."""
    return store.structs(
        Letter,
        "SELECT id AS row_id, topic, first_day, last_day, reader, message_id, queued_at, attempts"
        " FROM mail WHERE mailing = ? AND done_at IS NULL"
        " AND (next_try_at IS NULL OR next_try_at <= ?) ORDER BY id LIMIT ?",
        (mailing, to_text(now), limit),
    )


def states(store: Store) -> tuple[ReceiverState, ...]:
    """All mailings of which anything waits or was given up, by name."""
    return outbox.states(store, "SELECT mailing AS name, * FROM mail")


def drop_done(store: Store, *, before: datetime) -> int:
    """Removes letters that were settled before; returns how many."""
    return store.execute("DELETE FROM mail WHERE done_at < ?", (to_text(before),)).rowcount
