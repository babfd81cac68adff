"""What two headlines say about each other: one number a signal, the same in both directions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from math import log1p, sqrt

from rapidfuzz.distance import JaroWinkler, LCSseq
from rapidfuzz.fuzz import ratio, token_set_ratio

from aggregator.stories.features import Features, quoted, speakers, summary_terms
from aggregator.stories.lexicon import lexicon

UNKNOWN = -1.0  # the signal says nothing: a date or a summary is missing

SIGNALS = (
    "cosine",
    "contained",
    "shared_weight",
    "shared_terms",
    "rarest_shared",
    "second_shared",
    "left_over_light",
    "left_over_heavy",
    "rarest_left_light",
    "rarest_left_heavy",
    "fuzzy_left",
    "bigrams",
    "surface",
    "letters",
    "token_set",
    "names_shared",
    "names_contained",
    "names_apart",
    "acts_shared",
    "acts_apart",
    "same_opening",
    "speakers_shared",
    "speakers_apart",
    "answering",
    "same_act",
    "named_order",
    "quoted_shared",
    "in_order",
    "countries_shared",
    "countries_apart",
    "places_shared",
    "places_apart",
    "places_nested",
    "names_left_light",
    "names_left_heavy",
    "acts_left_light",
    "numbers_shared",
    "numbers_apart",
    "numbers_alone",
    "toll",
    "hours",
    "same_publisher",
    "same_page",
    "summaries",
    "told_in_summary",
    "told_in_both",
    "another_apart",
    "negation_apart",
    "reaction_apart",
    "reaction_both",
    "opinion_apart",
    "opinion_both",
    "question_apart",
    "recurring",
    "opposite",
    "light",
    "heavy",
    "cut",
    "no_report_surer",
    "no_report_less_sure",
)


def rarities(terms: Collection[str]) -> list[float]:
    """How rare each of the terms is."""
    lex = lexicon()
    get, rarest = lex.idf.get, lex.rarest
    return [get(term, rarest) for term in terms]


def weigh(terms: Collection[str]) -> float:
    """The summed rarity of terms."""
    return sum(rarities(terms)) if terms else 0.0


def alike(term: str, other: str) -> bool:
    """Whether two words may be spellings of one name."""
    if min(len(term), len(other)) < 4 or other[0] != term[0]:
        return False
    return JaroWinkler.similarity(term, other, score_cutoff=0.88) > 0


def _fuzzy(left_a: Collection[str], left_b: Collection[str]) -> float:
    """The weight of the left-over words that are near-spellings of each other.

    Each word counts by its weightiest near-spelling: sets have no order that could be relied on.
    """
    by_letter: dict[str, list[str]] = {}
    for other in left_b:
        if len(other) >= 4 and other[0] not in "#@":
            by_letter.setdefault(other[0], []).append(other)
    lex = lexicon()
    get, rarest = lex.idf.get, lex.rarest
    best_a: dict[str, float] = {}
    best_b: dict[str, float] = {}
    for term in left_a:
        for other in by_letter.get(term[0], ()) if len(term) >= 4 else ():
            if JaroWinkler.similarity(term, other, score_cutoff=0.88):
                weight = min(get(term, rarest), get(other, rarest))
                best_a[term] = max(best_a.get(term, 0.0), weight)
                best_b[other] = max(best_b.get(other, 0.0), weight)
    return min(sum(best_a.values()), sum(best_b.values()))


def _bigrams(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    if len(a) < 2 or len(b) < 2:
        return 0.0
    pairs_a = set(pairwise(a))
    pairs_b = set(pairwise(b))
    return len(pairs_a & pairs_b) / min(len(pairs_a), len(pairs_b))


def _summaries(a: Features, b: Features, both: float) -> tuple[float, float, float]:
    """How alike the summaries are; how much of one headline, of both, the other's summary tells."""
    if not a.summary and not b.summary:
        told = (both / a.weight if a.weight else 0.0, both / b.weight if b.weight else 0.0)
        return UNKNOWN, max(told), min(told)
    terms_a, terms_b = summary_terms(a.summary), summary_terms(b.summary)
    alike = UNKNOWN
    if terms_a and terms_b:
        product = summary_weight(a.summary) * summary_weight(b.summary)
        alike = weigh(terms_a & terms_b) / sqrt(product)
    told_a = (both + weigh((a.bag - b.bag) & terms_b)) / a.weight if a.weight else 0.0
    told_b = (both + weigh((b.bag - a.bag) & terms_a)) / b.weight if b.weight else 0.0
    return alike, max(told_a, told_b), min(told_a, told_b)


@lru_cache(maxsize=1024)
def summary_weight(summary: str) -> float:
    """The summed rarity of a summary's terms."""
    return weigh(summary_terms(summary))


def forget() -> None:
    """Drops what is kept of headlines and summaries."""
    for kept in (summary_weight, summary_terms, speakers, quoted):
        kept.cache_clear()


