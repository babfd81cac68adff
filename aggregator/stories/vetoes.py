"""Vetoes: reasons that keep two headlines apart, whatever words they share.

Each function is one veto, named by its decorator; they are evaluated in the order of this module.
"""

from __future__ import annotations

from collections.abc import Callable

from aggregator.stories.features import Features
from aggregator.stories.lexicon import lexicon
from aggregator.stories.likeness import alike, opposite, places_apart

_KEYWORDS = 10  # words and
_STATES = 4  # states among them that make no sentence without a word to join them
_NO_JOINT = frozenset(("breaking", "latest", "live", "news", "today", "updates", "us", "video"))
_COUNTED = 2  # terms behind an ordinal of which one says what it counts
_TENS = {f"#{tens}": tens for tens in range(20, 100, 10)}  # as terms
_SUM = 1e6  # from here on a figure is taken for a sum of money
Veto = Callable[[Features, Features, float | None], bool]
_VETOES: list[tuple[str, Veto]] = []


def veto(name: str) -> Callable[[Veto], Veto]:
    """Registers a function as a veto, under the name that is stored in evidence."""

    def enter(holds: Veto) -> Veto:
        _VETOES.append((name, holds))
        return holds

    return enter


@veto("veto_place")
def _place(a: Features, b: Features, hours: float | None) -> bool:
    """Events in different places; if no place is explicit, only with different figures."""
    if places_apart(a.located, b.located):
        return True
    other_figures = a.numbers and b.numbers and a.numbers.isdisjoint(b.numbers)
    return bool(other_figures) and places_apart(a.places, b.places)


@veto("veto_swapped")
def _swapped(a: Features, b: Features, hours: float | None) -> bool:
    """The same sentence about other people or places: only names and figures differ."""
    left_a, left_b = a.names - b.bag, b.names - a.bag
    if not left_a or not left_b or not _same_sentence(a, b):
        return False
    if _nested(left_a, left_b) or _nested(left_b, left_a):
        return False
    return not any(alike(name, other) for name in left_a for other in left_b)


@veto("veto_figures")
def _figures(a: Features, b: Features, hours: float | None) -> bool:
    """The same sentence with another sum, or of another round of talks.

    Other figures count what grows: the dead, the arrested, the rescued.
    """
    left_a, left_b = a.numbers - b.numbers, b.numbers - a.numbers
    if not left_a or not left_b or a.names - b.bag or b.names - a.bag:
        return False
    both = [sorted((float(x[1:]), float(y[1:]))) for x in left_a for y in left_b]  # of "#12"
    other_sums = all(_SUM <= less < more * 2 / 3 for less, more in both)
    return (other_sums or "round" in a.bag & b.bag) and _same_sentence(a, b)


@veto("veto_ordinal")
def _ordinal(a: Features, b: Features, hours: float | None) -> bool:
    """Two of a series: the second submarine and the third, the fifth round and the sixth."""
    ordinals = lexicon().ordinals.keys()  # many: asked for each of a headline's few terms
    if ordinals.isdisjoint(a.bag) or ordinals.isdisjoint(b.bag):
        return False
    counted_a, counted_b = _counted(a), _counted(b)
    shared = counted_a.keys() & counted_b.keys()
    return any(counted_a[noun].isdisjoint(counted_b[noun]) for noun in shared)


def _counted(features: Features) -> dict[str, set[int]]:
    """What is counted by ordinals, and as which ones: the terms right behind each."""
    ordinals, terms = lexicon().ordinals, features.terms
    found: dict[str, set[int]] = {}
    for at, term in enumerate(terms):
        if term in ordinals:
            number = ordinals[term]
            if number < 10:
                number += _TENS.get(terms[at - 1], 0) if at else 0  # "twenty-first"
            for noun in terms[at + 1 : at + 1 + _COUNTED]:
                found.setdefault(noun, set()).add(number)
    return found


def _nested(names: frozenset[str], others: frozenset[str]) -> bool:
    """Whether one of the names is a place within one of the others."""
    within = lexicon().within
    return any(not others.isdisjoint(within.get(name, ())) for name in names)


def _same_sentence(a: Features, b: Features) -> bool:
    """Whether only names and numbers differ."""
    return len(a.bag & b.bag) >= 3 and _frame(a, b) == _frame(b, a)


def _frame(of: Features, other: Features) -> list[str]:
    """The terms in order, with a gap for names and numbers of this side only."""
    own = of.names | of.numbers | of.places
    gaps = ["" if term in own and term not in other.bag else term for term in of.terms]
    return [term for at, term in enumerate(gaps) if term or not at or gaps[at - 1]]


