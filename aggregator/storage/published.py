"""What has been published: rows per topic and story, what is still to be written, and ids."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import fields

from aggregator.errors import NotFound
from aggregator.storage.store import Store, to_text, to_time


class LeadItem(Struct, frozen=True):
    """An item of a story as a possible lead."""

    item_id: int
    headline: str
    url: str | None
    summary: str
    published_at: datetime
    truncated: bool
    rank: int
    publisher: str


class Standing(Struct, frozen=True):
    """A story as it stands now, before anything of it is fixed by publishing."""

    story_id: int
    uid: str
    entry_id: str | None
    headline: str
    url: str | None
    lead_item_id: int | None
    merged: bool
    hidden: bool
    accepted: bool
    inherited_at: datetime | None  # publication of a story that was merged into this one
    items: tuple[LeadItem, ...]  # of sources that may be shown, oldest first


class PublishedRow(Struct, frozen=True):
    """What is fixed of a story in one topic."""

    topic: str
    story_id: int
    headline: str
    url: str | None
    lead_item_id: int | None
    lead_headline: str
    truncated: bool
    summary: str
    published_at: datetime
    updated_at: datetime
    digest_day: str
    content_hash: str
    withdrawn: str = ""  # '' | hidden | merged | replay | source


def mark_dirty(store: Store, topic: str) -> None:
    """Says that the topic's files must be written again."""
    store.execute(
        "INSERT INTO topic_state(topic) VALUES (?)"
        " ON CONFLICT(topic) DO UPDATE SET wanted_rev = wanted_rev + 1",
        (topic,),
    )


def topics_of(store: Store, story_ids: Sequence[int]) -> frozenset[str]:
    """The topics that show, or are to show, any of these stories."""
    rows = store.rows(
        "SELECT topic FROM decision"
        " WHERE accepted AND story_id IN (SELECT value FROM json_each(?1))"
        " UNION SELECT topic FROM published WHERE story_id IN (SELECT value FROM json_each(?1))",
        (json.dumps(story_ids),),
    )
    return frozenset(row["topic"] for row in rows)


def unsettled(store: Store, story_ids: Sequence[int], *, since: datetime) -> list[int]:
    """Of these stories, those that were first published since then, or not yet."""
    settled = store.rows(
        "SELECT DISTINCT story_id FROM published WHERE published_at < ?"
        " AND story_id IN (SELECT value FROM json_each(?))",
        (to_text(since), json.dumps(list(story_ids))),
    )
    known = {row[0] for row in settled}
    return [one for one in story_ids if one not in known]


def standings(
    store: Store, topic: str, story_ids: Sequence[int] | None = None
) -> tuple[Standing, ...]:
    """The stories that a topic accepted or once published; of `story_ids` only, where given."""
    chosen = "" if story_ids is None else "AND s.id IN (SELECT value FROM json_each(:ids))"
    rows = store.rows(
        f"""
        SELECT s.*, coalesce(d.accepted, 0) AS accepted,
          (SELECT min(p.published_at) FROM published p JOIN story m ON m.id = p.story_id
            WHERE m.merged_into = s.id AND p.topic = :topic) AS inherited_at
        FROM story s LEFT JOIN decision d ON d.story_id = s.id AND d.topic = :topic
        WHERE (d.accepted OR EXISTS
          (SELECT 1 FROM published p WHERE p.topic = :topic AND p.story_id = s.id)) {chosen}
        ORDER BY s.id
        """,  # noqa: S608 - a constant clause
        {"topic": topic, "ids": json.dumps(story_ids)},
    )
    items = _lead_items(store, [row["id"] for row in rows])
    return tuple(_standing(row, items.get(row["id"], ())) for row in rows)


def _standing(row: sqlite3.Row, items: tuple[LeadItem, ...]) -> Standing:
    return Standing(
        story_id=row["id"],
        uid=row["uid"],
        entry_id=row["entry_id"],
        headline=row["headline"],
        url=row["url"],
        lead_item_id=row["lead_item_id"],
        merged=row["merged_into"] is not None,
        hidden=bool(row["hidden"]),
        accepted=bool(row["accepted"]),
        inherited_at=to_time(row["inherited_at"]),
        items=items,
    )


def _lead_items(store: Store, story_ids: Sequence[int]) -> dict[int, tuple[LeadItem, ...]]:
    found: dict[int, list[LeadItem]] = {}
    for row in store.rows(
        """
        SELECT v.story_id, i.id, i.headline, i.url, i.summary, v.truncated, f.rank,
          coalesce(i.published_at, i.first_seen_at) AS at,
          CASE WHEN i.publisher = '' THEN f.name ELSE i.publisher END AS publisher
        FROM variant v JOIN item i ON i.variant_id = v.id JOIN feed f ON f.id = i.feed_id
        WHERE v.story_id IN (SELECT value FROM json_each(?))
          AND f.id NOT IN (SELECT feed_id FROM withdrawn_source)
        ORDER BY at, i.id
        """,
        (json.dumps(story_ids),),
    ):
        at = to_time(row["at"])
        assert at is not None  # noqa: S101 - first_seen_at is NOT NULL
        found.setdefault(row["story_id"], []).append(
            LeadItem(
                item_id=row["id"],
                headline=row["headline"],
                url=row["url"],
                summary=row["summary"],
                published_at=at,
                truncated=bool(row["truncated"]),
                rank=row["rank"],
                publisher=row["publisher"],
            )
        )
    return {story_id: tuple(items) for story_id, items in found.items()}


