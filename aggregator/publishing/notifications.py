"""Notifications of new and changed stories: signed webhooks and commands.

`announce` writes them in the publishing transaction, `deliver` sends what is due. A webhook is
sent at least once and carries a stable id by which a receiver drops repeats; a command is started
at most once. Text from feeds reaches a command on standard input only, never in its arguments.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aggregator.errors import FetchError
from aggregator.logs import event
from aggregator.publishing import command
from aggregator.publishing.render_text import name, plain
from aggregator.settings import Config, NotifySettings
from aggregator.storage import outbox
from aggregator.storage.store import Store, to_text
from aggregator.storage.thread import StoreThread
from aggregator.views import PublishedEntry

if TYPE_CHECKING:
    from aggregator.fetching.client import Client

MAX_ATTEMPTS = 20
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)

log = logging.getLogger(__name__)


class Change(Struct, frozen=True):
    """A story that became visible in a topic (`new`) or changed materially (`updated`)."""

    story_id: int
    topic: str
    event: str
    entry: PublishedEntry


def announce(store: Store, changes: Iterable[Change], receivers: Iterable[NotifySettings]) -> int:
    """Queues every change for every receiver that wants it; returns how many were queued.

    To be called inside the transaction that writes the published rows.
    """
    queued = 0
    receivers = tuple(receivers)
    for change in changes:
        for receiver in receivers:
            if receiver.topics and change.topic not in receiver.topics:
                continue
            if change.event == "updated" and not receiver.updates:
                continue
            target = f"{receiver.name}/{change.topic}"
            number = outbox.next_change(store, target=target, story_id=change.story_id)
            body = json.dumps(payload(change, target, number), ensure_ascii=False, sort_keys=True)
            outbox.enqueue(
                store, target=target, story_id=change.story_id, change_no=number, body=body
            )
            queued += 1
    return queued


def payload(change: Change, target: str, number: int) -> dict[str, Any]:
    """The JSON that a receiver gets; `id` is the same for every try.

    Its texts are as inert as those of the files: receivers put them into mails and pages.
    """
    entry = change.entry
    stable = hashlib.sha256(f"{target}\n{entry.entry_id}\n{number}".encode()).hexdigest()[:32]
    return {
        "id": stable,
        "event": change.event,
        "topic": change.topic,
        "story": entry.story,
        "entry_id": entry.entry_id,
        "headline": plain(entry.headline),
        "url": entry.url,
        "published": to_text(entry.published_at),
        "updated": to_text(entry.updated_at),
        "sources": [
            {
                "feed": source.feed,
                "publisher": name(source.publisher),
                "headline": plain(source.headline),
                "url": source.url,
                "published": to_text(source.published_at),
            }
            for source in entry.sources
        ],
    }


def signature(secret: str, body: bytes) -> str:
    """`sha256=` and the hexadecimal HMAC of the body, for `X-Aggregator-Signature`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def wait_after(attempts: int) -> timedelta:
    """How long to wait after that many failed tries: 1 m, 2 m, 4 m ... 6 h."""
    return min(_FIRST_WAIT * (1 << min(max(attempts - 1, 0), 20)), _LONGEST_WAIT)


async def deliver(
    thread: StoreThread, config: Config, now: datetime, receiver: NotifySettings
) -> int:
    """Tries what is due for one receiver, a handful at once; returns how many were settled."""
    targets = await thread.run(outbox.open_targets)
    own = [target for target in targets if _receiver_of(target) == receiver.name]
    waiting = await thread.run(outbox.due, now, targets=own)
    if not waiting:
        return 0
    from aggregator.fetching.client import Client  # noqa: PLC0415 - only for those with receivers

    async with Client(config.fetch.user_agent) as client:
        tries = (_deliver_one(thread, one, receiver, now, client=client) for one in waiting)
        return sum(await asyncio.gather(*tries))


async def drop_strangers(thread: StoreThread, config: Config, now: datetime) -> int:
    """Gives up what waits for receivers that are no longer configured; returns how many."""
    names = {receiver.name for receiver in config.notify}
    targets = await thread.run(outbox.open_targets)
    strangers = [target for target in targets if _receiver_of(target) not in names]
    error = "receiver no longer configured"
    return await thread.run(outbox.give_up_all, strangers, now, error=error) if strangers else 0


def _receiver_of(target: str) -> str:
    return target.rpartition("/")[0]


async def _deliver_one(
    thread: StoreThread,
    one: outbox.Delivery,
    receiver: NotifySettings,
    now: datetime,
    *,
    client: Client,
) -> bool:
    if receiver.command:
        return await _start_command(thread, one, receiver, now)
    error, wait_s = await _send(client, receiver, one.body.encode())
    if not error:
        await thread.run(outbox.mark_delivered, one.row_id, now)
        return True
    attempts = one.attempts + 1
    level = logging.WARNING
    event(log, "notify.failed", level=level, receiver=receiver.name, tries=attempts, detail=error)
    if attempts >= MAX_ATTEMPTS:
        await thread.run(outbox.give_up, one.row_id, now, error=error)
        return True
    wait = max(wait_after(attempts), timedelta(seconds=wait_s or 0))
    await thread.run(outbox.mark_failed, one.row_id, error=error, next_try_at=now + wait)
    return False


async def _send(client: Client, receiver: NotifySettings, body: bytes) -> tuple[str, float | None]:
    """The error in words, or "" when the receiver took it, and the wait it asked for."""
    assert receiver.webhook is not None  # noqa: S101 - config refuses one with neither
    headers = {
        "Content-Type": "application/json",
        "X-Aggregator-Delivery": json.loads(body)["id"],
    }
    if receiver.secret:
        headers["X-Aggregator-Signature"] = signature(receiver.secret, body)
    try:
        reply = await client.post(receiver.webhook, body, headers=headers, trusted=True)
    except FetchError as error:
        return error.detail, None
    return ("" if reply.ok else f"answered {reply.status}"), reply.retry_after_s


async def _start_command(
    thread: StoreThread, one: outbox.Delivery, receiver: NotifySettings, now: datetime
) -> bool:
    if not await thread.run(outbox.claim, one.row_id, now):
        return False
    error = await command.run(receiver.command, one.body.encode())
    if error:
        level = logging.WARNING
        event(log, "notify.command_failed", level=level, receiver=receiver.name, detail=error)
        await thread.run(outbox.keep_error, one.row_id, error=error)
    return True
