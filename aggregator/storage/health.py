"""How feeds, and the whole installation, are doing: for `status`, pages, metrics and checks."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.storage.maintenance import free_bytes
from aggregator.storage.store import Store, to_text, to_time
from aggregator.views import SOME_FAILURES, FeedHealth


class BrokenFeed(Struct, frozen=True):
    """A feed that a person should look at. `since`: its last success, or its first known poll."""

    feed_id: int
    name: str
    shown_url: str
    since: datetime
    has_worked: bool
    gone: bool
    failures: int
    last_error_kind: str
    last_error: str


def broken_feeds(store: Store, limit: datetime) -> tuple[BrokenFeed, ...]:
    """Enabled feeds that are gone or failed more than twice, with no success after `limit`."""
    rows = store.rows(
        "SELECT id, name, shown_url, since, has_worked, gone, failures, last_error_kind,"
        " last_error FROM (SELECT *, last_ok_at IS NOT NULL AS has_worked, coalesce(last_ok_at,"
        "  (SELECT min(started_at) FROM poll p WHERE p.feed_id = feed.id)) AS since FROM feed"
        "  WHERE active AND enabled AND (gone OR failures > ?)) WHERE since <= ? ORDER BY id",
        (SOME_FAILURES, to_text(limit)),
    )
    return tuple(
        BrokenFeed(
            feed_id=row[0],
            name=row[1],
            shown_url=row[2],
            since=datetime.fromisoformat(row[3]),
            has_worked=bool(row[4]),
            gone=bool(row[5]),
            failures=row[6],
            last_error_kind=row[7],
            last_error=row[8],
        )
        for row in rows
    )


def feed_health(store: Store) -> tuple[FeedHealth, ...]:
    """All configured feeds in the order of their rows."""
    rows = store.rows(
        "SELECT f.*, (SELECT count(*) FROM item i WHERE i.feed_id = f.id) AS items,"
        " coalesce(f.last_ok_at, (SELECT min(started_at) FROM poll p WHERE p.feed_id = f.id))"
        " AS failing_since, coalesce(json_extract(f.hints, '$.left_out'), 0) AS left_out,"
        " l.state AS hub_state, l.expires_at, l.last_push_at,"
        " coalesce((SELECT CAST(value AS INTEGER) FROM setting"
        "  WHERE key = 'feed/' || f.id || '/waiting'), 0) AS waiting"
        " FROM feed f LEFT JOIN hub_lease l ON l.feed_id = f.id WHERE f.active ORDER BY f.id"
    )
    return tuple(
        FeedHealth(
            name=row["name"],
            shown_url=row["shown_url"],
            enabled=bool(row["enabled"]),
            last_success=to_time(row["last_ok_at"]),
            last_new=to_time(row["last_new_at"]),
            next_due=to_time(row["next_poll_at"]),
            interval_s=row["interval_s"],
            failures=row["failures"],
            last_error_kind=row["last_error_kind"],
            last_error=row["last_error"],
            not_before=to_time(row["not_before"]),
            not_before_reason=row["not_before_reason"],
            permanent_url=row["permanent_url"],
            moved_to=row["moved_to"],
            gone=bool(row["gone"]),
            items=row["items"],
            failing_since=to_time(row["failing_since"]) if row["failures"] else None,
            hub_state=row["hub_state"] or "",
            hub_until=to_time(row["expires_at"]),
            hub_last_push=to_time(row["last_push_at"]),
            left_out=row["left_out"],
            waiting=row["waiting"],
        )
        for row in rows
    )


LONG_FAILING = timedelta(days=3)  # then a person should look


class InstallationState(Struct, frozen=True):
    """Counts by feed state, the lag of the queue in seconds, sizes and ages."""

    feeds: tuple[tuple[str, int], ...]
    lag_s: float
    unmatched: int
    database_bytes: int
    free_bytes: int  # on the disk of the database
    topics: tuple[tuple[str, int, float], ...]  # topic, entries, age of the newest in seconds
    leases: tuple[tuple[str, int], ...]  # WebSub subscriptions by state


def measure(store: Store, now: datetime) -> InstallationState:
    """Reads everything; no query grows with the archive except the count of published entries."""
    feeds = store.rows(
        """
        SELECT CASE WHEN NOT enabled THEN 'disabled' WHEN gone THEN 'gone'
                    WHEN failures > 0 THEN 'failing'
                    WHEN last_ok_at IS NULL THEN 'new' ELSE 'ok' END AS state,
               count(*) FROM feed WHERE active GROUP BY state ORDER BY state
        """
    )
    due_since = to_time(
        store.value(
            "SELECT min(next_poll_at) FROM feed WHERE active AND enabled AND NOT gone "
            "AND next_poll_at <= ?",
            (to_text(now),),
        )
    )
    topics = store.rows(
        "SELECT topic, count(*), max(published_at) FROM published "
        "WHERE withdrawn = '' GROUP BY topic ORDER BY topic"
    )
    leases = store.rows(
        "SELECT l.state, count(*) FROM hub_lease l JOIN feed f ON f.id = l.feed_id "
        "WHERE f.active GROUP BY l.state ORDER BY l.state"
    )
    size = store.value("PRAGMA page_count") * store.value("PRAGMA page_size")
    return InstallationState(
        feeds=tuple((row[0], row[1]) for row in feeds),
        lag_s=0.0 if due_since is None else max((now - due_since).total_seconds(), 0.0),
        unmatched=store.value("SELECT count(*) FROM item WHERE variant_id IS NULL"),
        database_bytes=size,
        free_bytes=free_bytes(store) or 0,
        topics=tuple(
            (row[0], row[1], max((now - (to_time(row[2]) or now)).total_seconds(), 0.0))
            for row in topics
        ),
        leases=tuple((row[0], row[1]) for row in leases),
    )


class NamedFeed(Struct, frozen=True):
    """A feed and what there is to say of it."""

    name: str
    detail: str


def failing(store: Store, *, since: datetime) -> tuple[NamedFeed, ...]:
    """Enabled feeds without a success since then, and with more than two failures in a row."""
    found = [feed for feed in feed_health(store) if feed.fails_since(since)]
    found.sort(key=lambda feed: feed.name)
    return tuple(NamedFeed(feed.name, feed.last_error) for feed in found)


def unleased(store: Store) -> tuple[NamedFeed, ...]:
    """Feeds whose hub refused our subscription, or did not verify it in several tries."""
    return _named(
        store,
        "SELECT f.name, l.hub || ': ' || l.state FROM hub_lease l JOIN feed f ON f.id = l.feed_id "
        "WHERE f.active AND (l.state = 'refused' OR l.attempts > 2) ORDER BY f.name",
    )


def gone(store: Store) -> tuple[NamedFeed, ...]:
    """Feeds whose servers said 410 twice, a day apart."""
    return _named(store, "SELECT name, '' FROM feed WHERE active AND gone ORDER BY name")


def moved(store: Store) -> tuple[NamedFeed, ...]:
    """Feeds with a confirmed permanent redirect; private ones are not shown."""
    return _named(
        store,
        "SELECT name, permanent_url FROM feed WHERE active AND NOT private "
        "AND permanent_url IS NOT NULL ORDER BY name",
    )


def last_poll(store: Store) -> datetime | None:
    """When the last poll of any feed was."""
    return to_time(store.value("SELECT max(last_poll_at) FROM feed WHERE active"))


def quick_check(store: Store) -> str:
    """`ok`, or the first fault that SQLite finds in the file."""
    return str(store.value("PRAGMA quick_check(1)"))


def _named(store: Store, sql: str, *params: str | None) -> tuple[NamedFeed, ...]:
    return tuple(NamedFeed(row[0], row[1]) for row in store.rows(sql, params))
