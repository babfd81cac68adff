"""Published rows per topic and story, entry ids, and what became of published stories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import astuple, replace

from aggregator.model import CurrentStory, LeadItem, PublishedRow, Withdrawal
from aggregator.storage.store import Store, insertion
from aggregator.storage.topic_states import mark_dirty
from aggregator.times import to_time


def topics_of(store: Store, story_ids: Sequence[int]) -> frozenset[str]:
    """The topics that have published any of these stories, or will."""
    topics = store.column(
        "SELECT topic FROM decision"
        " WHERE accepted AND story_id IN (SELECT value FROM json_each(?1))"
        " UNION SELECT topic FROM published WHERE story_id IN (SELECT value FROM json_each(?1))",
        (story_ids,),
    )
    return frozenset(topics)


def unsettled(store: Store, story_ids: Sequence[int], *, since: datetime) -> list[int]:
    """Those of these stories that were first published since then, or not at all."""
    found = store.column(
        "SELECT DISTINCT story_id FROM published WHERE published_at < ?"
        " AND story_id IN (SELECT value FROM json_each(?))",
        (since, list(story_ids)),
    )
    settled = frozenset(found)
    return [one for one in story_ids if one not in settled]


def current_stories(
    store: Store, topic: str, story_ids: Sequence[int] | None = None
) -> tuple[CurrentStory, ...]:
    """The stories that a topic has accepted or ever published; only `story_ids`, if given."""
    chosen = "" if story_ids is None else "AND s.id IN (SELECT value FROM json_each(:ids))"
    stories = store.structs(
        CurrentStory,
        f"""
        SELECT s.id AS story_id, s.uid, s.entry_id, s.headline, s.url, s.lead_item_id,
          s.merged_into IS NOT NULL AS merged, s.hidden, coalesce(d.accepted, 0) AS accepted,
          (SELECT min(p.published_at) FROM published p JOIN story m ON m.id = p.story_id
            WHERE m.merged_into = s.id AND p.topic = :topic) AS inherited_at
        FROM story s LEFT JOIN decision d ON d.story_id = s.id AND d.topic = :topic
        WHERE (d.accepted OR EXISTS
          (SELECT 1 FROM published p WHERE p.topic = :topic AND p.story_id = s.id)) {chosen}
        ORDER BY s.id
        """,  # noqa: S608 - a constant clause
        {"topic": topic, "ids": story_ids},
    )
    items = store.structs_by(
        "story_id",
        LeadItem,
        "SELECT story_id, item_id, headline, url, summary, at AS published_at, truncated, rank,"
        " publisher FROM story_source WHERE NOT withdrawn"
        " AND story_id IN (SELECT value FROM json_each(?)) ORDER BY at, item_id",
        ([story.story_id for story in stories],),
    )
    return tuple(replace(story, items=items.get(story.story_id, ())) for story in stories)


def published_rows(store: Store, topic: str, story_ids: Sequence[int]) -> dict[int, PublishedRow]:
    """The published rows of these stories in the topic, by story."""
    rows = store.structs(
        PublishedRow,
        "SELECT * FROM published WHERE topic=? AND story_id IN (SELECT value FROM json_each(?))",
        (topic, story_ids),
    )
    return {row.story_id: row for row in rows}


_COLUMNS = PublishedRow.__struct_fields__
_SAVE = (
    insertion("INSERT INTO published", _COLUMNS)
    + " ON CONFLICT(topic, story_id) DO UPDATE SET "
    + ", ".join(f"{name}=excluded.{name}" for name in _COLUMNS[2:])
)


def save_published(store: Store, row: PublishedRow) -> None:
    """Stores the row."""
    store.execute(_SAVE, astuple(row))


def shown(store: Store) -> frozenset[tuple[str, int]]:
    """(topic, story) of all entries that feeds show."""
    return frozenset(store.tuples("SELECT topic, story_id FROM published WHERE withdrawn=''"))


def changed_since(
    store: Store, before: Collection[tuple[str, int]], *, story_ids: Collection[int | None]
) -> tuple[tuple[str, str, bool], ...]:
    """(topic, headline, whether it is shown now) of these stories' entries that came or went.

    `before`: what `shown` returned then.
    """
    rows = store.tuples(
        "SELECT topic, story_id, headline, withdrawn='' FROM published"
        " WHERE story_id IN (SELECT value FROM json_each(?)) ORDER BY topic, story_id",
        (list(story_ids),),
    )
    return tuple(
        (topic, headline, bool(is_shown))
        for topic, story_id, headline, is_shown in rows
        if is_shown != ((topic, story_id) in before)
    )


def free_update_time(store: Store, row: PublishedRow) -> datetime:
    """The row's `updated_at`, or the first later second that no other entry of the topic has.

    Validators warn about entries with equal `updated`, and readers that sort by it flicker.
    """
    at = row.updated_at
    taken = "SELECT max(updated_at) FROM published WHERE topic=? AND story_id != ?"
    key = (row.topic, row.story_id)
    while store.value(taken + " AND updated_at = ?", (*key, at)):
        until = at + timedelta(hours=1)
        last = to_time(store.value(taken + " AND updated_at BETWEEN ? AND ?", (*key, at, until)))
        at = (last or at) + timedelta(seconds=1)
    return at


def single_feed_stories(store: Store, story_ids: Sequence[int]) -> dict[int, int]:
    """Story -> feed, for those of these stories whose items are all of one feed."""
    return store.mapping(
        "SELECT story_id, min(feed_id) FROM story_item"
        " WHERE story_id IN (SELECT value FROM json_each(?))"
        " GROUP BY story_id HAVING count(DISTINCT feed_id) = 1",
        (list(story_ids),),
    )


def single_feed_counts(store: Store, topic: str, days: Iterable[str]) -> dict[tuple[int, str], int]:
    """(feed, day) -> how many entries of that feed alone are in the digests of these days."""
    day_of = store.mapping(
        "SELECT story_id, digest_day FROM published"
        " WHERE topic=? AND digest_day IN (SELECT value FROM json_each(?))",
        (topic, sorted(days)),
    )
    alone = single_feed_stories(store, list(day_of))
    return Counter((feed_id, day_of[story_id]) for story_id, feed_id in alone.items())


def set_entry_ids(store: Store, ids: Sequence[tuple[str, int]]) -> None:
    """Stores (entry id, story) pairs; a story that has an entry id keeps it."""
    store.executemany("UPDATE story SET entry_id=? WHERE id=? AND entry_id IS NULL", ids)


def withdraw_entries(store: Store, topic: str, story_ids: Sequence[int]) -> None:
    """Removes stories from the feed of a topic that no longer accepts them.

    Such a story returns when a later decision accepts it.
    """
    store.executemany(
        "UPDATE published SET withdrawn=? WHERE topic=? AND story_id=? AND withdrawn=''",
        [(Withdrawal.REJECTED, topic, story_id) for story_id in story_ids],
    )
    mark_dirty(store, (topic,))


class StoryStatus(Struct, frozen=True):
    """What became of a story that is requested by its id."""

    story_id: int
    survivor: str | None = None  # the id of the story that it was merged into
    withdrawn: bool = False
    published: bool = False


def published_uids(store: Store, story_ids: Sequence[int] | None = None) -> dict[int, str]:
    """Row id -> printed id of the stories ever published; only `story_ids`, if given."""
    chosen = "" if story_ids is None else " AND s.id IN (SELECT value FROM json_each(:ids))"
    return store.mapping(
        "SELECT s.id, s.uid FROM story s WHERE EXISTS"  # noqa: S608 - a constant clause
        " (SELECT 1 FROM published p WHERE p.story_id = s.id)" + chosen + " ORDER BY s.id",
        {"ids": story_ids},
    )


def merged_into(store: Store, story_ids: Sequence[int]) -> tuple[int, ...]:
    """The stories that were merged into one of these."""
    return store.column(
        "SELECT id FROM story WHERE merged_into IN (SELECT value FROM json_each(?))", (story_ids,)
    )


def with_page(store: Store, uids: Sequence[str]) -> frozenset[str]:
    """Those of these ids whose stories have a page."""
    found = store.column(
        "SELECT s.uid FROM story s WHERE s.uid IN (SELECT value FROM json_each(?)) AND EXISTS"
        " (SELECT 1 FROM published p WHERE p.story_id = s.id AND p.withdrawn = '')",
        (list(uids),),
    )
    return frozenset(found)


def story_status(store: Store, uid: str) -> StoryStatus | None:
    """What became of a story; None if there never was one with this id."""
    row = store.row(
        "SELECT s.id, k.id AS kept_id, k.uid, k.hidden FROM story s"
        " JOIN story k ON k.id = coalesce(s.merged_into, s.id) WHERE s.uid=?",
        (uid,),
    )
    if row is None:
        return None
    states = store.column(
        "SELECT withdrawn FROM published WHERE story_id IN (?, ?)", (row["id"], row["kept_id"])
    )
    return StoryStatus(
        story_id=row["kept_id"],
        survivor=row["uid"] if row["kept_id"] != row["id"] else None,
        withdrawn=bool(row["hidden"]) or (bool(states) and "" not in states),
        published=bool(states),
    )
