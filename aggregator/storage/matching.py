"""What matching reads: waiting items and candidate stories, in sets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct, convert

from aggregator.storage.items import Refresh
from aggregator.storage.store import Store

NEWEST = 30  # stories per key; on a real stream, twenty and fifty give the same result
SAME_PAGE_STORED = 64  # last stored items of one page, among which the newest are searched
FIRST_VARIANTS = 6  # a long story is represented by the first wordings of its core
LAST_VARIANTS = 2  # and its last ones

_ITEM = (
    "i.id, i.feed_id, i.identity, i.headline, i.summary, i.publisher, i.language, i.url,"
    " i.canonical_url, i.published_at, i.first_seen_at"
)


class StoredItem(Struct, frozen=True, array_like=True):
    """An item as matching and topics read it, in the order of `_ITEM`."""

    item_id: int
    feed_id: int
    identity: str
    headline: str
    summary: str
    publisher: str
    language: str
    url: str | None
    canonical_url: str | None
    published_at: datetime | None  # None: the feed gave no usable date
    first_seen_at: datetime

    @property
    def at(self) -> datetime:
        """When it was published, or first seen where the feed gave no date."""
        return self.published_at or self.first_seen_at


class StoredVariant(Struct, frozen=True, array_like=True):
    """A wording of a story, with the item that represents it."""

    variant_id: int
    story_id: int
    fingerprint: str
    truncated: bool
    terms: str
    core: bool
    item: StoredItem


class StoredStory(Struct, frozen=True, array_like=True):
    """A story's row."""

    story_id: int
    uid: str
    entry_id: str | None
    headline: str
    url: str | None
    lead_item_id: int | None
    first_seen_at: datetime
    first_at: datetime
    last_at: datetime
    items: int
    variants: int
    hidden: bool


class FeedTraits(Struct, frozen=True, array_like=True):
    """What matching needs to know of a feed."""

    key: str
    name: str
    rank: int
    on_topic: bool
    site_url: str | None


def waiting_items(store: Store, limit: int) -> tuple[StoredItem, ...]:
    """The first of all unmatched items, in the order (published, identity)."""
    rows = store.tuples(
        f"SELECT {_ITEM} FROM item i INDEXED BY item_unmatched WHERE i.variant_id IS NULL"  # noqa: S608 - columns of ours
        " AND i.refresh < ?"
        " ORDER BY coalesce(i.published_at, i.first_seen_at), i.identity, i.feed_id LIMIT ?",
        (Refresh.SET_ASIDE, limit),
    )
    return tuple(read_item(row) for row in rows)


def changed_items(store: Store, limit: int) -> tuple[StoredItem, ...]:
    """Matched items whose text has changed since they were matched."""
    rows = store.tuples(
        f"SELECT {_ITEM} FROM item i WHERE i.refresh > 0 AND i.refresh = ? ORDER BY i.id LIMIT ?",  # noqa: S608 - columns of ours
        (Refresh.CHANGED, limit),
    )
    return tuple(read_item(row) for row in rows)


def items_by_id(store: Store, item_ids: Iterable[int]) -> tuple[StoredItem, ...]:
    """These items, by id."""
    rows = store.tuples(
        f"SELECT {_ITEM} FROM item i WHERE i.id IN (SELECT value FROM json_each(?))"  # noqa: S608 - columns of ours
        " ORDER BY i.id",
        (list(item_ids),),
    )
    return tuple(read_item(row) for row in rows)


def read_item(row: tuple[object, ...]) -> StoredItem:
    """The item in a row that begins with the columns of `_ITEM`."""
    return convert(row, StoredItem, strict=False)


def feed_traits(store: Store, feed_ids: Iterable[int]) -> dict[int, FeedTraits]:
    """The traits of these feeds."""
    rows = store.tuples(
        "SELECT id, key, name, rank, on_topic, site_url FROM feed"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (list(feed_ids),),
    )
    return {feed_id: convert(row, FeedTraits, strict=False) for feed_id, *row in rows}


