"""Published stories as their readers get them: entries of feeds, and story pages."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.model import (
    HeadlineChange,
    PublishedEntry,
    PublishedSource,
    RelatedStory,
    StoryItem,
    StoryPage,
    TermHit,
    TopicReason,
)
from aggregator.storage.store import Store

MAX_SOURCES = 50  # of one entry; a story has more only when feeds repeat themselves

_ENTRY = """
  SELECT p.*, s.uid, s.entry_id, coalesce(d.terms, '[]') AS terms,
    coalesce(d.score, 0.0) AS score, coalesce(d.threshold, 0.0) AS threshold
  FROM published p JOIN story s ON s.id = p.story_id
  LEFT JOIN decision d ON d.story_id = p.story_id AND d.topic = p.topic
  WHERE p.topic = :topic AND p.withdrawn = ''
"""
_ORDER = " ORDER BY p.published_at DESC, s.uid DESC"


@dataclass(frozen=True, slots=True)
class Fate:
    """What has become of a story id that somebody asks for."""

    story_id: int
    survivor: str | None = None  # the id of the story that it was merged into
    withdrawn: bool = False
    published: bool = False


def newest_entries(store: Store, topic: str, *, limit: int) -> tuple[PublishedEntry, ...]:
    """The entries of a topic feed, newest first."""
    rows = store.rows(_ENTRY + _ORDER + " LIMIT :limit", {"topic": topic, "limit": limit})
    return _entries(store, rows)


def month_entries(store: Store, topic: str, *, month: str) -> tuple[PublishedEntry, ...]:
    """All entries of a month (YYYY-MM, UTC), newest first."""
    rows = store.rows(
        _ENTRY + " AND p.published_at >= :month AND p.published_at < :month || '~'" + _ORDER,
        {"topic": topic, "month": month},
    )
    return _entries(store, rows)


def digest_entries(
    store: Store, topic: str, *, days: Sequence[str]
) -> dict[str, tuple[PublishedEntry, ...]]:
    """The entries that stand in the digests of these days, by day, newest first."""
    found = {}
    for day in days:
        rows = store.rows(
            _ENTRY + " AND p.digest_day = :day" + _ORDER, {"topic": topic, "day": day}
        )
        found[day] = _entries(store, rows)
    return found


def entries_of(store: Store, topic: str, *, story_ids: Sequence[int]) -> dict[int, PublishedEntry]:
    """The entries of these stories in the topic, by story."""
    rows = store.rows(
        _ENTRY + " AND p.story_id IN (SELECT value FROM json_each(:ids))" + _ORDER,  # noqa: S608 - constants
        {"topic": topic, "ids": json.dumps(story_ids)},
    )
    return {row["story_id"]: entry for row, entry in zip(rows, _entries(store, rows), strict=True)}


def digest_days(store: Store, topic: str, *, closed: str, limit: int) -> tuple[str, ...]:
    """The newest days with a digest that is out, newest first."""
    rows = store.rows(
        "SELECT DISTINCT digest_day FROM published WHERE topic=? AND withdrawn=''"
        " AND digest_day <= ? ORDER BY digest_day DESC LIMIT ?",
        (topic, closed, limit),
    )
    return tuple(row[0] for row in rows)


def months(store: Store, topic: str) -> tuple[str, ...]:
    """The months (YYYY-MM) in which a topic has entries, oldest first."""
    rows = store.rows(
        "SELECT DISTINCT substr(published_at, 1, 7) FROM published"
        " WHERE topic=? AND withdrawn='' ORDER BY 1",
        (topic,),
    )
    return tuple(row[0] for row in rows)


def months_of(store: Store, topic: str, story_ids: Sequence[int]) -> frozenset[str]:
    """The months in which these stories stand or stood."""
    rows = store.rows(
        "SELECT DISTINCT substr(published_at, 1, 7) FROM published"
        " WHERE topic=? AND story_id IN (SELECT value FROM json_each(?))",
        (topic, json.dumps(story_ids)),
    )
    return frozenset(row[0] for row in rows)


def entry_count(store: Store, topic: str, *, limit: int) -> int:
    """How many entries the topic feed has."""
    return int(
        store.value(
            "SELECT count(*) FROM (SELECT 1 FROM published WHERE topic=? AND withdrawn='' LIMIT ?)",
            (topic, limit),
        )
    )


def published_uids(store: Store, story_ids: Sequence[int] | None = None) -> dict[int, str]:
    """Stories that ever were published: row id -> printed id; of `story_ids`, where given."""
    chosen = "" if story_ids is None else " AND s.id IN (SELECT value FROM json_each(:ids))"
    rows = store.rows(
        "SELECT s.id, s.uid FROM story s WHERE EXISTS"  # noqa: S608 - a constant clause
        " (SELECT 1 FROM published p WHERE p.story_id = s.id)" + chosen + " ORDER BY s.id",
        {"ids": json.dumps(story_ids)},
    )
    return {row["id"]: row["uid"] for row in rows}


def with_page(store: Store, uids: Sequence[str]) -> frozenset[str]:
    """Those of the ids whose stories have a page."""
    rows = store.rows(
        "SELECT s.uid FROM story s WHERE s.uid IN (SELECT value FROM json_each(?)) AND EXISTS"
        " (SELECT 1 FROM published p WHERE p.story_id = s.id AND p.withdrawn = '')",
        (json.dumps(list(uids)),),
    )
    return frozenset(row[0] for row in rows)


def related_ids(store: Store, story_ids: Sequence[int]) -> tuple[int, ...]:
    """Published stories whose pages name one of these as related."""
    rows = store.rows(
        """
        SELECT v.story_id FROM evidence e JOIN item i ON i.id = e.item_id
          JOIN variant v ON v.id = i.variant_id JOIN published p ON p.story_id = v.story_id
          WHERE e.related AND e.story_id IN (SELECT value FROM json_each(?1))
        UNION
        SELECT e.story_id FROM variant v JOIN item i ON i.variant_id = v.id
          JOIN evidence e ON e.item_id = i.id JOIN published p ON p.story_id = e.story_id
          WHERE e.related AND v.story_id IN (SELECT value FROM json_each(?1))
        """,
        (json.dumps(list(story_ids)),),
    )
    return tuple(row[0] for row in rows)


def source_sites(store: Store) -> dict[str, str | None]:
    """The site of each feed that may be shown, by the feed's key."""
    rows = store.rows(
        "SELECT key, site_url FROM feed WHERE NOT private"
        " AND id NOT IN (SELECT feed_id FROM withdrawn_source)"
    )
    return {row["key"]: row["site_url"] for row in rows}


