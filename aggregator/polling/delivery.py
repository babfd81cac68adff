"""Stores documents that hubs deliver (WebSub, section 7) like polls, but keeps validators."""

from __future__ import annotations

import logging
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import ParseError
from aggregator.ingest.accept import accept
from aggregator.logs import event
from aggregator.model import ParsedFeed, ParseTask, PollResult
from aggregator.polling.poll import PARSE_DEADLINE_S, Parser
from aggregator.settings import FeedSource
from aggregator.storage import feeds
from aggregator.storage.store import Store
from aggregator.text import printable

_log = logging.getLogger(__name__)


class Push(Struct, frozen=True):
    """One verified delivery: the feed's row id, its body, and the hub and topic of its lease."""

    feed_id: int
    body: bytes
    content_type: str
    hub: str
    topic: str


async def read(push: Push, source: FeedSource, parser: Parser) -> ParsedFeed | None:
    """Parses the document as if it had been fetched from its topic. Raises ParserUnavailable.

    Returns None, and logs that, if it cannot be read. Hub and topic are taken from the lease: a
    delivery without them must not end the subscription.
    """
    headers = {
        "content-type": push.content_type,
        "link": f'<{push.hub}>; rel="hub", <{push.topic}>; rel="self"',
    }
    try:
        task = ParseTask(push.body, headers, push.topic, source.name)
        return await parser.parse(task, PARSE_DEADLINE_S)
    except ParseError as error:
        detail = printable(error.detail)
        event(_log, "push.failed", level=logging.WARNING, feed=source.name, detail=detail)
        return None


def store_push(
    store: Store, push: Push, now: datetime, *, source: FeedSource, parsed: ParsedFeed
) -> PollResult:
    """Stores the entries, without changing what is known about the feed's own server.

    Hubs may deliver only new entries, so the others have not left the feed.
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
