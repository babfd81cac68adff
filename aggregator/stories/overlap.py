"""What two headlines share by their terms alone: enough to be compared in full, or to be related.

Steps of one saga, an event and the reactions to it, an explainer and its event share their rare
terms, whatever keeps them from being one story; so relatedness rests on terms, never on a score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import log1p, sqrt
from typing import Protocol

from msgspec import Struct

from aggregator.stories.features import Features
from aggregator.stories.lexicon import weigh
from aggregator.stories.likeness import gap_hours

LEAST_CLOSE = 0.18  # below it, what two wordings share is chance
MOST_NOTED = 4  # close stories that are stored per item; more would crowd out better links
LEAST_CONTAINED = 0.2  # share of the lighter wording below which pairs are not scored


class HasTerms(Protocol):
    """The distinct terms of a wording, and their summed rarity."""

    @property
    def bag(self) -> frozenset[str]: ...

    @property
    def weight(self) -> float: ...


class DatedTerms(Protocol):
    """A headline and when it was written."""

    @property
    def features(self) -> HasTerms: ...

    @property
    def at(self) -> datetime | None: ...


class Terms(Struct, frozen=True):
    """What `terms_text` stores of a headline."""

    bag: frozenset[str]
    weight: float


class StoredHeadline(Struct, frozen=True):
    """What is known of a stored wording without reading its headline again."""

    features: HasTerms
    fingerprint: str
    truncated: bool
    at: datetime | None


def terms_text(features: Features) -> str:
    """The terms of a headline as a text, for `stored_headline`."""
    return " ".join(sorted(features.bag))


def stored_headline(
    terms: str, fingerprint: str, *, truncated: bool, at: datetime | None
) -> StoredHeadline:
    """A stored headline, from the result of `terms_text`."""
    bag = frozenset(terms.split())
    return StoredHeadline(Terms(bag, weigh(bag)), fingerprint, truncated, at)


def overlap(a: HasTerms, b: HasTerms) -> tuple[float, float]:
    """Shared rarity relative to the lighter side, and to the mean of both (the cosine)."""
    shared = weigh(a.bag & b.bag)
    if not shared:
        return 0.0, 0.0
    one, other = a.weight, b.weight
    return shared / min(one, other), shared / sqrt(one * other)


def promise(contained: float, cosine: float, log_hours: float) -> float:
    """A cheap bound: if positive, two items share enough for the time between them to be scored.

    Fitted to the pairs of a real stream: all that are joined pass, 99 % of those that are at least
    related, and half of the others. Only arithmetic, so it also works on arrays.
    """
    return 3.2 * contained + 6.1 * cosine - 1.5 * log_hours + 1.1


def promising(one: DatedTerms, others: Iterable[DatedTerms]) -> tuple[float, list[float]]:
    """The highest `promise` of a story's wordings, and how much of `one` each contains.

    The promise is 0 if no wording is worth scoring.
    """
    most, shares = 0.0, []
    for other in others:
        contained, cosine = overlap(one.features, other.features)
        shares.append(contained)
        if promise(contained, cosine, 0.0) > most:
            hours = gap_hours(one.at, other.at) or 0.0
            most = max(most, promise(contained, cosine, log1p(hours)))
    if max(shares, default=0.0) < LEAST_CONTAINED:
        most = 0.0
    return most, shares


class HasWording(Protocol):
    """A headline's normalised wording, and whether it is cut off."""

    @property
    def fingerprint(self) -> str: ...

    @property
    def truncated(self) -> bool: ...


def may_be_one_wording(one: HasWording, other: HasWording) -> bool:
    """Whether two headlines may match by wording, whatever terms they share."""
    return one.fingerprint == other.fingerprint or one.truncated or other.truncated


def is_worth_reading(
    features: Features, at: datetime | None, stored: Sequence[StoredHeadline]
) -> bool:
    """Whether a story with these wordings must be compared with an item in full.

    What is rejected here would also be rejected by `match.decide`, which needs the headlines.
    """
    if any(may_be_one_wording(one, features) for one in stored):
        return True
    most, _ = promising(
        StoredHeadline(features, features.fingerprint, features.truncated, at), stored
    )
    return most > 0


def closeness(terms: HasTerms, wordings: Iterable[HasTerms]) -> float:
    """How close a headline is to a story: the mean cosine to its wordings, 0 to 1."""
    bag, weight = terms.bag, terms.weight
    found = [
        shared / sqrt(weight * one.weight) if (shared := weigh(bag & one.bag)) else 0.0
        for one in wordings
    ]
    return sum(found) / len(found) if found else 0.0


def closest(found: Mapping[int, float]) -> dict[int, float]:
    """Of stories by their closeness to an item, the few that are worth storing, closest first."""
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return {story_id: close for story_id, close in ranked[:MOST_NOTED] if close >= LEAST_CLOSE}
