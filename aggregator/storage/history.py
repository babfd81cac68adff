"""The stored history for a replay: copied into a scratch database, and rewritten afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from aggregator.storage.store import Store, to_text

_CHUNK = 2000
_ITEM_COLUMNS = (
    "id, feed_id, identity, guid, url, canonical_url, headline, summary, author, publisher,"
    " language, published_at, first_seen_at, content_hash"
)


class PastStory(Struct, frozen=True):
    """A story as it stands before a replay."""

    story_id: int
    uid: str
    headline: str
    lead_item_id: int | None
    published_at: str | None  # first publication; None: no reader knows it
    first_at: str
    hidden: bool
    items: tuple[int, ...]
    published_in: frozenset[str]  # topics whose feeds show it now


def copy_history(store: Store, scratch: Store, *, since: datetime) -> int:
    """Copies every story that has an item since then, as unmatched items; returns how many.

    Feeds and corrections come along; ids stay. The scratch database must be new.
    """
    scratch.execute("DROP TRIGGER item_fts_insert")
    with scratch.transaction():
        scratch.executemany(
            "INSERT INTO feed (id, key, name, rank, on_topic, site_url) VALUES (?, ?, ?, ?, ?, ?)",
            store.rows("SELECT id, key, name, rank, on_topic, site_url FROM feed"),
        )
        marks = ", ".join("?" * (_ITEM_COLUMNS.count(",") + 1))
        cursor = store.execute(
            f"SELECT {', '.join('i.' + name.strip() for name in _ITEM_COLUMNS.split(','))}"  # noqa: S608 - columns of ours
            " FROM story s JOIN variant v ON v.story_id = s.id JOIN item i ON i.variant_id = v.id"
            " WHERE s.merged_into IS NULL AND s.last_item_at >= ?",
            (to_text(since),),
        )
        copied = 0
        while rows := cursor.fetchmany(_CHUNK):
            scratch.executemany(f"INSERT INTO item ({_ITEM_COLUMNS}) VALUES ({marks})", rows)  # noqa: S608 - columns of ours
            copied += len(rows)
        present = {row[0] for row in scratch.rows("SELECT id FROM item")}
        scratch.executemany(
            "INSERT INTO correction (id, kind, item_a, item_b, made_at) VALUES (?, ?, ?, ?, ?)",
            [
                row
                for row in store.rows(
                    "SELECT id, kind, item_a, item_b, made_at FROM correction"
                    " WHERE undone_at IS NULL"
                )
                if row[2] in present and (row[3] is None or row[3] in present)
            ],
        )
    return copied


def past_stories(store: Store, *, since: datetime) -> dict[int, PastStory]:
    """The stories that `copy_history` copies, by id."""
    items: dict[int, list[int]] = {}
    for row in store.execute(
        "SELECT s.id, i.id FROM story s JOIN variant v ON v.story_id = s.id"
        " JOIN item i ON i.variant_id = v.id"
        " WHERE s.merged_into IS NULL AND s.last_item_at >= ?"
        " ORDER BY coalesce(i.published_at, i.first_seen_at), i.identity",
        (to_text(since),),
    ):
        items.setdefault(row[0], []).append(row[1])
    shown: dict[int, set[str]] = {}
    for row in store.execute("SELECT story_id, topic FROM published WHERE withdrawn = ''"):
        shown.setdefault(row[0], set()).add(row[1])
    rows = store.execute(
        "SELECT id, uid, headline, lead_item_id, CASE WHEN entry_id IS NULL THEN NULL ELSE"
        " coalesce((SELECT min(p.published_at) FROM published p WHERE p.story_id = story.id),"
        " first_item_at) END, first_item_at, hidden FROM story"
        " WHERE merged_into IS NULL AND last_item_at >= ?",
        (to_text(since),),
    )
    return {
        row[0]: PastStory(
            story_id=row[0],
            uid=row[1],
            headline=row[2],
            lead_item_id=row[3],
            published_at=row[4],
            first_at=row[5],
            hidden=bool(row[6]),
            items=tuple(items.get(row[0], ())),
            published_in=frozenset(shown.get(row[0], ())),
        )
        for row in rows
    }


def groups(scratch: Store) -> dict[int, tuple[int, ...]]:
    """The stories of a database, by id, each with its items."""
    found: dict[int, list[int]] = {}
    for row in scratch.execute(
        "SELECT v.story_id, i.id FROM item i JOIN variant v ON v.id = i.variant_id"
        " ORDER BY coalesce(i.published_at, i.first_seen_at), i.identity"
    ):
        found.setdefault(row[0], []).append(row[1])
    return {story_id: tuple(items) for story_id, items in found.items()}


def accepted_in(store: Store, *, story_ids: Iterable[int] | None = None) -> dict[int, set[str]]:
    """The topics that accept each story; of `story_ids`, where given."""
    chosen = "" if story_ids is None else " AND story_id IN (SELECT value FROM json_each(:ids))"
    found: dict[int, set[str]] = {}
    for row in store.execute(
        "SELECT story_id, topic FROM decision WHERE accepted = 1" + chosen,  # noqa: S608 - a constant clause
        {"ids": json.dumps(list(story_ids or ()))},
    ):
        found.setdefault(row[0], set()).add(row[1])
    return found


def headlines(store: Store) -> dict[int, str]:
    """The headline of each story."""
    return {row[0]: row[1] for row in store.execute("SELECT id, headline FROM story")}


def shown_in(store: Store, topic: str) -> tuple[int, ...]:
    """The stories that a topic's feed shows."""
    rows = store.rows(
        "SELECT story_id FROM published WHERE topic=? AND withdrawn='' ORDER BY story_id", (topic,)
    )
    return tuple(row[0] for row in rows)


