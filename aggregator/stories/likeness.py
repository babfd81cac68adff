"""Comparisons of words, places and times of two headlines."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import pairwise

from rapidfuzz.distance import JaroWinkler

from aggregator.stories.features import Features
from aggregator.stories.lexicon import lexicon

UNKNOWN = -1.0  # what would be compared is missing on one side


def alike(term: str, other: str) -> bool:
    """Whether two words may be spellings of the same name."""
    if min(len(term), len(other)) < 4 or other[0] != term[0]:
        return False
    return JaroWinkler.similarity(term, other, score_cutoff=0.88) > 0


def places_apart(a: Collection[str], b: Collection[str]) -> bool:
    """Whether both sides have places, and none lies within one of the other side."""
    if not a or not b:
        return False
    within = lexicon().within
    around_a = {outer for place in a for outer in within[place]}
    around_b = {outer for place in b for outer in within[place]}
    return around_b.isdisjoint(a) and around_a.isdisjoint(b)


def opposite(left_a: frozenset[str], left_b: frozenset[str]) -> bool:
    """Whether a term on one side only is an antonym of one on the other side only."""
    lex = lexicon()
    turned = left_a & lex.contrary
    return bool(turned) and any(not left_b.isdisjoint(lex.antonyms[term]) for term in turned)


def gap_hours(a: datetime | None, b: datetime | None) -> float | None:
    """Hours between two dates; None if one is missing."""
    if a is None or b is None:
        return None
    return abs((a - b).total_seconds()) / 3600


def near_spellings(left_a: Collection[str], left_b: Collection[str]) -> float:
    """The weight of unshared words that are near-spellings of each other.

    Each word counts by its weightiest near-spelling, since sets have no reliable order.
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


def bigrams(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """The share of the shorter side's pairs of neighbouring terms that the other has, too."""
    if len(a) < 2 or len(b) < 2:
        return 0.0
    pairs_a = set(pairwise(a))
    pairs_b = set(pairwise(b))
    return len(pairs_a & pairs_b) / min(len(pairs_a), len(pairs_b))


def words_in_common(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """The share of words that both have (Jaccard index)."""
    set_a, set_b = set(a), set(b)
    common = len(set_a & set_b)
    joined = len(set_a) + len(set_b) - common
    return common / joined if joined else 0.0


def named_order(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Whether the first two shared names are in the same order: who did it, and to whom."""
    common_a = [name for name in a if name in b][:2]
    return float(b.index(common_a[0]) < b.index(common_a[1]))


def same_act(a: Features, b: Features) -> float:
    """In how many ways the acts agree: each is among the other's, both are equal; -1 if missing."""
    if not a.act or not b.act:
        return UNKNOWN
    return (a.act in b.acts) + (b.act in a.acts) + float(a.act == b.act)


def answering(a: Features, b: Features) -> float:
    """How many sides name the other's speaker: "Qatar denies what Iran claims"."""
    first, other = a.speakers, b.speakers
    if not first or not other or not first.isdisjoint(other):
        return 0.0
    return (not first.isdisjoint(b.names)) + float(not other.isdisjoint(a.names))


def places_nested(a: Features, b: Features) -> int:
    """How many places of one side lie within a place or country that only the other names."""
    within = lexicon().within
    return sum(
        not other.bag.isdisjoint(within[place][1:])
        for one, other in ((a, b), (b, a))
        for place in one.places
        if place not in other.bag
    )