def measure(
    a: Features,
    b: Features,
    *,
    hours: float | None = None,
    same_publisher: bool | None = None,
    same_page: bool = False,
) -> tuple[float, ...]:
    """The signals in the order of `SIGNALS`; `hours` None: not both are dated."""
    shared = a.bag & b.bag
    left_a, left_b = a.bag - shared, b.bag - shared
    rare = rarities(shared)
    both = sum(rare)
    first, second = (*sorted(rare, reverse=True)[:2], 0.0, 0.0)[:2]
    light = a if (a.weight, a.plain) <= (b.weight, b.plain) else b
    rare_a, rare_b = rarities(left_a), rarities(left_b)
    rare_light, rare_heavy = (rare_a, rare_b) if light is a else (rare_b, rare_a)
    names = a.names & b.names
    names_a, names_b = weigh(a.names - shared), weigh(b.names - shared)
    acts_a, acts_b = weigh(a.acts - shared), weigh(b.acts - shared)
    names_weight, fewest = weigh(names), min(weigh(a.names), weigh(b.names))
    numbers_a, numbers_b = a.numbers - b.numbers, b.numbers - a.numbers
    speakers_a, speakers_b = speakers(a), speakers(b)
    alike, told, told_both = _summaries(a, b, both)
    product = a.weight * b.weight
    return (
        both / sqrt(product) if product else 0.0,
        both / light.weight if light.weight else 0.0,
        both,
        float(len(shared)),
        first,
        second,
        sum(rare_light),
        sum(rare_heavy),
        max(rare_light, default=0.0),
        max(rare_heavy, default=0.0),
        _fuzzy(left_a, left_b),
        _bigrams(a.terms, b.terms),
        _surface(a.words, b.words),
        ratio(a.plain, b.plain) / 100,
        token_set_ratio(a.plain, b.plain) / 100,
        names_weight,
        names_weight / fewest if fewest else UNKNOWN,
        min(names_a, names_b),
        weigh(a.acts & b.acts),
        min(acts_a, acts_b),
        float(a.terms[:2] == b.terms[:2]) + float(a.terms[:1] == b.terms[:1]),
        weigh(speakers_a & speakers_b),
        float(bool(speakers_a and speakers_b) and speakers_a.isdisjoint(speakers_b)),
        _answering(a, b),
        _same_act(a, b),
        _named_order(a.named, b.named) if len(names) > 1 else UNKNOWN,
        weigh((quoted(a) & b.bag) | (quoted(b) & a.bag)),
        LCSseq.normalized_similarity(a.terms, b.terms),
        float(len(a.countries & b.countries)),
        float(min(len(a.countries - b.countries), len(b.countries - a.countries))),
        float(len(a.places & b.places)),
        float(places_apart(a.places, b.places)),
        float(_nested(a, b)),
        names_a if light is a else names_b,
        names_b if light is a else names_a,
        acts_a if light is a else acts_b,
        float(len(a.numbers & b.numbers)),
        float(min(len(numbers_a), len(numbers_b))),
        float(abs(len(a.numbers) - len(b.numbers))),
        float("kill" in shared or "hurt" in shared),
        UNKNOWN if hours is None else log1p(abs(hours)),
        UNKNOWN if same_publisher is None else float(same_publisher),
        float(same_page),
        alike,
        told,
        told_both,
        float(a.another != b.another),
        float(a.negated != b.negated),
        float(a.reaction != b.reaction),
        float(a.reaction and b.reaction),
        float(a.opinion != b.opinion),
        float(a.opinion and b.opinion),
        float(a.question != b.question),
        float(a.recurring or b.recurring),
        float(opposite(left_a, left_b)),
        float(min(len(a.bag), len(b.bag))),
        float(max(len(a.bag), len(b.bag))),
        float(a.truncated or b.truncated),
        max(a.kind.probability, b.kind.probability),
        min(a.kind.probability, b.kind.probability),
    )


def _surface(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    set_a, set_b = set(a), set(b)
    common = len(set_a & set_b)
    joined = len(set_a) + len(set_b) - common
    return common / joined if joined else 0.0


def _answering(a: Features, b: Features) -> float:
    """How many sides speak about the other's speaker: "Qatar denies what Iran claims"."""
    first, other = speakers(a), speakers(b)
    if not first or not other or not first.isdisjoint(other):
        return 0.0
    return (not first.isdisjoint(b.names)) + float(not other.isdisjoint(a.names))


def _same_act(a: Features, b: Features) -> float:
    if not a.act or not b.act:
        return UNKNOWN
    return (a.act in b.acts) + (b.act in a.acts) + float(a.act == b.act)


def _named_order(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Whether two shared names come in the same order: who did it, and to whom."""
    common_a = [name for name in a if name in b][:2]
    return float(b.index(common_a[0]) < b.index(common_a[1]))


def places_apart(a: Collection[str], b: Collection[str]) -> bool:
    """Whether there are places on both sides and none lies in one of the other side."""
    if not a or not b:
        return False
    within = lexicon().within
    around_a = {outer for place in a for outer in within[place]}
    around_b = {outer for place in b for outer in within[place]}
    return around_b.isdisjoint(a) and around_a.isdisjoint(b)


def _nested(a: Features, b: Features) -> int:
    """How many places of one side lie in a place or country that only the other names."""
    within = lexicon().within
    return sum(
        not other.bag.isdisjoint(within[place][1:])
        for one, other in ((a, b), (b, a))
        for place in one.places
        if place not in other.bag
    )


def opposite(left_a: frozenset[str], left_b: frozenset[str]) -> bool:
    """Whether what one says and the other does not is the contrary."""
    lex = lexicon()
    turned = left_a & lex.contrary
    return bool(turned) and any(not left_b.isdisjoint(lex.antonyms[term]) for term in turned)


def gap_hours(a: datetime | None, b: datetime | None) -> float | None:
    """Hours between two dates; None where one is missing."""
    if a is None or b is None:
        return None
    return abs((a - b).total_seconds()) / 3600


def named(values: tuple[float, ...]) -> Mapping[str, float]:
    """Signals by name, rounded for people."""
    return {name: round(value, 3) for name, value in zip(SIGNALS, values, strict=True)}
