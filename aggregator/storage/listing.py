"""Stories as the command line and programs read them: what readers get, and what nearly got in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.storage.feeds import labels_of, private_addresses
from aggregator.storage.reports import Reports, reports_of
from aggregator.storage.store import Store, to_text


class ListedSource(Struct, frozen=True):
    """One source of a listed story."""

    item_id: int
    feed: str
    publisher: str
    headline: str
    url: str | None
    published_at: datetime
    author: str = ""
    summary: str = ""
    family: str = ""  # as configured
    labels: tuple[tuple[str, str], ...] = ()  # of its feed: name and value
    listed: bool = True  # in entries, for the report that it is


class Missed(Struct, frozen=True):
    """How far a story is from a topic that rejected it, and the terms in its favour."""

    topic: str
    score: float
    threshold: float
    terms: tuple[str, ...]


class ListedStory(Struct, frozen=True):
    """A story with its sources and its scores by topic."""

    uid: str
    headline: str
    url: str | None
    published_at: datetime
    updated_at: datetime
    reports: int  # items of one publisher under one link are one; withdrawn sources are none
    sources: tuple[ListedSource, ...]
    topics: tuple[tuple[str, float], ...]
    hidden: bool = False
    missed: Missed | None = None  # where what just missed a topic was asked for


_STORY = """
  SELECT s.id, s.uid, coalesce(p.headline, s.headline), coalesce(p.url, s.url),
    coalesce(p.published_at, s.first_item_at) AS published,
    coalesce(p.updated_at, s.last_item_at) AS updated, s.hidden
  FROM story s LEFT JOIN published p ON p.story_id = s.id AND p.withdrawn = ''
    AND p.topic = (SELECT min(o.topic) FROM published o
      WHERE o.story_id = s.id AND o.withdrawn = '' AND (:topic IS NULL OR o.topic = :topic))
"""


def list_stories(
    store: Store,
    *,
    topic: str | None = None,
    since: datetime | None = None,
    near: str | None = None,
    limit: int = 1000,
) -> tuple[ListedStory, ...]:
    """What readers get, newest first; with `near`, what came closest to that topic and is not in.

    Only terms of the topic count for `near`, not what a topic gives every story.
    Hidden stories are left out, as are withdrawn sources and stories of them alone. `since` counts
    from a story's latest item.
    """
    if near is not None:
        chosen = (
            " JOIN decision d ON d.story_id = s.id AND d.topic = :near AND d.accepted = 0"
            " AND d.score > 0 AND EXISTS (SELECT 1 FROM json_each(d.terms) t"
            "  WHERE t.value ->> 'weight' > 0 AND t.value ->> 'field' NOT IN ('feed', 'story'))"
        )
        order = " ORDER BY d.score DESC, s.uid"
    else:
        chosen = ""
        order = " ORDER BY published DESC, s.lead_item_id DESC, s.uid DESC"
    accepted = (
        " AND EXISTS (SELECT 1 FROM decision a WHERE a.story_id = s.id AND a.accepted = 1"
        " AND (:topic IS NULL OR a.topic = :topic))"
    )
    rows = store.rows(
        _STORY + chosen + " WHERE s.merged_into IS NULL AND s.hidden = 0"
        " AND (:since IS NULL OR s.last_item_at >= :since)"
        + (accepted if near is None else "") + order + " LIMIT :limit",
        {"topic": topic, "near": near, "since": to_text(since), "limit": limit},
    )  # fmt: skip
    if near is None:
        shown = _listed(store, rows, for_readers=True)
        return tuple(story for story in shown if story.sources)
    found = _listed(store, rows)
    missed = _missed(store, near, [row[0] for row in rows])
    return tuple(
        replace(story, missed=missed[row[0]]) for story, row in zip(found, rows, strict=True)
    )


def _missed(store: Store, topic: str, story_ids: Sequence[int]) -> dict[int, Missed]:
    rows = store.rows(
        "SELECT story_id, score, threshold, terms FROM decision"
        " WHERE topic = ? AND story_id IN (SELECT value FROM json_each(?))",
        (topic, json.dumps(list(story_ids))),
    )
    found = {}
    for story_id, score, threshold, terms in rows:
        names = (str(term["term"]) for term in json.loads(terms) if term["weight"] > 0)
        found[story_id] = Missed(topic, score, threshold, tuple(dict.fromkeys(names)))
    return found


def show_story(store: Store, story_id: int) -> ListedStory | None:
    """One living story, hidden or not."""
    rows = store.rows(_STORY + " WHERE s.id = :id", {"topic": None, "id": story_id})
    found = _listed(store, rows)
    return found[0] if found else None


def _listed(
    store: Store, rows: Sequence[sqlite3.Row], *, for_readers: bool = False
) -> tuple[ListedStory, ...]:
    ids = [row[0] for row in rows]
    reports = reports_of(store, ids, private=private_addresses(store))
    sources = _sources(store, reports, for_readers=for_readers)
    topics: dict[int, list[tuple[str, float]]] = {}
    for story_id, topic, score in store.rows(
        "SELECT story_id, topic, score FROM decision"
        " WHERE accepted = 1 AND story_id IN (SELECT value FROM json_each(?)) ORDER BY topic",
        (json.dumps(ids),),
    ):
        topics.setdefault(story_id, []).append((topic, score))
    return tuple(
        ListedStory(
            uid=row[1],
            headline=row[2],
            url=row[3],
            published_at=datetime.fromisoformat(row[4]),
            updated_at=datetime.fromisoformat(row[5]),
            reports=reports[row[0]].count,
            sources=tuple(sources.get(row[0], ())),
            topics=tuple(topics.get(row[0], ())),
            hidden=bool(row[6]),
        )
        for row in rows
    )


def _sources(
    store: Store, reports: Mapping[int, Reports], *, for_readers: bool
) -> dict[int, list[ListedSource]]:
    rows = store.rows(
        "SELECT story_id, item_id, feed, publisher, headline, url, at, author, summary, family,"
        " labels FROM story_source"
        " WHERE story_id IN (SELECT value FROM json_each(?)) AND NOT (? AND withdrawn)"
        " ORDER BY at, item_id",
        (json.dumps(list(reports)), for_readers),
    )
    found: dict[int, list[ListedSource]] = {}
    for row in rows:
        source = ListedSource(
            row[1], row[2], row[3], row[4], row[5], datetime.fromisoformat(row[6]),
            row[7], row[8], row[9], labels_of(row[10]), row[1] in reports[row[0]].listed,
        )  # fmt: skip
        found.setdefault(row[0], []).append(source)
    return found
