"""Announces what was published: to the hub, to receivers, and by mail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from aggregator.publishing import hub, mailing, notifications
from aggregator.settings import Config
from aggregator.storage.thread import StoreThread

_LIMIT_S = 60.0
T = TypeVar("T")
Deliver = Callable[[StoreThread, Config, datetime, T], Awaitable[int]]


async def queue_due(thread: StoreThread, config: Config, now: datetime) -> None:
    """Queues alerts about feeds and mails that are due, and drops what no longer has a receiver."""
    await notifications.drop_removed(thread, config, now)
    await thread.run(notifications.enqueue_outages, config.notify, now)
    await mailing.drop_removed(thread, config, now)
    await thread.run(mailing.queue_mails, config, now)


async def announce_all(thread: StoreThread, config: Config, clock: Callable[[], datetime]) -> None:
    """For a process that ends: pings the hub and delivers to all receivers, within a minute.

    None waits for another. What is left, or must be retried, is left to the next run.
    """
    end = time.monotonic() + _LIMIT_S

    async def deliver_all(deliver: Deliver[T], to: T) -> None:
        while await deliver(thread, config, clock(), to) and time.monotonic() < end:
            pass

    await queue_due(thread, config, clock())
    await asyncio.gather(
        hub.ping(thread, config, clock()),
        *(deliver_all(notifications.deliver, one) for one in config.notify),
        *(deliver_all(mailing.deliver, one) for one in config.mail),
    )
