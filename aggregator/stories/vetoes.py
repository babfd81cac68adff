"""What keeps two headlines apart whatever their words share."""

from __future__ import annotations

from collections.abc import Callable

from aggregator.stories.features import Features
from aggregator.stories.lexicon import lexicon
from aggregator.stories.signals import opposite, places_apart

Veto = Callable[[Features, Features, float | None], bool]


def _place(a: Features, b: Features, hours: float | None) -> bool:
    """Two events in two places."""
    return places_apart(a, b)


def _counterparty(a: Features, b: Features, hours: float | None) -> bool:
    """Talks, deals and statements between other countries."""
    left_a, left_b = a.countries - b.countries, b.countries - a.countries
    return bool(left_a and left_b and a.countries & b.countries and "talks" in a.bag & b.bag)


def _date(a: Features, b: Features, hours: float | None) -> bool:
    """Two days or two years in the headlines themselves."""
    if a.dates and b.dates and a.dates.isdisjoint(b.dates):
        return True
    return bool(a.years and b.years and a.years.isdisjoint(b.years))


def _opposite(a: Features, b: Features, hours: float | None) -> bool:
    """The same words but for one that turns them round."""
    shared = a.bag & b.bag
    left_a, left_b = a.bag - shared, b.bag - shared
    few = len(left_a) <= 3 and len(left_b) <= 3
    return few and opposite(left_a, left_b, lexicon().antonyms)


def _recurring(a: Features, b: Features, hours: float | None) -> bool:
    """Two issues of a recurring title."""
    return a.recurring and b.recurring and hours is not None and hours > 6


VETOES: tuple[tuple[str, Veto], ...] = (
    ("veto_place", _place),
    ("veto_counterparty", _counterparty),
    ("veto_date", _date),
    ("veto_opposite", _opposite),
    ("veto_recurring", _recurring),
)


def vetoes(a: Features, b: Features, hours: float | None) -> tuple[str, ...]:
    """The names of all vetoes that hold; `hours` None: not both are dated."""
    return tuple(name for name, holds in VETOES if holds(a, b, hours))
