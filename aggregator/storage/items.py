"""Items and their earlier versions, and which entries each feed has listed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from aggregator.model import Item, KnownItem, Media, ParsedFeed
from aggregator.settings import FeedSource
from aggregator.storage.store import Store
from aggregator.text import text_hash


class Refresh(IntEnum):
    """Why matching looks at an item again, or skips it (`item.refresh`)."""

    NONE = 0
    CHANGED = 1  # its text has changed since it was matched
    SET_ASIDE = 2  # matching failed on it
    BLOCKED = 3  # the rules of its feed block it


_SAID = (  # columns that the feed fills
    "guid", "url", "canonical_url", "headline", "summary", "summary_html", "author", "publisher",
    "language", "rights", "categories", "published_at", "updated_at", "content_hash", "media",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO item (feed_id, identity, first_seen_at, {', '.join(_SAID)})"  # noqa: S608 - column names of ours
    f" VALUES (:feed_id, :identity, :at, {', '.join(f':{name}' for name in _SAID)})"
    " ON CONFLICT (feed_id, identity) DO NOTHING"
)
_UPDATE = (
    f"UPDATE item SET {', '.join(f'{name}=:{name}' for name in _SAID)}, changed_at=:at,"  # noqa: S608 - as above
    f" refresh=CASE WHEN variant_id IS NULL THEN {Refresh.NONE:d} ELSE {Refresh.CHANGED:d} END"
    " WHERE id=:item_id"
)
_KNOWN = (
    "i.id AS item_id, i.identity, i.headline, i.summary, i.summary_html, i.url, i.canonical_url,"
    " i.author, i.publisher, i.published_at, i.first_seen_at, i.content_hash, (SELECT c.headline"
    " FROM headline_change c WHERE c.item_id = i.id ORDER BY c.id LIMIT 1) AS first_headline"
)
_FEED_RULES = "feeds/rules"  # the setting with the hash of all feeds' rules
MOST_OF_IDENTITY = 4  # newest items that are compared if many share an identity
MOST_OF_PAGE = 2_000  # newest items of one page: as many as a document may have entries
MOST_KNOWN = 5_000  # elements of a feed that need no parsing: more than two long documents
MOST_EARLIER = 64  # remembered versions of an item's parts: some texts change with every reader


class SeenEntry(Struct, frozen=True):
    """An entry that a feed has listed; `item_id`: its item, None: the item of its identity."""

    raw_hash: str
    is_present: bool  # in the last document
    item_id: int | None = None


class Revision(Struct, frozen=True):
    """Why an entry is still the same item (`edit`; `moved`: another guid), or another (`new`)."""

    item_id: int
    kind: str
    reasons: tuple[str, ...]
    of_item: int | None = None  # new: the earlier item of its identity
    decided_at: str = ""  # UTC text; set where it is read


def known_hashes(store: Store, feed_id: int) -> frozenset[str]:
    """Hashes of the elements that this feed listed last: they need not be parsed again.

    The hash of an entry that left long ago may be missing: if it returns, it is parsed again.
    """
    return frozenset(
        store.column(
            "SELECT raw_hash FROM seen WHERE feed_id=? AND raw_hash<>''"
            " ORDER BY left_at IS NOT NULL, left_at DESC LIMIT ?",
            (feed_id, MOST_KNOWN),
        )
    )


def by_identity(
    store: Store, feed_id: int, *, identities: Iterable[str]
) -> dict[str, tuple[KnownItem, ...]]:
    """Identity -> the newest items of a feed with it, newest first."""
    return store.structs_by(
        "wanted",
        KnownItem,
        f"SELECT wanted.value AS wanted, {_KNOWN} FROM json_each(?1) AS wanted"  # noqa: S608 - columns of ours
        " JOIN item i ON i.id IN"
        " (SELECT id FROM item WHERE feed_id = ?2 AND identity = wanted.value UNION ALL"
        "  SELECT * FROM (SELECT item_id FROM alias WHERE feed_id = ?2 AND identity = wanted.value"
        "   ORDER BY item_id DESC LIMIT ?3)) ORDER BY i.id DESC",
        (list(identities), feed_id, MOST_OF_IDENTITY),
    )


def by_page(store: Store, feed_id: int, *, urls: Iterable[str]) -> tuple[KnownItem, ...]:
    """The items of a feed with these pages (canonical URLs), newest first."""
    return store.structs(
        KnownItem,
        f"SELECT {_KNOWN} FROM json_each(?) AS wanted JOIN item i ON i.id IN"  # noqa: S608 - columns of ours
        " (SELECT id FROM item WHERE canonical_url = wanted.value AND feed_id = ?"
        "  ORDER BY id DESC LIMIT ?) ORDER BY i.id DESC",
        (list(urls), feed_id, MOST_OF_PAGE),
    )


def ids_of(store: Store, feed_id: int, *, identities: Iterable[str]) -> dict[str, int]:
    """Identity -> id of the item of a feed that is stored under it."""
    return store.mapping(
        "SELECT identity, id FROM item WHERE feed_id=?"
        " AND identity IN (SELECT value FROM json_each(?))",
        (feed_id, list(identities)),
    )


def seen_entries(store: Store, feed_id: int, parsed: ParsedFeed) -> dict[str, SeenEntry]:
    """By identity, the entries of a document that were seen before, and those that may have left.

    No others: in 90 days a feed may list half a million.
    """
    items = parsed.items
    identities = {name for item in items for name in (item.identity, *item.former_identities)}
    hashes = {*parsed.known, *(item.raw_hash for item in items if item.raw_hash)}
    rows = store.rows(
        "SELECT identity, raw_hash, left_at IS NULL, item_id FROM seen WHERE feed_id = ?"
        " AND ((left_at IS NULL AND NOT ?)"
        " OR identity IN (SELECT value FROM json_each(?))"
        " OR raw_hash IN (SELECT value FROM json_each(?))) ORDER BY identity",
        (feed_id, parsed.is_delta, list(identities), list(hashes)),
    )
    return {row[0]: SeenEntry(row[1], bool(row[2]), row[3]) for row in rows}


def last_left(store: Store, feed_id: int) -> tuple[str, ...]:
    """The identities of the entries that left a feed's document last, all at once."""
    return store.column(
        "SELECT identity FROM seen WHERE feed_id = ?1 AND left_at = "
        "(SELECT max(left_at) FROM seen WHERE feed_id = ?1) ORDER BY identity",
        (feed_id,),
    )


