"""Notifications of stories, and of feeds that stay broken, for the receivers of `notify`.

`enqueue` stores them in the transaction that publishes; `deliver` sends those that are due through
the receiver's target (`targets`): at least once, with a stable id by which receivers recognise
repeats, or at most once, if the target does not retry.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from aggregator.publishing.alert_rules import as_written, holds, number_of
from aggregator.publishing.attempt import Attempt, record_failure
from aggregator.publishing.notification_document import (
    ALERT,
    BROKEN,
    UPDATED,
    Change,
    document_of,
    sample,
    stable_id,
)
from aggregator.publishing.targets import TARGETS
from aggregator.settings import Config, NotifySettings
from aggregator.storage import outbox
from aggregator.storage.health import broken_feeds
from aggregator.storage.store import Store
from aggregator.storage.thread import StoreThread
from aggregator.times import to_text
from aggregator.views import PublishedEntry

if TYPE_CHECKING:
    from aggregator.fetching.client import Client


def enqueue(store: Store, changes: Iterable[Change], receivers: Iterable[NotifySettings]) -> int:
    """Queues each change for the receivers that want it; returns how many were queued.

    The caller holds the transaction that writes the published rows.
    """
    queued = 0
    receivers = [receiver for receiver in receivers if receiver.when is None]
    for change, receiver in product(changes, receivers):
        if _wants(receiver, change.topic) and (receiver.updates or change.event != UPDATED):
            target = f"{receiver.name}/{change.topic}"
            number = outbox.next_change(store, target=target, story_id=change.story_id)
            body = _written(document_of(change, target, number))
            outbox.enqueue(
                store, target=target, story_id=change.story_id, change_no=number, body=body
            )
            queued += 1
    return queued


def enqueue_alerts(
    store: Store,
    topic: str,
    stories: Mapping[int, PublishedEntry],
    receivers: Iterable[NotifySettings],
) -> int:
    """Queues an alert for the receivers whose rule holds, once per story and rule.

    Alerts about stories that were merged into it count. The caller holds the transaction that
    writes the published rows. Returns how many were queued.
    """
    queued = 0
    for receiver in receivers:
        if receiver.when is None or not _wants(receiver, topic):
            continue
        target, number = f"{receiver.name}/{topic}", number_of(receiver.when)
        for story_id, entry in stories.items():
            known = outbox.is_enqueued(store, target=target, story_id=story_id, change_no=number)
            if known or not holds(receiver.when, entry.sources):
                continue
            document = document_of(Change(story_id, topic, ALERT, entry), target, number)
            body = _written(document | {"rule": as_written(receiver.when)})
            outbox.enqueue(store, target=target, story_id=story_id, change_no=number, body=body)
            queued += 1
    return queued


def enqueue_outages(store: Store, receivers: Iterable[NotifySettings], now: datetime) -> int:
    """Queues an alert for each feed that has been broken for as long as a receiver's `broken_for`.

    One per outage, which ends with the next success. Returns how many were queued.
    """
    queued = 0
    for receiver in receivers:
        if receiver.broken_for is None:
            continue
        broken = broken_feeds(store, now - receiver.broken_for)
        with store.transaction():
            for feed in broken:
                target = f"{receiver.name}/"  # that of a story has its topic after the slash
                # the first poll of a feed that never worked is pruned in time: outage 0
                outage = int(feed.since.timestamp()) if feed.has_worked else 0
                document = {
                    # the same for every try
                    "id": stable_id(target, f"feed {feed.feed_id}", str(outage)),
                    "event": BROKEN,
                    "feed": feed.name,
                    "url": feed.shown_url or None,
                    "since": to_text(feed.since),
                    "gone": feed.gone,
                    "failures": feed.failures,
                    "error_kind": feed.last_error_kind,
                    "error": feed.last_error,
                }
                body = _written(document)
                queued += outbox.enqueue(
                    store, target=target, feed_id=feed.feed_id, change_no=outage, body=body
                )
    return queued


def _wants(receiver: NotifySettings, topic: str) -> bool:
    return not receiver.topics or topic in receiver.topics


def _written(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


async def send_sample(config: Config, receiver: NotifySettings, now: datetime) -> Attempt:
    """Sends a made-up story once, in the form that the receiver gets; nothing is stored."""
    from aggregator.fetching.client import Client  # noqa: PLC0415 - only for those with receivers

    body = _written(sample(receiver.name, now)).encode()
    async with Client(config.fetch.user_agent, route=config.feed_defaults.route) as client:
        return await TARGETS[receiver.target].send(client, receiver, body)


async def deliver(
    thread: StoreThread, config: Config, now: datetime, receiver: NotifySettings
) -> int:
    """Sends due notifications to a receiver, one batch; returns how many were settled."""
    targets = await thread.run(outbox.open_targets)
    own = [target for target in targets if _receiver_of(target) == receiver.name]
    waiting = await thread.run(outbox.due, now, targets=own)
    if not waiting:
        return 0
    from aggregator.fetching.client import Client  # noqa: PLC0415 - only for those with receivers

    async with Client(config.fetch.user_agent, route=config.feed_defaults.route) as client:
        tries = (_deliver_one(thread, one, receiver, now, client=client) for one in waiting)
        return sum(await asyncio.gather(*tries))


async def drop_removed(thread: StoreThread, config: Config, now: datetime) -> int:
    """Drops notifications for receivers that are no longer configured; returns how many."""
    names = {receiver.name for receiver in config.notify}
    targets = await thread.run(outbox.open_targets)
    removed = [target for target in targets if _receiver_of(target) not in names]
    error = "receiver no longer configured"
    return await thread.run(outbox.give_up_all, removed, now, error=error)


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
    """Makes one attempt; returns whether the notification is settled, delivered or not."""
    target = TARGETS[receiver.target]
    if not target.retries and not await thread.run(outbox.claim, one.row_id, now):
        return False
    attempt = await target.send(client, receiver, one.body.encode())
    if not attempt.error:
        if target.retries:
            await thread.run(outbox.settle, one.row_id, now)
        return True
    retries, name = target.retries, receiver.name
    return await record_failure(thread, one, attempt, now, retries=retries, receiver=name)
