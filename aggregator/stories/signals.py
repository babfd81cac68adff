"""The signals between two headlines: each is a number, the same in both directions.

Each function measures one signal, or a few that share work, and its decorator gives their names,
the direction in which they may move the score, and their range. `table` lists them in the order of
this module, for training, `explain` and the documentation. The trained trees refer to signals by
name, so one that is new to them is measured and shown, but has no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import log1p, sqrt

from msgspec import Struct
from rapidfuzz.distance import LCSseq
from rapidfuzz.fuzz import ratio, token_set_ratio

from aggregator.stories.features import Features
from aggregator.stories.lexicon import rarities, weigh
from aggregator.stories.likeness import (
    UNKNOWN,
    answering,
    bigrams,
    named_order,
    near_spellings,
    opposite,
    places_apart,
    places_nested,
    same_act,
    words_in_common,
)

RISES, FALLS, EITHER = 1, -1, 0  # with it the score: never falls, never rises, as trained

WEIGHT = "summed rarity, from 0"
SHARE = "0 to 1"
COUNT = "from 0"
FLAG = "0 or 1"


class Signal(Struct, frozen=True):
    """A number about two headlines: its name, how it may move the score, its range.

    `direction` constrains the training (monotone trees): evidence to the contrary is chance.
    """

    name: str
    direction: int
    range: str


class Pair(Struct):
    """Two headlines, with values that several signals need."""

    a: Features
    b: Features
    hours: float | None  # None: not both are dated
    same_publisher: bool | None
    same_page: bool
    shared: frozenset[str]
    left_a: frozenset[str]
    left_b: frozenset[str]
    is_a_light: bool  # `a` is the lighter headline
    rare: list[float]  # the rarity of each shared term
    both: float  # their sum


Measure = Callable[[Pair], tuple[float, ...]]
_MEASURES: list[tuple[tuple[Signal, ...], Measure]] = []


def signals(*described: Signal) -> Callable[[Measure], Measure]:
    """Registers a function with the signals that it returns, in this order."""

    def enter(measure: Measure) -> Measure:
        _MEASURES.append((described, measure))
        return measure

    return enter


def table() -> tuple[Signal, ...]:
    """All signals, in the order in which `measure` returns them."""
    return tuple(signal for described, _ in _MEASURES for signal in described)


def measure(
    a: Features,
    b: Features,
    *,
    hours: float | None = None,
    same_publisher: bool | None = None,
    same_page: bool = False,
) -> tuple[float, ...]:
    """The signals in the order of `table`; `hours`: None if not both are dated."""
    shared = a.bag & b.bag
    rare = rarities(shared)
    pair = Pair(
        a=a,
        b=b,
        hours=hours,
        same_publisher=same_publisher,
        same_page=same_page,
        shared=shared,
        left_a=a.bag - shared,
        left_b=b.bag - shared,
        is_a_light=(a.weight, a.plain) <= (b.weight, b.plain),
        rare=rare,
        both=sum(rare),
    )
    values: list[float] = []
    for _, measured in _MEASURES:
        values += measured(pair)
    return tuple(values)


def named(values: tuple[float, ...]) -> Mapping[str, float]:
    """The signals by name, rounded for people."""
    return {one.name: round(value, 3) for one, value in zip(table(), values, strict=True)}


@signals(
    Signal("cosine", RISES, SHARE),
    Signal("contained", RISES, SHARE),
    Signal("shared_weight", EITHER, WEIGHT),
    Signal("shared_terms", EITHER, COUNT),
    Signal("rarest_shared", RISES, WEIGHT),
    Signal("second_shared", EITHER, WEIGHT),
)
def _shared_terms(pair: Pair) -> tuple[float, ...]:
    """Terms of both headlines."""
    a, b, both = pair.a, pair.b, pair.both
    product, lighter = a.weight * b.weight, min(a.weight, b.weight)
    first, second = (*sorted(pair.rare, reverse=True)[:2], 0.0, 0.0)[:2]
    return (
        both / sqrt(product) if product else 0.0,
        both / lighter if lighter else 0.0,
        both,
        float(len(pair.shared)),
        first,
        second,
    )


@signals(
    Signal("left_over_light", EITHER, WEIGHT),
    Signal("left_over_heavy", EITHER, WEIGHT),
    Signal("rarest_left_light", EITHER, WEIGHT),
    Signal("rarest_left_heavy", EITHER, WEIGHT),
    Signal("fuzzy_left", EITHER, WEIGHT),
)
def _left_terms(pair: Pair) -> tuple[float, ...]:
    """Terms of one side only; those of the lighter side first."""
    rare_a, rare_b = rarities(pair.left_a), rarities(pair.left_b)
    light, heavy = (rare_a, rare_b) if pair.is_a_light else (rare_b, rare_a)
    return (
        sum(light),
        sum(heavy),
        max(light, default=0.0),
        max(heavy, default=0.0),
        near_spellings(pair.left_a, pair.left_b),
    )


@signals(
    Signal("bigrams", RISES, SHARE),
    Signal("surface", RISES, SHARE),
    Signal("letters", RISES, SHARE),
    Signal("token_set", RISES, SHARE),
    Signal("in_order", RISES, SHARE),
    Signal("same_opening", EITHER, "0 to 2"),
)
def _letters(pair: Pair) -> tuple[float, ...]:
    """The headlines as strings, and the order of their terms."""
    a, b = pair.a, pair.b
    return (
        bigrams(a.terms, b.terms),
        words_in_common(a.words, b.words),
        ratio(a.plain, b.plain) / 100,
        token_set_ratio(a.plain, b.plain) / 100,
        LCSseq.normalized_similarity(a.terms, b.terms),
        float(a.terms[:2] == b.terms[:2]) + float(a.terms[:1] == b.terms[:1]),
    )


@signals(
    Signal("names_shared", RISES, WEIGHT),
    Signal("names_contained", EITHER, "0 to 1; -1: no names"),
    Signal("names_apart", FALLS, WEIGHT),
    Signal("names_left_light", EITHER, WEIGHT),
    Signal("names_left_heavy", EITHER, WEIGHT),
    Signal("named_order", EITHER, "0 or 1; -1: under two shared names"),
)
def _names(pair: Pair) -> tuple[float, ...]:
    """People, organisations, places by name."""
    a, b = pair.a, pair.b
    names = a.names & b.names
    weight, fewest = weigh(names), min(a.names_weight, b.names_weight)
    left_a, left_b = weigh(a.names - pair.shared), weigh(b.names - pair.shared)
    light, heavy = (left_a, left_b) if pair.is_a_light else (left_b, left_a)
    return (
        weight,
        weight / fewest if fewest else UNKNOWN,
        min(left_a, left_b),
        light,
        heavy,
        named_order(a.named, b.named) if len(names) > 1 else UNKNOWN,
    )


@signals(
    Signal("acts_shared", RISES, WEIGHT),
    Signal("acts_apart", FALLS, WEIGHT),
    Signal("acts_left_light", EITHER, WEIGHT),
    Signal("same_act", EITHER, "0 to 3; -1: none told"),
    Signal("toll", EITHER, FLAG),
)
def _acts(pair: Pair) -> tuple[float, ...]:
    """What was done."""
    a, b, shared = pair.a, pair.b, pair.shared
    left_a, left_b = weigh(a.acts - shared), weigh(b.acts - shared)
    return (
        weigh(a.acts & b.acts),
        min(left_a, left_b),
        left_a if pair.is_a_light else left_b,
        same_act(a, b),
        float("kill" in shared or "hurt" in shared),
    )


@signals(
    Signal("speakers_shared", EITHER, WEIGHT),
    Signal("speakers_apart", FALLS, FLAG),
    Signal("answering", EITHER, "0 to 2"),
    Signal("quoted_shared", RISES, WEIGHT),
)
def _speech(pair: Pair) -> tuple[float, ...]:
    """Who speaks, and what is quoted."""
    a, b = pair.a, pair.b
    one, other = a.speakers, b.speakers
    return (
        weigh(one & other),
        float(bool(one and other) and one.isdisjoint(other)),
        answering(a, b),
        weigh((a.quoted & b.bag) | (b.quoted & a.bag)),
    )


@signals(
    Signal("countries_shared", EITHER, COUNT),
    Signal("countries_apart", FALLS, COUNT),
    Signal("places_shared", EITHER, COUNT),
    Signal("places_apart", FALLS, FLAG),
    Signal("places_nested", EITHER, COUNT),
)
def _places(pair: Pair) -> tuple[float, ...]:
    """Where it happened."""
    a, b = pair.a, pair.b
    return (
        float(len(a.countries & b.countries)),
        float(min(len(a.countries - b.countries), len(b.countries - a.countries))),
        float(len(a.places & b.places)),
        float(places_apart(a.places, b.places)),
        float(places_nested(a, b)),
    )


@signals(
    Signal("numbers_shared", EITHER, COUNT),
    Signal("numbers_apart", FALLS, COUNT),
    Signal("numbers_alone", EITHER, COUNT),
)
def _numbers(pair: Pair) -> tuple[float, ...]:
    """Tolls, sums, dates and ordinals."""
    a, b = pair.a.numbers, pair.b.numbers
    return float(len(a & b)), float(min(len(a - b), len(b - a))), float(abs(len(a) - len(b)))


@signals(
    Signal("hours", EITHER, "log(1 + hours); -1: no date"),
    Signal("same_publisher", EITHER, "0 or 1; -1: one is not named"),
    Signal("same_page", EITHER, FLAG),
)
def _circumstances(pair: Pair) -> tuple[float, ...]:
    """When and where it was published."""
    return (
        UNKNOWN if pair.hours is None else log1p(abs(pair.hours)),
        UNKNOWN if pair.same_publisher is None else float(pair.same_publisher),
        float(pair.same_page),
    )


@signals(
    Signal("summaries", RISES, "0 to 1; -1: not both have one"),
    Signal("told_in_summary", RISES, SHARE),
    Signal("told_in_both", EITHER, SHARE),
)
def _in_summaries(pair: Pair) -> tuple[float, ...]:
    """How similar the summaries are, and how much of the headlines the other's summary contains."""
    a, b, both = pair.a, pair.b, pair.both
    if not a.summary and not b.summary:
        shares = (both / a.weight if a.weight else 0.0, both / b.weight if b.weight else 0.0)
        return UNKNOWN, max(shares), min(shares)
    terms_a, terms_b = a.summary_terms, b.summary_terms
    alike = UNKNOWN
    if terms_a and terms_b:
        alike = weigh(terms_a & terms_b) / sqrt(a.summary_weight * b.summary_weight)
    share_a = (both + weigh(pair.left_a & terms_b)) / a.weight if a.weight else 0.0
    share_b = (both + weigh(pair.left_b & terms_a)) / b.weight if b.weight else 0.0
    return alike, max(share_a, share_b), min(share_a, share_b)


