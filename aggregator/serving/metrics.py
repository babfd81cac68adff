"""Prometheus metrics: counters of this process, and gauges read from the database on request.

The only user of prometheus-client. No label ever holds text or a URL from a feed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from aggregator import __version__
from aggregator.storage import health
from aggregator.storage.store import Store

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
disable_created_metrics()  # type: ignore[no-untyped-call] # one more series for each, that nobody asks for
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60)


class Metrics:
    """The counters of one process; `render` adds the current gauges."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._polls = Counter(
            "aggregator_polls", "Polls by outcome.", ["outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "aggregator_poll_seconds",
            "Time from request to the end of the body.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._items = Counter(
            "aggregator_items", "Items stored, by state.", ["state"], registry=self.registry
        )
        self._matched = Counter(
            "aggregator_matched",
            "Items matched, by the rule that decided (new: a story of its own).",
            ["rule"],
            registry=self.registry,
        )
        self._merged = Counter(
            "aggregator_merged_stories",
            "Stories that a later item proved to be another.",
            registry=self.registry,
        )
        self._jumps = Counter(
            "aggregator_clock_jumps", "Jumps of the clock noticed.", registry=self.registry
        )

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
    registry.register(_DatabaseGauges(store, now))
    return generate_latest(registry)


class _DatabaseGauges(Collector):
    def __init__(self, store: Store, now: datetime) -> None:
        self._state = health.measure(store, now)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        state = self._state
        info = GaugeMetricFamily("aggregator_build_info", "The release.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        feeds = GaugeMetricFamily("aggregator_feeds", "Feeds by state.", labels=["state"])
        for name, count in state.feeds:
            feeds.add_metric([name], count)
        yield feeds
        yield GaugeMetricFamily(
            "aggregator_queue_lag_seconds",
            "How long the longest-waiting due feed has been due.",
            value=state.lag_s,
        )
        yield GaugeMetricFamily(
            "aggregator_unmatched_items", "Items stored, not yet matched.", value=state.unmatched
        )
        yield GaugeMetricFamily(
            "aggregator_database_bytes", "Size of the database file.", value=state.database_bytes
        )
        yield GaugeMetricFamily(
            "aggregator_disk_free_bytes",
            "Free space on the disk of the database.",
            value=state.free_bytes,
        )
        leases = GaugeMetricFamily(
            "aggregator_hub_leases", "Subscriptions at hubs, by state.", labels=["state"]
        )
        for name, count in state.leases:
            leases.add_metric([name], count)
        yield leases
        age = GaugeMetricFamily(
            "aggregator_publish_age_seconds",
            "Seconds since a topic's newest entry was published.",
            labels=["topic"],
        )
        entries = GaugeMetricFamily(
            "aggregator_published_entries", "Entries published, by topic.", labels=["topic"]
        )
        for topic, count, age_s in state.topics:
            age.add_metric([topic], age_s)
            entries.add_metric([topic], count)
        yield age
        yield entries
