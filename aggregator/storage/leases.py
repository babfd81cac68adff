"""Our WebSub subscriptions at the hubs of feeds."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from aggregator.storage.store import Store


class Lease(Struct, frozen=True):
    """A subscription: wanted, active, refused or ended. `callback` is the unguessable path part."""

    feed_id: int
    feed: str
    hub: str
    topic: str
    callback: str
    secret: str
    state: str
    expires_at: datetime | None
    attempts: int


_LEASES = (
    "SELECT l.feed_id, f.name AS feed, l.hub, l.topic, l.callback, l.secret, l.state, l.expires_at,"
    " l.attempts FROM hub_lease l JOIN feed f ON f.id = l.feed_id"
)


def want(store: Store, *, feed_id: int, hub: str, topic: str, callback: str, secret: str) -> None:
    """Records that a feed names a hub; a lease for the same hub and topic stays as it is."""
    store.execute(
        """
        INSERT INTO hub_lease(feed_id, hub, topic, callback, secret, state)
        VALUES (?, ?, ?, ?, ?, 'wanted')
        ON CONFLICT (feed_id) DO UPDATE SET
          hub = excluded.hub, topic = excluded.topic, callback = excluded.callback,
          secret = excluded.secret, state = 'wanted', expires_at = NULL,
          next_try_at = NULL, attempts = 0
        WHERE hub_lease.hub <> excluded.hub OR hub_lease.topic <> excluded.topic
        """,
        (feed_id, hub, topic, callback, secret),
    )


def without_lease(store: Store) -> tuple[tuple[int, str, str], ...]:
    """(feed id, hub, topic) of feeds that name a hub and a self link and have no lease for them."""
    rows = store.tuples(
        """
        SELECT f.id, f.hub_url, f.self_url
        FROM feed f LEFT JOIN hub_lease l ON l.feed_id = f.id
        WHERE f.active AND f.enabled AND NOT f.gone AND NOT f.private
          AND f.hub_url IS NOT NULL AND f.self_url IS NOT NULL
          AND (l.feed_id IS NULL OR l.hub <> f.hub_url OR l.topic <> f.self_url)
        ORDER BY f.id
        """
    )
    return tuple((feed_id, hub, topic) for feed_id, hub, topic in rows)


def by_callback(store: Store, callback: str) -> Lease | None:
    """The lease with this callback path."""
    return next(iter(store.structs(Lease, f"{_LEASES} WHERE l.callback = ?", (callback,))), None)


def to_request(store: Store, now: datetime, *, renew_before: datetime) -> tuple[Lease, ...]:
    """Leases to request from a hub: wanted ones, and active ones that end before `renew_before`."""
    return store.structs(
        Lease,
        f"""
        {_LEASES}
        WHERE f.active AND f.enabled AND NOT f.gone AND NOT f.private AND f.hub_url = l.hub
          AND (l.next_try_at IS NULL OR l.next_try_at <= :now)
          AND (l.state = 'wanted' OR (l.state = 'active' AND l.expires_at < :renew))
        ORDER BY l.feed_id LIMIT 50
        """,
        {"now": now, "renew": renew_before},
    )


def note_request(store: Store, feed_id: int, *, next_try_at: datetime) -> None:
    """Records a request to the hub, and when to repeat it unless it is verified."""
    store.execute(
        "UPDATE hub_lease SET attempts = attempts + 1, next_try_at = ? WHERE feed_id = ?",
        (next_try_at, feed_id),
    )


def activate(store: Store, feed_id: int, *, expires_at: datetime) -> None:
    """Activates a lease: the hub has verified our intent."""
    store.execute(
        "UPDATE hub_lease SET state = 'active', expires_at = ?, attempts = 0, "
        "next_try_at = NULL WHERE feed_id = ?",
        (expires_at, feed_id),
    )


def end(store: Store, feed_id: int, *, state: str, next_try_at: datetime | None = None) -> None:
    """Ends a lease: the hub refused it (`refused`), or it expired (`wanted` again)."""
    store.execute(
        "UPDATE hub_lease SET state = ?, expires_at = NULL, next_try_at = ? WHERE feed_id = ?",
        (state, next_try_at, feed_id),
    )


def expire(store: Store, now: datetime) -> int:
    """Resets expired leases to `wanted`: their feeds are polled at their usual interval again."""
    cursor = store.execute(
        "UPDATE hub_lease SET state = 'wanted', next_try_at = NULL "
        "WHERE state = 'active' AND expires_at <= ?",
        (now,),
    )
    return cursor.rowcount


def note_push(store: Store, feed_id: int, at: datetime | None) -> None:
    """Records a verified delivery; None: a poll found what the hub had not delivered.

    It must first deliver again.
    """
    store.execute("UPDATE hub_lease SET last_push_at = ? WHERE feed_id = ?", (at, feed_id))


def pushing_feeds(store: Store, now: datetime) -> dict[int, datetime]:
    """Feeds whose hub has delivered: feed id -> end of the lease."""
    ends = store.mapping(
        "SELECT feed_id, expires_at FROM hub_lease "
        "WHERE state = 'active' AND expires_at > ? AND last_push_at IS NOT NULL",
        (now,),
    )
    return {feed_id: datetime.fromisoformat(at) for feed_id, at in ends.items()}