@signals(
    Signal("another_apart", FALLS, FLAG),
    Signal("negation_apart", FALLS, FLAG),
    Signal("reaction_apart", FALLS, FLAG),
    Signal("reaction_both", EITHER, FLAG),
    Signal("opinion_apart", FALLS, FLAG),
    Signal("opinion_both", EITHER, FLAG),
    Signal("question_apart", EITHER, FLAG),
    Signal("recurring", FALLS, FLAG),
    Signal("opposite", FALLS, FLAG),
)
def _stances(pair: Pair) -> tuple[float, ...]:
    """What only one side does: deny, react, comment, ask, say the opposite."""
    a, b = pair.a, pair.b
    return (
        float(a.another != b.another),
        float(a.negated != b.negated),
        float(a.reaction != b.reaction),
        float(a.reaction and b.reaction),
        float(a.opinion != b.opinion),
        float(a.opinion and b.opinion),
        float(a.question != b.question),
        float(a.recurring or b.recurring),
        float(opposite(pair.left_a, pair.left_b)),
    )


@signals(
    Signal("light", EITHER, COUNT),
    Signal("heavy", EITHER, COUNT),
    Signal("cut", EITHER, FLAG),
    Signal("no_report_surer", FALLS, SHARE),
    Signal("no_report_less_sure", EITHER, SHARE),
)
def _forms(pair: Pair) -> tuple[float, ...]:
    """How long the headlines are, whether one is cut off, and whether they are reports."""
    a, b = pair.a, pair.b
    terms, kinds = (len(a.bag), len(b.bag)), (a.kind.probability, b.kind.probability)
    return (
        float(min(terms)),
        float(max(terms)),
        float(a.truncated or b.truncated),
        max(kinds),
        min(kinds),
    )