def copy_evidence(
    scratch: Store, store: Store, *, items: Iterable[int], stories: dict[int, int]
) -> None:
    """Takes the reasons on these items over; `stories`: scratch id -> id in the store."""
    ids = json.dumps(list(items))
    store.execute("DELETE FROM evidence WHERE item_id IN (SELECT value FROM json_each(?))", (ids,))
    store.executemany(
        "INSERT OR IGNORE INTO evidence (item_id, story_id, chosen, related, rule, score, detail,"
        " signals, vetoes, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (row[0], stories[row[1]], *tuple(row)[2:])
            for row in scratch.rows(
                "SELECT e.item_id, coalesce(s.merged_into, s.id), e.chosen, e.related, e.rule,"
                " e.score, e.detail, e.signals, e.vetoes, e.decided_at"
                " FROM evidence e JOIN story s ON s.id = e.story_id"
                " WHERE e.item_id IN (SELECT value FROM json_each(?))"
                " ORDER BY e.chosen DESC, e.score DESC",
                (ids,),
            )
            if row[1] in stories
        ],
    )


def copy_decisions(
    scratch: Store, store: Store, *, stories: dict[int, int], topics: Iterable[str], now: datetime
) -> None:
    """Replaces these topics' decisions on stories; `stories`: scratch id -> id in the store.

    A row that says the same is left alone, so that nothing is published for it.
    """
    wanted = set(topics)
    for old, new in stories.items():
        before = _decisions(store, new)
        after = _decisions(scratch, old)
        store.executemany(
            "DELETE FROM decision WHERE story_id=? AND topic=?",
            [(new, topic) for topic in before.keys() - after.keys() if topic in wanted],
        )
        store.executemany(
            "INSERT OR REPLACE INTO decision (story_id, topic, accepted, score, threshold, terms,"
            " rules_hash, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(new, *row, to_text(now)) for topic, row in after.items() if before.get(topic) != row],
        )


def _decisions(store: Store, story_id: int) -> dict[str, tuple[object, ...]]:
    rows = store.rows(
        "SELECT topic, accepted, score, threshold, terms, rules_hash FROM decision"
        " WHERE story_id=?",
        (story_id,),
    )
    return {row[0]: tuple(row) for row in rows}
