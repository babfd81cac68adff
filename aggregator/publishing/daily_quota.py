"""Limits how many stories of a single feed a topic publishes in a day: a flood fills every archive.

Stories of several feeds are never held back. The others wait for the next day, the newest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aggregator.model import PublishedRow
from aggregator.publishing.digest_days import digest_calendar
from aggregator.settings import Config
from aggregator.storage import published, topic_states
from aggregator.storage.store import Store


def retry_held_back(store: Store, config: Config, now: datetime) -> None:
    """Marks stories that were held back as changed, as many as fit into a day that has begun."""
    last = digest_calendar(config.publish).last_closed(now)
    for topic in config.enabled_topics:
        if not topic_states.has_waiting(store, topic.name):
            continue
        if topic_states.topic_state(store, topic.name).digest_closed < last:
            waiting = topic_states.newest_waiting(
                store,
                topic.name,
                since=now - config.stories.window,
                now=now,
                per_feed=config.publish.per_feed_a_day,
            )
            topic_states.touch(store, waiting)


def held_back(
    store: Store, topic: str, rows: Sequence[PublishedRow], *, limit: int
) -> frozenset[int]:
    """Those of these stories, about to be published first, that exceed the quota of their feed."""
    feed_of = published.single_feed_stories(store, [row.story_id for row in rows])
    if not feed_of:
        return frozenset()
    used = published.single_feed_counts(store, topic, days={row.digest_day for row in rows})
    held = set()
    for row in sorted(rows, key=lambda row: (row.published_at, row.story_id), reverse=True):
        feed_id = feed_of.get(row.story_id)
        if feed_id is None:
            continue
        day = (feed_id, row.digest_day)
        if used.get(day, 0) >= limit:
            held.add(row.story_id)
        else:
            used[day] = used.get(day, 0) + 1
    return frozenset(held)
