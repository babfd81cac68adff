"""Figures for stories that the scorer has not seen: five folds, the whole pipeline.

    pip install 'aggregator[train]'
    python -m bench.stories.crossval DATA_DIRECTORY [--join 0.65]

DATA_DIRECTORY is that of `train.py`. A fold holds whole confusable groups, topics or stories. For
each fold the scorer is trained without any pair that touches it; then all rows of a set are matched
as a fetch would match them, look-alikes of other folds included, and the rows of the fold are
judged. A wrong pair of two folds is met twice and counts half each time.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from aggregator.evaluate import found_stories
from aggregator.evaluate.measures import average_precision
from aggregator.ingest.rules import load_rules
from aggregator.settings import Config, StorySettings
from aggregator.stories.compare import Matcher, compare, load_matcher
from aggregator.stories.scorer import parse_scorer
from bench.stories import templated
from bench.stories.train import (
    FOLDS,
    HERE,
    Table,
    fit,
    fold_of,
    member,
    rows_of,
    shipped_blend,
    sts_rows,
    tables,
    written,
)

RULES = load_rules(Config(topics=(), stories=StorySettings(model=False)))


@dataclass
class Tally:
    """What the folds of one set add up to."""

    right: float = 0.0  # pairs joined that belong together
    joined: float = 0.0
    belong: float = 0.0
    precision: float = 0.0  # B-cubed, summed over the items
    recall: float = 0.0
    items: int = 0

    def add(self, found: Sequence[int], true: Sequence[str], held: Sequence[bool]) -> None:
        """One fold: the story found and the true one of all rows, and which rows are judged."""
        size, whole = Counter(found), Counter(true)
        both = Counter(zip(found, true, strict=True))
        for at, judged in enumerate(held):
            if judged:
                common = both[found[at], true[at]]
                self.precision += common / size[found[at]]
                self.recall += common / whole[true[at]]
                self.items += 1
        for a, b in combinations(range(len(found)), 2):
            share = (held[a] + held[b]) / 2
            if share:
                self.joined += share * (found[a] == found[b])
                self.belong += share * (true[a] == true[b])
                self.right += share * (found[a] == found[b] and true[a] == true[b])

    def line(self) -> str:
        """The figures for people."""
        pairs = _measures(self.right / max(self.joined, 1), self.right / max(self.belong, 1))
        items = _measures(self.precision / self.items, self.recall / self.items)
        return f"pairs {pairs}   B-cubed {items}"


def _measures(precision: float, recall: float) -> str:
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f"P {precision:.3f} R {recall:.3f} F1 {f1:.3f}"


def matchers(sets: Sequence[Table], join: float | None) -> list[Matcher]:
    """One matcher a fold, trained without it."""
    found = []
    for fold in range(FOLDS):
        scorer = parse_scorer(json.loads(written(fit(sets, without=fold), shipped_blend())))
        scorer = replace(scorer, join=join or scorer.join)
        found.append(replace(load_matcher(StorySettings()), scorer=scorer))
    return found


def stories(rows: Sequence[dict[str, Any]], by_fold: Sequence[Matcher]) -> Tally:
    """The rows of each fold, judged by the matcher that has not seen them."""
    true = [str(row.get("story") or row.get("cluster")) for row in rows]
    folds = [fold_of(row) for row in rows]
    tally = Tally()
    for fold, matcher in enumerate(by_fold):
        tally.add(
            found_stories(rows, replace(RULES, matcher=matcher)),
            true,
            [one == fold for one in folds],
        )
    return tally


def undated(path: Path, by_fold: Sequence[Matcher]) -> str:
    """Average precision of the pairs without dates."""
    scored = [
        (compare(member(0, a), member(1, b), by_fold[fold_of(a)]).score, bool(same))
        for a, b, same in sts_rows(path)
    ]
    return f"average precision {average_precision(scored):.3f}"


def main() -> None:
    """Print the figures of every set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--join", type=float, help="another threshold than the shipped one")
    options = parser.parse_args()
    sets = tables(options.data)
    by_fold = matchers(sets, options.join)
    for name in ("real", "domain", "domain_dense", "ecb_clusters"):
        rows = list(rows_of(options.data / f"{name}.jsonl"))
        print(f"{name:13} {stories(rows, by_fold).line()}", flush=True)
    print(f"{'templated':13} {stories(templated.rows(seed=8), by_fold).line()}")
    print(f"{'headlines':13} {stories(list(rows_of(HERE / 'headlines.jsonl')), by_fold).line()}")
    print(f"{'sts_headlines':13} {undated(options.data / 'sts_headlines.jsonl', by_fold)}")


if __name__ == "__main__":
    main()
