"""Tells others what was published, once files stand, and of feeds that stay broken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from aggregator.publishing import alerts, hub, notifications
from aggregator.settings import Config, NotifySettings
from aggregator.storage.thread import StoreThread

_RUN_S = 60.0


async def tell_all(thread: StoreThread, config: Config, clock: Callable[[], datetime]) -> None:
    """For a process that ends: tells hub and receivers, each on its own, for a minute at most.

    What is left, or must be tried again, is for the next run.
    """
    end = time.monotonic() + _RUN_S

    async def tell(receiver: NotifySettings) -> None:
        while (
            await notifications.deliver(thread, config, clock(), receiver)
            and time.monotonic() < end
        ):
            pass

    await notifications.drop_strangers(thread, config, clock())
    await thread.run(alerts.queue_alerts, config.notify, clock())
    tellings = (tell(receiver) for receiver in config.notify)
    await asyncio.gather(hub.announce(thread, config, clock()), *tellings)
