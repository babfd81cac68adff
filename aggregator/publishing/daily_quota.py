"""What one feed alone may bring into a topic in a day: a flood would grow pages and archives.

What several feeds tell is never held back. What is waits for the next day, the newest first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aggregator.model import PublishedRow
from aggregator.publishing.digest_days import calendar
from aggregator.settings import Config
from aggregator.storage import published, topic_states
from aggregator.storage.store import Store


def wake(store: Store, config: Config, now: datetime) -> None:
    """Has stories that waited looked at again, once a new day has begun for their topic."""
    last = calendar(config).last_closed(now).isoformat()
    for topic in config.enabled_topics:
        if not topic_states.has_waiting(store, topic.name):
            continue
        if topic_states.topic_state(store, topic.name).digest_closed < last:
            since = now - config.stories.window
            topic_states.touch(store, topic_states.waiting(store, topic.name, since=since))


def held_back(
    store: Store, topic: str, rows: Sequence[PublishedRow], *, limit: int
) -> frozenset[int]:
    """Of stories about to be published for the first time, those that must wait."""
    alone = published.single_feed_stories(store, [row.story_id for row in rows])
    if not alone:
        return frozenset()
    used = published.single_feed_counts(store, topic, days={row.digest_day for row in rows})
    held = set()
    for row in sorted(rows, key=lambda row: (row.published_at, row.story_id), reverse=True):
        feed_id = alone.get(row.story_id)
        if feed_id is None:
            continue
        place = (feed_id, row.digest_day)
        if used.get(place, 0) >= limit:
            held.add(row.story_id)
        else:
            used[place] = used.get(place, 0) + 1
    return frozenset(held)
