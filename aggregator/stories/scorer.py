"""The scorer of re-wordings: gradient-boosted trees from a readable data file.

`scorer.json` names every signal and holds every tree; `bench/stories/train.py` writes it.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log
from typing import Any

LEAF = -1


@dataclass(frozen=True, slots=True)
class Scorer:
    """Trees in flat arrays: node -> signal (LEAF: none), threshold or leaf value, children."""

    signals: tuple[str, ...]
    roots: tuple[int, ...]
    signal: array[int]
    value: array[float]
    left: array[int]
    right: array[int]
    baseline: float
    join: float  # from this score on an item joins a story
    related: float  # from this score on a story is listed as related

    def score(self, values: Sequence[float]) -> float:
        """How sure it is that two headlines report one story, 0..1."""
        signal, value, left, right = self.signal, self.value, self.left, self.right
        total = self.baseline
        for node in self.roots:
            while (asked := signal[node]) >= 0:
                node = left[node] if values[asked] <= value[node] else right[node]  # noqa: PLW2901 - walks down
            total += value[node]
        return 1.0 / (1.0 + exp(-total)) if total > -30 else 0.0


def parse_scorer(raw: Mapping[str, Any]) -> Scorer:
    """A scorer from its file's content.

    A tree is a list of nodes, the root first: a leaf is a number, a question is
    `[signal, threshold, node if <=, node if >]`. Raises KeyError for a signal it does not name.
    """
    signals = tuple(raw["signals"])
    index = {name: number for number, name in enumerate(signals)}
    roots = []
    signal, left, right = array("i"), array("i"), array("i")
    value = array("d")
    for tree in raw["trees"]:
        start = len(signal)
        roots.append(start)
        for node in tree:
            asks = isinstance(node, list)
            signal.append(index[node[0]] if asks else LEAF)
            value.append(node[1] if asks else node)
            left.append(start + node[2] if asks else 0)
            right.append(start + node[3] if asks else 0)
    return Scorer(
        signals=signals,
        roots=tuple(roots),
        signal=signal,
        value=value,
        left=left,
        right=right,
        baseline=raw["baseline"],
        join=raw["join"],
        related=raw["related"],
    )


@cache
def shipped_scorer() -> Scorer:
    """The trained scorer of this package."""
    text = (files(__package__) / "data" / "scorer.json").read_text("utf-8")
    return parse_scorer(json.loads(text))


def combined(scores: Sequence[float]) -> float:
    """One score from those against the members of a story: the mean of their log-odds.

    So one look-alike among several members cannot pull an item in (no chaining).
    """
    odds = sum(log(max(score, 0.02) / (1 - min(score, 0.98))) for score in scores)
    return 1.0 / (1.0 + exp(-odds / len(scores)))
