"""The matcher's tables of words: names, concepts, places, outlets, frequencies.

They are data files of this package, read once by `lexicon()`.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any

from msgspec import Struct

_DATA = Path(__file__).parent / "data"
LEAST_STEM = 4  # letters; shorter stems are ambiguous
_ORDINALS = 100  # the highest that is recognised
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_NOT_WORD = re.compile(r"\W+")


class Lexicon(Struct, frozen=True):
    """The word tables. Words are folded (`folding.fold`)."""

    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]  # first word -> longest first
    cased: Mapping[str, str]  # spelling with exactly these capitals -> name
    concepts: Mapping[str, str]  # word -> concept
    stems: Mapping[str, str]  # the stems of these words -> concept
    acts: frozenset[str]  # the concepts
    numbers: Mapping[str, int]
    stop: frozenset[str]
    reaction: frozenset[str]
    answers: frozenset[str]  # acts that respond to somebody else's
    another: frozenset[str]  # words that mark a further event
    counting_on: frozenset[str]  # those among them that count the following act
    negation: frozenset[str]
    opinion: frozenset[str]
    recurring: frozenset[str]
    antonyms: Mapping[str, frozenset[str]]  # in both directions
    contrary: frozenset[str]  # words that have an antonym
    subjects: Mapping[str, str]  # a term -> the field of talks that it belongs to
    dealings: frozenset[str]  # terms for what states do together: talks, reviews, joint efforts
    ordinals: Mapping[str, int]  # "third" and "3rd" -> 3
    outlets: frozenset[str]  # `squeezed`
    sections: frozenset[str]  # `squeezed`
    countries: frozenset[str]
    leaders: Mapping[str, str]  # the name of a leader -> the country
    nations: Mapping[str, str]  # a term that names a state -> the state
    within: Mapping[str, tuple[str, ...]]  # a place -> itself and what it lies in
    towns: Mapping[str, str]  # a word that names a place -> the place
    capitals: frozenset[str]  # cities that may mean a government
    idf: Mapping[str, float]  # natural logarithm
    proper: frozenset[str]  # words that are capitalised wherever capitals are significant
    rarest: float  # the idf of a word that was in no headline of the sample


def squeezed(name: str) -> str:
    """A name for comparison: letters and digits only, in lower case."""
    return _NOT_WORD.sub("", name).casefold()


def stem(word: str) -> str:
    """A word without its plural or verb ending; deliberately simple: both sides get the same."""
    if len(word) <= 4:
        return word[:-1] if len(word) == 4 and word[-1] == "s" and word[-2] not in "sui" else word
    last = word[-1]
    if last == "s":
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word[-2] == "e" and word[-3] in "sxzh":
            return word[:-2]
        return word if word[-2] in "sui" else word[:-1]
    ending = "ing" if last == "g" else "ed"
    if last in "gd" and word.endswith(ending) and len(word) - len(ending) >= 4:
        base = word[: -len(ending)]
        return base[:-1] if base[-1] == base[-2] and base[-1] not in "sl" else base
    return word[:-1] if last == "e" else word


def rarities(terms: Collection[str]) -> list[float]:
    """The rarity of each term."""
    lex = lexicon()
    return list(map(lex.idf.get, terms, repeat(lex.rarest)))


def weigh(terms: Collection[str]) -> float:
    """The summed rarity of terms."""
    if not terms:
        return 0.0
    lex = lexicon()
    return sum(map(lex.idf.get, terms, repeat(lex.rarest)))


def _phrases(
    names: Iterable[tuple[str, str]],
) -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    found: dict[str, dict[tuple[str, ...], str]] = {}
    for spelling, name in names:
        words = tuple(spelling.split())
        found.setdefault(words[0], {})[words] = name
    return {
        first: tuple(sorted(by_words.items(), key=lambda pair: -len(pair[0])))
        for first, by_words in found.items()
    }


def _stems(concepts: Mapping[str, str], stop: Iterable[str]) -> dict[str, str]:
    """Stem -> concept, so that "detaining" has the concept of "detain"."""
    found: dict[str, str] = {}
    for word, concept in concepts.items():
        if len(base := stem(word)) >= LEAST_STEM and concepts.get(base, concept) == concept:
            found.setdefault(base, concept)
    for word in stop:
        found.pop(word, None)
    return found


def _places(raw: Mapping[str, Any]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Place -> itself and what it lies in, and spelling -> place."""
    parents = dict(raw["regions"])
    for region, towns in raw["towns"].items():
        parents.update((town.replace(" ", "_"), region) for town in towns)
    spellings = {place.replace("_", " "): place for place in parents}
    for place, forms in raw["spellings"].items():
        spellings.update((form, place) for form in forms)
    within = {}
    for place in parents:
        chain = [place]
        while parents.get(chain[-1]):
            chain.append(parents[chain[-1]])
        within[place] = tuple(chain)
    return within, spellings


