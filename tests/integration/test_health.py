"""Numbers about the whole installation: state, metrics, clock repair."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.serving.metrics import Metrics
from aggregator.storage import health, polls
from aggregator.storage.store import Store

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def add_feed(store: Store, name: str, **columns: object) -> None:
    columns = {"key": f"https://{name}.example/", "name": name} | columns
    names, marks = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    store.execute(f"INSERT INTO feed({names}) VALUES ({marks})", columns)


def add_lease(store: Store, feed: str, *, state: str, attempts: int) -> None:
    store.execute(
        "INSERT INTO hub_lease(feed_id, hub, topic, callback, secret, state, attempts)"
        " SELECT id, 'https://hub.example/', '', name, '', ?, ? FROM feed WHERE name = ?",
        (state, attempts, feed),
    )


def test_feeds_are_counted_by_state(store: Store) -> None:
    add_feed(store, "fresh")
    add_feed(store, "good", last_ok_at="2026-03-01T11:00:00Z")
    add_feed(store, "bad", failures=3)
    add_feed(store, "dead", gone=1)
    add_feed(store, "off", enabled=0)
    add_feed(store, "removed", active=0)

    state = health.measure(store, NOW)

    assert dict(state.feeds) == {"disabled": 1, "failing": 1, "gone": 1, "new": 1, "ok": 1}


def test_lag_is_that_of_the_longest_waiting_feed(store: Store) -> None:
    add_feed(store, "late", next_poll_at="2026-03-01T11:59:30Z")
    add_feed(store, "later", next_poll_at="2026-03-01T12:30:00Z")
    add_feed(store, "dead", gone=1, next_poll_at="2026-02-01T00:00:00Z")

    assert health.measure(store, NOW).lag_s == 30
    assert health.measure(store, NOW - timedelta(hours=1)).lag_s == 0


def test_a_feed_fails_for_long_after_days_without_a_success(store: Store) -> None:
    add_feed(store, "bad", failures=9, last_error="404", last_ok_at="2026-02-01T00:00:00Z")
    add_feed(store, "hiccup", failures=9, last_ok_at="2026-03-01T00:00:00Z")
    add_feed(store, "young", failures=3)
    add_feed(store, "never", failures=9, last_error="DNS")
    for name, at in (("young", "2026-03-01T08:00:00Z"), ("never", "2026-02-01T00:00:00Z")):
        store.execute(
            "INSERT INTO poll(feed_id, started_at, outcome) SELECT id, ?, 'failed' FROM feed"
            " WHERE name = ?", (at, name),
        )  # fmt: skip

    since = NOW - timedelta(days=3)
    failing = [feed.name for feed in health.feed_health(store) if feed.fails_since(since)]

    assert failing == ["bad", "never"]


def test_feeds_whose_hub_grants_no_lease_are_named(store: Store) -> None:
    for name in ("refused", "silent", "fresh", "good"):
        add_feed(store, name)
    add_lease(store, "refused", state="refused", attempts=1)
    add_lease(store, "silent", state="wanted", attempts=3)
    add_lease(store, "fresh", state="wanted", attempts=1)
    add_lease(store, "good", state="active", attempts=0)

    assert health.unleased(store) == (
        "refused (https://hub.example/: refused)",
        "silent (https://hub.example/: wanted)",
    )


def test_waits_set_by_a_clock_that_ran_ahead_count_from_now(store: Store) -> None:
    add_feed(
        store,
        "ahead",
        last_poll_at="2026-04-01T12:00:00Z",
        next_poll_at="2026-04-01T13:00:00Z",
        not_before="2026-04-01T12:30:00Z",
    )
    add_feed(
        store, "right", last_poll_at="2026-03-01T11:59:00Z", next_poll_at="2026-03-01T13:00:00Z"
    )
    store.execute("INSERT INTO host VALUES ('ahead.example', '2026-04-01T12:00:02Z', NULL)")

    moved = polls.rebase(store, NOW)

    found = store.rows("SELECT next_poll_at, not_before, hint_until FROM feed ORDER BY id")
    assert moved == 1
    assert tuple(found[0]) == ("2026-03-01T13:00:00Z", "2026-03-01T12:30:00Z", None)
    assert tuple(found[1]) == ("2026-03-01T13:00:00Z", None, None)
    assert store.value("SELECT next_start_at FROM host") is None
    assert polls.rebase(store, NOW) == 0


def test_metrics_show_counters_and_gauges(store: Store) -> None:
    add_feed(store, "good", last_ok_at="2026-03-01T11:00:00Z")
    store.execute(
        "INSERT INTO story(id, uid, headline, first_seen_at, first_item_at, last_item_at) VALUES "
        "(1, 'abc', 'Talks', '2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', "
        "'2026-03-01T12:00:00Z')"
    )
    store.execute(
        "INSERT INTO published"
        "(topic, story_id, headline, published_at, updated_at, digest_day, content_hash) "
        "VALUES ('security', 1, 'Talks', '2026-03-01T11:00:00Z', '2026-03-01T11:00:00Z', "
        "'2026-03-01', 'h')"
    )
    metrics = Metrics()
    metrics.polled(outcome="fetched", elapsed_s=0.2, new=3, updated=1)
    metrics.matched({"exact": 2, "new": 1}, merged_stories=1)
    metrics.polled(outcome="pushed", elapsed_s=0, new=1, updated=0)
    add_lease(store, "good", state="active", attempts=0)
    metrics.clock_jumped()

    text = metrics.render(store, NOW).decode()

    assert 'aggregator_polls_total{outcome="fetched"} 1.0' in text
    assert 'aggregator_items_total{state="new"} 4.0' in text
    assert "aggregator_poll_seconds_count 1.0" in text
    assert "aggregator_merged_stories_total 1.0" in text
    assert 'aggregator_hub_leases{state="active"} 1.0' in text
    assert 'aggregator_matched_total{rule="exact"} 2.0' in text
    assert "aggregator_clock_jumps_total 1.0" in text
    assert 'aggregator_feeds{state="ok"} 1.0' in text
    assert 'aggregator_publish_age_seconds{topic="security"} 3600.0' in text
    assert "aggregator_database_bytes" in text


def test_the_operations_page_names_exactly_the_metrics_that_there_are(store: Store) -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    text = Metrics().render(store, NOW).decode()

    documented = re.findall(r"^\| `(aggregator_\w+)", page, re.MULTILINE)
    mentioned = re.findall(r"`(aggregator_\w+)", page)
    shown = re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)

    assert sorted(documented) == sorted(shown)
    assert set(mentioned) <= set(shown)


def test_two_processes_count_for_themselves(store: Store) -> None:
    one, other = Metrics(), Metrics()
    one.polled(outcome="failed", elapsed_s=1, new=0, updated=0)

    assert b'outcome="failed"' not in other.render(store, NOW)


def test_many_overdue_feeds_are_spread_after_a_long_sleep(store: Store) -> None:
    for number in range(1000):
        add_feed(store, f"f{number}", next_poll_at="2026-02-20T00:00:00Z")
    add_feed(store, "never-polled")
    add_feed(store, "later", next_poll_at="2026-03-01T13:00:00Z")

    moved = polls.spread_overdue(store, NOW, over_s=300, more_than=100)

    minutes = store.rows(
        "SELECT substr(next_poll_at, 1, 16), count(*) FROM feed WHERE name LIKE 'f%' GROUP BY 1"
    )
    assert moved == 1000
    assert len(minutes) == 5
    assert max(row[1] for row in minutes) <= 2 * 1000 / 5
    assert store.value("SELECT next_poll_at FROM feed WHERE name = 'never-polled'") is None
    assert store.value("SELECT next_poll_at FROM feed WHERE name = 'later'") > "2026-03-01T12:59"


def test_a_few_overdue_feeds_are_left_due_at_once(store: Store) -> None:
    add_feed(store, "one", next_poll_at="2026-02-20T00:00:00Z")

    assert polls.spread_overdue(store, NOW, over_s=300, more_than=100) == 0
