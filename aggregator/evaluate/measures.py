"""Precision, recall, F1 and their kin, over what was said and what is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any


def found_measures(said: Iterable[tuple[bool, bool]]) -> dict[str, float]:
    """Precision, recall and F1 of (said, true)."""
    counts = Counter(said)
    right = counts[True, True]
    return _measures(
        _share(right, right + counts[True, False]), _share(right, right + counts[False, True])
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _measures(precision: float, recall: float) -> dict[str, float]:
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


def measure_pairwise(pairs: Sequence[tuple[Hashable, Hashable]]) -> dict[str, float]:
    """Over all pairs of items: how many of those joined, of those that belong together."""
    both = _joined(Counter(pairs))
    return _measures(
        _share(both, _joined(Counter(found for found, _ in pairs))),
        _share(both, _joined(Counter(true for _, true in pairs))),
    )


def _joined(sizes: Counter[Any]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def measure_bcubed(pairs: Sequence[tuple[Hashable, Hashable]]) -> dict[str, float]:
    """B-cubed (Bagga and Baldwin, 1998): the mean over items of their own precision and recall."""
    if not pairs:
        return _measures(1.0, 1.0)
    found = Counter(one for one, _ in pairs)
    true = Counter(one for _, one in pairs)
    both = Counter(pairs)
    precision = sum(count * count / found[pair[0]] for pair, count in both.items())
    recall = sum(count * count / true[pair[1]] for pair, count in both.items())
    return _measures(precision / len(pairs), recall / len(pairs))


def average_precision(scored: Sequence[tuple[float, bool]]) -> float:
    """The area under precision over recall, in steps; equal scores count as one step."""
    positives = sum(same for _, same in scored)
    if not positives:
        return 0.0
    steps: dict[float, list[bool]] = {}
    for score, same in scored:
        steps.setdefault(score, []).append(same)
    area = seen = right = 0.0
    for score in sorted(steps, reverse=True):
        gained = sum(steps[score])
        seen += len(steps[score])
        right += gained
        area += gained / positives * (right / seen)
    return area
