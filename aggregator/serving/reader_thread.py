"""Page reads: one thread with a read-only connection of its own, opened when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from aggregator.storage.store import Store, frozen_stamp, open_store

T = TypeVar("T")
_KEPT = 500


class ReaderThread:
    """Runs questions to the database; answers are kept until any process writes to it."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="pages")
        self._store: Store | None = None
        self._frozen: tuple[int, int] | None = None
        self._version = -1
        self._basis: object = None
        self._kept: dict[str, object] = {}

    async def run(self, question: Callable[[Store], T]) -> T:
        """Awaits the answer; raises StoreError when the database cannot be read."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: question(self._open()))

    async def kept(self, key: str, question: Callable[[Store], T], *, basis: object = None) -> T:
        """The same, but the answer is remembered by `key`.

        It is forgotten when the database changes, or `basis`, what else it is made of.
        """
        return await self.run(lambda store: self._remember(store, key, question, basis))

    def close(self) -> None:
        """Waits for what runs, then closes the connection."""
        self._executor.submit(self._close).result()
        self._executor.shutdown()

    def _remember(self, store: Store, key: str, question: Callable[[Store], T], basis: object) -> T:
        version = store.value("PRAGMA data_version")
        is_other = version != self._version or basis is not self._basis
        if is_other or len(self._kept) > _KEPT:
            self._version, self._basis = version, basis
            self._kept.clear()
        if key not in self._kept:
            self._kept[key] = question(store)
        found: T = self._kept[key]  # type: ignore[assignment]  # a key stands for one question
        return found

    def _open(self) -> Store:
        if self._frozen is not None and frozen_stamp(self._database) != self._frozen:
            self._close()  # SQLite does not notice who writes a file that was opened as frozen
        if self._store is not None and not self._store.is_in_place():
            self._close()  # a backup was put there
        if self._store is None:
            self._version = -1
            self._frozen = frozen_stamp(self._database)
            self._store = open_store(self._database, read_only=True)
        return self._store

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = self._frozen = None
