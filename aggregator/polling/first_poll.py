"""Stores the GET that checked a new feed as the feed's first poll.

Otherwise a daemon, or the next run, would repeat the request within a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.fetching.guard import host_of
from aggregator.ingest.accept import accept
from aggregator.model import ParsedFeed, PollResult, Response
from aggregator.polling.host_gaps import note_starts
from aggregator.polling.poll import with_document, with_next_poll, with_response
from aggregator.settings import FeedSource
from aggregator.storage import feeds
from aggregator.storage.store import Store


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
