"""The scorer of rewordings: gradient-boosted trees from a readable data file.

`scorer.json`, written by `bench/stories/train.py`, contains the names of all signals and all trees.
Trees are not traversed: one look-up evaluates all nodes that test a signal (QuickScorer, Lucchese
et al., SIGIR 2015), which is four times as fast here. A mask has a byte for each tree and a bit for
each of its leaves, the leftmost lowest. Signals rule out leaves; of the remaining leaves of a tree,
the lowest is the one that a traversal would reach.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache, reduce
from itertools import accumulate
from math import exp, log
from operator import and_, getitem
from pathlib import Path
from typing import Any

from msgspec import Struct

from aggregator.stories.signals import table

MAX_LEAVES = 8  # of a tree: one byte
AGAINST, FOR = 0.18, 0.98  # bounds of the score of a single member of a story
# Byte -> number of its lowest set bit: one table for all trees, since a table of values for each
# would fill the processor's cache.
_LOWEST = bytes([MAX_LEAVES, *((byte & -byte).bit_length() - 1 for byte in range(1, 256))])


class Blend(Struct, frozen=True):
    """Combines the model's logit and the lexical score into a probability (logistic)."""

    baseline: float
    lexical: float  # weight of the lexical log-odds
    model: float  # weight of the model's logit


class Scorer(Struct, frozen=True):
    """Trees as masks: the values of signals rule out leaves; the lowest remaining one counts.

    `masks[signal][n]`: the leaves that remain if `n` thresholds of the signal are below its value.
    """

    signals: tuple[str, ...]
    thresholds: tuple[tuple[float, ...], ...]
    masks: tuple[tuple[int, ...], ...]
    leaves: tuple[tuple[float, ...], ...]  # tree -> leaf -> value; after the last leaf, 0
    baseline: float
    join: float  # score from which an item joins a story
    unsure: tuple[float, float]  # lexical scores between which the model reads the pair
    blend: Blend
    untrained: frozenset[str] = frozenset()  # signals that have no effect yet

    def score(self, values: Sequence[float]) -> float:
        """The probability that two headlines report one story."""
        trees = len(self.leaves)
        below = map(bisect_left, self.thresholds, values)
        left = reduce(and_, map(getitem, self.masks, below), (1 << 8 * trees) - 1)
        lowest = left.to_bytes(trees, "little").translate(_LOWEST)
        total = sum(map(getitem, self.leaves, lowest), self.baseline)
        return _probability(total)

    def with_model(self, lexical: float, logit: float) -> float:
        """The probability by the lexical score and the model's logit together."""
        sure = min(max(lexical, 1e-6), 1.0 - 1e-6)
        odds = log(sure / (1.0 - sure))
        blend = self.blend
        return _probability(blend.baseline + blend.lexical * odds + blend.model * logit)


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + exp(-log_odds)) if log_odds > -30 else 0.0


def parse_scorer(raw: Mapping[str, Any], order: Sequence[str] | None = None) -> Scorer:
    """A scorer from the content of its file, for values in this order (by default the file's).

    Signals that are not in the file have no effect: its trees were trained without them. A tree is
    a list of nodes, the root first: a leaf is a number, an inner node is `[signal, threshold, node
    if <=, node if >]`. Raises KeyError for an unknown signal, ValueError for a tree with more than
    eight leaves.
    """
    signals = tuple(order if order is not None else raw["signals"])
    trees = raw["trees"]
    every = (1 << 8 * len(trees)) - 1
    # signal -> threshold -> the leaves that remain above it; many trees use the same thresholds
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
        masks=tuple(  # the thresholds below a value rule out leaves together
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
    """The leaves from left to right, and for each inner node the leaves that `>` rules out."""
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
    text = (Path(__file__).parent / "data" / "scorer.json").read_text("utf-8")
    return parse_scorer(json.loads(text), [one.name for one in table()])


def combined(scores: Sequence[float]) -> float:
    """One score from those against the members of a story: the mean log-odds of the best half.

    Of two members, both count. So a single similar member among several cannot pull an item in (no
    chaining), and a growing story does not exclude items that its first members would have
    admitted: otherwise the order of arrival would matter.
    """
    if len(scores) == 1:  # most stories
        return min(max(scores[0], AGAINST), FOR)
    counted = most_counted(len(scores))
    mean = sum(sorted(map(log_odds, scores), reverse=True)[:counted]) / counted
    return 1.0 / (1.0 + exp(-mean))


def most_counted(members: int) -> int:
    """How many members of a story count."""
    return members if members <= 2 else -(-members // 2)


def log_odds(score: float) -> float:
    """The log-odds of a score, clipped to `AGAINST` and `FOR`."""
    counted = min(max(score, AGAINST), FOR)
    return log(counted / (1 - counted))
