"""Items: what feeds said, entry by entry, and which entries a feed ever showed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.model import Item
from aggregator.storage.store import Store, to_text

_COLUMNS = (
    "feed_id", "identity", "guid", "url", "canonical_url", "headline", "summary", "summary_html",
    "author", "publisher", "language", "rights", "categories", "published_at", "updated_at",
    "content_hash", "first_seen_at",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO item ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - column names of ours
    " ON CONFLICT (feed_id, identity) DO NOTHING"
)
# A date that was given once stays: feeds that move it would make old news new.
_UPDATE = """
    UPDATE item SET guid=?, url=?, canonical_url=?, headline=?, summary=?, summary_html=?,
      author=?, publisher=?, language=?, rights=?, categories=?,
      published_at=coalesce(published_at, ?), updated_at=?, content_hash=?, changed_at=?,
      refresh=variant_id IS NOT NULL
    WHERE id=?
"""


class KnownItem(Struct, frozen=True):
    """What is needed to tell whether an entry that came again has changed."""

    item_id: int
    identity: str
    canonical_url: str | None
    headline: str
    content_hash: str


def known_hashes(store: Store, feed_id: int) -> frozenset[str]:
    """Hashes of the raw elements that this feed showed: they need not be parsed again."""
    rows = store.rows("SELECT raw_hash FROM seen WHERE feed_id=? AND raw_hash<>''", (feed_id,))
    return frozenset(row[0] for row in rows)


def by_identity(store: Store, feed_id: int, *, identities: Iterable[str]) -> dict[str, KnownItem]:
    """The stored items of a feed with these identities."""
    rows = store.rows(
        "SELECT id, identity, canonical_url, headline, content_hash FROM item"
        " WHERE feed_id=? AND identity IN (SELECT value FROM json_each(?))",
        (feed_id, json.dumps(list(identities))),
    )
    return {row[1]: _known(row) for row in rows}


def by_page(store: Store, feed_id: int, *, urls: Iterable[str]) -> dict[tuple[str, str], KnownItem]:
    """The stored items of a feed that show these pages, by canonical URL and headline."""
    rows = store.rows(
        "SELECT i.id, i.identity, i.canonical_url, i.headline, i.content_hash"
        " FROM json_each(?) AS wanted JOIN item i ON i.canonical_url = wanted.value"
        " WHERE i.feed_id=? ORDER BY i.id DESC",
        (json.dumps(list(urls)), feed_id),
    )
    return {(row[2], row[3]): _known(row) for row in rows}


def _known(row: sqlite3.Row) -> KnownItem:
    return KnownItem(row[0], row[1], row[2], row[3], row[4])


def seen_entries(store: Store, feed_id: int) -> dict[str, tuple[str, bool]]:
    """Every entry that a feed ever showed: identity -> raw hash, still in the document."""
    rows = store.rows("SELECT identity, raw_hash, left_at IS NULL FROM seen WHERE feed_id=?",
                      (feed_id,))  # fmt: skip
    return {row[0]: (row[1], bool(row[2])) for row in rows}


def seen_as(
    store: Store, feed_id: int, *, raw_hashes: Iterable[str], identities: Iterable[str]
) -> dict[str, str]:
    """Identity -> raw hash, of what a feed showed with one of these raw hashes or identities."""
    rows = store.rows(
        "SELECT identity, raw_hash FROM seen WHERE feed_id=?"
        " AND (raw_hash IN (SELECT value FROM json_each(?))"
        " OR identity IN (SELECT value FROM json_each(?)))",
        (feed_id, json.dumps(list(raw_hashes)), json.dumps(list(identities))),
    )
    return {row[0]: row[1] for row in rows}


def write_seen(
    store: Store,
    feed_id: int,
    *,
    present: Mapping[str, str],
    left: Iterable[str],
    now: datetime,
) -> None:
    """Notes entries (identity -> raw hash) that came or changed, and identities that left."""
    store.executemany(
        "INSERT INTO seen (feed_id, identity, raw_hash) VALUES (?, ?, ?)"
        " ON CONFLICT (feed_id, identity)"
        " DO UPDATE SET raw_hash=excluded.raw_hash, left_at=NULL",
        [(feed_id, identity, raw_hash) for identity, raw_hash in present.items()],
    )
    store.executemany(
        "UPDATE seen SET left_at=? WHERE feed_id=? AND identity=?",
        [(to_text(now), feed_id, identity) for identity in left],
    )


def insert_items(store: Store, feed_id: int, *, items: Sequence[Item], now: datetime) -> None:
    """Stores new items, unmatched; they come oldest first."""
    seen_at = _first_seen(items, now)
    store.executemany(
        _INSERT,
        [
            (
                feed_id, item.identity, item.guid, item.url, item.canonical_url, item.headline,
                item.summary, item.summary_html, item.author, item.publisher, item.language,
                item.rights, _categories(item), to_text(item.published_at),
                to_text(item.updated_at), item.content_hash, to_text(at),
            )
            for item, at in zip(items, seen_at, strict=True)
        ],
    )  # fmt: skip


def _first_seen(items: Sequence[Item], now: datetime) -> list[datetime]:
    """When each item is taken to have come: those without a date a second after each other.

    They have no other date, and would lose the order of their document.
    """
    later = sum(item.published_at is None for item in items)
    seen_at = []
    for item in items:
        later -= item.published_at is None
        seen_at.append(now - timedelta(seconds=later) if item.published_at is None else now)
    return seen_at


def update_items(store: Store, changed: Sequence[tuple[KnownItem, Item]], *, now: datetime) -> None:
    """Overwrites changed items; earlier wordings of a headline are kept apart."""
    store.executemany(
        "INSERT INTO headline_change (item_id, headline, changed_at) VALUES (?, ?, ?)",
        [
            (known.item_id, known.headline, to_text(now))
            for known, item in changed
            if known.headline != item.headline
        ],
    )
    store.executemany(
        _UPDATE,
        [
            (
                item.guid, item.url, item.canonical_url, item.headline, item.summary,
                item.summary_html, item.author, item.publisher, item.language, item.rights,
                _categories(item), to_text(item.published_at), to_text(item.updated_at),
                item.content_hash, to_text(now), known.item_id,
            )
            for known, item in changed
        ],
    )  # fmt: skip


def _categories(item: Item) -> str:
    return json.dumps(item.categories, ensure_ascii=False) if item.categories else "[]"


# `refresh > 0` names the condition of the index `item_refresh`: SQLite does not conclude it.
def any_unmatched(store: Store) -> bool:
    """Whether an item waits to be matched, or to be looked at again since it changed."""
    return bool(
        store.value(
            "SELECT EXISTS (SELECT 1 FROM item WHERE variant_id IS NULL AND refresh < 2)"
            " OR EXISTS (SELECT 1 FROM item WHERE refresh > 0 AND refresh = 1)"
        )
    )


def count(store: Store) -> int:
    """How many items there are."""
    return int(store.value("SELECT count(*) FROM item"))


def count_matched(store: Store) -> int:
    """How many items are in a story."""
    return int(store.value("SELECT count(*) FROM item WHERE variant_id IS NOT NULL"))


def set_aside(store: Store, item_id: int) -> None:
    """Has matching pass over an item at which it failed, until its text changes or `retry`."""
    store.execute("UPDATE item SET refresh = 2 WHERE id = ?", (item_id,))


def count_set_aside(store: Store) -> int:
    """Items that matching passes over."""
    return int(store.value("SELECT count(*) FROM item WHERE refresh > 0 AND refresh = 2"))


def retry(store: Store) -> None:
    """Has matching try again what was set aside: another release may not fail."""
    store.execute(
        "UPDATE item SET refresh = variant_id IS NOT NULL WHERE refresh > 0 AND refresh = 2"
    )