def withdrawn_sources(store: Store) -> frozenset[str]:
    """The keys and the names of feeds that no published file may show."""
    rows = store.rows(
        "SELECT key, name FROM feed WHERE id IN (SELECT feed_id FROM withdrawn_source)"
    )
    return frozenset(text for row in rows for text in row)


def fate(store: Store, uid: str) -> Fate | None:
    """What has become of a story; None for an id that never was one."""
    row = store.row("SELECT id, merged_into, hidden FROM story WHERE uid=?", (uid,))
    if row is None:
        return None
    story_id = row["id"]
    while row["merged_into"] is not None:
        row = store.row(
            "SELECT id, uid, merged_into, hidden FROM story WHERE id=?", (row["merged_into"],)
        )
        assert row is not None  # noqa: S101 - a foreign key
    states = [
        found[0]
        for found in store.rows(
            "SELECT withdrawn FROM published WHERE story_id IN (?, ?)", (story_id, row["id"])
        )
    ]
    return Fate(
        story_id=row["id"],
        survivor=row["uid"] if row["id"] != story_id else None,
        withdrawn=bool(row["hidden"]) or (bool(states) and "" not in states),
        published=bool(states),
    )


def story_pages(
    store: Store, story_ids: Sequence[int], *, titles: Mapping[str, str]
) -> dict[int, StoryPage]:
    """The pages of those stories that stand in a topic of `titles` (name -> title)."""
    rows = store.rows(
        """
        SELECT p.*, s.uid, s.entry_id, coalesce(d.terms, '[]') AS terms,
          coalesce(d.score, 0.0) AS score, coalesce(d.threshold, 0.0) AS threshold
        FROM published p JOIN story s ON s.id = p.story_id
        LEFT JOIN decision d ON d.story_id = p.story_id AND d.topic = p.topic
        WHERE p.story_id IN (SELECT value FROM json_each(?1))
          AND p.topic IN (SELECT value FROM json_each(?2)) AND p.withdrawn = ''
        ORDER BY p.published_at, p.topic
        """,
        (json.dumps(story_ids), json.dumps(list(titles))),
    )
    by_story: dict[int, list[sqlite3.Row]] = {}
    for row in rows:
        by_story.setdefault(row["story_id"], []).append(row)
    firsts = [found[0] for found in by_story.values()]
    ids = list(by_story)
    items = _items(store, ids)
    related = _related(store, ids, topics=list(titles))
    return {
        entry_row["story_id"]: StoryPage(
            entry=entry,
            items=items.get(entry_row["story_id"], ()),
            topics=tuple(_reason(row, titles) for row in by_story[entry_row["story_id"]]),
            related=related.get(entry_row["story_id"], ()),
        )
        for entry_row, entry in zip(firsts, _entries(store, firsts), strict=True)
    }


