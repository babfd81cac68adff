"""What items were over time: further identities, what they said before, and the decisions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.storage.store import Store, to_text
from aggregator.text import text_hash

MOST_EARLIER = 64  # versions of an item's parts that are remembered: some texts count their readers


class Decision(Struct, frozen=True):
    """Why an entry is the item that it was (`edit`, `moved`: another guid), or another (`new`)."""

    item_id: int
    kind: str
    reasons: tuple[str, ...]
    of_item: int | None = None  # new: the item that its identity told before
    decided_at: str = ""  # UTC text; set where it is read


def note_aliases(store: Store, feed_id: int, *, aliases: Iterable[tuple[str, int]]) -> None:
    """Further identities of items: (identity, item id)."""
    store.executemany(
        "INSERT OR IGNORE INTO alias (feed_id, identity, item_id) VALUES (?, ?, ?)",
        [(feed_id, identity, item_id) for identity, item_id in aliases],
    )


def earlier(store: Store, item_ids: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
    """Item id -> (part, hash) of what it said before."""
    found: dict[int, set[tuple[str, str]]] = {item_id: set() for item_id in item_ids}
    ids = json.dumps(list(item_ids))
    for row in store.rows(
        "SELECT item_id, part, hash FROM earlier WHERE item_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        found[row[0]].add((row[1], row[2]))
    for row in store.rows(
        "SELECT item_id, headline FROM headline_change"
        " WHERE item_id IN (SELECT value FROM json_each(?))",
        (ids,),
    ):
        found[row[0]].add(("headline", text_hash(row[1])))
    return found


def note_earlier(store: Store, replaced: Iterable[tuple[int, str, str]]) -> None:
    """Remembers (item id, part, hash) of what items no longer say, the newest of each item."""
    rows = list(replaced)
    store.executemany("INSERT OR IGNORE INTO earlier (item_id, part, hash) VALUES (?, ?, ?)", rows)
    store.executemany(
        "DELETE FROM earlier WHERE item_id = ?1 AND id NOT IN"
        " (SELECT id FROM earlier WHERE item_id = ?1 ORDER BY id DESC LIMIT ?2)",
        [(item_id, MOST_EARLIER) for item_id in {row[0] for row in rows}],
    )


def note_decisions(store: Store, decisions: Iterable[Decision], *, now: datetime) -> None:
    """Stores decisions; of each kind, an item keeps the last."""
    store.executemany(
        "INSERT OR REPLACE INTO revision (item_id, kind, of_item, reasons, decided_at)"
        " VALUES (?, ?, ?, ?, ?)",
        [
            (one.item_id, one.kind, one.of_item, json.dumps(one.reasons), to_text(now))
            for one in decisions
        ],
    )


def decisions(store: Store, item_id: int) -> tuple[Decision, ...]:
    """The stored decisions on an item, the oldest first."""
    rows = store.rows(
        "SELECT item_id, kind, reasons, of_item, decided_at FROM revision WHERE item_id = ?"
        " ORDER BY decided_at, kind <> 'new', kind",
        (item_id,),
    )
    return tuple(
        Decision(row[0], row[1], tuple(json.loads(row[2])), row[3], row[4]) for row in rows
    )
