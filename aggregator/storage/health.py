"""The health of feeds and of the installation: for `status`, pages, metrics and checks."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.storage.items import Refresh
from aggregator.storage.maintenance import free_bytes, size_bytes
from aggregator.storage.store import Store
from aggregator.times import to_time
from aggregator.views import SOME_FAILURES, FeedHealth, feed_state

LONG_FAILING = timedelta(days=3)  # from then on a person should look


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
    return store.structs(
        BrokenFeed,
        "SELECT id AS feed_id, name, shown_url, since, has_worked, gone, failures, last_error_kind,"
        " last_error FROM (SELECT *, last_ok_at IS NOT NULL AS has_worked, coalesce(last_ok_at,"
        "  (SELECT min(started_at) FROM poll p WHERE p.feed_id = feed.id)) AS since FROM feed"
        "  WHERE active AND enabled AND (gone OR failures > ?)) WHERE since <= ? ORDER BY id",
        (SOME_FAILURES, limit),
    )


def feed_health(store: Store) -> tuple[FeedHealth, ...]:
    """The health of all configured feeds, in the order of their rows."""
    return store.structs(
        FeedHealth,
        """
        SELECT f.name, f.shown_url, f.enabled, f.last_ok_at AS last_success,
          f.last_new_at AS last_new, f.next_poll_at AS next_due, f.interval_s, f.failures,
          f.last_error_kind, f.last_error, f.not_before, f.not_before_reason, f.permanent_url,
          f.moved_to, f.gone, (SELECT count(*) FROM item i WHERE i.feed_id = f.id) AS items,
          CASE WHEN f.failures > 0 THEN coalesce(f.last_ok_at,
            (SELECT min(started_at) FROM poll p WHERE p.feed_id = f.id)) END AS failing_since,
          coalesce(l.state, '') AS hub_state, l.expires_at AS hub_until,
          l.last_push_at AS hub_last_push,
          coalesce(json_extract(f.hints, '$.left_out'), 0) AS left_out,
          coalesce((SELECT CAST(value AS INTEGER) FROM setting
            WHERE key = 'feed/' || f.id || '/waiting'), 0) AS waiting,
          coalesce(b.items, 0) AS blocked,
          (SELECT count(*) FROM listed_feed n WHERE n.list_id = f.id) AS listed
        FROM feed f LEFT JOIN hub_lease l ON l.feed_id = f.id
        LEFT JOIN (SELECT feed_id, count(*) AS items FROM item
          WHERE refresh > 0 AND refresh = ? GROUP BY feed_id) b ON b.feed_id = f.id
        WHERE f.active ORDER BY f.id
        """,
        (Refresh.BLOCKED,),
    )


class InstallationState(Struct, frozen=True):
    """Feeds by state, the queue's lag in seconds, sizes and ages."""

    feeds: tuple[tuple[str, int], ...]
    lag_s: float
    unmatched: int
    database_bytes: int
    free_bytes: int  # on the disk of the database
    topics: tuple[tuple[str, int, float], ...]  # topic, entries, age of the newest in seconds
    leases: tuple[tuple[str, int], ...]  # WebSub subscriptions by state


def measure(store: Store, now: datetime) -> InstallationState:
    """Measures the installation; of all queries only that of published entries grows with time."""
    feeds = Counter(
        feed_state(enabled=enabled, gone=gone, failures=failures, has_worked=has_worked)
        for enabled, gone, failures, has_worked in store.tuples(
            "SELECT enabled, gone, failures, last_ok_at IS NOT NULL FROM feed WHERE active"
        )
    )
    due_since = to_time(
        store.value(
            "SELECT min(next_poll_at) FROM feed WHERE active AND enabled AND NOT gone "
            "AND next_poll_at <= ?",
            (now,),
        )
    )
    topics = store.tuples(
        "SELECT topic, count(*), max(published_at) FROM published "
        "WHERE withdrawn = '' GROUP BY topic ORDER BY topic"
    )
    leases = store.tuples(
        "SELECT l.state, count(*) FROM hub_lease l JOIN feed f ON f.id = l.feed_id "
        "WHERE f.active GROUP BY l.state ORDER BY l.state"
    )
    return InstallationState(
        feeds=tuple(sorted(feeds.items())),
        lag_s=0.0 if due_since is None else max((now - due_since).total_seconds(), 0.0),
        unmatched=store.value(
            "SELECT count(*) FROM item WHERE variant_id IS NULL AND refresh <> ?",
            (Refresh.BLOCKED,),
        ),
        database_bytes=size_bytes(store),
        free_bytes=free_bytes(store) or 0,
        topics=tuple(
            (name, count, max((now - datetime.fromisoformat(at)).total_seconds(), 0.0))
            for name, count, at in topics
        ),
        leases=tuple((state, count) for state, count in leases),
    )


def unleased(store: Store) -> tuple[str, ...]:
    """Feeds whose hub refused our subscription, or failed several times to verify it."""
    return store.column(
        "SELECT f.name || ' (' || l.hub || ': ' || l.state || ')'"
        " FROM hub_lease l JOIN feed f ON f.id = l.feed_id"
        " WHERE f.active AND (l.state = 'refused' OR l.attempts > 2) ORDER BY f.name"
    )


def last_poll(store: Store) -> datetime | None:
    """When the last poll of any feed was."""
    return to_time(store.value("SELECT max(last_poll_at) FROM feed WHERE active"))


def quick_check(store: Store) -> str:
    """`ok`, or the first error that SQLite finds in the file."""
    return str(store.value("PRAGMA quick_check(1)"))