def _reason(row: sqlite3.Row, titles: Mapping[str, str]) -> TopicReason:
    return TopicReason(
        topic=row["topic"],
        title=titles[row["topic"]],
        score=row["score"],
        threshold=row["threshold"],
        terms=tuple(
            TermHit(str(term["term"]), str(term["field"]), float(term["weight"]))
            for term in json.loads(row["terms"])
        ),
    )


def _entries(store: Store, rows: Sequence[sqlite3.Row]) -> tuple[PublishedEntry, ...]:
    sources = _sources(store, [row["story_id"] for row in rows])
    return tuple(_entry(row, sources.get(row["story_id"], ())) for row in rows)


def _entry(row: sqlite3.Row, found: Sequence[tuple[int, PublishedSource]]) -> PublishedEntry:
    at = datetime.fromisoformat(row["published_at"])
    lead = next((source for item, source in found if item == row["lead_item_id"]), None)
    if lead is None:  # pruned: what was fixed at publication still stands
        lead = PublishedSource("", "", row["headline"], row["url"], at)
    terms = [str(term["term"]) for term in json.loads(row["terms"])]
    return PublishedEntry(
        story=row["uid"],
        entry_id=row["entry_id"],
        headline=row["headline"],
        url=row["url"],
        summary=row["summary"],
        published_at=at,
        updated_at=datetime.fromisoformat(row["updated_at"]),
        lead=lead,
        sources=_distinct([source for _, source in found], lead=lead),
        terms=tuple(dict.fromkeys(terms)),
        language=lead.language,
        score=row["score"],
        threshold=row["threshold"],
    )


def _distinct(
    sources: Sequence[PublishedSource], *, lead: PublishedSource
) -> tuple[PublishedSource, ...]:
    """One source per publisher and link (else headline), the lead surely among them."""
    seen = {(lead.publisher, lead.url or lead.headline)}
    kept = []
    for source in sources:
        if source is lead:
            kept.append(source)
            continue
        key = (source.publisher, source.url or source.headline)
        if key not in seen:
            seen.add(key)
            kept.append(source)
    if len(kept) > MAX_SOURCES:
        kept = [source for source in kept[:MAX_SOURCES] if source is not lead][: MAX_SOURCES - 1]
        kept.append(lead)
        kept.sort(key=lambda source: source.published_at)
    return tuple(kept)


_ITEM = """
  SELECT v.story_id, v.truncated, i.id, i.headline, i.url, i.author,
    coalesce(i.published_at, i.first_seen_at) AS at,
    CASE WHEN i.publisher = '' THEN f.name ELSE i.publisher END AS publisher,
    CASE WHEN i.language = '' THEN f.language ELSE i.language END AS language,
    CASE WHEN i.rights = '' THEN f.rights ELSE i.rights END AS rights,
    f.name, f.title, CASE WHEN f.private OR f.shown_url = '' THEN NULL ELSE f.shown_url END
      AS feed_url
  FROM variant v JOIN item i ON i.variant_id = v.id JOIN feed f ON f.id = i.feed_id
  WHERE v.story_id IN (SELECT value FROM json_each(?))
    AND f.id NOT IN (SELECT feed_id FROM withdrawn_source)
  ORDER BY at, i.id
"""


