"""The features of a headline for the matcher: without boilerplate, with names folded."""

from __future__ import annotations

import re
from functools import cache, cached_property, lru_cache
from hashlib import blake2b
from math import fsum
from string import ascii_letters, ascii_uppercase
from typing import Any

from msgspec import Struct

from aggregator.stories.folding import QUOTES, fold, strip
from aggregator.stories.kinds import HeadlineKind, kind_of
from aggregator.stories.lexicon import Lexicon, lexicon, stem, weigh

MAX_SUMMARY = 400

_WORD = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d+(?:\.\d+)?|[^\W\d_][\w\u0900-\u0dff\u064b-\u065f\u200c\u200d]*"
)
_PLAIN_WORD = re.compile(  # the same in ASCII, in two thirds of the time
    r"[A-Za-z][A-Za-z0-9_]*|[0-9]+(?:(?:st|nd|rd|th)\b|(?:\.[0-9]+)?)", re.ASCII
)
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "k": 1e3, "lakh": 1e5, "lakhs": 1e5, "m": 1e6, "mn": 1e6,
    "million": 1e6, "crore": 1e7, "crores": 1e7, "cr": 1e7, "b": 1e9, "bn": 1e9, "billion": 1e9,
    "tn": 1e12, "trn": 1e12, "trillion": 1e12,
}  # fmt: skip
_MONTHS = {
    "jan": 1, "january": 1, "feb": 2, "february": 2, "mar": 3, "march": 3, "apr": 4, "april": 4,
    "may": 5, "jun": 6, "june": 6, "jul": 7, "july": 7, "aug": 8, "august": 8, "sep": 9,
    "sept": 9, "september": 9, "oct": 10, "october": 10, "nov": 11, "november": 11, "dec": 12,
    "december": 12,
}  # fmt: skip
_CAPITALS = ascii_uppercase.encode()
_LETTERS = ascii_letters.encode()
_LABEL = re.compile(r":\s|,\s(?=says\b|said\b|vows\b|claims\b)|\bsays\b(?=(?:\s\S+){1,4}$)")
_QUOTED = re.compile(r"""(?<!\w)["']([^"']{3,80}(?:'\w[^"']*)?)["'](?!\w)""")
_OPENING = 2  # first terms, which name who acts
_ADVERB = 2  # words from a place back to "in": "in southwestern Quetta", "in Pakistan Bannu"
_AT = frozenset(("in", "at", "near", "outside", "from", "across", "around", "inside"))
# Most sets of most headlines are empty, and thousands of headlines are cached: sharing one empty
# set makes a headline two thirds smaller.
_NONE: frozenset[Any] = frozenset()


class Features(Struct, frozen=True, eq=False, dict=True):  # `dict`: for what is kept
    """What `read` found in a headline; what only comparisons need is found when first needed.

    `terms`: the folded words in order, without stop words, with words of one concept replaced by
    it; `weight`: the summed rarity (idf, natural logarithm) of the distinct terms.
    """

    core: str  # the headline without boilerplate
    headline: str  # this and the next two unchanged, for `kind`
    publisher: str
    url: str
    fingerprint: str  # of the normalised wording; empty where there are no words
    truncated: bool
    words: tuple[str, ...]  # folded, stop words included
    terms: tuple[str, ...]
    bag: frozenset[str]
    weight: float
    names: frozenset[str]  # terms that name somebody or something
    numbers: frozenset[str]
    years: frozenset[str]
    dates: frozenset[tuple[int, int]]  # (month, day) in the headline
    countries: frozenset[str]
    actor: str  # the state that opens the headline, or that follows "by"
    partner: str  # the state that follows "with": "Qatar signs deal with Oman"
    lands: frozenset[str]  # states that are named, themselves or by their leaders
    places: frozenset[str]
    located: frozenset[str]  # the places in, at or near which something happens
    repeats: frozenset[str]  # acts that are counted: "second bomb", "another strike"
    another: bool  # it is a further event: "second bomb found"
    negated: bool
    reaction: bool
    opinion: bool
    recurring: bool
    question: bool
    shouting: bool
    acts: frozenset[str]  # concepts that say what happened
    act: str  # the first of them
    named: tuple[str, ...]  # names in the order of their first mention
    plain: str  # the folded words, for letter-wise comparison
    summary: str  # its beginning, for `summary_terms`

    @cached_property
    def kind(self) -> HeadlineKind:
        """The kind of piece under the headline."""
        return kind_of(self.headline, summary=self.summary, url=self.url, publisher=self.publisher)

    @cached_property
    def speakers(self) -> frozenset[str]:
        """Who may be the one that acts: the first names of the sentence, its label or attribution.

        "Iran war: Qatar denies ..." has Qatar and Iran.
        """
        core, names, lex = self.core, self.names, lexicon()
        found = set(self.named[:1])
        is_parted = ":" in core or "," in core or "says" in core
        for part in _LABEL.split(core, maxsplit=2)[1:] if is_parted else ():
            inner = _Reading(fold(part), lex).terms
            found.update([term for term in inner if term in names][:1])
        return frozenset(found) or _NONE

    @cached_property
    def quoted(self) -> frozenset[str]:
        """The terms in quotation marks."""
        core = self.core
        text = core.replace("`", "'") if core.isascii() else core.translate(QUOTES)
        marked = _QUOTED.findall(text) if "'" in text or '"' in text else None
        return text_terms(" ".join(marked)) if marked else _NONE

    @cached_property
    def summary_terms(self) -> frozenset[str]:
        """The terms of the summary's beginning."""
        return text_terms(self.summary)

    @cached_property
    def summary_weight(self) -> float:
        """The summed rarity of the summary's terms."""
        return weigh(self.summary_terms)

    @cached_property
    def names_weight(self) -> float:
        """The summed rarity of the names."""
        return weigh(self.names)


