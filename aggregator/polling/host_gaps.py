"""Gaps between requests to one host, for commands that request feeds besides the poller.

They are stored like those of the poller. Without a usable database, none are kept or stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.fetching.guard import host_of
from aggregator.polling.queue import PollQueue
from aggregator.settings import FeedSource
from aggregator.storage import polls
from aggregator.storage.store import Store, open_store
from aggregator.urls import registrable_domain


def note_starts(store: Store, gaps_s: Mapping[str, float], now: datetime) -> None:
    """Records requests to hosts at `now`, so that the next ones keep their gaps, as after polls.

    The caller holds the transaction. Raises StoreError.
    """
    queue = PollQueue(registrable_domain)
    queue.restore(polls.load_hosts(store, now))  # another process may have made requests meanwhile
    for host, gap_s in gaps_s.items():
        queue.note_start(host, gap_s, now)
    polls.save_hosts(store, queue.changes(), now=now)


class HostGaps:
    """How long to wait for each host, and which hosts this command has requested."""

    def __init__(self, database: Path, now: datetime) -> None:
        self._database = database
        self._now = now
        self._queue = PollQueue(registrable_domain)
        self._is_read = False
        self._gaps_s: dict[str, float] = {}
        if database.exists():
            with suppress(StoreError), open_store(database, read_only=True) as store:
                self._queue.restore(polls.load_hosts(store, now))
                self._is_read = True

    def wait_s(self, source: FeedSource) -> float:
        """How long to wait before this command's first request to the feed's host."""
        left_s = self._queue.left_s(host_of(source.url), self._now)
        return min(left_s, source.host_gap_s)  # not longer, even if the clock was set back

    def note(self, source: FeedSource, url: str) -> None:
        """Records that the host of this address was requested for the feed."""
        if url and not source.is_local:
            host = host_of(url)
            self._gaps_s[host] = max(self._gaps_s.get(host, 0.0), source.host_gap_s)

    def save(self, now: datetime) -> None:
        """Stores the recorded hosts; their gaps begin at `now`."""
        gaps_s = {host: gap_s for host, gap_s in self._gaps_s.items() if gap_s > 0}
        if not gaps_s or not self._is_read:
            return
        with suppress(StoreError), open_store(self._database) as store, store.transaction():
            note_starts(store, gaps_s, now)
