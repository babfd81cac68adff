"""How each configured feed is doing, for `status` and the health page."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from aggregator.storage.store import Store, to_time

SOME_FAILURES = 2  # in a row: nothing to speak of


class FeedHealth(Struct, frozen=True):
    """How a configured feed is doing, for `status` and the health page."""

    name: str
    shown_url: str
    enabled: bool
    last_success: datetime | None
    last_new: datetime | None
    next_due: datetime | None
    interval_s: int | None
    failures: int
    last_error_kind: str
    last_error: str
    not_before: datetime | None
    not_before_reason: str
    permanent_url: str | None
    moved_to: str | None
    gone: bool
    items: int
    failing_since: datetime | None = None  # the last success, or the first poll there is
    hub_state: str = ""  # of its WebSub lease: wanted | active | refused | ended; "": none
    hub_until: datetime | None = None
    hub_last_push: datetime | None = None
    left_out: int = 0  # entries of its last document that were too many to read

    def fails_since(self, limit: datetime) -> bool:
        """Whether it failed more than twice in a row and had no success after `limit`."""
        is_wanted = self.enabled and not self.gone and self.failures > SOME_FAILURES
        return is_wanted and self.failing_since is not None and self.failing_since < limit


def feed_health(store: Store) -> tuple[FeedHealth, ...]:
    """All configured feeds in the order of their rows."""
    rows = store.rows(
        "SELECT f.*, (SELECT count(*) FROM item i WHERE i.feed_id = f.id) AS items,"
        " coalesce(f.last_ok_at, (SELECT min(started_at) FROM poll p WHERE p.feed_id = f.id))"
        " AS failing_since, coalesce(json_extract(f.hints, '$.left_out'), 0) AS left_out,"
        " l.state AS hub_state, l.expires_at, l.last_push_at"
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
        )
        for row in rows
    )
