"""Digests by mail, waiting or sent; `outbox` has what they share with notifications."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict

from aggregator.storage import outbox
from aggregator.storage.outbox import ReceiverState
from aggregator.storage.store import Store

_QUEUED_UPTO = "mail/{}/{}"  # topic, mailing: the setting with the last day that is queued


class QueuedMail(Struct, frozen=True):
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
    """The last day (YYYY-MM-DD) that is queued for a mailing; None before its first."""
    return store.setting(_QUEUED_UPTO.format(topic, mailing))


def set_queued_upto(store: Store, mailing: str, topic: str, *, day: str) -> None:
    """Records that all periods up to this day are queued."""
    store.set_setting(_QUEUED_UPTO.format(topic, mailing), day)


def forget_others(store: Store, mailings: Collection[str]) -> None:
    """Forgets how far mailings other than these were queued."""
    store.execute(
        "DELETE FROM setting WHERE key GLOB 'mail/*'"
        " AND substr(key, 6 + instr(substr(key, 6), '/'))"
        " NOT IN (SELECT value FROM json_each(?))",
        (list(mailings),),
    )


def enqueue(store: Store, mailing: str, queued_mail: QueuedMail) -> int:
    """Queues a mail once; its `row_id` is ignored. Returns 1, or 0 if it was queued before."""
    cursor = store.execute(
        "INSERT OR IGNORE INTO mail(mailing, topic, first_day, last_day, reader, message_id,"
        " queued_at) VALUES (:mailing, :topic, :first_day, :last_day, :reader, :message_id,"
        " :queued_at)",
        {"mailing": mailing, **asdict(queued_mail)},
    )
    return cursor.rowcount


def due(store: Store, now: datetime, *, mailing: str, limit: int = 20) -> tuple[QueuedMail, ...]:
    """The mails of a mailing that are due now, oldest first."""
    return store.structs(
        QueuedMail,
        "SELECT id AS row_id, topic, first_day, last_day, reader, message_id, queued_at, attempts"
        " FROM mail WHERE mailing = ? AND done_at IS NULL"
        " AND (next_try_at IS NULL OR next_try_at <= ?) ORDER BY id LIMIT ?",
        (mailing, now, limit),
    )


def states(store: Store) -> tuple[ReceiverState, ...]:
    """The mailings with mails that wait or were given up, by name."""
    return outbox.states(store, "SELECT mailing AS name, * FROM mail")


def drop_done(store: Store, *, before: datetime) -> int:
    """Removes mails that were settled before then; returns how many."""
    return store.execute("DELETE FROM mail WHERE done_at < ?", (before,)).rowcount