def _unknown(state: str, other: Features) -> bool:
    """Whether a headline names neither the state, if there is one, nor a leader or place of it."""
    if not state or state in other.lands:
        return False
    within = lexicon().within
    return not any(state in within[place] for place in other.places)


@veto("veto_counterparty")
def _counterparty(a: Features, b: Features, hours: float | None) -> bool:
    """Talks, deals and statements between different countries.

    Of two deals, each has a side that the other headline does not name.
    """
    if a.partner and b.partner:
        if _unknown(a.partner, b) and _unknown(b.partner, a):
            return True
        unknown_a = _unknown(a.partner, b) or _unknown(a.actor, b)
        unknown_b = _unknown(b.partner, a) or _unknown(b.actor, a)
        if a.actor and b.actor and unknown_a and unknown_b:
            return True
    left_a, left_b = a.countries - b.lands, b.countries - a.lands
    return bool(left_a and left_b and a.countries & b.countries) and _dealing(a, b)


@veto("veto_subject")
def _subject(a: Features, b: Features, hours: float | None) -> bool:
    """Talks of the same states about different subjects: trade here, terrorism there."""
    if a.lands.isdisjoint(b.lands) or not _dealing(a, b):
        return False
    about_a, about_b = _fields(a), _fields(b)
    return bool(about_a and about_b) and about_a.isdisjoint(about_b)


def _dealing(a: Features, b: Features) -> bool:
    """Whether both report talks, or both what two states or more, the same ones, do together."""
    if "talks" in a.bag & b.bag:
        return True
    dealings = lexicon().dealings
    return (
        len(a.lands) > 1
        and len(b.lands) > 1
        and not (a.bag.isdisjoint(dealings) or b.bag.isdisjoint(dealings))
    )


def _fields(features: Features) -> frozenset[str]:
    """The subject fields of a headline's terms."""
    subjects = lexicon().subjects
    return frozenset(subjects[term] for term in features.bag if term in subjects)


@veto("veto_date")
def _date(a: Features, b: Features, hours: float | None) -> bool:
    """Different dates or years in the headlines themselves."""
    if a.dates and b.dates and a.dates.isdisjoint(b.dates):
        return True
    return bool(a.years and b.years and a.years.isdisjoint(b.years))


@veto("veto_opposite")
def _opposite(a: Features, b: Features, hours: float | None) -> bool:
    """The same words, except for a pair of opposites."""
    shared = a.bag & b.bag
    left_a, left_b = a.bag - shared, b.bag - shared
    few = len(left_a) <= 3 and len(left_b) <= 3
    return few and opposite(left_a, left_b)


@veto("veto_reaction")
def _reaction(a: Features, b: Features, hours: float | None) -> bool:
    """An event and a response to it: somebody else welcomes, condemns or rejects it."""
    if a.reaction == b.reaction:
        return False
    answer, event = (a, b) if a.reaction else (b, a)
    answers = lexicon().answers
    if answer.act not in answers or event.bag & {answer.act}:
        return False
    return answer.speakers.isdisjoint(event.speakers)


@veto("veto_another")
def _another(a: Features, b: Features, hours: float | None) -> bool:
    """An event and a further one: "second bomb found", while the other reports a bomb."""
    return bool(a.repeats & b.bag and not b.another) or bool(b.repeats & a.bag and not a.another)


@veto("veto_recurring")
def _recurring(a: Features, b: Features, hours: float | None) -> bool:
    """Different issues of a recurring title."""
    return a.recurring and b.recurring and hours is not None and hours > 6


@veto("veto_keywords")
def _keywords(a: Features, b: Features, hours: float | None) -> bool:
    """A title stuffed with search terms, parts of which fit any event of those states."""
    return _is_stuffed(a) or _is_stuffed(b)


def _is_stuffed(features: Features) -> bool:
    """Whether it has many words and states, but no "of", "in" or "and" as in a sentence."""
    if len(features.words) < _KEYWORDS or len(features.countries) < _STATES:
        return False
    return lexicon().stop.isdisjoint(set(features.words) - _NO_JOINT)


def vetoes(a: Features, b: Features, hours: float | None) -> tuple[str, ...]:
    """The names of all vetoes that apply; `hours`: None if not both are dated."""
    return tuple([name for name, holds in _VETOES if holds(a, b, hours)])
