"""Corrections: which items belong together, which do not, which stories are hidden; and undo.

The undo log of a correction consists of the rows that it changed, before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from aggregator.model import PublishedRow, Withdrawal
from aggregator.storage.store import Store


class Correction(Struct, frozen=True):
    """A stored correction, in terms of items, and its immediate effect."""

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


_CORRECTIONS = (
    "SELECT id AS correction_id, kind, item_a, item_b, made_at, undone_at, from_story, to_story,"
    " moved FROM correction"
)


def links(store: Store) -> tuple[Link, ...]:
    """All must-links and cannot-links in force."""
    return store.structs(
        Link,
        "SELECT kind, item_a, item_b FROM correction"
        " WHERE undone_at IS NULL AND item_b IS NOT NULL ORDER BY id",
    )


def are_apart(store: Store, story_a: int, story_b: int) -> bool:
    """Whether a correction in force keeps an item of one story from one of the other."""
    found = store.value(
        "SELECT 1 FROM correction c"
        " JOIN story_item a ON a.item_id = c.item_a JOIN story_item b ON b.item_id = c.item_b"
        " WHERE c.kind = 'apart' AND c.undone_at IS NULL"
        " AND (a.story_id, b.story_id) IN (VALUES (?, ?), (?, ?)) LIMIT 1",
        (story_a, story_b, story_b, story_a),
    )
    return found is not None


def hidden_items(store: Store) -> frozenset[int]:
    """Items whose story is hidden by a correction in force."""
    return frozenset(
        store.column("SELECT item_a FROM correction WHERE kind='hide' AND undone_at IS NULL")
    )


def add(
    store: Store, kind: str, *, item_a: int, item_b: int | None = None, made_at: datetime
) -> int:
    """Stores a correction and returns its id; the caller holds the transaction."""
    cursor = store.execute(
        "INSERT INTO correction (kind, item_a, item_b, made_at, moved) VALUES (?, ?, ?, ?, '[]')",
        (kind, item_a, item_b, made_at),
    )
    return int(cursor.lastrowid or 0)


def set_effect(
    store: Store,
    correction_id: int,
    *,
    from_story: int | None = None,
    to_story: int | None = None,
    moved: Sequence[int] = (),
) -> None:
    """Stores what a correction moved, and from where to where."""
    store.execute(
        "UPDATE correction SET from_story=?, to_story=?, moved=? WHERE id=?",
        (from_story, to_story, list(moved), correction_id),
    )


def get(store: Store, correction_id: int) -> Correction | None:
    """One correction."""
    found = store.structs(
        Correction, f"{_CORRECTIONS} WHERE id=?", (correction_id,), in_json=("moved",)
    )
    return next(iter(found), None)


def every(store: Store) -> tuple[Correction, ...]:
    """All corrections, undone ones among them, oldest first."""
    return store.structs(Correction, f"{_CORRECTIONS} ORDER BY id", in_json=("moved",))


def mark_undone(store: Store, correction_id: int, *, now: datetime | None) -> None:
    """Marks a correction as undone: it is no longer in force; or, with None, as in force again."""
    store.execute("UPDATE correction SET undone_at=? WHERE id=?", (now, correction_id))


def built_upon(store: Store, made: Correction) -> tuple[Correction, ...]:
    """The later corrections in force that changed rows of this one, or of each other; in order."""
    concerned = _rows_of(store, made)
    found: list[Correction] = []
    for later in every(store):
        if later.correction_id > made.correction_id and later.undone_at is None:
            rows = _rows_of(store, later)
            if not concerned.isdisjoint(rows):
                concerned |= rows
                found.append(later)
    return tuple(found)


def _rows_of(store: Store, made: Correction) -> set[tuple[Any, ...]]:
    """The keys of the rows that a correction changed; of one without a log, its stories."""
    found: set[tuple[Any, ...]] = {
        ("story", story_id) for story_id in (made.from_story, made.to_story) if story_id is not None
    }
    for change in log_of(store, made.correction_id):
        row = change.before or change.after
        if row is not None and change.table != "published":
            found.add((change.table, *(row[one] for one in _TABLES[change.table].key)))
    return found


Row: TypeAlias = dict[str, Any]


class Change(Struct, frozen=True):
    """One row. `before` is None where the correction made it, `after` where it removed it."""

    table: str
    before: Row | None
    after: Row | None


class _Table(Struct, frozen=True):
    key: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.key, *self.others)


# without a story's `entry_id`: assigned at publication, it is never revoked
_TABLES: Mapping[str, _Table] = {
    "story": _Table(
        ("id",),
        ("headline", "url", "lead_item_id", "first_item_at", "last_item_at", "items", "variants",
         "merged_into", "hidden"),
    ),
    "variant": _Table(
        ("id",), ("story_id", "headline", "fingerprint", "truncated", "item_id", "terms", "core")
    ),
    "item": _Table(("id",), ("variant_id",)),
    "evidence": _Table(
        ("item_id", "story_id"),
        ("chosen", "related", "rule", "score", "detail", "signals", "vetoes", "decided_at"),
    ),
    "story_key": _Table(("key", "day", "story_id"), ()),
    "decision": _Table(
        ("story_id", "topic"),
        ("accepted", "score", "threshold", "terms", "rules_hash", "decided_at"),
    ),
    "published": _Table(("topic", "story_id"), PublishedRow.__struct_fields__[2:]),
}  # fmt: skip
_RECORDED = tuple(name for name in _TABLES if name != "published")  # that is done later
# Other rows refer to these, so they are updated, never replaced; readers keep what was published.
_KEPT = ("story", "item", "published")
_FIXED = tuple(
    name for name in PublishedRow.__struct_fields__ if name not in ("content_hash", "withdrawn")
)


@contextmanager
def recording(store: Store) -> Iterator[Callable[[], tuple[Change, ...]]]:
    """Records every row that changes within; yields a function that returns the changes so far.

    Temporary triggers record a row before its first change, as in
    https://www.sqlite.org/undoredo.html, so the cost depends on the changed rows, not on the size
    of the stories. The caller holds the transaction.
    """
    for name in _RECORDED:
        columns, key = ", ".join(_TABLES[name].columns), ", ".join(_TABLES[name].key)
        store.execute(
            f"CREATE TEMP TABLE undo_{name} AS SELECT 1 AS was_there, {columns}"  # noqa: S608 - names of ours
            f" FROM main.{name} WHERE 0"
        )
        store.execute(f"CREATE UNIQUE INDEX temp.index_of_undo_{name} ON undo_{name}({key})")
        old, new, absence = _note_row(name, "old"), _note_row(name, "new"), _note_absence(name)
        # No conflict clause in the triggers: that of the statement which fires one would override
        # it. A new row may replace another one (`OR REPLACE`), so both are recorded.
        actions = (new, absence, f"{old} {new}", absence, old)
        for moment, action in zip(_MOMENTS, actions, strict=True):
            store.execute(
                f"CREATE TEMP TRIGGER {_trigger_name(name, moment)} {moment} ON main.{name}"
                f" BEGIN {action} END"
            )
    try:
        yield lambda: tuple(change for name in _RECORDED for change in _noted(store, name))
    finally:
        for name in _RECORDED:
            for moment in _MOMENTS:
                store.execute(f"DROP TRIGGER IF EXISTS temp.{_trigger_name(name, moment)}")
            store.execute(f"DROP TABLE IF EXISTS temp.undo_{name}")


_MOMENTS = ("BEFORE INSERT", "AFTER INSERT", "BEFORE UPDATE", "AFTER UPDATE", "BEFORE DELETE")


def _trigger_name(name: str, moment: str) -> str:
    return f"undo_{name}_{moment.replace(' ', '_').lower()}"


def _note_row(name: str, which: str) -> str:
    """A statement that records the row with the key of the `new` or `old` one."""
    table = _TABLES[name]
    here = " AND ".join(f"t.{key} = {which}.{key}" for key in table.key)
    return (
        f"INSERT INTO undo_{name} SELECT 1, {', '.join(f't.{one}' for one in table.columns)}"  # noqa: S608 - names of ours
        f" FROM main.{name} t WHERE {here} AND {_is_unknown(name, which)};"
    )


def _note_absence(name: str) -> str:
    key = _TABLES[name].key
    return (
        f"INSERT INTO undo_{name} (was_there, {', '.join(key)})"
        f" SELECT 0, {', '.join(f'new.{one}' for one in key)} WHERE {_is_unknown(name, 'new')};"
    )


def _is_unknown(name: str, which: str) -> str:
    here = " AND ".join(f"u.{key} = {which}.{key}" for key in _TABLES[name].key)
    return f"NOT EXISTS (SELECT 1 FROM undo_{name} u WHERE {here})"  # noqa: S608 - names of ours


def _noted(store: Store, name: str) -> Iterator[Change]:
    table = _TABLES[name]
    rows = store.rows(f"SELECT * FROM temp.undo_{name} ORDER BY {', '.join(table.key)}")  # noqa: S608 - names of ours
    for row in rows:
        before = {one: row[one] for one in table.columns} if row["was_there"] else None
        after = _now(store, name, dict(row))
        if before != after:
            yield Change(name, before, after)


def _now(store: Store, name: str, row: Row) -> Row | None:
    """The row with the key of this one as it is now, if it is there."""
    columns = ", ".join(_TABLES[name].columns)
    found = store.row(f"SELECT {columns} FROM main.{name} WHERE {_has_key(name)}", row)  # noqa: S608 - names of ours
    return None if found is None else dict(found)


def _has_key(name: str) -> str:
    return " AND ".join(f"{one} = :{one}" for one in _TABLES[name].key)


def published_changes(store: Store, story_ids: Iterable[int]) -> tuple[Change, ...]:
    """The published rows of these stories, before a correction is published and changes them."""
    rows = store.rows(
        f"SELECT {', '.join(_TABLES['published'].columns)} FROM published"  # noqa: S608 - names of ours
        " WHERE story_id IN (SELECT value FROM json_each(?)) ORDER BY topic, story_id",
        (list(story_ids),),
    )
    return tuple(Change("published", dict(row), None) for row in rows)


def keep_log(store: Store, correction_id: int, changes: Iterable[Change]) -> None:
    """Stores the log of a correction until `drop_log`."""
    store.set_setting(_log_key(correction_id), msgspec.json.encode(list(changes)).decode())


def log_of(store: Store, correction_id: int) -> tuple[Change, ...]:
    """The log of a correction; empty where an older release made it."""
    text = store.setting(_log_key(correction_id))
    return () if text is None else msgspec.json.decode(text, type=tuple[Change, ...])


def drop_log(store: Store, correction_id: int) -> None:
    """Removes the log of a correction."""
    store.set_setting(_log_key(correction_id), None)


def _log_key(correction_id: int) -> str:
    return f"correction/{correction_id}/undo"


def stories_of(changes: Iterable[Change]) -> tuple[int, ...]:
    """The stories whose rows are among the changes."""
    rows = (change.before or change.after for change in changes if change.table == "story")
    return tuple(row["id"] for row in rows if row is not None)


def is_untouched(store: Store, changes: Iterable[Change]) -> bool:
    """Whether every row is still as the correction left it."""
    for change in changes:
        row = change.before or change.after
        if change.table == "published" or row is None:
            continue
        if _now(store, change.table, row) != change.after:
            return False
    return True


def put_back(store: Store, changes: Sequence[Change]) -> None:
    """Restores every row, provided that `is_untouched`; the caller holds the transaction.

    A story that the correction opened remains, since readers may have its address.
    """
    store.execute("PRAGMA defer_foreign_keys=ON")  # until the commit: rows refer to each other
    for change in changes:
        if change.after is not None and change.table not in _KEPT:
            key = _has_key(change.table)
            store.execute(f"DELETE FROM {change.table} WHERE {key}", change.after)  # noqa: S608 - names of ours
    for change in changes:
        if change.before is None:
            continue
        if change.table in _KEPT:
            _update(store, change.table, change.before, columns=_TABLES[change.table].others)
        else:
            columns = _TABLES[change.table].columns
            store.execute(
                f"INSERT INTO {change.table} ({', '.join(columns)})"  # noqa: S608 - names of ours
                f" VALUES ({', '.join(f':{one}' for one in columns)})",
                change.before,
            )
    # withdraw entries that only the correction published: their pages then say that they are gone
    before = [change.before for change in changes if change.table == "published"]
    shown = [f"{row['topic']}/{row['story_id']}" for row in before if row is not None]
    store.execute(
        "UPDATE published SET withdrawn=? WHERE withdrawn=''"
        " AND story_id IN (SELECT value FROM json_each(?))"
        " AND topic || '/' || story_id NOT IN (SELECT value FROM json_each(?))"
        " AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.story_id = published.story_id"
        "  AND d.topic = published.topic AND d.accepted)",
        (Withdrawal.REJECTED, stories_of(changes), shown),
    )


def put_leads_back(store: Store, changes: Iterable[Change]) -> None:
    """Restores lead, headline and link of stories that have their lead item again.

    For corrections whose stories have changed since; everything else is decided anew.
    """
    columns = {"story": ("headline", "url", "lead_item_id"), "published": _FIXED}
    for change in changes:
        row = change.before
        if row is None or change.table not in columns:
            continue
        story_id = row["id"] if change.table == "story" else row["story_id"]
        if store.value(
            "SELECT 1 FROM story_item WHERE item_id=? AND story_id=?",
            (row["lead_item_id"], story_id),
        ):
            _update(store, change.table, row, columns=columns[change.table])
        if row.get("withdrawn") == Withdrawal.REJECTED:  # before the correction already
            _update(store, "published", row, columns=("withdrawn",))


def _update(store: Store, name: str, row: Row, *, columns: Sequence[str]) -> None:
    values = ", ".join(f"{one}=:{one}" for one in columns)
    store.execute(f"UPDATE {name} SET {values} WHERE {_has_key(name)}", row)  # noqa: S608 - names of ours
