"""Logistic regression of a topic's weights, pulled towards weights set by hand.

No third party is needed: rows in which no rule for the topic holds cannot be let in and are left
out, which leaves some thousand short rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

PULL = 0.002  # how strongly a weight is held to its prior
ROUNDS = 400
RATE = 0.05


@dataclass(frozen=True, slots=True)
class Example:
    """What the rules counted for on a row, without zeros; `share` is how much the row counts."""

    values: tuple[tuple[int, float], ...]
    belongs: bool
    share: float = 1.0


def fit(
    examples: Sequence[Example], priors: Sequence[float], *, start: float, pull: float = PULL
) -> list[float]:
    """Weights that fit the examples; none changes its sign (Adam, full batch).

    The start stays: the examples hold far more that belongs than an open stream does, so a fitted
    start would let in whatever names both countries.
    """
    weights = list(priors)
    held = tuple(weights)
    steps = [0.0] * len(weights)
    speeds = [0.0] * len(weights)
    whole = sum(example.share for example in examples)
    for turn in range(1, ROUNDS + 1):
        slopes = [pull * (now - prior) for now, prior in zip(weights, held, strict=True)]
        for example in examples:
            points = start + sum(weights[at] * value for at, value in example.values)
            miss = (1 / (1 + math.exp(-points)) - example.belongs) * example.share / whole
            for at, value in example.values:
                slopes[at] += miss * value
        for at, slope in enumerate(slopes):
            steps[at] = 0.9 * steps[at] + 0.1 * slope
            speeds[at] = 0.999 * speeds[at] + 0.001 * slope * slope
            step = steps[at] / (1 - 0.9**turn)
            speed = math.sqrt(speeds[at] / (1 - 0.999**turn)) + 1e-8
            weights[at] -= RATE * step / speed
            if held[at] > 0:
                weights[at] = max(weights[at], 0.0)
            else:
                weights[at] = min(weights[at], 0.0)
    return weights
