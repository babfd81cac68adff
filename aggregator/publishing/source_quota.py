"""Who gets the places of a feed when a source or two tell more than all others. Pure.

The newest stories have the places. Were that all, sources that publish hundreds of items at once
(a broken feed, a hijacked one, an import of an archive) would push everything else out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from aggregator.views import PublishedEntry

# Measured from the newest entry: older ones have had their time, and do not come back for room.
REACH = timedelta(days=30)


def own_places(places: int) -> int:
    """How many of a feed's places a crowd surely has for what it alone tells: half of them."""
    return (places + 1) // 2


def fill(
    newest: Sequence[PublishedEntry],
    beside: Callable[[frozenset[str]], Sequence[PublishedEntry]],
    *,
    places: int,
) -> tuple[PublishedEntry, ...]:
    """The entries of a feed of so many places, newest first.

    `newest` are the newest of all; `beside` is asked, only where there is a crowd, for the newest
    that are not told by one of these sources alone.
    """
    crowd = crowding(newest, places=places)
    return shared_out(newest, beside(crowd), crowd=crowd, places=places) if crowd else tuple(newest)


def crowding(newest: Sequence[PublishedEntry], *, places: int) -> frozenset[str]:
    """The sources that crowd the newest entries; mostly none.

    They are those of which each alone tells more than a quarter of the places, so three at most,
    when together they have more than half. A story that a second source tells, too, counts for
    nobody.
    """
    told = Counter(name for entry in newest if (name := _sole_source(entry)) is not None)
    loud = {name: count for name, count in told.items() if count * 4 > places}
    return frozenset(loud) if sum(loud.values()) > own_places(places) else frozenset()


def shared_out(
    newest: Sequence[PublishedEntry],
    others: Sequence[PublishedEntry],
    *,
    crowd: frozenset[str],
    places: int,
) -> tuple[PublishedEntry, ...]:
    """The entries of the feed, newest first, when a crowd has most of the newest ones.

    What the others tell fills what the crowd's half leaves free; what they leave free is the
    crowd's again, so that the feed is as full as without a crowd.
    """
    beside = [entry for entry in newest if _sole_source(entry) not in crowd]
    rest = {entry.story: entry for entry in (*beside, *others)}
    kept = sorted(rest.values(), key=_newness, reverse=True)[: places - own_places(places)]
    alone = [entry for entry in newest if entry.story not in rest]
    shown = [*kept, *alone[: places - len(kept)]]
    return tuple(sorted(shown, key=_newness, reverse=True))


def _sole_source(entry: PublishedEntry) -> str | None:
    names = {source.feed for source in entry.sources}
    return names.pop() if len(names) == 1 else None


def _newness(entry: PublishedEntry) -> datetime:
    return entry.published_at  # those of one date stay in their order
