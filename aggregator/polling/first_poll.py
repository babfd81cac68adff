"""The GET that showed that a new feed is one, stored as the feed's first poll.

Thrown away, it would be made again within a second by a daemon, or by the next run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.fetching.guard import host_of
from aggregator.ingest.accept import Accepted, accept
from aggregator.model import ParsedFeed, Response
from aggregator.polling.host_gaps import note_starts
from aggregator.polling.poll import looked
from aggregator.settings import FeedSource
from aggregator.storage import feeds
from aggregator.storage.store import Store


class Look(Struct, frozen=True):
    """The request and what came. `parsed` is None where that was a page that names the feed."""

    asked: str
    answer: Response
    parsed: ParsedFeed | None
    started_at: datetime


def keep(
    store: Store, sources: Sequence[FeedSource], source: FeedSource, look: Look, now: datetime
) -> Accepted:
    """One transaction: the feed's row, what its first poll learned, and its host's next start.

    `sources` are all configured feeds. Needs no polling lock: it is short, and a daemon that knows
    nothing of the feed yet leaves its row alone. Raises StoreError.
    """
    with store.transaction():
        feeds.retire(store, source.key)  # removed just now, perhaps: it begins afresh
        feeds.sync_feeds(store, sources)
        note_starts(store, _gaps_s(source, look), now)
        state = feeds.state_by_key(store, source.key)
        if state is None or look.parsed is None:
            return Accepted(source.name)
        polled = looked(
            source,
            state,
            now,
            answer=look.answer,
            parsed=look.parsed,
            started_at=look.started_at,
        )
        (accepted,) = accept(store, (polled,), now)
        return accepted


def _gaps_s(source: FeedSource, look: Look) -> dict[str, float]:
    """The hosts that were asked, and the gap that each of them is to have."""
    if source.is_local or source.host_gap_s <= 0:
        return {}
    return dict.fromkeys((host_of(look.asked), host_of(look.answer.url)), source.host_gap_s)
