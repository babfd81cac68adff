"""Stories as they are cited: each with its reports, when they were seen, and why they joined."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from aggregator.storage.feeds import private_addresses
from aggregator.storage.reports import reports_of
from aggregator.storage.store import Store, to_text
from aggregator.views import CitedSource, CitedStory

MOST_SOURCES = 1000  # of one story; more only where feeds repeat themselves
_STORY = """
  SELECT s.id, s.uid, s.entry_id, coalesce(p.headline, s.headline) AS headline,
    coalesce(p.url, s.url) AS url, coalesce(p.published_at, s.first_item_at) AS published_at,
    coalesce(p.updated_at, s.last_item_at) AS updated_at, s.first_seen_at,
    (SELECT count(*) FROM story_source i WHERE i.story_id = s.id AND NOT i.withdrawn) AS items
  FROM story s LEFT JOIN published p ON p.story_id = s.id AND p.withdrawn = ''
    AND p.topic = (SELECT min(o.topic) FROM published o
      WHERE o.story_id = s.id AND o.withdrawn = '' AND (:topic IS NULL OR o.topic = :topic))
"""
# By the index on the last item: sorting all stories would hold them in memory.
_ACCEPTED = """
  WHERE s.merged_into IS NULL AND s.hidden = 0 AND (:since IS NULL OR s.last_item_at >= :since)
    AND EXISTS (SELECT 1 FROM decision a WHERE a.story_id = s.id AND a.accepted = 1
      AND (:topic IS NULL OR a.topic = :topic))
  ORDER BY s.last_item_at DESC, s.id DESC
"""
_SOURCES = """
  SELECT x.item_id, x.feed, x.publisher, x.headline, x.url, x.author, x.summary, x.family,
    i.published_at, i.first_seen_at, coalesce(e.rule, '') AS rule, coalesce(e.score, 0.0) AS score,
    coalesce(e.detail, '') AS detail, coalesce(e.signals, '{}') AS signals
  FROM story_source x JOIN item i ON i.id = x.item_id
  LEFT JOIN evidence e ON e.item_id = x.item_id AND e.story_id = x.story_id AND e.chosen = 1
  WHERE x.story_id = ? AND NOT x.withdrawn ORDER BY x.at, x.item_id LIMIT ?
"""


def cited_stories(
    store: Store, *, topic: str | None = None, since: datetime | None = None
) -> Iterator[CitedStory]:
    """What readers get, the story with the newest report first, read one by one.

    Hidden stories are left out, as are withdrawn sources and stories of them alone. `since` counts
    from a story's latest item. All is of one moment, whoever writes meanwhile.
    """
    private = private_addresses(store)
    rows = store.execute(_STORY + _ACCEPTED, {"topic": topic, "since": to_text(since)})
    for row in rows:
        if row["items"]:
            yield _cited(store, row, private)


def cited_story(store: Store, story_id: int) -> CitedStory | None:
    """One living story, on a topic or not; None where it is hidden or all its sources are."""
    row = store.row(_STORY + " WHERE s.id = :id AND s.hidden = 0", {"topic": None, "id": story_id})
    if row is None or not row["items"]:
        return None
    return _cited(store, row, private_addresses(store))


def _cited(store: Store, row: sqlite3.Row, private: frozenset[str]) -> CitedStory:
    topics = store.tuples(
        "SELECT topic, score FROM decision WHERE story_id=? AND accepted=1 ORDER BY topic",
        (row["id"],),
    )
    found = store.structs(CitedSource, _SOURCES, (row["id"], MOST_SOURCES), in_json=("signals",))
    reports = reports_of(store, (row["id"],), private=private)[row["id"]]
    # of more items than are read here, none may be one by which the entry lists a report
    read = [one.item_id for one in found]
    listed = reports.listed.intersection(read) or {*read[:1]}
    return CitedStory(
        uid=row["uid"],
        entry_id=row["entry_id"],
        headline=row["headline"],
        url=None if row["url"] in private else row["url"],
        published_at=datetime.fromisoformat(row["published_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        first_seen_at=datetime.fromisoformat(row["first_seen_at"]),
        topics=tuple(topics),
        reports=reports.count,
        items=row["items"],
        sources=tuple(
            replace(
                source,
                url=None if source.url in private else source.url,
                listed=source.item_id in listed,
            )
            for source in found
        ),
    )
