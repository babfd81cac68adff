"""Tells others what was published: the hub, then webhooks and commands; files stand by then."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from aggregator.publishing import hub, notify
from aggregator.settings import Config
from aggregator.storage.thread import StoreThread

_RUN_S = 60.0


async def tell(thread: StoreThread, config: Config, now: datetime) -> int:
    """Tells what is due, a handful at once; returns how many notifications were settled."""
    await hub.announce(thread, config, now)
    return await notify.deliver(thread, config, now) if config.notify else 0


async def tell_all(thread: StoreThread, config: Config, clock: Callable[[], datetime]) -> None:
    """The same for a process that ends: until nothing is settled any more, or for a minute.

    What is left, or must be tried again, is for the next run.
    """
    end = time.monotonic() + _RUN_S
    while await tell(thread, config, clock()) and time.monotonic() < end:
        pass
