"""Who gets the places of a topic feed when one source tells more than all others. Pure.

The newest stories have the places. Were that all, one source that publishes hundreds of items at
once (a broken feed, a hijacked one, an import of its archive) would push everything else out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.model import PublishedEntry

# Measured from the newest entry: older ones have had their time, and do not come back for room.
REACH = timedelta(days=30)


def own_places(places: int) -> int:
    """How many of a feed's places one source surely has for what it alone tells: half of them."""
    return (places + 1) // 2


def crowding(newest: Sequence[PublishedEntry], *, places: int) -> str | None:
    """The name of the source that alone tells more than half of the newest entries.

    There is one at most. A story that a second source tells, too, counts for neither.
    """
    told = Counter(name for entry in newest if (name := _sole_source(entry)) is not None)
    name, count = next(iter(told.most_common(1)), ("", 0))
    return name if count > own_places(places) else None


def shared_out(
    newest: Sequence[PublishedEntry],
    others: Sequence[PublishedEntry],
    *,
    crowd: str,
    places: int,
) -> tuple[PublishedEntry, ...]:
    """The entries of the feed, newest first, when a source crowds the newest ones.

    What the others tell fills what the crowd's half leaves free; what they leave free is the
    crowd's again, so that the feed is as full as without a crowd.
    """
    beside = [entry for entry in newest if _sole_source(entry) != crowd]
    rest = {entry.story: entry for entry in (*beside, *others)}
    kept = sorted(rest.values(), key=_newness, reverse=True)[: places - own_places(places)]
    alone = [entry for entry in newest if entry.story not in rest]
    shown = [*kept, *alone[: places - len(kept)]]
    return tuple(sorted(shown, key=_newness, reverse=True))


def _sole_source(entry: PublishedEntry) -> str | None:
    names = {source.feed for source in entry.sources}
    return names.pop() if len(names) == 1 else None


def _newness(entry: PublishedEntry) -> tuple[datetime, str]:
    return entry.published_at, entry.story
