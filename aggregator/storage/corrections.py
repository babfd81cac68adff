"""The editor's word: which items belong together, which do not, and which stories are hidden."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.storage.store import Store, to_text, to_time


class Correction(Struct, frozen=True):
    """A stored correction, in terms of items, and what it did at once."""

    correction_id: int
    kind: str  # join | apart | hide
    item_a: int
    item_b: int | None
    made_at: datetime
    undone_at: datetime | None
    from_story: int | None  # where the moved items were
    to_story: int | None  # where they went
    moved: tuple[int, ...]


class Link(Struct, frozen=True):
    """A must-link or cannot-link between two items."""

    kind: str  # join | apart
    item_a: int
    item_b: int


def links(store: Store) -> tuple[Link, ...]:
    """All must-links and cannot-links in force."""
    rows = store.rows(
        "SELECT kind, item_a, item_b FROM correction"
        " WHERE undone_at IS NULL AND item_b IS NOT NULL ORDER BY id"
    )
    return tuple(Link(row[0], row[1], row[2]) for row in rows)


def are_apart(store: Store, story_a: int, story_b: int) -> bool:
    """Whether a correction in force keeps an item of one story from one of the other."""
    found = store.value(
        "SELECT 1 FROM correction c"
        " JOIN item a ON a.id = c.item_a JOIN variant va ON va.id = a.variant_id"
        " JOIN item b ON b.id = c.item_b JOIN variant vb ON vb.id = b.variant_id"
        " WHERE c.kind = 'apart' AND c.undone_at IS NULL"
        " AND (va.story_id, vb.story_id) IN (VALUES (?, ?), (?, ?)) LIMIT 1",
        (story_a, story_b, story_b, story_a),
    )
    return found is not None


def hidden_items(store: Store) -> frozenset[int]:
    """Items whose story is hidden by a correction in force."""
    rows = store.rows("SELECT item_a FROM correction WHERE kind='hide' AND undone_at IS NULL")
    return frozenset(row[0] for row in rows)


def add(
    store: Store,
    kind: str,
    *,
    item_a: int,
    item_b: int | None = None,
    made_at: datetime,
    from_story: int | None = None,
    to_story: int | None = None,
    moved: Sequence[int] = (),
) -> int:
    """Stores a correction and returns its id; the caller holds the transaction."""
    cursor = store.execute(
        "INSERT INTO correction (kind, item_a, item_b, made_at, from_story, to_story, moved)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, item_a, item_b, to_text(made_at), from_story, to_story, json.dumps(list(moved))),
    )
    return int(cursor.lastrowid or 0)


def get(store: Store, correction_id: int) -> Correction | None:
    """One correction."""
    row = store.row("SELECT * FROM correction WHERE id=?", (correction_id,))
    return None if row is None else _read(row)


def every(store: Store) -> tuple[Correction, ...]:
    """All corrections, undone ones among them, oldest first."""
    return tuple(_read(row) for row in store.rows("SELECT * FROM correction ORDER BY id"))


def mark_undone(store: Store, correction_id: int, *, now: datetime) -> None:
    """Takes a correction out of force."""
    store.execute("UPDATE correction SET undone_at=? WHERE id=?", (to_text(now), correction_id))


def _read(row: sqlite3.Row) -> Correction:
    made_at = to_time(row["made_at"])
    assert made_at is not None  # noqa: S101 - a NOT NULL column
    return Correction(
        correction_id=row["id"],
        kind=row["kind"],
        item_a=row["item_a"],
        item_b=row["item_b"],
        made_at=made_at,
        undone_at=to_time(row["undone_at"]),
        from_story=row["from_story"],
        to_story=row["to_story"],
        moved=tuple(json.loads(row["moved"])),
    )
