"""Documents that hubs deliver (WebSub section 7): stored as polls are, validators untouched."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.ingest.accept import accept
from aggregator.model import ParsedFeed, ParseTask, PollResult
from aggregator.settings import FeedSource
from aggregator.storage import feeds
from aggregator.storage.store import Store


class Push(Struct, frozen=True):
    """One verified delivery: the feed's row id, its body, and the hub and topic of its lease."""

    feed_id: int
    body: bytes
    content_type: str
    hub: str
    topic: str


def task_of(push: Push, *, publisher: str) -> ParseTask:
    """The document as if it had been fetched from its topic.

    Hub and topic are those of the lease: a delivery without them must not end the subscription.
    """
    headers = {
        "content-type": push.content_type,
        "link": f'<{push.hub}>; rel="hub", <{push.topic}>; rel="self"',
    }
    return ParseTask(push.body, headers, push.topic, publisher)


def store_push(
    store: Store, push: Push, now: datetime, *, source: FeedSource, parsed: ParsedFeed
) -> PollResult:
    """Stores the entries; what is known of the feed's own server stays as it is.

    Hubs may deliver only what is new: entries that are not in it have not left the feed.
    """
    with store.transaction():
        (state,) = feeds.feed_states(store, (push.feed_id,))
        result = PollResult(
            source,
            state,
            replace(parsed, is_delta=True),
            outcome="pushed",
            body_bytes=len(push.body),
            started_at=now,
        )
        (stored,) = accept(store, (result,), now)
        return stored