def stories_with_keys(
    store: Store, keys: Sequence[str], *, first_day: int, last_day: int
) -> dict[str, dict[int, int]]:
    """Key -> the `NEWEST` newest stories with it -> the newest day of the key in the story.

    One statement for all keys, and one row per key, because fewer rows are faster.
    """
    rows = store.tuples(
        "SELECT j.value, (SELECT '[' || group_concat(shared) || ']' FROM"
        " (SELECT story_id || ',' || day AS shared FROM story_key"
        "  WHERE key = j.value AND day BETWEEN ?1 AND ?2"
        "  ORDER BY day DESC, story_id DESC LIMIT ?3)) FROM json_each(?4) j",
        (first_day, last_day, NEWEST, list(keys)),
    )
    found = [row for row in rows if row[1]]
    postings = json.loads(f"[{','.join([shared for _, shared in found])}]")
    newest: dict[str, dict[int, int]] = {}
    for (key, _), shared in zip(found, postings, strict=True):
        shared.reverse()  # so that the newest day of a story, which comes first, is set last
        newest[key] = dict(zip(shared[1::2], shared[::2], strict=True))
    return newest


def surviving(store: Store, story_ids: Iterable[int]) -> dict[int, int]:
    """For merged stories: the id of the story that they were merged into."""
    return store.mapping(
        "SELECT id, merged_into FROM story WHERE id IN (SELECT value FROM json_each(?))"
        " AND merged_into IS NOT NULL",
        (list(story_ids),),
    )


def load_stories(
    store: Store, story_ids: Iterable[int]
) -> dict[int, tuple[StoredStory, tuple[StoredVariant, ...]]]:
    """Stories with the variants that represent them, at most eight each.

    Merged and missing stories are left out.
    """
    rows = store.tuples(
        "SELECT id, uid, entry_id, headline, url, lead_item_id, first_seen_at, first_item_at,"
        " last_item_at, items, variants, hidden FROM story"
        " WHERE id IN (SELECT value FROM json_each(?)) AND merged_into IS NULL",
        (list(story_ids),),
    )
    stories = {row[0]: convert(row, StoredStory, strict=False) for row in rows}
    most = FIRST_VARIANTS + LAST_VARIANTS
    short = [story.story_id for story in stories.values() if story.variants <= most]
    variants: dict[int, list[StoredVariant]] = {}
    for row in store.tuples(
        f"{_VARIANT} WHERE v.story_id IN (SELECT value FROM json_each(?)) ORDER BY v.id",  # noqa: S608 - columns of ours
        (short,),
    ):
        variants.setdefault(row[12], []).append(_read_variant(row))
    for story in stories.values():
        if story.variants > most:
            # the first variants of its core and the last of all, oldest first
            first = store.tuples(
                f"{_VARIANT} WHERE v.story_id=? AND v.core=1 ORDER BY v.id LIMIT ?",
                (story.story_id, FIRST_VARIANTS),
            )
            last = newest_variants(store, story.story_id, LAST_VARIANTS)
            found = {one.variant_id: one for one in (*map(_read_variant, first), *last)}
            variants[story.story_id] = [found[variant_id] for variant_id in sorted(found)]
    return {
        story_id: (story, tuple(variants.get(story_id, ()))) for story_id, story in stories.items()
    }


_VARIANT = (
    f"SELECT {_ITEM}, v.id, v.story_id, v.fingerprint, v.truncated, v.terms, v.core"  # noqa: S608 - columns of ours
    " FROM variant v JOIN item i ON i.id = v.item_id"
)


def newest_variants(store: Store, story_id: int, limit: int) -> list[StoredVariant]:
    """The newest wordings of a story, oldest first."""
    rows = store.tuples(
        f"{_VARIANT} WHERE v.story_id=? ORDER BY v.id DESC LIMIT ?", (story_id, limit)
    )
    return [_read_variant(row) for row in reversed(rows)]


