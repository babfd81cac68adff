"""The reader thread of the server, with a read-only connection that is opened when needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from aggregator.storage.store import Store, frozen_stamp, open_store

T = TypeVar("T")
_MAX_RESULTS = 500


class ReaderThread:
    """Runs queries, and caches results until any process writes to the database."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="pages")
        self._store: Store | None = None
        self._frozen: tuple[int, int] | None = None
        self._version = -1
        self._basis: object = None
        self._results: dict[str, object] = {}

    async def run(self, query: Callable[[Store], T]) -> T:
        """Awaits the result of a query; raises StoreError when the database cannot be read."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: query(self._open()))

    async def cached(self, key: str, query: Callable[[Store], T], *, basis: object = None) -> T:
        """The same, with the result cached by `key`.

        The cache is cleared when the database changes, or `basis`, all else that results depend on.
        """

        def known(store: Store) -> T:
            version = store.value("PRAGMA data_version")
            is_other = version != self._version or basis is not self._basis
            if is_other or len(self._results) > _MAX_RESULTS:
                self._version, self._basis = version, basis
                self._results.clear()
            if key not in self._results:
                self._results[key] = query(store)
            found: T = self._results[key]  # type: ignore[assignment]  # a key has one query
            return found

        return await self.run(known)

    def close(self) -> None:
        """Waits for running queries, then closes the connection."""
        self._executor.submit(self._close).result()
        self._executor.shutdown()

    def _open(self) -> Store:
        if self._frozen is not None and frozen_stamp(self._database) != self._frozen:
            self._close()  # SQLite does not notice writes to a file that was opened as immutable
        if self._store is not None and not self._store.is_in_place():
            self._close()  # a backup was restored
        if self._store is None:
            self._version = -1
            self._frozen = frozen_stamp(self._database)
            self._store = open_store(self._database, read_only=True)
        return self._store

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = self._frozen = None
