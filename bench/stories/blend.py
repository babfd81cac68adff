"""Fit how the model's logit and the lexical score become one probability; writes `scorer.json`.

    pip install 'aggregator[train]'
    python -m bench.stories.blend DATA_DIRECTORY TWIN.onnx

DATA_DIRECTORY is that of `train.py`, TWIN.onnx the cross-encoder's twin that has never seen the
days of `KEPT_OUT` (`leave_out.py`). Only those are read, and the lexical scores come from trees
that have not seen them either: on rows of their training both are surer than they should be. A
logistic regression on the two log-odds, nothing else: there is little to overfit.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from aggregator.ingest.model_reader import read_all
from aggregator.ingest.rules import load_rules
from aggregator.semantics.cross_encoder import CrossEncoder
from aggregator.settings import Config
from aggregator.stories.compare import Member, Reader, by_wording
from aggregator.stories.likeness import gap_hours
from aggregator.stories.scorer import Scorer, parse_scorer
from aggregator.stories.vetoes import vetoes
from bench.stories.leave_out import KEPT_OUT, day_of, rules_with, trees_without
from bench.stories.train import (
    TARGET,
    blocked_pairs,
    is_day,
    member,
    rows_of,
    shipped_blend,
    signals_of,
    tables,
    with_blend,
)

# Less than fits: a story that is hidden wrongly costs a reader more than one that is told twice.
MARGIN = 0.2
Table = tuple["np.ndarray[Any, Any]", "np.ndarray[Any, Any]"]  # two log-odds a pair; the same story


def unsure_pairs(path: Path, scorer: Scorer, read: Reader) -> Table:
    """The pairs of a day that the model would be asked about, as both see them."""
    rows = list(rows_of(path))
    rules = load_rules(Config(topics=()))
    pairs = [
        (a, b)
        for a, b in blocked_pairs([member(number, row) for number, row in enumerate(rows)])
        if by_wording(a, b, rules.matcher) is None
        and not vetoes(a.features, b.features, gap_hours(a.at, b.at))
    ]
    lexical = np.array([scorer.score(tuple(map(float, one))) for one in signals_of(pairs)])
    low, high = scorer.unsure
    kept = np.flatnonzero((lexical >= low) & (lexical <= high))
    asked: Sequence[tuple[Member, Member]] = [pairs[at] for at in kept]
    told = [(rows[a.item_id]["story"], rows[b.item_id]["story"]) for a, b in asked]
    odds = np.log(lexical[kept] / (1 - lexical[kept]))
    logits = np.array(read(asked), dtype=float)
    return np.column_stack([odds, logits]), np.array([one == other for one, other in told])


def fit(days: Sequence[Table]) -> LogisticRegression:
    """The regression on some days; each day counts the same, however dense."""
    values = np.vstack([values for values, _ in days])
    same = np.concatenate([same for _, same in days])
    weight = np.concatenate([np.full(len(one), 1.0 / len(one)) for _, one in days])
    return LogisticRegression(C=1e6).fit(values, same, sample_weight=weight * len(same))


def main() -> None:
    """Fit, check each day against the others, and write the blend into the shipped file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("twin", type=Path)
    options = parser.parse_args()
    read = read_all(rules_with(CrossEncoder(options.twin.read_bytes())))
    assert read is not None, "these rules have a model"
    sets = tables(options.data)
    scorer = parse_scorer(json.loads(trees_without(sets, KEPT_OUT)))
    names = [one.name for one in sets if is_day(one.name) and day_of(one.name) in KEPT_OUT]
    days = [unsure_pairs(options.data / f"{name}.jsonl", scorer, read) for name in names]
    for at, (name, (values, same)) in enumerate(zip(names, days, strict=True)):
        model = fit([one for number, one in enumerate(days) if number != at])
        figures = [
            average_precision_score(same, found)
            for found in (values[:, 0], values[:, 1], model.decision_function(values))
        ]
        print(f"{name}: {len(same)} pairs, average precision lexical {figures[0]:.3f},"
              f" model {figures[1]:.3f}, blend of the other days {figures[2]:.3f}")  # fmt: skip
    model = fit(days)
    (lexical, logit), (baseline,) = model.coef_[0], model.intercept_
    blend = {
        "baseline": round(float(baseline) - MARGIN, 4),
        "lexical": round(float(lexical), 4),
        "model": round(float(logit), 4),
    }
    text = TARGET.read_text("utf-8")
    TARGET.write_text(with_blend(text, shipped_blend(), blend), "utf-8")
    print(f"{blend} -> {TARGET}")


if __name__ == "__main__":
    main()