# A word of a text, without regard to its neighbours: folded; its term, empty for a stop word;
# whether it is a `name`, a `capital` or nothing of that; whether it is capitalised; whether its
# neighbours may make it another term. A named tuple would take twice as long to unpack.
_Word = tuple[str, str, str, bool, bool]


@lru_cache(maxsize=8192)  # 3 MB: the words of days of news, except the rarest
def _word(raw: str) -> _Word:
    lex = lexicon()
    folded = raw.casefold()
    if folded == raw:
        folded = raw  # share one string
    is_capital = raw[0].isupper()
    begins = folded in _beginnings() or raw in lex.cased or raw[0].isdecimal()
    if folded in lex.stop:
        return folded, "", "", is_capital, begins
    term = stem(folded)
    if concept := lex.concepts.get(folded) or lex.stems.get(term):
        return folded, concept, "", is_capital, begins
    naming = "name" if term in lex.proper else "capital" if is_capital else ""
    return folded, term, naming, is_capital, begins


@cache
def _beginnings() -> frozenset[str]:
    """The folded words that may be read together with their neighbours, besides figures."""
    lex = lexicon()
    return frozenset((*lex.numbers, *_MONTHS, *lex.towns, *lex.phrases))


class _Reading:
    """The terms of one text, found in a single walk over its words."""

    __slots__ = ("dates", "folded", "lex", "located", "names", "numbers", "places", "raw",
                 "sentence_case", "terms", "years")  # fmt: skip

    def __init__(self, text: str, lex: Lexicon) -> None:
        self.lex = lex
        self.raw: list[str] = (_PLAIN_WORD if text.isascii() else _WORD).findall(text)
        words = list(map(_word, self.raw))
        self.folded = [word[0] for word in words]
        self.terms: list[str] = []
        self.names: set[str] = set()
        self.numbers: set[str] = set()
        self.years: set[str] = set()
        self.dates: set[tuple[int, int]] = set()
        self.places: set[str] = set()
        self.located: set[str] = set()
        capital = [word[3] for word in words].count(True)
        self.sentence_case = capital * 2 < len(words)  # so capitals are significant
        after = 0  # the position after words that were read together
        for position, (_, term, naming, _, begins) in enumerate(words):
            if position < after:
                continue
            if begins and (taken := self._step(position)):
                after = position + taken
            elif term:
                self.terms.append(term)
                if naming and (naming == "name" or (position and self.sentence_case)):
                    self.names.add(term)

    def _step(self, at: int) -> int:
        """Reads a special word or phrase; returns its number of words, 0 for an ordinary word."""
        word = self.folded[at]
        if word[0].isdecimal() or word in self.lex.numbers:
            return self._read_phrase(at) or self._read_number(at)
        if word in _MONTHS and self._read_date(at, at + 1, _MONTHS[word]):
            return 2
        if (place := self.lex.towns.get(word)) is not None:
            self._read_place(at, place)
        if (name := self.lex.cased.get(self.raw[at])) is not None:
            return self._read_phrase(at, least=2) or self._named(at, name, 1)
        return self._read_phrase(at)

    def _read_phrase(self, at: int, least: int = 1) -> int:
        following = self.folded[at + 1 : at + 2]
        for words, name in self.lex.phrases.get(self.folded[at], ()):
            if len(words) < least:
                break
            if len(words) == 1 or (
                words[1] in following and tuple(self.folded[at : at + len(words)]) == words
            ):
                return self._named(at, name, len(words))
        return 0

    def _named(self, at: int, name: str, length: int) -> int:
        self.terms.append(name)
        if name not in self.lex.acts:  # "shot dead" names nobody
            self.names.add(name)
        if length > 1 and name in self.lex.within:
            self._read_place(at, name)
        return length

    def _read_place(self, at: int, place: str) -> None:
        inside = not _AT.isdisjoint(self.folded[max(at - _ADVERB, 0) : at])
        if inside:
            self.located.add(place)
        if inside or self.folded[at] not in self.lex.capitals:
            self.places.add(place)

    def _read_date(self, month_at: int, day_at: int, month: int) -> bool:
        if not 0 <= day_at < len(self.folded):
            return False
        day = self.folded[day_at].rstrip("stndrh")
        if not day.isdecimal() or not 1 <= int(day[:4]) <= 31:
            return False
        self.dates.add((month, int(day)))
        self.terms.append(f"@{month}-{int(day)}")
        return True

    def _read_number(self, at: int) -> int:
        word = self.folded[at]
        following = self.folded[at + 1] if at + 1 < len(self.folded) else ""
        if following in _MONTHS and self._read_date(at + 1, at, _MONTHS[following]):
            return 2
        if word[-1].isalpha() and word[0].isdecimal():  # an ordinal
            self.terms.append(self.lex.concepts.get(word, word))
            return 1
        value = float(self.lex.numbers.get(word, 0) or word[:15])
        if following in _SCALES:
            value *= _SCALES[following]
        elif 1900 <= value <= 2100 and len(word) == 4 and word.isdecimal():
            self.years.add(word)
            self.terms.append(word)
            return 1
        term = f"#{value:.10g}"
        self.terms.append(term)
        self.numbers.add(term)
        return 2 if following in _SCALES else 1


