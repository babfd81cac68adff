"""Feeds: their configuration, their state between polls, and which of them are withdrawn."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import asdict, fields

from aggregator.errors import NotFound
from aggregator.model import FeedState, ParsedFeed
from aggregator.settings import FeedSource
from aggregator.storage.store import Store, insertion
from aggregator.urls import without_tracking

# Columns of FeedState that a poll may change, in the order of its fields.
_STATE = tuple(one.name for one in fields(FeedState) if one.name not in {"feed_id", "key", "name"})
_HINTS = _STATE.index("hints")
_values_of = attrgetter(*_STATE, "feed_id")
_SELECT_STATE = f"SELECT id AS feed_id, key, name, {', '.join(_STATE)} FROM feed"  # noqa: S608 - column names of ours
_BY_KEY = f"{_SELECT_STATE} WHERE key=:key"
_BY_ID = f"{_SELECT_STATE} WHERE id IN (SELECT value FROM json_each(:ids))"  # noqa: S608 - as above
_WAITING = (
    f"{_BY_ID} AND (gone OR not_before > :now OR hint_until > :now"
    " OR (:due AND next_poll_at > :now))"
)
_UPDATE_STATE = (
    f"UPDATE feed SET {', '.join(f'{name}=?' for name in _STATE)}, leased_until=NULL WHERE id=?"  # noqa: S608 - column names of ours
)
# The columns that are copied from the configuration, and those that are made from it.
_COPIED = ("name", "enabled", "private", "shown_url", "rank", "on_topic", "family")
_CONFIGURED = (*_COPIED, "active", "labels")
_copied = attrgetter(*_COPIED)
_FORGET = (
    "etag=NULL, last_modified=NULL, validators_url=NULL, body_hash=NULL, next_poll_at=not_before,"
    " hint_until=NULL, hint_reason='', failures=0, moved_to=NULL, moved_since=NULL,"
    " moved_count=0, permanent_url=NULL, gone_since=NULL, gone=0, hints='{}'"
)
_FORGET_DEMANDS = "not_before=NULL, not_before_reason='', throttled=0"


def sync_feeds(store: Store, sources: Sequence[FeedSource]) -> dict[str, int]:
    """Brings the feed rows in line with the configuration; returns the row id of each key.

    A feed is identified by its URL as configured. If only the URL changed and not the name, the
    feed keeps its row, and so its items, but loses its state. Feeds that are no longer configured
    stay as inactive rows; one that returns starts afresh, except that demands of its server
    (Retry-After, a block) still apply. Writes nothing if nothing changed.
    """
    rows = store.rows(
        f"SELECT id, key, {', '.join(_CONFIGURED)}, not_before_reason FROM feed"  # noqa: S608 - column names of ours
    )
    by_key = {row["key"]: row for row in rows}
    wanted = {source.key: source for source in sources}
    stale = [row["id"] for row in rows if row["key"] not in wanted and row["active"]]
    changed = [
        source
        for source in wanted.values()
        if source.key not in by_key or by_key[source.key][2:-1] != _configured(source)
    ]
    if not changed and not stale:
        return {key: by_key[key]["id"] for key in wanted}
    orphans = {row["name"]: row for row in rows if row["key"] not in wanted and row["active"]}
    with store.transaction():
        for source in changed:
            # a list must not take over the row of another feed by using its name
            orphan = None if source.listed_in else orphans.get(source.name)
            row = by_key.get(source.key) or orphan
            _write_source(store, source, row=row)
        stored = store.mapping("SELECT key, id FROM feed")
        ids = {key: feed_id for key, feed_id in stored.items() if key in wanted}
        kept = frozenset(ids.values())
        store.executemany(
            "UPDATE feed SET active=0 WHERE id=?", [(i,) for i in stale if i not in kept]
        )
    return ids


def retire(store: Store, key: str) -> None:
    """Marks the feed as no longer configured, ahead of the next `sync_feeds`."""
    store.execute("UPDATE feed SET active=0 WHERE key=?", (key,))


def _configured(source: FeedSource) -> tuple[Any, ...]:
    labels = json.dumps(dict(source.labels), ensure_ascii=False) if source.labels else "{}"
    return (*_copied(source), True, labels)


def _write_source(store: Store, source: FeedSource, *, row: sqlite3.Row | None) -> None:
    values = (source.key, *_configured(source))
    columns = ("key", *_CONFIGURED)
    if row is None:
        store.execute(insertion("INSERT INTO feed", columns), values)
        return
    is_elsewhere = row["key"] != source.key
    if is_elsewhere or (row["not_before_reason"] == "gone" and not row["active"]):
        store.execute(f"UPDATE feed SET {_FORGET_DEMANDS} WHERE id=?", (row["id"],))  # noqa: S608 - column names of ours
    forget = f", {_FORGET}" if is_elsewhere or not row["active"] else ""
    assignments = ", ".join(f"{name}=?" for name in columns)
    store.execute(f"UPDATE feed SET {assignments}{forget} WHERE id=?", (*values, row["id"]))  # noqa: S608 - column names of ours


@lru_cache(maxsize=1_000)  # many items, few feeds
def labels_of(text: str) -> tuple[tuple[str, str], ...]:
    """The labels of a feed, decoded from its row."""
    return tuple(json.loads(text).items())


def feed_states(store: Store, feed_ids: Iterable[int]) -> tuple[FeedState, ...]:
    """The states of these feeds, in no particular order."""
    return _states(store, _BY_ID, {"ids": list(feed_ids)})


def waiting_feeds(
    store: Store, feed_ids: Iterable[int], now: datetime, *, due_only: bool
) -> tuple[FeedState, ...]:
    """The states of those among these feeds that must wait at their server's request, or are gone.

    With `due_only`, those that wait by our own schedule, too.
    """
    return _states(store, _WAITING, {"ids": list(feed_ids), "now": now, "due": due_only})


def state_by_key(store: Store, key: str) -> FeedState | None:
    """The state of the feed configured as `key`."""
    return next(iter(_states(store, _BY_KEY, {"key": key})), None)


def _states(store: Store, sql: str, params: Mapping[str, object]) -> tuple[FeedState, ...]:
    return store.structs(FeedState, sql, params, in_json=("hints",))


def due_feeds(store: Store, now: datetime) -> tuple[tuple[int, str], ...]:
    """(id, key) of the feeds that are due, the longest overdue first, new ones last."""
    rows = store.tuples(
        "SELECT id, key FROM feed WHERE active AND enabled AND NOT gone"
        " AND (next_poll_at IS NULL OR next_poll_at <= ?)"
        " ORDER BY next_poll_at IS NULL, next_poll_at, id",
        (now,),
    )
    return tuple((feed_id, key) for feed_id, key in rows)


def moved_feeds(store: Store) -> dict[int, str]:
    """Feed id -> confirmed new address, for active feeds that moved permanently."""
    return store.mapping(
        "SELECT id, permanent_url FROM feed WHERE active AND permanent_url IS NOT NULL"
    )


def overtaken(store: Store, polls: Mapping[int, int]) -> tuple[FeedState, ...]:
    """The current states of those feeds of which another poll was stored in the meantime.

    `polls`: row id -> how many polls of the feed there will be, counting the one that was begun.
    """
    rows = store.tuples(
        "SELECT id, polls FROM feed WHERE id IN (SELECT value FROM json_each(?))", (list(polls),)
    )
    late = [feed_id for feed_id, count in rows if count >= polls[feed_id]]
    return feed_states(store, late) if late else ()


def save_states(store: Store, states: Iterable[FeedState]) -> None:
    """Writes whole feed states; the caller holds the transaction."""
    rows = []
    for state in states:
        row = list(_values_of(state))
        row[_HINTS] = msgspec.json.encode(state.hints).decode()
        rows.append(row)
    store.executemany(_UPDATE_STATE, rows)


def save_description(store: Store, feed_id: int, *, parsed: ParsedFeed) -> None:
    """Stores the feed's own description: title, links, language, rights."""
    store.execute(
        "UPDATE feed SET title=:title, site_url=:site_url, self_url=:self_url, hub_url=:hub_url,"
        " language=:language, rights=:rights WHERE id=:feed_id",
        asdict(parsed) | {"feed_id": feed_id},
    )


