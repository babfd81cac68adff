"""Limits how many items a feed may store in a day.

A feed that brings thousands of new items with each poll would fill the disk and slow down every
later step. Items beyond the limit wait: they are not recorded as seen, and the feed is requested
without validators until all are stored. A feed's first document is exempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.model import FeedState, Item
from aggregator.settings import FeedSource
from aggregator.storage import polls
from aggregator.storage.store import Store

DAY = timedelta(days=1)


class Allowed(Struct, frozen=True):
    """The new items of a poll that may be stored, and the identities of those that must wait."""

    items: tuple[Item, ...]
    waiting: frozenset[str] = frozenset()

    def state(self, state: FeedState) -> FeedState:
        """The feed's state, without validators while items wait: a 304 would hide them."""
        if not self.waiting:
            return state
        return replace(state, etag=None, last_modified=None, validators_url=None, body_hash=None)


def allow(
    store: Store, source: FeedSource, feed_id: int, *, new: Sequence[Item], now: datetime
) -> Allowed:
    """Admits the newest items, as many as the feed may still store today; their order stays."""
    if not new:
        polls.note_waiting(store, feed_id, 0)
        return Allowed(())
    stored = polls.stored_since(store, feed_id, now - DAY)
    room = len(new) if stored is None else max(source.items_a_day - stored, 0)
    if len(new) <= room:
        polls.note_waiting(store, feed_id, 0)
        return Allowed(tuple(new))
    oldest = datetime.min.replace(tzinfo=now.tzinfo)
    newest_first = sorted(new, key=lambda item: item.published_at or oldest, reverse=True)
    kept = {item.identity for item in newest_first[:room]}
    polls.note_waiting(store, feed_id, len(new) - room)
    return Allowed(
        tuple(item for item in new if item.identity in kept),
        frozenset(item.identity for item in new if item.identity not in kept),
    )
