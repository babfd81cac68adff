"""Why items are where they are: the stored reasons, item by item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from msgspec import Struct

from aggregator.storage.store import Store


class StoredReason(Struct, frozen=True):
    """One stored decision on an item and a story."""

    item_id: int
    story: str  # printed id of the story as it lives on today
    story_id: int
    headline: str  # of that story
    chosen: bool
    related: bool
    rule: str
    score: float
    detail: str
    signals: Mapping[str, object]
    vetoes: tuple[str, ...]


class StoredDecision(Struct, frozen=True):
    """One stored decision of a topic on a story."""

    topic: str
    accepted: bool
    score: float
    threshold: float
    terms: tuple[Mapping[str, object], ...]
    rules_hash: str


class PlacedItem(Struct, frozen=True):
    """An item of a story, for people."""

    item_id: int
    headline: str
    feed: str
    publisher: str
    url: str | None
    at: str  # UTC text


def reasons(store: Store, item_ids: Iterable[int]) -> tuple[StoredReason, ...]:
    """The stored reasons on these items, the best first."""
    rows = store.rows(
        "SELECT e.item_id, k.uid, k.id, k.headline, e.chosen, e.related, e.rule, e.score,"
        " e.detail, e.signals, e.vetoes FROM evidence e JOIN story s ON s.id = e.story_id"
        " JOIN story k ON k.id = coalesce(s.merged_into, s.id)"
        " WHERE e.item_id IN (SELECT value FROM json_each(?))"
        " ORDER BY e.item_id, e.chosen DESC, e.score DESC, k.id",
        (json.dumps(list(item_ids)),),
    )
    return tuple(
        StoredReason(
            item_id=row[0],
            story=row[1],
            story_id=row[2],
            headline=row[3],
            chosen=bool(row[4]),
            related=bool(row[5]),
            rule=row[6],
            score=row[7],
            detail=row[8],
            signals=json.loads(row[9]),
            vetoes=tuple(json.loads(row[10])),
        )
        for row in rows
    )


def decisions(store: Store, story_id: int) -> dict[str, StoredDecision]:
    """The stored decisions on a story, by topic."""
    rows = store.rows(
        "SELECT topic, accepted, score, threshold, terms, rules_hash FROM decision"
        " WHERE story_id=?",
        (story_id,),
    )
    return {
        row[0]: StoredDecision(
            row[0], bool(row[1]), row[2], row[3], tuple(json.loads(row[4])), row[5]
        )
        for row in rows
    }


def placed_items(store: Store, story_id: int, *, limit: int) -> tuple[PlacedItem, ...]:
    """The items of a story, oldest first."""
    rows = store.rows(
        "SELECT i.id, i.headline, f.name, CASE i.publisher WHEN '' THEN f.name"
        " ELSE i.publisher END, i.url, coalesce(i.published_at, i.first_seen_at) AS at"
        " FROM variant v JOIN item i ON i.variant_id = v.id JOIN feed f ON f.id = i.feed_id"
        " WHERE v.story_id=? ORDER BY at, i.id LIMIT ?",
        (story_id, limit),
    )
    return tuple(PlacedItem(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows)


def uid(store: Store, story_id: int) -> str:
    """The printed id of a story."""
    return str(store.value("SELECT uid FROM story WHERE id=?", (story_id,)))
