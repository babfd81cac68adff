"""Prometheus metrics: counters of this process, and gauges read from the database on request.

The only user of prometheus-client. No label ever holds text or a URL from a feed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from aggregator import __version__
from aggregator.storage import health
from aggregator.storage.store import Store

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # one more series for each, that nobody asks for
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60)


class Metrics:
    """The counters of one process; `render` adds the current gauges."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry(auto_describe=False)

        def counter(name: str, meaning: str, label: str = "") -> Counter:
            labels = [label] if label else []
            return Counter(f"aggregator_{name}", meaning, labels, registry=registry)

        self._polls = counter("polls", "Polls by outcome.", "outcome")
        span = "Time from request to the end of the body."
        self._seconds = Histogram(
            "aggregator_poll_seconds", span, buckets=_BUCKETS, registry=registry
        )
        self._items = counter("items", "Items stored, by state.", "state")
        decided = "Items matched, by the rule that decided (new: a story of its own)."
        self._matched = counter("matched", decided, "rule")
        self._merged = counter("merged_stories", "Stories that a later item proved to be another.")
        self._jumps = counter("clock_jumps", "Jumps of the clock noticed.")

    def polled(self, *, outcome: str, elapsed_s: float, new: int, updated: int) -> None:
        """Counts one poll, or one document that a hub delivered."""
        self._polls.labels(outcome).inc()
        if outcome != "pushed":
            self._seconds.observe(elapsed_s)
        self._items.labels("new").inc(new)
        self._items.labels("updated").inc(updated)

    def matched(self, rules: Mapping[str, int], *, merged_stories: int) -> None:
        """Counts items by the rule that decided on them, and stories that were merged."""
        for rule, count in rules.items():
            self._matched.labels(rule).inc(count)
        self._merged.inc(merged_stories)

    def clock_jumped(self) -> None:
        """Counts a jump of the clock."""
        self._jumps.inc()

    def render(self, store: Store, now: datetime) -> bytes:
        """The exposition text: counters, then gauges from the database."""
        return generate_latest(self.registry) + gauges(store, now)


def gauges(store: Store, now: datetime) -> bytes:
    """The gauges alone, for a process that does not poll."""
    registry = CollectorRegistry(auto_describe=False)
    state = health.measure(store, now)
    ages = [(topic, age_s) for topic, _, age_s in state.topics]
    entries = [(topic, count) for topic, count, _ in state.topics]
    lag = "How long the longest-waiting due feed has been due."
    age = "Seconds since a topic's newest entry was published."
    free, alone = "Free space on the disk of the database.", ""  # alone: without a label
    for name, meaning, label, values in (
        ("build_info", "The release.", "version", [(__version__, 1)]),
        ("feeds", "Feeds by state.", "state", state.feeds),
        ("queue_lag_seconds", lag, alone, [("", state.lag_s)]),
        ("unmatched_items", "Items stored, not yet matched.", alone, [("", state.unmatched)]),
        ("database_bytes", "Size of the database file.", alone, [("", state.database_bytes)]),
        ("disk_free_bytes", free, alone, [("", state.free_bytes)]),
        ("hub_leases", "Subscriptions at hubs, by state.", "state", state.leases),
        ("publish_age_seconds", age, "topic", ages),
        ("published_entries", "Entries published, by topic.", "topic", entries),
    ):
        labels = [label] if label else []
        gauge = Gauge(f"aggregator_{name}", meaning, labels, registry=registry)
        for value, number in values:
            (gauge.labels(value) if label else gauge).set(number)
    return generate_latest(registry)