def _frequencies() -> tuple[dict[str, float], frozenset[str], float]:
    """From lines of: word, number of headlines with it, percentage with a capital."""
    head, _, rest = (_DATA / "frequency.tsv").read_text("utf-8").partition("\n")
    total = int(head.split("\t")[1])
    cells = rest.split()
    words, counts, capitals = cells[::3], cells[1::3], cells[2::3]
    rarity = {count: math.log(total / int(count)) for count in set(counts)}
    often = {share for share in set(capitals) if int(share) >= 80}
    proper = [word for word, share in zip(words, capitals, strict=True) if share in often]
    idf = dict(zip(words, map(rarity.__getitem__, counts), strict=True))
    return idf, frozenset(proper), math.log(total)


def _antonyms(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


def _nations(raw: Mapping[str, Any]) -> dict[str, str]:
    """Term -> state; regions that are not states are left out."""
    states = set(raw["countries"]["names"]) - set(raw["countries"]["regions"])
    found = {name: name for name in states}
    for nation, forms in raw["nations"].items():
        found.update((stem(form), nation) for form in forms)
    return found


def _terms(
    words: Iterable[str], concepts: Mapping[str, str], stems: Mapping[str, str]
) -> Iterator[str]:
    """Words made terms, as those of a headline are."""
    for word in words:
        known = concepts.get(word) or stems.get(stem(word))
        yield known or (word if "_" in word else stem(word))


def _ordinals(words: Iterable[str], concepts: Mapping[str, str]) -> dict[str, int]:
    """Term -> number: the words, of which the first is 1, and figures."""
    found = {word: number for number, word in enumerate(words, start=1)}
    for number in range(1, _ORDINALS + 1):
        ending = "th" if number % 100 in (11, 12, 13) else _ENDINGS.get(number % 10, "th")
        figure = f"{number}{ending}"
        found[concepts.get(figure, figure)] = number
    return found


@cache
def lexicon() -> Lexicon:
    """The shipped tables."""
    raw: dict[str, Any] = tomllib.loads((_DATA / "lexicon.toml").read_text("utf-8"))
    places: dict[str, Any] = tomllib.loads((_DATA / "places.toml").read_text("utf-8"))
    within, towns = _places(places)
    words = raw["words"]
    spellings = [(form, place) for form, place in towns.items() if form != place]
    ambiguous = set(raw["cased"].values())  # "us" and "let" are names in capitals only
    spellings += [(name, name) for name in raw["aliases"] if name not in ambiguous]
    spellings += [(form, name) for name, forms in raw["aliases"].items() for form in forms]
    forms = [(form, concept) for concept, all_ in raw["concepts"].items() for form in all_]
    spellings += [(form, concept) for form, concept in forms if " " in form]
    antonyms = _antonyms(raw["antonyms"]["pairs"])
    concepts = {concept: concept for concept in raw["concepts"]}
    concepts |= {form: concept for form, concept in forms if " " not in form}
    stems = _stems(concepts, words["stop"])
    subjects = {
        term: field
        for field, members in raw["subjects"].items()
        for term in _terms(members, concepts, stems)
    }
    idf, proper, rarest = _frequencies()
    return Lexicon(
        phrases=_phrases(spellings),
        cased=raw["cased"],
        concepts=concepts,
        stems=stems,
        acts=frozenset(raw["concepts"]) - frozenset(words["not_acts"]),
        numbers=raw["numbers"],
        stop=frozenset(words["stop"]),
        reaction=frozenset(words["reaction"]),
        answers=frozenset(words["answers"]),
        another=frozenset(words["another"]),
        counting_on=frozenset(words["counting_on"]),
        negation=frozenset(words["negation"]),
        opinion=frozenset(words["opinion"]),
        recurring=frozenset(words["recurring"]),
        antonyms=antonyms,
        contrary=frozenset(antonyms),
        subjects=subjects,
        dealings=frozenset(_terms(words["dealings"], concepts, stems)),
        ordinals=_ordinals(words["ordinals"], concepts),
        outlets=frozenset(squeezed(name) for name in raw["outlets"]["names"]),
        sections=frozenset(squeezed(name) for name in raw["outlets"]["sections"]),
        countries=frozenset(raw["countries"]["names"]),
        leaders=raw["leaders"],
        nations=_nations(raw),
        within=within,
        towns={form: place for form, place in towns.items() if " " not in form},
        capitals=frozenset(places["capitals"]),
        idf=idf,
        proper=proper,
        rarest=rarest,
    )
