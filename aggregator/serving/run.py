"""The daemon's process: the lock, the store, the event loop, the HTTP server and the daemon.

They stop in order: first the server, so that no hub delivers to a poller that has ended; then the
daemon, then the store.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from aggregator.logs import event
from aggregator.serving.daemon import SIGNALS, TICK_S, Daemon
from aggregator.serving.liveness import notify
from aggregator.settings import Config
from aggregator.storage.lock import PollLock
from aggregator.storage.thread import StoreThread

if TYPE_CHECKING:
    from aggregator.polling.fetchers import Fetcher
    from aggregator.serving.listener import Listener

log = logging.getLogger(__name__)

MakeFetcher = Callable[[StoreThread, Callable[[], datetime]], "Fetcher"]


_now = partial(datetime.now, UTC)


def run_daemon(
    load: Callable[[], Config],
    *,
    host: str | None = None,
    port: int | None = None,
    http: bool = True,
    workers: MakeFetcher | None = None,
) -> int:
    """Runs until SIGTERM or SIGINT and returns 0; SIGHUP reads the configuration again.

    `workers` makes what polls in place of this process.

    Raises ConfigError for the first configuration, StoreLocked when another process polls, and
    StoreError when the database is removed meanwhile.
    """
    # Until the daemon listens, signals wait: by default each would end the process half begun.
    # Before `load`, since that starts the log's thread, and one that lets them through is enough.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    address = (host, port) if http else None
    try:
        config = load()
        with PollLock(config.database, _now(), role="daemon"):
            return asyncio.run(_live(config, load, address=address, workers=workers))
    finally:  # where the lock is held by another, nothing has let them through yet
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


async def _live(
    config: Config,
    load: Callable[[], Config],
    *,
    address: tuple[str | None, int | None] | None,
    workers: MakeFetcher | None,
) -> int:
    async with AsyncExitStack() as stack:
        thread = StoreThread(config.database)
        stack.callback(thread.close)
        fetcher = None if workers is None else workers(thread, _now)
        serves = address is not None
        daemon = Daemon(
            config, load, thread, _now, is_serving=serves, tick_s=TICK_S, workers=fetcher
        )
        stack.push_async_callback(daemon.stop)
        if address is not None:
            listener = _listener(daemon, host=address[0], port=address[1])
            stack.push_async_callback(listener.stop)
            listener.start()
            event(log, "http.listening", address=listener.address)
        await daemon.start()
        await daemon.ended.wait()
        notify("STOPPING=1")
        event(log, "daemon.stopping")
    event(log, "daemon.stopped")
    if daemon.failure is not None:
        raise daemon.failure
    return 0


def _listener(daemon: Daemon, *, host: str | None, port: int | None) -> Listener:
    from aggregator.serving.listener import Listener  # noqa: PLC0415 - not with --no-http
    from aggregator.serving.web import create_app  # noqa: PLC0415 - not with --no-http

    config = daemon.config
    app = create_app(
        config,
        current=lambda: daemon.config,
        health=daemon.health_problem,
        metrics=lambda store: daemon.metrics.render(store, _now()),
        routes=daemon.routes(),
    )
    return Listener(
        app,
        host=host or config.serve.host,
        port=config.serve.port if port is None else port,
        per_peer=lambda: daemon.config.serve.per_peer,
    )
