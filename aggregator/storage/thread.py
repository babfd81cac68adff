"""The thread that owns the connection for writing; the event loop submits work to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from aggregator.storage.store import Store, open_store

P = ParamSpec("P")
T = TypeVar("T")


class StoreThread:
    """Runs functions that take a `Store` first, one after another, in a thread of its own."""

    def __init__(self, path: Path | None) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._store: Store = self._executor.submit(open_store, path).result()

    async def run(
        self, function: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Awaits `function(store, ...)`; its exceptions are passed on."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._executor, lambda: function(self._store, *args, **kwargs)
        )

    def close(self) -> None:
        """Waits for submitted work, then closes the store."""
        self._executor.submit(self._store.close).result()
        self._executor.shutdown()