def read(headline: str, *, summary: str = "", publisher: str = "", url: str = "") -> Features:
    """The features of a headline. Pure, so the result may be cached by the arguments."""
    lex = lexicon()
    core, truncated = strip(headline, publisher)
    text = fold(core)
    found = _Reading(text, lex)
    bag = frozenset(found.terms)
    partner = _behind("with", found, lex)
    folded = frozenset(found.folded)
    idf, rarest = lex.idf, lex.rarest
    normal = " ".join(found.folded)
    return Features(
        core=core,
        headline=headline,
        publisher=publisher,
        url=url,
        fingerprint=blake2b(normal.encode(), digest_size=10).hexdigest() if normal else "",
        truncated=truncated,
        words=tuple(found.folded),
        terms=tuple(found.terms),
        bag=bag,
        weight=fsum([idf.get(term, rarest) for term in bag]),  # the same in any order
        names=frozenset(found.names) or _NONE,
        numbers=frozenset(found.numbers) or _NONE,
        years=frozenset(found.years) or _NONE,
        dates=frozenset(found.dates) or _NONE,
        countries=bag & lex.countries or _NONE,
        actor=_actor(found, lex, partner),
        partner=partner,
        lands=_lands(bag, found.names, lex),
        places=frozenset(found.places) or _NONE,
        located=frozenset(found.located) or _NONE,
        repeats=_repeats(found, lex),
        another=not lex.another.isdisjoint(bag),
        negated=not lex.negation.isdisjoint(folded) or "reject" in bag,
        reaction=not lex.reaction.isdisjoint(bag) or not lex.reaction.isdisjoint(folded),
        opinion=not lex.opinion.isdisjoint(folded),
        recurring=not lex.recurring.isdisjoint(folded),
        question="?" in core,
        shouting=_shouts(text),
        acts=bag & lex.acts or _NONE,
        act=next((term for term in found.terms if term in lex.acts), ""),
        named=tuple(dict.fromkeys(term for term in found.terms if term in found.names)),
        plain=normal,
        summary=summary[:MAX_SUMMARY],
    )


def _actor(found: _Reading, lex: Lexicon, partner: str) -> str:
    opening = next(filter(None, map(lex.nations.get, found.terms[:_OPENING])), "")
    if opening and opening != partner:  # "Talks with Iran over" says not who
        return opening
    return _behind("by", found, lex)


def _behind(word: str, found: _Reading, lex: Lexicon) -> str:
    """The state that is named right after a word."""
    if word not in found.folded:
        return ""
    behind = found.folded.index(word) + 1
    terms = _Reading(" ".join(found.raw[behind : behind + 3]), lex).terms[:1]
    return lex.nations.get(terms[0], "") if terms else ""


def _lands(bag: frozenset[str], names: set[str], lex: Lexicon) -> frozenset[str]:
    """The states of a headline; a leader counts as the state: Trump as the US."""
    nations, leaders = lex.nations, lex.leaders
    named = [nations[term] for term in bag if term in nations]
    named += [leaders[name] for name in names if name in leaders]
    return frozenset(named).union(bag & lex.countries) or _NONE


def _shouts(text: str) -> bool:
    """Whether most letters are capitals."""
    if text.isascii():
        plain = text.encode()
        rest = len(plain.translate(None, _CAPITALS))
        capitals, letters = len(plain) - rest, len(plain) - len(plain.translate(None, _LETTERS))
    else:
        capitals, letters = sum(map(str.isupper, text)), sum(map(str.isalpha, text))
    return letters > 12 and capitals > 0.7 * letters


def _repeats(found: _Reading, lex: Lexicon) -> frozenset[str]:
    """The acts that directly follow a counting word such as "second"."""
    if lex.counting_on.isdisjoint(found.folded):
        return _NONE
    behind = [raw for word, raw in zip(found.folded, found.raw[1:], strict=False)
              if word in lex.counting_on]  # fmt: skip
    return frozenset(term for raw in behind if (term := _word(raw)[1]) in lex.acts) or _NONE


def text_terms(text: str) -> frozenset[str]:
    """The terms of a text."""
    return frozenset(_Reading(fold(text), lexicon()).terms)
