"""The history for a replay: copied to a scratch database, whose results are copied back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from aggregator.errors import StoreError, WrongDatabase
from aggregator.model import PastStory
from aggregator.storage.store import Store, insertion, open_store
from aggregator.storage.stories import VariantRow, reword

_STATE = "replay"  # key of `setting`
_CHUNK = 2000
_ITEM_COLUMNS = (
    "id", "feed_id", "identity", "guid", "url", "canonical_url", "headline", "summary", "author",
    "publisher", "language", "published_at", "first_seen_at", "content_hash",
)  # fmt: skip
_FEED_COLUMNS = ("id", "key", "name", "rank", "on_topic", "site_url")
_CORRECTION_COLUMNS = ("id", "kind", "item_a", "item_b", "made_at")
_FEEDS = f"SELECT {', '.join(_FEED_COLUMNS)} FROM feed"  # noqa: S608 - column names of ours
_CORRECTIONS = f"SELECT {', '.join(_CORRECTION_COLUMNS)} FROM correction"  # noqa: S608 - as above
_WORDINGS = (
    "SELECT v.story_id, i.id, v.headline, v.fingerprint, v.truncated, v.terms, v.core"
    " FROM item i JOIN variant v ON v.id = i.variant_id"
)
_PAST_ITEMS = (
    " FROM story s JOIN variant v ON v.story_id = s.id JOIN item i ON i.variant_id = v.id"
    " WHERE s.merged_into IS NULL AND s.last_item_at >= ?"
)


class ReplayState(Struct, frozen=True):
    """The arguments of a replay, and what is left of its budget."""

    rules: str  # fingerprint of the rules
    age_s: int  # how far back it goes, as requested
    since: datetime
    pairs_left: int | None  # of those that the model may read; None: as many as there are


def scratch_path(database: Path) -> Path:
    """The path of the scratch database: `news.replay.db` beside `news.db`."""
    return database.with_suffix(".replay.db")


def open_scratch(path: Path) -> Store:
    """Opens or creates a scratch database. Raises WrongDatabase for a foreign file, StoreError."""
    is_left = path.exists()
    try:
        return open_store(path)
    except StoreError as error:
        if not is_left or isinstance(error, WrongDatabase):
            raise
        raise StoreError(
            f"{path}: what an interrupted replay left cannot be used ({error}); remove it"
        ) from error


def read_state(scratch: Store) -> ReplayState | None:
    """The stored state; None in a new database, or if another release stored another form."""
    text = scratch.setting(_STATE)
    try:
        return None if text is None else msgspec.json.decode(text, type=ReplayState)
    except msgspec.MsgspecError:
        return None


def save_state(scratch: Store, state: ReplayState) -> None:
    """Replaces the stored state."""
    scratch.set_setting(_STATE, msgspec.json.encode(state).decode())


def remove_scratch(path: Path) -> None:
    """Removes a scratch database that is closed. Raises StoreError."""
    try:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path}: cannot be removed: {error.strerror}") from error


def count_items(store: Store, *, since: datetime) -> int:
    """How many items `copy_history` copies."""
    return int(store.value("SELECT count(*)" + _PAST_ITEMS, (since,)))


def copy_history(
    store: Store, scratch: Store, *, since: datetime, newest: int | None = None
) -> None:
    """Copies every story with an item since then, as unmatched items; existing rows stay.

    Feeds, corrections and logits are copied, too; ids stay. `newest`: at most so many items.
    """
    scratch.execute("DROP TRIGGER IF EXISTS item_fts_insert")
    own = ", ".join(f"i.{name}" for name in _ITEM_COLUMNS)
    chosen = f"SELECT {own}{_PAST_ITEMS}"
    if newest is not None:  # all of them are too many to be sorted in memory
        chosen += " ORDER BY coalesce(i.published_at, i.first_seen_at) DESC, i.id LIMIT ?"
    cursor = store.execute(chosen, (since, *([] if newest is None else [newest])))
    with scratch.transaction():
        scratch.executemany(
            insertion("INSERT OR IGNORE INTO feed", _FEED_COLUMNS), store.tuples(_FEEDS)
        )
        while rows := cursor.fetchmany(_CHUNK):
            scratch.executemany(insertion("INSERT OR IGNORE INTO item", _ITEM_COLUMNS), rows)
        scratch.executemany(
            insertion("INSERT OR IGNORE INTO correction", _CORRECTION_COLUMNS),
            _corrections(store, scratch),
        )
        copy_logits(store, scratch)


def copy_logits(origin: Store, target: Store) -> None:
    """Copies the logits of pairs whose items are in both databases.

    A pair that waits in `target` keeps waiting: its stories have not been reconsidered yet.
    """
    target.executemany(
        "INSERT OR IGNORE INTO model_score (item_a, item_b, logit) SELECT ?1, ?2, ?3"
        " WHERE EXISTS (SELECT 1 FROM item WHERE id = ?1)"
        " AND EXISTS (SELECT 1 FROM item WHERE id = ?2)",
        origin.execute("SELECT item_a, item_b, logit FROM model_score WHERE logit IS NOT NULL"),
    )


def replace_waiting(scratch: Store, store: Store, *, items: Iterable[int]) -> None:
    """Replaces the waiting pairs of these items by those of the scratch database."""
    store.execute(
        "DELETE FROM model_score WHERE logit IS NULL"
        " AND item_a IN (SELECT value FROM json_each(?1))"
        " AND item_b IN (SELECT value FROM json_each(?1))",
        (list(items),),
    )
    copy_logits(scratch, store)
    store.executemany(
        "INSERT OR IGNORE INTO model_score (item_a, item_b) VALUES (?, ?)",
        scratch.tuples("SELECT item_a, item_b FROM model_score WHERE logit IS NULL"),
    )


def is_copy_current(store: Store, scratch: Store, *, since: datetime) -> bool:
    """Whether everything in a scratch database is still the same; newer items do not matter."""
    marks = "SELECT i.id, i.content_hash, i.published_at"
    items = set(store.tuples(marks + _PAST_ITEMS, (since,)))
    feeds = set(store.tuples(_FEEDS))
    corrections = set(scratch.tuples(_CORRECTIONS))
    return (
        items.issuperset(scratch.tuples(marks + " FROM item i"))
        and feeds.issuperset(scratch.tuples(_FEEDS))
        and corrections == set(_corrections(store, scratch))
    )


def _corrections(store: Store, scratch: Store) -> list[tuple[object, ...]]:
    """The corrections in force on items of the scratch database."""
    present = {*scratch.column("SELECT id FROM item"), None}
    rows = store.tuples(_CORRECTIONS + " WHERE undone_at IS NULL")
    return [row for row in rows if row[2] in present and row[3] in present]


def past_stories(store: Store, *, since: datetime) -> dict[int, PastStory]:
    """The stories that `copy_history` copies, by id; each has an item."""
    items: dict[int, list[int]] = {}
    core: dict[int, dict[int, int]] = {}
    for story_id, item_id, wording, is_core in store.tuples(
        "SELECT i.story_id, i.item_id, i.variant_id, i.core FROM story s"
        " JOIN story_item i ON i.story_id = s.id"
        " WHERE s.merged_into IS NULL AND s.last_item_at >= ? ORDER BY i.at, i.identity",
        (since,),
    ):
        items.setdefault(story_id, []).append(item_id)
        if is_core:
            core.setdefault(story_id, {})[item_id] = wording
    shown = store.groups("SELECT story_id, topic FROM published WHERE withdrawn = ''")
    rows = store.execute(
        "SELECT id AS story_id, uid, headline, lead_item_id, first_item_at AS first_at, hidden,"
        " CASE WHEN entry_id IS NOT NULL THEN coalesce((SELECT min(p.published_at)"
        "  FROM published p WHERE p.story_id = story.id), first_item_at) END AS published_at"
        " FROM story WHERE merged_into IS NULL AND last_item_at >= ?",
        (since,),
    )
    found = {}
    for row in rows:
        story_id = row["story_id"]
        if story_id in items:  # all items of a story may have been pruned
            more = {
                "items": items[story_id],
                "core": core.get(story_id, {}),
                "published_in": shown.get(story_id, ()),
            }
            found[story_id] = msgspec.convert(dict(row) | more, PastStory, strict=False)
    return found


def groups(scratch: Store) -> dict[int, tuple[int, ...]]:
    """The stories of a database, by id, each with its items."""
    found = scratch.groups("SELECT story_id, item_id FROM story_item ORDER BY at, identity")
    return {story_id: tuple(items) for story_id, items in found.items()}


def copy_wordings(scratch: Store, store: Store, *, stories: Mapping[int, int]) -> set[int]:
    """Gives items the wordings of the scratch database, once they are moved.

    `stories`: scratch id -> id in the store. Returns the stories that must be recounted.
    """
    reworded: set[int] = set()
    chosen = _WORDINGS + " WHERE i.id IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
    cursor = scratch.execute(_WORDINGS)
    while rows := cursor.fetchmany(_CHUNK):
        before = {row[1]: row[2:] for row in store.tuples(chosen, ([row[1] for row in rows],))}
        for story_id, item_id, *like in rows:
            if tuple(like[1:]) == before[item_id][1:]:
                continue
            if like[1] != before[item_id][1]:
                reworded.add(stories[story_id])
                reword(store, item_id, story_id=stories[story_id], like=VariantRow(*like))
            store.execute(
                "UPDATE variant SET truncated=?, terms=?, core=?"
                " WHERE id = (SELECT variant_id FROM item WHERE id=?)",
                (*like[2:], item_id),
            )
    return reworded


def headlines(store: Store) -> dict[int, str]:
    """The headline of each story."""
    return store.mapping("SELECT id, headline FROM story")


def shown_in(store: Store, topic: str) -> tuple[int, ...]:
    """The stories that a topic's feed shows."""
    return store.column(
        "SELECT story_id FROM published WHERE topic=? AND withdrawn='' ORDER BY story_id", (topic,)
    )


