"""Stories for the command line, exports and programs: reports, times, and why each item joined.

Only an editor, who asks for a single story, gets hidden stories and withdrawn sources.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import convert
from msgspec.structs import replace

from aggregator.storage.feeds import private_addresses, shown_link
from aggregator.storage.reports import reports_of
from aggregator.storage.store import Store
from aggregator.views import CitedSource, CitedStory, Missed

MOST_SOURCES = 1000  # of one story; more only where feeds repeat themselves
_COLUMNS = """
  s.id, s.uid, s.entry_id, coalesce(p.headline, s.headline) AS headline,
    coalesce(p.url, s.url) AS url, coalesce(p.published_at, s.first_item_at) AS published_at,
    coalesce(p.updated_at, s.last_item_at) AS updated_at, s.first_seen_at, s.hidden,
    coalesce(p.clean_links, 1) AS clean_links,
    (SELECT count(*) FROM story_source i WHERE i.story_id = s.id AND NOT i.withdrawn) AS items
"""
_FROM = """
  FROM story s LEFT JOIN published p ON p.story_id = s.id AND p.withdrawn = ''
    AND p.topic = (SELECT min(o.topic) FROM published o
      WHERE o.story_id = s.id AND o.withdrawn = '' AND (:topic IS NULL OR o.topic = :topic))
"""
_STORY = f"SELECT {_COLUMNS} {_FROM}"
_LIVING = """
  WHERE s.merged_into IS NULL AND s.hidden = 0 AND (:since IS NULL OR s.last_item_at >= :since)
"""
_ACCEPTED = f"""{_LIVING}
    AND EXISTS (SELECT 1 FROM decision a WHERE a.story_id = s.id AND a.accepted = 1
      AND (:topic IS NULL OR a.topic = :topic))
"""  # noqa: S608 - a constant
# In the order of the index on the last item: sorting would hold all stories in memory.
_BY_LAST_ITEM = " ORDER BY s.last_item_at DESC, s.id DESC"
_BY_DATE = " ORDER BY published_at DESC, s.lead_item_id DESC, s.uid DESC LIMIT :limit"
_NEAR = f"""
  SELECT {_COLUMNS}, d.score, d.threshold, d.terms {_FROM}
  JOIN decision d ON d.story_id = s.id AND d.topic = :near AND d.accepted = 0
    AND d.score > 0 AND EXISTS (SELECT 1 FROM json_each(d.terms) t
      WHERE t.value ->> 'weight' > 0 AND t.value ->> 'field' NOT IN ('feed', 'story'))
  {_LIVING} ORDER BY d.score DESC, s.uid LIMIT 1000
"""  # noqa: S608 - constants
_SOURCES = """
  SELECT x.item_id, x.feed, x.publisher, x.headline, x.url, x.author, x.summary, x.family, x.labels,
    i.published_at, i.first_seen_at, coalesce(e.rule, '') AS rule, coalesce(e.score, 0.0) AS score,
    coalesce(e.detail, '') AS detail, coalesce(e.signals, '{}') AS signals
  FROM story_source x JOIN item i ON i.id = x.item_id
  LEFT JOIN evidence e ON e.item_id = x.item_id AND e.story_id = x.story_id AND e.chosen = 1
  WHERE x.story_id = ? AND NOT (? AND x.withdrawn) ORDER BY x.at, x.item_id LIMIT ?
"""


def cited_stories(
    store: Store, *, topic: str | None = None, since: datetime | None = None
) -> Iterator[CitedStory]:
    """What readers get, the story with the newest report first; the rows are read one by one.

    Stories with withdrawn sources only are left out. `since` applies to a story's latest item. The
    result is a snapshot, whoever writes meanwhile.
    """
    wanted = {"topic": topic, "since": since}
    return _shown(store, store.execute(_STORY + _ACCEPTED + _BY_LAST_ITEM, wanted))


def list_stories(
    store: Store, *, topic: str | None = None, since: datetime | None = None, limit: int = 1000
) -> tuple[CitedStory, ...]:
    """The same stories, newest first, at most `limit`."""
    wanted = {"topic": topic, "since": since, "limit": limit}
    return tuple(_shown(store, store.rows(_STORY + _ACCEPTED + _BY_DATE, wanted)))


def near_stories(
    store: Store, topic: str, *, since: datetime | None = None
) -> tuple[CitedStory, ...]:
    """The stories that came closest to a topic without being accepted; only its terms count."""
    private = private_addresses(store)
    wanted = {"topic": None, "near": topic, "since": since}
    found = []
    for row in store.rows(_NEAR, wanted):
        names = (str(term["term"]) for term in json.loads(row["terms"]) if term["weight"] > 0)
        missed = Missed(topic, row["score"], row["threshold"], tuple(dict.fromkeys(names)))
        story = _cited(store, row, private=private, for_readers=False)
        found.append(replace(story, missed=missed))
    return tuple(found)


def cited_story(store: Store, story_id: int) -> CitedStory | None:
    """One story, on a topic or not; None if it was merged or hidden, or has no visible source."""
    row = store.row(_STORY + " WHERE s.id = :id AND s.hidden = 0", {"topic": None, "id": story_id})
    return next(_shown(store, [] if row is None else [row]), None)


def show_story(store: Store, story_id: int) -> CitedStory | None:
    """One story for an editor: hidden or not, with withdrawn sources; None if there is none."""
    row = store.row(_STORY + " WHERE s.id = :id", {"topic": None, "id": story_id})
    if row is None:
        return None
    return _cited(store, row, private=private_addresses(store), for_readers=False)


def _shown(store: Store, rows: Iterable[sqlite3.Row]) -> Iterator[CitedStory]:
    private = private_addresses(store)
    return (_cited(store, row, private=private, for_readers=True) for row in rows if row["items"])


def _cited(
    store: Store, row: sqlite3.Row, *, private: frozenset[str], for_readers: bool
) -> CitedStory:
    topics = store.tuples(
        "SELECT topic, score FROM decision WHERE story_id=? AND accepted=1 ORDER BY topic",
        (row["id"],),
    )
    found = store.structs(
        CitedSource,
        _SOURCES,
        (row["id"], for_readers, MOST_SOURCES if for_readers else -1),
        in_json=("labels", "signals"),
    )
    reports = reports_of(store, row["id"], private=private)
    clean = row["clean_links"]
    # if there are more items than are read here, none of them may be a listed one
    read = [one.item_id for one in found]
    listed = reports.listed.intersection(read) or set(read[:1] if reports.count else ())
    sources = [
        replace(
            source,
            url=shown_link(source.url, clean=clean, private=private),
            listed=source.item_id in listed,
        )
        for source in found
    ]
    shown = {
        "url": shown_link(row["url"], clean=clean, private=private),
        "topics": topics,
        "reports": reports.count,
        "sources": sources,
    }
    return convert(dict(row) | shown, CitedStory, strict=False)