def write_seen(
    store: Store,
    feed_id: int,
    *,
    present: Mapping[str, SeenEntry],
    left: Iterable[str],
    now: datetime,
) -> None:
    """Stores new and changed entries, by identity, and the identities of those that left."""
    store.executemany(
        "INSERT INTO seen (feed_id, identity, raw_hash, item_id) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (feed_id, identity)"
        " DO UPDATE SET raw_hash=excluded.raw_hash, item_id=excluded.item_id, left_at=NULL",
        [(feed_id, identity, one.raw_hash, one.item_id) for identity, one in present.items()],
    )
    store.executemany(
        "UPDATE seen SET left_at=? WHERE feed_id=? AND identity=?",
        [(now, feed_id, identity) for identity in left],
    )


def insert_items(store: Store, feed_id: int, *, items: Sequence[Item], now: datetime) -> None:
    """Stores new items, oldest first, as unmatched.

    Items without a date count as first seen one second apart; otherwise the order of their document
    would be lost.
    """
    later = sum(item.published_at is None for item in items)
    rows = []
    for item in items:
        at = now
        if item.published_at is None:
            later -= 1
            at = now - timedelta(seconds=later)
        rows.append(_said(item) | {"feed_id": feed_id, "at": at})
    store.executemany(_INSERT, rows)


def update_items(store: Store, changed: Sequence[tuple[KnownItem, Item]], *, now: datetime) -> None:
    """Overwrites items; earlier headlines are kept in a table of their own."""
    store.executemany(
        "INSERT INTO headline_change (item_id, headline, changed_at) VALUES (?, ?, ?)",
        [
            (known.item_id, known.headline, now)
            for known, item in changed
            if known.headline != item.headline
        ],
    )
    rows = [_said(item) | {"at": now, "item_id": known.item_id} for known, item in changed]
    store.executemany(_UPDATE, rows)


def _said(item: Item) -> dict[str, Any]:
    categories = json.dumps(item.categories, ensure_ascii=False) if item.categories else "[]"
    media = "" if item.media == Media() else msgspec.json.encode(item.media).decode()
    return asdict(item) | {"categories": categories, "media": media}


# `refresh > 0` is the condition of the partial index `item_refresh`; SQLite does not infer it.
def any_unmatched(store: Store) -> bool:
    """Whether an item waits to be matched, or to be matched again because it changed."""
    return bool(
        store.value(
            "SELECT EXISTS (SELECT 1 FROM item WHERE variant_id IS NULL AND refresh < ?)"
            " OR EXISTS (SELECT 1 FROM item WHERE refresh > 0 AND refresh = ?)",
            (Refresh.SET_ASIDE, Refresh.CHANGED),
        )
    )


def count(store: Store) -> int:
    """The number of items."""
    return int(store.value("SELECT count(*) FROM item"))