def copy_evidence(
    scratch: Store, store: Store, *, items: Iterable[int], stories: dict[int, int]
) -> None:
    """Copies the reasons on these items; `stories`: scratch id -> id in the store."""
    ids = list(items)
    store.execute("DELETE FROM evidence WHERE item_id IN (SELECT value FROM json_each(?))", (ids,))
    found = scratch.tuples(
        "SELECT e.item_id, coalesce(s.merged_into, s.id), e.chosen, e.related, e.rule,"
        " e.score, e.detail, e.signals, e.vetoes, e.decided_at"
        " FROM evidence e JOIN story s ON s.id = e.story_id"
        " WHERE e.item_id IN (SELECT value FROM json_each(?))"
        " ORDER BY e.chosen DESC, e.score DESC",
        (ids,),
    )
    store.executemany(
        "INSERT OR IGNORE INTO evidence (item_id, story_id, chosen, related, rule, score, detail,"
        " signals, vetoes, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(item_id, stories[one], *rest) for item_id, one, *rest in found if one in stories],
    )


def copy_decisions(
    scratch: Store, store: Store, *, stories: dict[int, int], topics: Iterable[str], now: datetime
) -> None:
    """Replaces these topics' decisions on stories; `stories`: scratch id -> id in the store.

    Unchanged rows are not written: they would cause a publication.
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
            [(new, *row, now) for topic, row in after.items() if before.get(topic) != row],
        )


def _decisions(store: Store, story_id: int) -> dict[str, tuple[object, ...]]:
    rows = store.tuples(
        "SELECT topic, accepted, score, threshold, terms, rules_hash FROM decision"
        " WHERE story_id=?",
        (story_id,),
    )
    return {row[0]: row for row in rows}
