"""The weight of a story: by independent sources, their rank, and publication time. Pure.

    weight = published + 8 h * (log2(independent sources) + rank / (10 + |rank|))

Age affects all stories alike, so the order of two stories does not change as time passes: it is a
function of rows, and needs no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import log2

from aggregator.publishing.render_origins import entry_origins
from aggregator.views import PublishedEntry

# What doubling the number of independent sources is worth: eight sources outweigh a day. By
# judgement: with less, the page is ordered by time; with more, last week's story leads it.
DOUBLING = timedelta(hours=8)
_HALF = 10  # the rank that is worth half a doubling; no rank is worth a whole one


def weight(published_at: datetime, *, independent: int, rank: int = 0) -> float:
    """The weight, in seconds since 1970, as if the story were published later; heavier comes first.

    `rank`: that of the highest-ranked source, positive or negative.
    """
    doublings = log2(max(independent, 1)) + rank / (_HALF + abs(rank))
    return published_at.timestamp() + doublings * DOUBLING.total_seconds()


def weight_of(entry: PublishedEntry) -> float:
    """The weight of an entry."""
    return weight(
        entry.published_at,
        independent=entry_origins(entry).independent,
        rank=max((source.rank for source in entry.sources), default=0),
    )


def by_weight(entries: Iterable[PublishedEntry]) -> tuple[PublishedEntry, ...]:
    """The entries, heaviest first; those of equal weight keep their order.

    The first few of a day's entries are the top stories of that day.
    """
    return tuple(sorted(entries, key=weight_of, reverse=True))
