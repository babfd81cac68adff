"""The daemon's jobs besides polling: publish, notify, prune, back up, renew leases.

A job that fails is logged and runs again at its next time; it never ends the daemon.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from aggregator.errors import AggregatorError
from aggregator.logs import event
from aggregator.publishing import hub, mailing, notifications
from aggregator.publishing.announce import queue_due
from aggregator.publishing.publish import publish
from aggregator.serving import websub
from aggregator.settings import Config, MailSettings, NotifySettings
from aggregator.storage import maintenance
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread

_DAILY = timedelta(hours=25)

log = logging.getLogger(__name__)


@contextmanager
def logged(failure: str) -> Iterator[None]:
    """Logs, as this event, what its block raises on purpose, and goes on behind the block."""
    try:
        yield
    except AggregatorError as error:
        event(log, failure, level=logging.ERROR, detail=str(error))


class Jobs:
    """The jobs of one daemon."""

    def __init__(self, thread: StoreThread, clock: Callable[[], datetime]) -> None:
        self._thread = thread
        self._clock = clock

    async def publish(self, config: Config, *, force: bool = False) -> None:
        """Brings the files up to date."""
        with logged("publish.failed"):
            report = await self._thread.run(publish, config, self._clock(), force=force)
            if report.written:
                event(log, "publish.written", files=len(report.written))
                await self._thread.run(Store.shrink)

    async def announce(self, config: Config) -> None:
        """Pings the hub, queues alerts and mails; a job of its own, since a hub may be slow."""
        with logged("notify.unstored"):
            await hub.ping(self._thread, config, self._clock())
            await queue_due(self._thread, config, self._clock())

    async def notify(self, config: Config, receiver: NotifySettings) -> None:
        """Delivers what is due to one receiver; each has a job, so that none delays another."""
        with logged("notify.unstored"):
            await notifications.deliver(self._thread, config, self._clock(), receiver)

    async def send_mails(self, config: Config, one: MailSettings) -> None:
        """Sends what is due of one mailing; each has a job, as receivers have."""
        with logged("mail.unstored"):
            await mailing.deliver(self._thread, config, self._clock(), one)

    async def renew_leases(self, config: Config, send: websub.Send) -> None:
        """Requests subscriptions at the hubs that feeds name, new ones and those that end soon."""
        if not (config.serve.websub and config.site.base_url):
            return
        with logged("websub.failed"):
            now = self._clock()
            await websub.renew(self._thread, send, base_url=config.site.base_url, now=now)

    async def prune(self, config: Config) -> None:
        """Deletes what is older than `storage.keep`, in steps between which polls go on."""
        now, removed = self._clock(), 0
        with logged("prune.failed"):
            steps = await self._thread.run(maintenance.prune_steps, now, keep=config.storage.keep)
            while (count := await self._thread.run(lambda _: next(steps, None))) is not None:
                removed += count
            await self._thread.run(maintenance.tidy, now)
            event(log, "prune.done", items=removed)

    async def back_up(self, config: Config) -> None:
        """Makes a dated copy in `backups/` beside the database, on a connection of its own."""
        now = self._clock()

        def copy() -> Path:
            with open_store(config.database, read_only=True) as store:
                return maintenance.scheduled_backup(
                    store, _backups(config), now=now, keep=config.storage.backups
                )

        with logged("backup.failed"):
            target = await asyncio.to_thread(copy)
            event(log, "backup.done", file=target.name)

    async def overdue(self, config: Config) -> tuple[str, ...]:
        """Which of `prune` and `backup` were not done for a day: some machines are off at night."""
        pruned = await self._thread.run(maintenance.last_prune)
        copied = await asyncio.to_thread(maintenance.last_backup, _backups(config))
        done = {"prune": pruned} | ({"backup": copied} if config.storage.backups else {})
        limit = self._clock() - _DAILY
        return tuple(name for name, at in done.items() if at is None or at < limit)


def _backups(config: Config) -> Path:
    return config.database.parent / "backups"