def count_matched(store: Store) -> int:
    """The number of items that are in a story."""
    return int(store.value("SELECT count(*) FROM item WHERE variant_id IS NOT NULL"))


def set_aside(store: Store, item_id: int) -> None:
    """Makes matching skip an item on which it failed, until its text changes or `retry`."""
    store.execute("UPDATE item SET refresh = ? WHERE id = ?", (Refresh.SET_ASIDE, item_id))


def count_set_aside(store: Store) -> int:
    """The number of items on which matching failed."""
    sql = "SELECT count(*) FROM item WHERE refresh > 0 AND refresh = ?"
    return int(store.value(sql, (Refresh.SET_ASIDE,)))


def retry(store: Store, feeds: Iterable[FeedSource]) -> None:
    """Lets matching try again items that were set aside: another release may not fail on them.

    And blocked items, if the feeds' rules have changed since the last call.
    """
    store.execute(
        "UPDATE item SET refresh = CASE WHEN variant_id IS NULL THEN ? ELSE ? END"
        " WHERE refresh > 0 AND refresh = ?",
        (Refresh.NONE, Refresh.CHANGED, Refresh.SET_ASIDE),
    )
    rules = [(feed.key, feed.keep, feed.block) for feed in feeds if feed.has_rules]
    hashed = text_hash(json.dumps(rules)) if rules else None
    if store.setting(_FEED_RULES) != hashed:
        store.execute(
            "UPDATE item SET refresh = ? WHERE refresh > 0 AND refresh = ?",
            (Refresh.NONE, Refresh.BLOCKED),
        )
        store.set_setting(_FEED_RULES, hashed)


def block(store: Store, item_ids: Iterable[int]) -> None:
    """Makes matching skip items that the rules of their feed block, until their text changes."""
    store.executemany(
        "UPDATE item SET refresh = ? WHERE id = ?",
        [(Refresh.BLOCKED, item_id) for item_id in item_ids],
    )


def is_blocked(store: Store, item_id: int) -> bool:
    """Whether the rules of its feed blocked an item."""
    return bool(
        store.value("SELECT refresh = ? FROM item WHERE id = ?", (Refresh.BLOCKED, item_id))
    )


def note_aliases(store: Store, feed_id: int, *, aliases: Iterable[tuple[str, int]]) -> None:
    """Stores further identities of items: (identity, item id)."""
    store.executemany(
        "INSERT OR IGNORE INTO alias (feed_id, identity, item_id) VALUES (?, ?, ?)",
        [(feed_id, identity, item_id) for identity, item_id in aliases],
    )


def earlier(store: Store, item_ids: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
    """Item id -> (part, hash) of its earlier versions."""
    found: dict[int, set[tuple[str, str]]] = {item_id: set() for item_id in item_ids}
    for item_id, part, hashed in store.tuples(
        "SELECT item_id, part, hash FROM earlier WHERE item_id IN (SELECT value FROM json_each(?))",
        (list(item_ids),),
    ):
        found[item_id].add((part, hashed))
    for item_id, headline in store.tuples(
        "SELECT item_id, headline FROM headline_change"
        " WHERE item_id IN (SELECT value FROM json_each(?))",
        (list(item_ids),),
    ):
        found[item_id].add(("headline", text_hash(headline)))
    return found


def note_earlier(store: Store, replaced: Iterable[tuple[int, str, str]]) -> None:
    """Stores (item id, part, hash) of replaced parts; of each item, only the newest are kept."""
    rows = list(replaced)
    store.executemany("INSERT OR IGNORE INTO earlier (item_id, part, hash) VALUES (?, ?, ?)", rows)
    store.executemany(
        "DELETE FROM earlier WHERE item_id = ?1 AND id NOT IN"
        " (SELECT id FROM earlier WHERE item_id = ?1 ORDER BY id DESC LIMIT ?2)",
        [(item_id, MOST_EARLIER) for item_id in {row[0] for row in rows}],
    )


def note_revisions(store: Store, revisions: Iterable[Revision], *, now: datetime) -> None:
    """Stores decisions; an item keeps the last of each kind."""
    store.executemany(
        "INSERT OR REPLACE INTO revision (item_id, kind, of_item, reasons, decided_at)"
        " VALUES (?, ?, ?, ?, ?)",
        [(one.item_id, one.kind, one.of_item, one.reasons, now) for one in revisions],
    )


def revisions_of(store: Store, item_id: int) -> tuple[Revision, ...]:
    """The stored decisions on an item, the oldest first."""
    return store.structs(
        Revision,
        "SELECT item_id, kind, reasons, of_item, decided_at FROM revision WHERE item_id = ?"
        " ORDER BY decided_at, kind <> 'new', kind",
        (item_id,),
        in_json=("reasons",),
    )
