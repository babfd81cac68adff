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
from aggregator.stories.likeness import gap_hours, weigh

LEAST_CLOSE = 0.12  # below it, what two wordings share is chance
MOST_NOTED = 4  # stories that are kept as close to one item; more of them crowd out better links
LEAST_CONTAINED = 0.2  # of the lighter wording: where less is shared, the scorer is not asked


class HasTerms(Protocol):
    """What a wording says: its distinct terms, and how rare they are together."""

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
    """A headline as far as `terms_text` keeps it."""

    bag: frozenset[str]
    weight: float


class StoredHeadline(Struct, frozen=True):
    """A stored wording as it is known without reading its headline again."""

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
    """A stored headline from what `terms_text` gave."""
    bag = frozenset(terms.split())
    return StoredHeadline(Terms(bag, weigh(bag)), fingerprint, truncated, at)


def overlap(a: HasTerms, b: HasTerms) -> tuple[float, float]:
    """Shared rarity over that of the lighter side, and over the mean of both (the cosine)."""
    light, heavy = (a.weight, b.weight) if a.weight <= b.weight else (b.weight, a.weight)
    if not light:
        return 0.0, 0.0
    shared = weigh(a.bag & b.bag)
    return shared / light, shared / sqrt(light * heavy)


def promise(contained: float, cosine: float, log_hours: float) -> float:
    """A cheap bound: above zero two items share enough, for the time between them, to be scored.

    Fitted on the pairs of a real stream so that 99 of 100 that are at least related pass, all
    that are joined, and half of the others do not. Arithmetic alone, so arrays may be asked, too.
    """
    return 3.2 * contained + 6.1 * cosine - 1.5 * log_hours + 1.1


def promising(one: DatedTerms, others: Iterable[DatedTerms]) -> tuple[float, list[float]]:
    """What the most promising of a story's wordings promises, and how far each contains the one.

    The promise is 0 where no wording is worth the scorer's time.
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
    """Whether the words in their order may say more than what two headlines share of terms."""
    return one.fingerprint == other.fingerprint or one.truncated or other.truncated


def is_worth_reading(
    features: Features, at: datetime | None, stored: Sequence[StoredHeadline]
) -> bool:
    """Whether a story of these wordings could be compared with an item in full.

    What is turned down here `match.decide` would turn down as well, with the headlines at hand.
    """
    if any(may_be_one_wording(one, features) for one in stored):
        return True
    most, _ = promising(
        StoredHeadline(features, features.fingerprint, features.truncated, at), stored
    )
    return most > 0


def closeness(terms: HasTerms, wordings: Iterable[HasTerms]) -> float:
    """How close a headline is to a story: the mean cosine to its wordings, 0 to 1."""
    found = [overlap(terms, one)[1] for one in wordings]
    return sum(found) / len(found) if found else 0.0


def closest(found: Mapping[int, float]) -> dict[int, float]:
    """Of stories by their closeness to an item: the few that are worth noting, closest first."""
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return {story_id: close for story_id, close in ranked[:MOST_NOTED] if close >= LEAST_CLOSE}