def _read_variant(row: tuple[object, ...]) -> StoredVariant:
    return convert((*row[11:], row[:11]), StoredVariant, strict=False)


def variant_id(store: Store, story_id: int, *, fingerprint: str) -> int | None:
    """The variant of a story with this wording."""
    found: int | None = store.value(
        "SELECT id FROM variant WHERE story_id=? AND fingerprint=?", (story_id, fingerprint)
    )
    return found


def items_of_pages(
    store: Store, urls: Iterable[str], limit: int
) -> dict[str, list[tuple[int, StoredItem]]]:
    """Canonical URL -> (story id, item) of the newest matched items with this page.

    The newest in the order of `waiting_items`: the order in which polls brought the items must not
    matter.
    """
    rows = store.tuples(
        f"SELECT {_ITEM}, v.story_id FROM json_each(?) j JOIN item i ON i.id IN"  # noqa: S608 - columns of ours
        " (SELECT id FROM (SELECT id, coalesce(published_at, first_seen_at) AS at, identity,"
        "   feed_id FROM item WHERE canonical_url = j.value AND variant_id IS NOT NULL"
        "   ORDER BY id DESC LIMIT ?) ORDER BY at DESC, identity DESC, feed_id DESC LIMIT ?)"
        " JOIN variant v ON v.id = i.variant_id"
        " ORDER BY coalesce(i.published_at, i.first_seen_at) DESC, i.identity DESC, i.feed_id DESC",
        (list(urls), SAME_PAGE_STORED, limit),
    )
    found: dict[str, list[tuple[int, StoredItem]]] = {}
    for row in rows:
        found.setdefault(row[8], []).append((row[11], read_item(row)))
    return found


def resembling_stories(store: Store, story_id: int, limit: int, *, least: float) -> list[int]:
    """Stories that were compared with this one, through an item of either, the highest score first.

    `least`: the lowest score that counts. Only the newest comparisons are read: a story may have a
    hundred thousand items.
    """
    found = store.column(
        "SELECT coalesce(s.merged_into, s.id) AS other, max(n.score) AS score FROM ("
        " SELECT e.story_id AS id, e.score FROM"
        "  (SELECT id FROM variant WHERE story_id = ?1 ORDER BY id DESC LIMIT ?3) v"
        "  JOIN item i ON i.id IN"
        "   (SELECT id FROM item WHERE variant_id = v.id ORDER BY id DESC LIMIT ?2)"
        "  JOIN evidence e ON e.item_id = i.id WHERE e.chosen = 0"
        " UNION ALL"
        " SELECT v.story_id AS id, e.score FROM"
        "  (SELECT item_id, score FROM evidence WHERE story_id = ?1 AND chosen = 0"
        "    AND rule <> 'related'"
        "   ORDER BY item_id DESC LIMIT ?3) e"
        "  JOIN item i ON i.id = e.item_id JOIN variant v ON v.id = i.variant_id"
        ") n JOIN story s ON s.id = n.id WHERE n.score >= ?4 AND other <> ?1"
        " GROUP BY other ORDER BY score DESC, other LIMIT ?2",
        (story_id, limit, limit * 4, least),
    )
    return list(found)


def taken_uids(store: Store, uids: Iterable[str]) -> frozenset[str]:
    """Which of these story ids are taken."""
    taken = "SELECT uid FROM story WHERE uid IN (SELECT value FROM json_each(?))"
    return frozenset(store.column(taken, (list(uids),)))


def next_ids(store: Store) -> tuple[int, int]:
    """The next free ids of stories and variants, valid within the transaction."""
    story = store.value("SELECT coalesce(max(id), 0) + 1 FROM story")
    variant = store.value("SELECT coalesce(max(id), 0) + 1 FROM variant")
    return story, variant
