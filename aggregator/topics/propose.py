"""A query that takes wanted headlines and leaves out unwanted ones, and how well it does.

The examples are lines `+ HEADLINE` (wanted) or `- HEADLINE` (unwanted); empty lines and `#` lines
are for people.

Each term that headlines share weighs the logarithm of how much more often it is in wanted
than in unwanted ones (naive Bayes with half a headline added to each count, as Jeffreys' prior
has it; absent terms say nothing). The threshold is the one that tells the headlines apart best
when each is scored without its own say. The same examples give the same query.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

from aggregator.model import TopicText
from aggregator.settings import TopicSettings
from aggregator.text import one_line
from aggregator.topics.candidates import LEAST_SHARED, shared_terms
from aggregator.topics.decide import judge
from aggregator.topics.query import compile_topic
from aggregator.topics.words import words

MOST_TERMS = 40
LEAST_WEIGHT = 0.4  # half as often again
SUMMARY = 0.5  # worth of a find in the summary: the examples say nothing of summaries
LEAST = 5  # examples of each kind: of fewer, words shared by chance are most
MOST = 500  # of both: proposing takes longer than their square


class ExampleError(ValueError):
    """A line that cannot be used: its number, what is wrong and what to do."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message
        self.hint = hint


class Example(Struct, frozen=True):
    """One headline, and whether the topic is to take it."""

    headline: str
    wanted: bool
    line: int


def read_examples(text: str) -> tuple[Example, ...]:
    """The examples of a file, in its order. Raises ExampleError."""
    found: dict[tuple[str, ...], Example] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        body = line.strip().removeprefix("\ufeff")
        if not body or body.startswith("#"):
            continue
        sign, headline = body[0], one_line(body[1:])
        if sign not in "+-\u2212\u2013":
            hint = "write + before a headline that is wanted, - before one that is not"
            raise ExampleError(number, "begins with neither + nor -", hint)
        key = tuple(word.lower() for word in words(headline))
        if not key:
            raise ExampleError(number, "holds no word", "write a headline after the sign")
        example = Example(headline, sign == "+", number)
        first = found.setdefault(key, example)
        if first.wanted is not example.wanted:
            message = f"the headline of line {first.line} again, with the other sign"
            raise ExampleError(number, message, "keep one of the two")
    examples = tuple(found.values())
    for wanted, name, sign in ((True, "wanted", "+"), (False, "unwanted", "-")):
        count = sum(example.wanted is wanted for example in examples)
        if count < LEAST:
            hint = f"write {LEAST} at least, better 20, each on a line that begins with {sign}"
            raise ExampleError(max(len(lines), 1), f"the file has {count} {name} headlines", hint)
    if len(examples) > MOST:
        raise ExampleError(examples[MOST].line, f"more than {MOST} headlines", "take some out")
    return examples


class Figures(Struct, frozen=True):
    """What a query makes of examples: shares, and the headlines that it gets wrong."""

    precision: float
    recall: float
    f1: float
    missed: tuple[str, ...]
    alarms: tuple[str, ...]


class Proposal(Struct, frozen=True):
    """A raw query; its figures on its own examples, and on each with a query of the others."""

    query: Mapping[str, Any]
    own: Figures
    left_out: Figures


class _Weighed(Struct, frozen=True):
    """A term, its weight, and how many of the wanted and unwanted headlines hold it."""

    term: str
    held: frozenset[int]
    wanted: int
    unwanted: int
    weight: float


def propose(examples: Sequence[Example]) -> Proposal | None:
    """A query for the examples; None where no term tells the wanted ones from the others."""
    query = _query(examples)
    if query is None:
        return None
    own = _accepted(query, examples)
    left_out: list[bool] = []
    for at, example in enumerate(examples):
        others = _query([*examples[:at], *examples[at + 1 :]])
        left_out.append(others is not None and _accepted(others, [example])[0])
    return Proposal(query, _figures(examples, own), _figures(examples, left_out))


def _query(examples: Sequence[Example]) -> Mapping[str, Any] | None:
    wanted = {number for number, example in enumerate(examples) if example.wanted}
    kinds = (len(wanted), len(examples) - len(wanted))
    found: list[_Weighed] = []
    for term, held in shared_terms([example.headline for example in examples]).items():
        counts = (len(held & wanted), len(held - wanted))
        weight = _weight(counts, kinds)
        if max(counts) >= LEAST_SHARED and abs(weight) >= LEAST_WEIGHT:
            found.append(_Weighed(term, held, *counts, weight))
    found.sort(key=lambda one: (-abs(one.weight) * len(one.held), one.term))  # what says most
    terms = sorted(found[:MOST_TERMS], key=lambda one: (-one.weight, one.term))
    scores = [0.0] * len(examples)  # of each headline, by the weights of its terms without it
    for one in terms:
        for number in one.held:
            is_wanted = examples[number].wanted
            counts = (one.wanted - is_wanted, one.unwanted - (not is_wanted))
            rest = (kinds[0] - is_wanted, kinds[1] - (not is_wanted))
            scores[number] += _weight(counts, rest)
    # the points, above 0, that part the headlines best; of equal ones, those of the widest gap
    best: tuple[float, float, float] | None = None
    for low, high in pairwise(sorted({0.0, *(score for score in scores if score > 0)})):
        said = [(score >= high, one.wanted) for score, one in zip(scores, examples, strict=True)]
        merit = (_f1(said), high - low)
        if merit[0] and (best is None or merit > best[:2]):
            best = (*merit, round((low + high) / 2, 2))
    if best is None:
        return None
    *_, threshold = best
    return {
        "threshold": threshold,
        "fields": {"headline": 1, "summary": SUMMARY},
        "rules": [{"weight": round(one.weight, 1), "any": [one.term]} for one in terms],
    }


def _weight(counts: tuple[int, int], kinds: tuple[int, int]) -> float:
    wanted, unwanted = (
        (count + 0.5) / (kind + 1) for count, kind in zip(counts, kinds, strict=True)
    )
    return math.log(wanted / unwanted)


def _accepted(query: Mapping[str, Any], examples: Iterable[Example]) -> list[bool]:
    topic = compile_topic(TopicSettings("proposed", query=query))
    return [judge(topic, (TopicText(one.headline),), is_brief=True).accepted for one in examples]


def _figures(examples: Sequence[Example], accepted: Sequence[bool]) -> Figures:
    said = [(one, example.wanted) for one, example in zip(accepted, examples, strict=True)]
    right = sum(one and wanted for one, wanted in said)
    taken, wanted = sum(accepted), sum(example.wanted for example in examples)
    return Figures(
        precision=right / taken if taken else 1.0,
        recall=right / wanted,
        f1=_f1(said),
        missed=_wrong(examples, accepted, wanted=True),
        alarms=_wrong(examples, accepted, wanted=False),
    )


def _wrong(
    examples: Sequence[Example], accepted: Sequence[bool], *, wanted: bool
) -> tuple[str, ...]:
    return tuple(
        example.headline
        for one, example in zip(accepted, examples, strict=True)
        if example.wanted is wanted and one is not wanted
    )


def _f1(said: Iterable[tuple[bool, bool]]) -> float:
    """F1 over pairs (accepted, wanted)."""
    pairs = list(said)
    right = sum(one and wanted for one, wanted in pairs)
    wrong = sum(one is not wanted for one, wanted in pairs)
    return 2 * right / (2 * right + wrong) if right else 0.0
