"""Alerts about feeds that stay broken, for receivers with `broken_for`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from aggregator.publishing.notification_document import BROKEN, stable_id
from aggregator.settings import NotifySettings
from aggregator.storage import outbox
from aggregator.storage.health import broken_feeds
from aggregator.storage.store import Store
from aggregator.times import to_text


def queue_alerts(store: Store, receivers: Iterable[NotifySettings], now: datetime) -> int:
    """Queues an alert for each feed that has been broken for a receiver's `broken_for`.

    There is one alert an outage, which ends with the next success. Returns how many were queued.
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
                body = json.dumps(document, ensure_ascii=False, sort_keys=True)
                queued += outbox.enqueue_alert(
                    store, target=target, feed_id=feed.feed_id, outage=outage, body=body
                )
    return queued
