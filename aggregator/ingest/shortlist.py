"""The stories that are worth comparing with an item: those that share its rarest keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import log1p

from msgspec import Struct

from aggregator.storage import matching
from aggregator.storage.store import Store
from aggregator.stories.blocking import weight_of

# Measured on a real stream of 13,000 items a week: of the rewordings that share any key, the six
# stories that share most contain 99 % of what the first fifty contain; a story that shares only one
# common word is hardly ever the right one. For items two days apart, the minimum in `_ranked`
# excludes half of the stories that share enough otherwise; these contain no rewording that is
# joined, and 1 % of those that are related.
MAX_STORIES = 6  # compared in full with one item
LEAST_SHARED = 10.0  # rarity of the shared keys: one very rare term, or two
# An item that has few of them is also held against stories that share less: these are no rewording,
# and may be related.
FEWEST_STORIES = 3
LEAST_RELATED = 4.0  # rarity of the shared keys: one telling term
_LOOKED_AT = 6  # of the stories that share less; most are of other days
_NEAR_DAYS = 2  # fewer days apart, two items may be of one day
_DAY_S = 86400
_SPAN = 7  # days whose items share a look-up, so that a batch looks common words up once

Postings = dict[int, int]  # stories that share a key -> the newest day of it
_NOBODY: Postings = {}


class SharedKeys(Struct, frozen=True):
    """An item's keys, their weights, and the stored stories behind each of them."""

    day: int
    keys: tuple[str, ...]
    weights: tuple[float, ...]
    stored: tuple[Postings, ...]
    scores: dict[int, float]  # stored stories by the weight of the keys that they share
    ranked: list[tuple[float, int]]  # the likeliest of the stored ones, see `_ranked`

    @property
    def stories(self) -> tuple[int, ...]:
        """The ids of the stored stories that an item is compared with, or held against."""
        return tuple([-story_id for _, story_id in self.ranked])


class Likeliest(Struct, frozen=True):
    """The ids of the stories that share most with an item, those that share most first."""

    compared: tuple[int, ...]
    related: tuple[int, ...]  # share too little to be compared, and may be related; few or none


