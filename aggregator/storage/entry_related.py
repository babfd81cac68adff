"""Related stories in entries: fixed when an entry is first published, and read with it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from aggregator.storage.feeds import private_addresses, shown_link
from aggregator.storage.related import links_of
from aggregator.storage.store import Store
from aggregator.views import RelatedStory


def fix_related(store: Store, topic: str, story_ids: Sequence[int]) -> None:
    """Fixes what the entries of these stories name: the linked stories in the topic.

    To be called once, when they are first published; later links are on their pages alone.
    """
    linked = links_of(store, frozenset(story_ids), topics=[topic]) if story_ids else {}
    store.executemany(
        "INSERT INTO entry_related (story_id, topic, place, related_id) VALUES (?, ?, ?, ?)",
        [
            (story_id, topic, place, link.story_id)
            for story_id, links in linked.items()
            for place, link in enumerate(links)
        ],
    )


def related_of(
    store: Store, story_ids: Sequence[int]
) -> dict[tuple[str, int], tuple[RelatedStory, ...]]:
    """What the entries of these stories name, by topic and story, the strongest first.

    A story that was merged is named by the one that stays; one that left the topic is not named.
    """
    rows = store.rows(
        "SELECT r.topic, r.story_id, s.uid, s.entry_id, p.headline, p.url, p.published_at"
        " FROM entry_related r JOIN story named ON named.id = r.related_id"
        " JOIN story s ON s.id = coalesce(named.merged_into, named.id) AND s.id <> r.story_id"
        " JOIN published p ON p.topic = r.topic AND p.story_id = s.id AND p.withdrawn = ''"
        " WHERE r.story_id IN (SELECT value FROM json_each(?)) ORDER BY r.story_id, r.place",
        (json.dumps(list(story_ids)),),
    )
    private = private_addresses(store) if rows else frozenset()
    found: dict[tuple[str, int], dict[str, RelatedStory]] = {}
    for row in rows:
        at = datetime.fromisoformat(row["published_at"])
        url = shown_link(row["url"], clean=False, private=private)
        one = RelatedStory(row["uid"], row["headline"], at, url, row["entry_id"])
        found.setdefault((row["topic"], row["story_id"]), {}).setdefault(one.story, one)
    return {entry: tuple(named.values()) for entry, named in found.items()}


def naming(store: Store, story_ids: Collection[int]) -> tuple[int, ...]:
    """The stories whose entries name any of these, or one that was merged into them."""
    return store.column(
        "SELECT DISTINCT story_id FROM entry_related WHERE related_id IN ("
        "  SELECT value FROM json_each(?1)"
        "  UNION SELECT id FROM story WHERE merged_into IN (SELECT value FROM json_each(?1)))"
        " ORDER BY 1",
        (json.dumps(sorted(story_ids)),),
    )