def is_source(store: Store, name: str) -> bool:
    """Whether a feed of this name is known, configured or not."""
    return store.row("SELECT 1 FROM feed WHERE name=?", (name,)) is not None


def withdraw_source(store: Store, feed: str, *, now: datetime) -> int:
    """Withdraws a feed from all published files at their next publication; returns its item count.

    The items stay in the database, so that stories stay whole and the withdrawal can be undone
    (`restore_source`). Raises NotFound if no feed has this name or URL.
    """
    ids = store.column("SELECT id FROM feed WHERE name=?1 OR key=?1", (feed,))
    if not ids:
        raise NotFound("no feed of this name in the database; see 'aggregator feeds list'")
    with store.transaction():
        store.executemany(
            "INSERT OR IGNORE INTO withdrawn_source(feed_id, withdrawn_at) VALUES (?, ?)",
            [(feed_id, now) for feed_id in ids],
        )
        store.execute("UPDATE topic_state SET wanted_rev = wanted_rev + 1")
    items = "SELECT count(*) FROM item WHERE feed_id IN (SELECT value FROM json_each(?))"
    return int(store.value(items, (ids,)))


def restore_source(store: Store, feed: str) -> None:
    """Undoes a withdrawal; does nothing for a feed that is not withdrawn."""
    with store.transaction():
        store.execute(
            "DELETE FROM withdrawn_source WHERE feed_id IN"
            " (SELECT id FROM feed WHERE name=?1 OR key=?1)",
            (feed,),
        )
        store.execute("UPDATE topic_state SET wanted_rev = wanted_rev + 1")


def source_sites(store: Store) -> dict[str, str | None]:
    """The site of each feed that may be shown, by key."""
    return store.mapping(
        "SELECT key, site_url FROM feed WHERE NOT private"
        " AND id NOT IN (SELECT feed_id FROM withdrawn_source)"
    )


def withdrawn_sources(store: Store) -> frozenset[str]:
    """The keys and names of feeds that no published file may show."""
    rows = store.rows(
        "SELECT key, name FROM feed WHERE id IN (SELECT feed_id FROM withdrawn_source)"
    )
    return frozenset(text for row in rows for text in row)


def private_addresses(store: Store) -> frozenset[str]:
    """Addresses of private feeds, which must never be shown, not even as the link of an item.

    Each with and without tracking parameters, since links are shown in both forms.
    """
    rows = store.tuples(
        "SELECT key, self_url, validators_url, permanent_url, moved_to FROM feed WHERE private"
    )
    known = {url for row in rows for url in row if url}
    return frozenset(known | {without_tracking(url) for url in known})


def shown_link(url: str | None, *, clean: bool, private: Collection[str]) -> str | None:
    """A link as readers see it, without tracking parameters if `clean`; None for a private address.

    `private`: the `private_addresses`. Tracking parameters do not make one of them public.
    """
    if not url or (private and (url in private or without_tracking(url) in private)):
        return None
    return without_tracking(url) if clean else url
