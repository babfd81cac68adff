"""Marks of the kinds of headlines: runs of words in headline, summary and sections of the URL.

`data/kinds.toml` lists kinds and marks chosen by hand, one row each; `data/kinds.json` contains the
weights of these and other runs, learned from labelled days (`python -m bench.stories.train_kinds`).
A kind or mark without a learned weight counts as its table says, so a new row works at once.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec import Struct

from aggregator.stories.folding import MAX_CHARS
from aggregator.stories.lexicon import lexicon, squeezed

MAX_SUMMARY = 120  # characters of a summary that are read: its beginning shows what it is
PARTS = ("headline", "section", "summary")
# What a mark without a learned weight counts, in log-odds: that a piece is not a report, and that
# it is of the mark's kind. Sections count most, since an editor chose them.
MARKED = {"headline": 1.0, "section": 2.0, "summary": 0.5}
MARKED_KIND = {"headline": 1.5, "section": 2.0, "summary": 0.8}

_DATA = Path(__file__).parent / "data"
_PLAIN_SIGNS = (*[(sign, "'") for sign in "’‘"], *[(sign, '"') for sign in "“”"],
                *[(sign, "-") for sign in "–—"])  # fmt: skip
# Characters that are words everywhere, or only at the end of a word: "1,500" is one word.
_SIGNS = (
    *[(sign, f" {sign} ") for sign in '?!|"-()'],
    *[(f"{sign} ", f" {sign} ") for sign in ".,:"],
    *[(quote, ' " ') for quote in (" '", "' ")],
)
_NUMBERS = frozenset(
    ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
)
_TAIL = re.compile(r"\s[-–—|]\s([^-–—|]{2,40})$")


class Part(Struct, frozen=True):
    """The weights of runs in one part of an item, by number of words; log-odds of not a report.

    Runs are looked up by set operations: one by one in Python, that took five times as long.
    """

    words: Mapping[str, float]
    longer: Mapping[tuple[str, str], Mapping[str, float]]  # first two words -> run in spaces
    kinds: Mapping[str, Mapping[str, float]]  # run -> kind -> how much it counts for it


class Marks(Struct, frozen=True):
    """All weights that `kinds.kind_of` uses."""

    parts: Mapping[str, Part]
    bias: float  # log-odds of not a report if nothing was found
    threshold: float  # probability from which a piece counts as not a report
    kinds_bias: Mapping[str, float]  # in log-odds; 0 for a kind that was not in the training data


def words_of(text: str) -> list[str]:
    """The words of a text between `^` and `$`: lower case, numbers as `#`, some marks as words.

    Split by replacing instead of a pattern, which takes a third of the time for every headline.
    """
    if not text.isascii():
        for sign, plain in _PLAIN_SIGNS:
            text = text.replace(sign, plain)
    text = f" {text.lower()} "
    for sign, spaced in _SIGNS:
        if sign in text:
            text = text.replace(sign, spaced)
    words = text.split()
    words = ["#" if word[0] <= "9" and word[0] >= "0" else word for word in words]
    if not _NUMBERS.isdisjoint(words):
        words = ["#" if word in _NUMBERS else word for word in words]
    return ["^", *words, "$"]


def words_of_parts(
    headline: str, *, summary: str = "", url: str = "", publisher: str = ""
) -> tuple[list[str], list[str], list[str]]:
    """The words of an item's headline, sections and summary, as `PARTS` are ordered."""
    text = _plain(headline[:MAX_CHARS])
    if found := _TAIL.search(text):
        name = squeezed(found[1])
        if name == squeezed(publisher) or name in lexicon().outlets:
            text = text[: found.start()]  # other tails may show the kind
    return (
        words_of(text),
        sections_of(url),
        words_of(_plain(summary[:MAX_SUMMARY])) if summary else [],
    )


def _plain(text: str) -> str:
    return unescape(text) if "&" in text and ";" in text else text  # a feed that escaped twice


def sections_of(url: str) -> list[str]:
    """The folders of a URL's path, without numbers: "opinion", "live"."""
    path = url.partition("?")[0].partition("#")[0].lower()
    folders = path.partition("://")[2].split("/")[1:-1]
    return [folder for folder in folders if folder and not folder.isdigit()]


def runs_in(words: Sequence[str], part: Part) -> dict[str, float]:
    """The runs with a weight among words, each once, in any order, with their weights."""
    weights, longer = part.words, part.longer
    found = {word: weights[word] for word in weights.keys() & words}
    if longer and (begun := longer.keys() & pairwise(words)):
        text = f" {' '.join(words)} "
        for pair in begun:
            for run, weight in longer[pair].items():
                if run in text:
                    found[run[1:-1]] = weight
    return found


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((_DATA / "kinds.toml").read_text("utf-8"))


def kinds_by_hand() -> Mapping[str, str]:
    """Kind -> description, from `kinds.toml`: all kinds except reports."""
    kinds: Mapping[str, str] = _table()["kinds"]
    return kinds


@cache
def marks_by_hand() -> Mapping[str, Mapping[str, str]]:
    """Part -> mark -> kind: the rows of `kinds.toml`."""
    return {
        part: {mark: kind for kind, marks in _table()[part].items() for mark in marks}
        for part in PARTS
    }


def parse_marks(
    kinds: Iterable[str], by_hand: Mapping[str, Mapping[str, str]], learned: Mapping[str, Any]
) -> Marks:
    """The marks with the weights of their table, or with learned weights where there are any."""
    parts = {}
    for part in PARTS:
        marks = by_hand[part]
        weights = dict.fromkeys(marks, MARKED[part])
        leanings = {mark: {kind: MARKED_KIND[part]} for mark, kind in marks.items()}
        for run, (weight, leans) in learned[part].items():
            weights[run] = weight
            leanings[run] = leans
        words: dict[str, float] = {}
        longer: dict[tuple[str, str], dict[str, float]] = {}
        for run, weight in weights.items():
            first, *rest = run.split(" ")
            if rest:
                longer.setdefault((first, rest[0]), {})[f" {run} "] = weight
            else:
                words[run] = weight
        parts[part] = Part(words, longer, leanings)
    kinds_bias = {kind: learned["kinds_bias"].get(kind, 0.0) for kind in kinds}
    return Marks(parts, learned["bias"], learned["threshold"], kinds_bias)


@cache
def shipped_marks() -> Marks:
    """The marks of this package."""
    learned = json.loads((_DATA / "kinds.json").read_text("utf-8"))
    return parse_marks(kinds_by_hand(), marks_by_hand(), learned)
