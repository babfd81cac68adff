"""Tells others what was published: the hub, then webhooks and commands; files stand by then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from aggregator.publishing import hub, notify
from aggregator.settings import Config, NotifySettings
from aggregator.storage.thread import StoreThread

_RUN_S = 60.0


async def tell_all(thread: StoreThread, config: Config, clock: Callable[[], datetime]) -> None:
    """For a process that ends: tells hub and receivers, each on its own, for a minute at most.

    What is left, or must be tried again, is for the next run.
    """
    end = time.monotonic() + _RUN_S

    async def tell(receiver: NotifySettings) -> None:
        while await notify.deliver(thread, config, clock(), receiver) and time.monotonic() < end:
            pass

    await notify.drop_strangers(thread, config, clock())
    tellings = (tell(receiver) for receiver in config.notify)
    await asyncio.gather(hub.announce(thread, config, clock()), *tellings)
