"""The pages of published stories: every item with the reason why it joined, related stories."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from aggregator.model import TermHit
from aggregator.storage import related
from aggregator.storage.entries import ENTRIES, SOURCES, entries_from, source_of, with_clean_links
from aggregator.storage.feeds import private_addresses
from aggregator.storage.store import Store
from aggregator.views import HeadlineChange, RelatedStory, StoryItem, StoryPage, TopicReason


def story_pages(
    store: Store, story_ids: Sequence[int], *, titles: Mapping[str, str]
) -> dict[int, StoryPage]:
    """The pages of those of these stories that are in a topic of `titles` (name -> title)."""
    rows = store.rows(
        f"{ENTRIES} AND p.story_id IN (SELECT value FROM json_each(?1))"  # noqa: S608 - constants
        " AND p.topic IN (SELECT value FROM json_each(?2)) ORDER BY p.published_at, p.topic",
        (story_ids, list(titles)),
    )
    by_story: dict[int, list[sqlite3.Row]] = {}
    for row in rows:
        by_story.setdefault(row["story_id"], []).append(row)
    firsts = [found[0] for found in by_story.values()]
    ids = list(by_story)
    items = _items(store, ids, clean=with_clean_links(firsts))
    linked = _related(store, ids, topics=list(titles))
    return {
        entry_row["story_id"]: StoryPage(
            entry=entry,
            items=items.get(entry_row["story_id"], ()),
            topics=tuple(
                TopicReason(
                    row["topic"],
                    titles[row["topic"]],
                    row["score"],
                    row["threshold"],
                    msgspec.json.decode(row["terms"], type=tuple[TermHit, ...]),
                )
                for row in by_story[entry_row["story_id"]]
            ),
            related=linked.get(entry_row["story_id"], ()),
        )
        for entry_row, entry in zip(firsts, entries_from(store, firsts), strict=True)
    }


def _items(
    store: Store, story_ids: Sequence[int], *, clean: Collection[int]
) -> dict[int, tuple[StoryItem, ...]]:
    rows = store.rows(SOURCES, (story_ids,))
    private = private_addresses(store)
    ids = [row["item_id"] for row in rows]
    reasons = store.tuples(
        "SELECT item_id, rule, score, detail FROM evidence"
        " WHERE chosen AND item_id IN (SELECT value FROM json_each(?)) ORDER BY decided_at",
        (ids,),
    )
    why = {item_id: reason for item_id, *reason in reasons}
    earlier = store.structs_by(
        "item_id",
        HeadlineChange,
        "SELECT item_id, headline, changed_at FROM headline_change"
        " WHERE item_id IN (SELECT value FROM json_each(?)) ORDER BY changed_at, id",
        (ids,),
    )
    found: dict[int, list[StoryItem]] = {}
    for row in rows:
        rule, score, detail = why.get(row["item_id"], ("", 0.0, ""))
        found.setdefault(row["story_id"], []).append(
            StoryItem(
                item_id=row["item_id"],
                source=source_of(row, clean_links=row["story_id"] in clean, private=private),
                rule=rule,
                score=score,
                detail=detail,
                truncated=bool(row["truncated"]),
                earlier=earlier.get(row["item_id"], ()),
            )
        )
    return {story_id: tuple(items) for story_id, items in found.items()}


def _related(
    store: Store, story_ids: Sequence[int], *, topics: Sequence[str]
) -> dict[int, tuple[RelatedStory, ...]]:
    """The published stories that each is linked with, the strongest first."""
    linked = related.links_of(store, frozenset(story_ids), topics=topics)
    wanted = {link.story_id for links in linked.values() for link in links}
    rows = store.rows(
        "SELECT story_id, min(headline), min(published_at) FROM published WHERE withdrawn = ''"
        " AND story_id IN (SELECT value FROM json_each(?1))"
        " AND topic IN (SELECT value FROM json_each(?2)) GROUP BY story_id",
        (sorted(wanted), list(topics)),
    )
    shown = {row[0]: (row[1], datetime.fromisoformat(row[2])) for row in rows}
    return {
        story_id: tuple(RelatedStory(link.story, *shown[link.story_id]) for link in links)
        for story_id, links in linked.items()
    }