class Shortlist:
    """Finds candidate stories for a batch. All that it holds is stored or about to be."""

    def __init__(self, store: Store, window: timedelta) -> None:
        self.store = store
        self._reach_days = -(-window // timedelta(days=1)) + 1
        self._stored: dict[int, dict[str, Postings]] = {}  # span -> key -> stories
        self._fresh: dict[str, Postings] = {}

    def look_up(self, wanted: Sequence[tuple[datetime, tuple[str, ...]]]) -> list[SharedKeys]:
        """Looks up, in sets, the stored stories that share the keys of items of these times."""
        days = [day_of(at) for at, _ in wanted]
        asked: dict[int, dict[str, None]] = {}
        for day, (_, keys) in zip(days, wanted, strict=True):
            asked.setdefault(day // _SPAN, {}).update(dict.fromkeys(keys))
        for span, of_span in asked.items():
            known = self._stored.setdefault(span, {})
            missing = [key for key in of_span if key not in known]
            if missing:
                first_day = span * _SPAN - self._reach_days
                last_day = (span + 1) * _SPAN - 1 + self._reach_days
                known.update(dict.fromkeys(missing, _NOBODY))
                known.update(
                    matching.stories_with_keys(
                        self.store, missing, first_day=first_day, last_day=last_day
                    )
                )
        found = []
        for day, (_, keys) in zip(days, wanted, strict=True):
            known = self._stored[day // _SPAN]
            weights = tuple([weight_of(key) for key in keys])
            stored = tuple([known[key] for key in keys])
            rest = sum(weights)
            scores: dict[int, float] = {}
            get = scores.get
            for postings, weight in zip(stored, weights, strict=True):
                if postings and rest >= LEAST_RELATED:
                    for story_id in postings:
                        scores[story_id] = get(story_id, 0.0) + weight
                elif postings:  # a story that shares no key so far can no longer share enough
                    for story_id in scores.keys() & postings.keys():
                        scores[story_id] += weight
                rest -= weight
            ranked = _ranked(scores, day, stored, fewest=FEWEST_STORIES)
            found.append(SharedKeys(day, keys, weights, stored, scores, ranked))
        return found

    def likeliest(self, shared: SharedKeys) -> Likeliest:
        """The stories that share most, including those that this batch opened."""
        first, last = shared.day - self._reach_days, shared.day + self._reach_days
        known = shared.scores.get
        tables = []
        touched: dict[int, float] = {}
        for key, weight, stored in zip(shared.keys, shared.weights, shared.stored, strict=True):
            fresh = self._fresh.get(key)
            if fresh is None:
                continue
            tables.append(fresh)
            for story_id, made_on in fresh.items():
                if first <= made_on <= last:
                    more = 0.0 if story_id in stored else weight
                    so_far = touched.get(story_id)
                    touched[story_id] = (known(story_id, 0.0) if so_far is None else so_far) + more
        if not touched:
            return _likeliest(shared.ranked)
        # Stories can only come nearer, so the rank of those that this batch did not touch holds.
        rest = [one for one in shared.ranked if -one[1] not in touched]
        fewest = FEWEST_STORIES - len(_compared(rest))
        again = _ranked(touched, shared.day, (*shared.stored, *tables), fewest=fewest)
        return _likeliest(sorted([*rest, *again]))

    def note(self, story_id: int, day: int, keys: Iterable[str]) -> None:
        """Indexes a story under the keys of an item of this day."""
        for key in keys:
            self._fresh.setdefault(key, {})[story_id] = day


def _likeliest(ranked: Sequence[tuple[float, int]]) -> Likeliest:
    compared = _compared(ranked)
    further = [-story_id for _, story_id in ranked[len(compared) : FEWEST_STORIES]]
    return Likeliest(tuple(compared), tuple(further))


def _compared(ranked: Sequence[tuple[float, int]]) -> list[int]:
    return [-story_id for spare, story_id in ranked[:MAX_STORIES] if spare <= 0]


def _ranked(
    scores: Mapping[int, float], day: int, tables: Sequence[Postings], *, fewest: int
) -> list[tuple[float, int]]:
    """The best `MAX_STORIES` by how far they exceed the minimum for their distance in days.

    As (-excess, -id), the best first; where fewer than `fewest` exceed it, what comes near it
    follows.
    """
    near = [(-score, -story_id) for story_id, score in scores.items() if score >= LEAST_SHARED]
    near.sort()
    ranked: list[tuple[float, int]] = []
    for score, story_id in near:
        if len(ranked) >= MAX_STORIES and score + LEAST_SHARED > ranked[MAX_STORIES - 1][0]:
            break  # even a story of the same day would rank lower
        days = min([abs(table[-story_id] - day) for table in tables if -story_id in table])
        # the minimum for a story so many days away
        wanted = LEAST_SHARED if days < _NEAR_DAYS else 8.0 + 5.0 * log1p(24 * (days - 1))
        spare = score + wanted
        if spare <= 0:
            ranked.append((spare, story_id))
            ranked.sort()
            del ranked[MAX_STORIES:]
    if len(ranked) < fewest:
        ranked += _further(scores, day, tables)[: fewest - len(ranked)]
    return ranked


def _further(
    scores: Mapping[int, float], day: int, tables: Sequence[Postings]
) -> list[tuple[float, int]]:
    """The stories of about this day that come nearest to the minimum, as `_ranked` has them."""
    near = [
        (-score, -story_id)
        for story_id, score in scores.items()
        if LEAST_RELATED <= score < LEAST_SHARED
    ]
    near.sort()
    found = []
    for score, story_id in near[:_LOOKED_AT]:
        for table in tables:  # the rarest key that is shared comes first
            made_on = table.get(-story_id)
            if made_on is not None:
                if abs(made_on - day) < _NEAR_DAYS:
                    found.append((score + LEAST_SHARED, story_id))
                break
    return found


def day_of(at: datetime) -> int:
    """Days since 1970-01-01."""
    return int(at.timestamp() // _DAY_S)
