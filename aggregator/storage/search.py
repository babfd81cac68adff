"""Full-text search over items, and its index. Any input is safe: every word is quoted."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from aggregator.errors import StoreError
from aggregator.storage.items import Refresh
from aggregator.storage.store import Store

MAX_TERMS = 32
MAX_TERM = 100  # characters


class Hit(Struct, frozen=True):
    """An item that was found."""

    item_id: int
    story: str | None  # printed id; None while the item waits to be matched
    headline: str
    url: str | None
    published_at: datetime
    feed: str


def search(store: Store, query: str, *, limit: int = 50) -> tuple[Hit, ...]:
    """Items that hold all words of the query in headline or summary, newest stored first.

    Words are compared without case and accents. A query without words finds nothing.
    What the rules of its feed keep out is not found.
    """
    match = quoted(query)
    if not match:
        return ()
    return store.structs(
        Hit,
        "SELECT i.id AS item_id, s.uid AS story, i.headline, i.url,"
        " coalesce(i.published_at, i.first_seen_at) AS published_at, f.name AS feed"
        " FROM (SELECT rowid FROM item_fts WHERE item_fts MATCH ? ORDER BY rowid DESC LIMIT ?) AS t"
        " JOIN item i ON i.id = t.rowid JOIN feed f ON f.id = i.feed_id"
        " LEFT JOIN variant v ON v.id = i.variant_id LEFT JOIN story s ON s.id = v.story_id"
        " WHERE i.refresh <> ? ORDER BY i.id DESC",
        (match, limit, Refresh.BLOCKED),
    )


def quoted(query: str) -> str:
    """The query as FTS5 takes it: each word a quoted phrase, without what FTS5 or UTF-8 refuse."""
    clean = query.replace("\0", " ").encode("utf-8", "ignore").decode("utf-8")
    words = [word[:MAX_TERM].replace('"', '""') for word in clean.split()[:MAX_TERMS]]
    return " ".join(f'"{word}"' for word in words if any(char.isalnum() for char in word))


def index_problems(store: Store) -> list[str]:
    """What is wrong with the index; by counts alone where the store cannot be written."""
    if store.read_only:
        indexed = store.value("SELECT count(*) FROM item_fts_docsize")
        fits = indexed == store.value("SELECT count(*) FROM item")
    else:
        try:
            store.execute("INSERT INTO item_fts(item_fts, rank) VALUES ('integrity-check', 1)")
        except StoreError:
            fits = False
        else:
            fits = True
    unfit = "full-text index: does not fit the items; 'aggregator db vacuum' builds it again"
    return [] if fits else [unfit]


def rebuild_index(store: Store) -> None:
    """Builds the index again from the items."""
    store.execute("INSERT INTO item_fts(item_fts) VALUES ('rebuild')")