def published_rows(store: Store, topic: str, story_ids: Sequence[int]) -> dict[int, PublishedRow]:
    """What is fixed of these stories in the topic, by story."""
    rows = store.rows(
        "SELECT * FROM published WHERE topic=? AND story_id IN (SELECT value FROM json_each(?))",
        (topic, json.dumps(story_ids)),
    )
    return {row["story_id"]: _published_row(row) for row in rows}


def _published_row(row: sqlite3.Row) -> PublishedRow:
    return PublishedRow(
        topic=row["topic"],
        story_id=row["story_id"],
        headline=row["headline"],
        url=row["url"],
        lead_item_id=row["lead_item_id"],
        lead_headline=row["lead_headline"],
        truncated=bool(row["truncated"]),
        summary=row["summary"],
        published_at=datetime.fromisoformat(row["published_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        digest_day=row["digest_day"],
        content_hash=row["content_hash"],
        withdrawn=row["withdrawn"],
    )


_COLUMNS = tuple(field.name for field in fields(PublishedRow))
_SAVE = (
    f"INSERT INTO published({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - column names of ours
    " ON CONFLICT(topic, story_id) DO UPDATE SET "
    + ", ".join(f"{name}=excluded.{name}" for name in _COLUMNS[2:])
)


def save_published(store: Store, row: PublishedRow) -> None:
    """Writes the row as it is given."""
    values = (getattr(row, name) for name in _COLUMNS)
    store.execute(
        _SAVE, [to_text(value) if isinstance(value, datetime) else value for value in values]
    )


def free_update_time(store: Store, row: PublishedRow) -> datetime:
    """The row's `updated_at`, or the first second after it that no entry of the topic has.

    Validators warn of two entries with one `updated`, and readers that sort by it flicker.
    """
    at = row.updated_at
    taken = "SELECT max(updated_at) FROM published WHERE topic=? AND story_id != ?"
    key = (row.topic, row.story_id)
    while store.value(taken + " AND updated_at = ?", (*key, to_text(at))):
        until = to_text(at + timedelta(hours=1))
        last = to_time(
            store.value(taken + " AND updated_at BETWEEN ? AND ?", (*key, to_text(at), until))
        )
        at = (last or at) + timedelta(seconds=1)
    return at


def set_entry_ids(store: Store, ids: Sequence[tuple[str, int]]) -> None:
    """Gives (entry id, story) pairs their ids; a story that has one keeps it."""
    store.executemany("UPDATE story SET entry_id=? WHERE id=? AND entry_id IS NULL", ids)


def setting(store: Store, key: str, *, default: str) -> str:
    """The stored value of a key; the default is stored where there is none, for ever."""
    store.execute("INSERT OR IGNORE INTO setting(key, value) VALUES (?, ?)", (key, default))
    return str(store.value("SELECT value FROM setting WHERE key=?", (key,)))


def stored_setting(store: Store, key: str) -> str | None:
    """The stored value of a key, if there is one."""
    value = store.value("SELECT value FROM setting WHERE key=?", (key,))
    return None if value is None else str(value)


def withdraw_entries(store: Store, topic: str, story_ids: Sequence[int]) -> None:
    """Takes stories out of a topic's feed that today's rules no longer accept (replay).

    Such a story comes back when a later decision accepts it.
    """
    store.executemany(
        "UPDATE published SET withdrawn='replay' WHERE topic=? AND story_id=? AND withdrawn=''",
        [(topic, story_id) for story_id in story_ids],
    )
    mark_dirty(store, topic)


def is_source(store: Store, name: str) -> bool:
    """Whether a feed of this name is known, be it configured or not."""
    return store.row("SELECT 1 FROM feed WHERE name=?", (name,)) is not None


def withdraw_source(store: Store, feed: str, *, now: datetime) -> int:
    """From the next publication on, no published file shows this feed; returns its item count.

    The items stay in the database, so that stories do not fall apart and the withdrawal can be
    taken back (`restore_source`). Raises NotFound when no feed has this name or URL.
    """
    rows = store.rows("SELECT id FROM feed WHERE name=?1 OR key=?1", (feed,))
    if not rows:
        raise NotFound("no feed of this name in the database; see 'aggregator feeds list'")
    with store.transaction():
        store.executemany(
            "INSERT OR IGNORE INTO withdrawn_source(feed_id, withdrawn_at) VALUES (?, ?)",
            [(row["id"], to_text(now)) for row in rows],
        )
        store.execute("UPDATE topic_state SET wanted_rev = wanted_rev + 1")
    return sum(
        store.value("SELECT count(*) FROM item WHERE feed_id=?", (row["id"],)) for row in rows
    )


def restore_source(store: Store, feed: str) -> None:
    """Takes a withdrawal back; does nothing for a feed that was not withdrawn."""
    with store.transaction():
        store.execute(
            "DELETE FROM withdrawn_source WHERE feed_id IN"
            " (SELECT id FROM feed WHERE name=?1 OR key=?1)",
            (feed,),
        )
        store.execute("UPDATE topic_state SET wanted_rev = wanted_rev + 1")
