"""Requests of commands besides the poller: gaps between those to one host, and first polls.

Gaps are stored like those of the poller. Without a usable database, none are kept or stored. The
GET that checked a new feed is stored as the feed's first poll: otherwise a daemon, or the next run,
would repeat the request within a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import StoreError
from aggregator.fetching.guard import host_of
from aggregator.ingest.accept import accept
from aggregator.model import ParsedFeed, PollResult, Response
from aggregator.polling.poll import with_document, with_next_poll, with_response
from aggregator.polling.queue import PollQueue
from aggregator.settings import FeedSource
from aggregator.storage import feeds, polls
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


class FirstResponse(Struct, frozen=True):
    """The result of one GET; `parsed` is None if it was a page that declares the feed."""

    requested_url: str
    response: Response
    parsed: ParsedFeed | None
    started_at: datetime


def store_first_poll(
    store: Store,
    sources: Sequence[FeedSource],
    source: FeedSource,
    first: FirstResponse,
    now: datetime,
) -> PollResult | None:
    """Stores, in one transaction, the feed's row, its first poll, and its host's next start.

    `sources`: all configured feeds. Returns None if the response was not a document of the feed.
    The polling lock is not needed: the transaction is short, and a daemon that does not know the
    feed yet leaves its row alone. Raises StoreError.
    """
    with store.transaction():
        feeds.retire(store, source.key)  # perhaps it was just removed: it starts afresh
        feeds.sync_feeds(store, sources)
        if not source.is_local and source.host_gap_s > 0:
            hosts = (host_of(first.requested_url), host_of(first.response.url))
            note_starts(store, dict.fromkeys(hosts, source.host_gap_s), now)
        state = feeds.state_by_key(store, source.key)
        if state is None or first.parsed is None:
            return None
        response = first.response
        if response.permanent_url == source.url:  # configured with its new address already
            response = replace(response, permanent_url=None)
        result = PollResult(source, state, started_at=first.started_at)
        result = with_document(with_response(result, response), first.parsed)
        (stored,) = accept(store, (with_next_poll(result, now),), now)
        return stored