def _sources(
    store: Store, story_ids: Sequence[int]
) -> dict[int, list[tuple[int, PublishedSource]]]:
    found: dict[int, list[tuple[int, PublishedSource]]] = {}
    for row in store.rows(_ITEM, (json.dumps(story_ids),)):
        found.setdefault(row["story_id"], []).append((row["id"], _source(row)))
    return found


def _source(row: sqlite3.Row) -> PublishedSource:
    return PublishedSource(
        feed=row["name"],
        publisher=row["publisher"],
        headline=row["headline"],
        url=row["url"],
        published_at=datetime.fromisoformat(row["at"]),
        feed_url=row["feed_url"],
        feed_title=row["title"],
        language=row["language"],
        author=row["author"],
        rights=row["rights"],
    )


def _items(store: Store, story_ids: Sequence[int]) -> dict[int, tuple[StoryItem, ...]]:
    rows = store.rows(_ITEM, (json.dumps(story_ids),))
    ids = json.dumps([row["id"] for row in rows])
    why: dict[int, Any] = {
        row["item_id"]: row
        for row in store.rows(
            "SELECT item_id, rule, score, detail FROM evidence"
            " WHERE chosen AND item_id IN (SELECT value FROM json_each(?)) ORDER BY decided_at",
            (ids,),
        )
    }
    earlier: dict[int, list[HeadlineChange]] = {}
    for row in store.rows(
        "SELECT item_id, headline, changed_at FROM headline_change"
        " WHERE item_id IN (SELECT value FROM json_each(?)) ORDER BY changed_at, id",
        (ids,),
    ):
        change = HeadlineChange(row["headline"], datetime.fromisoformat(row["changed_at"]))
        earlier.setdefault(row["item_id"], []).append(change)
    found: dict[int, list[StoryItem]] = {}
    for row in rows:
        reason = why.get(row["id"])
        found.setdefault(row["story_id"], []).append(
            StoryItem(
                item_id=row["id"],
                source=_source(row),
                rule=reason["rule"] if reason else "",
                score=reason["score"] if reason else 0.0,
                detail=reason["detail"] if reason else "",
                truncated=bool(row["truncated"]),
                earlier=tuple(earlier.get(row["id"], ())),
            )
        )
    return {story_id: tuple(items) for story_id, items in found.items()}


def _related(
    store: Store, story_ids: Sequence[int], *, topics: Sequence[str]
) -> dict[int, tuple[RelatedStory, ...]]:
    """Stories that an item was compared with and that are likely the same, both ways."""
    rows = store.rows(
        """
        WITH pair(a, b) AS (
          SELECT v.story_id, e.story_id FROM evidence e JOIN item i ON i.id = e.item_id
            JOIN variant v ON v.id = i.variant_id
            WHERE e.related AND v.story_id IN (SELECT value FROM json_each(?1))
          UNION
          SELECT e.story_id, v.story_id FROM evidence e JOIN item i ON i.id = e.item_id
            JOIN variant v ON v.id = i.variant_id
            WHERE e.related AND e.story_id IN (SELECT value FROM json_each(?1))
        )
        SELECT pair.a, s.uid, min(p.headline) AS headline, min(p.published_at) AS published_at
        FROM pair JOIN story s ON s.id = pair.b JOIN published p ON p.story_id = s.id
        WHERE pair.a != pair.b AND p.withdrawn = ''
          AND p.topic IN (SELECT value FROM json_each(?2))
        GROUP BY pair.a, s.id ORDER BY published_at, s.uid
        """,
        (json.dumps(story_ids), json.dumps(topics)),
    )
    found: dict[int, list[RelatedStory]] = {}
    for row in rows:
        at = datetime.fromisoformat(row["published_at"])
        found.setdefault(row["a"], []).append(RelatedStory(row["uid"], row["headline"], at))
    return {story_id: tuple(stories[:10]) for story_id, stories in found.items()}
