"""The scorer of re-wordings: gradient-boosted trees from a readable data file.

`scorer.json` names every signal and holds every tree; `bench/stories/train.py` writes it. Trees are
not walked: all answers to one signal's questions are one look-up (QuickScorer, Lucchese et al.,
SIGIR 2015), four times as fast here. A mask has a byte for each tree and a bit for each of its
leaves, the leftmost lowest; what a signal answers rules leaves out, and of those that are left the
lowest is the one that a walk would reach.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from importlib.resources import files
from itertools import accumulate
from math import exp, log
from operator import and_, getitem
from typing import Any

from msgspec import Struct

from aggregator.stories.signals import table

MAX_LEAVES = 8  # of a tree: one byte
AGAINST, FOR = 0.18, 0.98  # how sure one member of a story can be
# Byte -> number of the lowest bit set in it: one table for all trees, since one of values for each
# would fill the processor's cache.
_LOWEST = bytes([MAX_LEAVES, *((byte & -byte).bit_length() - 1 for byte in range(1, 256))])


class Blend(Struct, frozen=True):
    """How the model's logit and the lexical score become one probability (logistic)."""

    baseline: float
    lexical: float  # weight of the lexical log-odds
    model: float  # weight of the model's logit


class Scorer(Struct, frozen=True):
    """Trees as masks: a signal's value leaves some leaves, the lowest of each tree counts.

    `masks[signal][n]`: the leaves left when `n` of the signal's thresholds are below its value.
    """

    signals: tuple[str, ...]
    thresholds: tuple[tuple[float, ...], ...]
    masks: tuple[tuple[int, ...], ...]
    leaves: tuple[tuple[float, ...], ...]  # tree -> leaf -> value; one behind all is 0
    baseline: float
    join: float  # from this score on an item joins a story
    unsure: tuple[float, float]  # lexical scores between these are for the model to read
    blend: Blend
    untrained: frozenset[str] = frozenset()  # signals that count for nothing yet

    def score(self, values: Sequence[float]) -> float:
        """How sure it is that two headlines report one story, 0..1."""
        trees = len(self.leaves)
        below = map(bisect_left, self.thresholds, values)
        left = reduce(and_, map(getitem, self.masks, below), (1 << 8 * trees) - 1)
        lowest = left.to_bytes(trees, "little").translate(_LOWEST)
        total = sum(map(getitem, self.leaves, lowest), self.baseline)
        return _probability(total)

    def with_model(self, lexical: float, logit: float) -> float:
        """The probability by the lexical score and the model's logit together, 0..1."""
        sure = min(max(lexical, 1e-6), 1.0 - 1e-6)
        odds = log(sure / (1.0 - sure))
        blend = self.blend
        return _probability(blend.baseline + blend.lexical * odds + blend.model * logit)


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds)) if log_odds > -30 else 0.0


def parse_scorer(raw: Mapping[str, Any], order: Sequence[str] | None = None) -> Scorer:
    """A scorer from its file's content, for values in this order (by default the file's own).

    Signals that the file does not name count for nothing: its trees have not seen them. A tree is a
    list of nodes, the root first: a leaf is a number, a question is `[signal, threshold, node if
    <=, node if >]`. Raises KeyError for a signal that is none, ValueError for a tree of more than
    eight leaves.
    """
    signals = tuple(order if order is not None else raw["signals"])
    trees = raw["trees"]
    every = (1 << 8 * len(trees)) - 1
    # signal -> threshold -> the leaves that are left above it; trees ask the same again and again
    asked: dict[str, dict[float, int]] = {}
    leaves = []
    for number, tree in enumerate(trees):
        values, ruled_out = _unfold(tree)
        leaves.append((*values, *[values[-1]] * (MAX_LEAVES - len(values)), 0.0))
        for signal, threshold, bits in ruled_out:
            left = asked.setdefault(signal, {})
            left[threshold] = left.get(threshold, every) & ~(bits << 8 * number)
    for name in asked:
        if name not in signals:
            raise KeyError(name)
    questions = [sorted(asked.get(name, {}).items()) for name in signals]
    return Scorer(
        signals=signals,
        thresholds=tuple(tuple([threshold for threshold, _ in one]) for one in questions),
        masks=tuple(  # the thresholds below a value rule out all that each of them does
            tuple(accumulate((mask for _, mask in one), and_, initial=-1)) for one in questions
        ),
        leaves=tuple(leaves),
        baseline=raw["baseline"],
        untrained=frozenset(signals) - set(raw["signals"]),
        join=raw["join"],
        unsure=(raw["unsure"][0], raw["unsure"][1]),
        blend=Blend(**raw["blend"]),
    )


def _unfold(tree: Sequence[Any]) -> tuple[list[float], list[tuple[str, float, int]]]:
    """The leaves from left to right; of each question, those that its `>` rules out."""
    values: list[float] = []
    ruled_out: list[tuple[str, float, int]] = []

    def visit(at: int) -> None:
        node = tree[at]
        if not isinstance(node, list):
            values.append(node)
            return
        signal, threshold, left, right = node
        first = len(values)
        visit(left)
        ruled_out.append((signal, threshold, (1 << len(values)) - (1 << first)))
        visit(right)

    visit(0)
    if len(values) > MAX_LEAVES:
        raise ValueError(f"a tree of {len(values)} leaves; at most {MAX_LEAVES} fit")
    return values, ruled_out


@cache
def shipped_scorer() -> Scorer:
    """The trained scorer of this package."""
    text = (files(__package__) / "data" / "scorer.json").read_text("utf-8")
    return parse_scorer(json.loads(text), [one.name for one in table()])


def combined(scores: Sequence[float]) -> float:
    """One score from those against the members of a story: the mean log-odds of the best of them.

    Half are heard, both of two. So one look-alike among several members cannot pull an item in (no
    chaining), and a story that grows does not shut out what its first members had let in: else it
    would matter in which order they came.
    """
    if len(scores) == 1:  # as of most stories
        return min(max(scores[0], AGAINST), FOR)
    heard = most_heard(len(scores))
    mean = sum(sorted(map(log_odds, scores), reverse=True)[:heard]) / heard
    return 1.0 / (1.0 + exp(-mean))


def most_heard(members: int) -> int:
    """How many members of a story have a say."""
    return members if members <= 2 else -(-members // 2)


def log_odds(score: float) -> float:
    """The logarithm of the odds; what is surer than `AGAINST` or `FOR` counts no more."""
    counted = min(max(score, AGAINST), FOR)
    return log(counted / (1 - counted))
