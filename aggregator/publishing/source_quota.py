"""The quota of sources in a feed, so that no one to three sources can fill it. Pure.

A feed contains the newest stories. Without a quota, a source that publishes hundreds of items at
once (a broken or hijacked feed, an imported archive) would displace everything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from aggregator.views import PublishedEntry

# Measured from the newest entry: older ones have had their time, and do not return to fill gaps.
REACH = timedelta(days=30)


def quota(size: int) -> int:
    """How many of a feed's entries dominant sources may take up: half of them."""
    return (size + 1) // 2


def select(
    newest: Sequence[PublishedEntry],
    from_others: Callable[[frozenset[str]], Sequence[PublishedEntry]],
    *,
    size: int,
) -> tuple[PublishedEntry, ...]:
    """The entries of a feed, at most `size`, newest first.

    `newest`: the newest of all. `from_others` is called only if sources dominate; it returns the
    newest entries that are not reported by one of these sources alone.
    """
    dominant = dominant_sources(newest, size=size)
    if not dominant:
        return tuple(newest)
    return apply_quota(newest, from_others(dominant), dominant=dominant, size=size)


def dominant_sources(newest: Sequence[PublishedEntry], *, size: int) -> frozenset[str]:
    """The sources that dominate the newest entries; usually none.

    Each is the only source of more than a quarter of the feed, so there are at most three, and
    together they exceed the quota. A story of two sources counts for neither.
    """
    counts = Counter(name for entry in newest if (name := _only_source(entry)) is not None)
    large = {name: count for name, count in counts.items() if count * 4 > size}
    return frozenset(large) if sum(large.values()) > quota(size) else frozenset()


def apply_quota(
    newest: Sequence[PublishedEntry],
    others: Sequence[PublishedEntry],
    *,
    dominant: frozenset[str],
    size: int,
) -> tuple[PublishedEntry, ...]:
    """The entries of the feed, newest first, if dominant sources have most of the newest ones.

    The others' stories get the room that the quota leaves; what they do not fill goes back to the
    dominant sources, so that the feed is as full as without a quota.
    """
    shared = [entry for entry in newest if _only_source(entry) not in dominant]
    rest = {entry.story: entry for entry in (*shared, *others)}
    kept = sorted(rest.values(), key=_newness, reverse=True)[: size - quota(size)]
    theirs = [entry for entry in newest if entry.story not in rest]
    chosen = [*kept, *theirs[: size - len(kept)]]
    return tuple(sorted(chosen, key=_newness, reverse=True))


def _only_source(entry: PublishedEntry) -> str | None:
    names = {source.feed for source in entry.sources}
    return names.pop() if len(names) == 1 else None


def _newness(entry: PublishedEntry) -> datetime:
    return entry.published_at  # entries of the same date keep their order
