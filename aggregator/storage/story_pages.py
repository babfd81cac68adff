"""The pages of published stories: what stands on them, and what became of those that left."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from aggregator.model import TermHit
from aggregator.shown import HeadlineChange, RelatedStory, StoryItem, StoryPage, TopicReason
from aggregator.storage import entries, related
from aggregator.storage.store import Store


class Fate(Struct, frozen=True):
    """What has become of a story id that somebody asks for."""

    story_id: int
    survivor: str | None = None  # the id of the story that it was merged into
    withdrawn: bool = False
    published: bool = False


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
    linked = _related(store, ids, topics=list(titles))
    return {
        entry_row["story_id"]: StoryPage(
            entry=entry,
            items=items.get(entry_row["story_id"], ()),
            topics=tuple(_reason(row, titles) for row in by_story[entry_row["story_id"]]),
            related=linked.get(entry_row["story_id"], ()),
        )
        for entry_row, entry in zip(firsts, entries.from_rows(store, firsts), strict=True)
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


def _items(store: Store, story_ids: Sequence[int]) -> dict[int, tuple[StoryItem, ...]]:
    rows = store.rows(entries.ITEM, (json.dumps(story_ids),))
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
                source=entries.source_of(row),
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
    """The published stories that each is linked with, as readers see them, the strongest first."""
    linked = related.links_of(store, frozenset(story_ids), topics=topics)
    wanted = {link.story_id for links in linked.values() for link in links}
    rows = store.rows(
        "SELECT story_id, min(headline), min(published_at) FROM published WHERE withdrawn = ''"
        " AND story_id IN (SELECT value FROM json_each(?1))"
        " AND topic IN (SELECT value FROM json_each(?2)) GROUP BY story_id",
        (json.dumps(sorted(wanted)), json.dumps(list(topics))),
    )
    shown = {row[0]: (row[1], datetime.fromisoformat(row[2])) for row in rows}
    return {
        story_id: tuple(RelatedStory(link.story, *shown[link.story_id]) for link in links)
        for story_id, links in linked.items()
    }


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
