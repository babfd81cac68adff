"""Weigh the marks of kinds of headlines: writes `aggregator/stories/data/kinds.json`.

    pip install 'aggregator[train]'
    python -m bench.stories.train_kinds DATA_DIRECTORY            # train on everything
    python -m bench.stories.train_kinds DATA_DIRECTORY --check    # only compare
    python -m bench.stories.train_kinds DATA_DIRECTORY --days     # figures for days held out

DATA_DIRECTORY holds kinds.jsonl and the general_*.jsonl whose rows `kind_labels.tsv` labels. The
weights are those of logistic regressions: one of no report against report, and one of the kinds
of no report. A mark's weight is drawn to what `kinds.toml` gives it, that of any other run to
nothing. The same data give the same file; nothing is drawn by lot.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from aggregator.evaluate import kinds
from aggregator.stories.kind_marks import (
    MARKED,
    MARKED_KIND,
    PARTS,
    Marks,
    marks_by_hand,
    parse_marks,
    runs_in,
    words_of_parts,
)
from aggregator.stories.kinds import OTHER_KINDS, REPORT
from bench.stories.train import HERE, rows_of

TARGET = HERE.parents[1] / "aggregator" / "stories" / "data" / "kinds.json"
LABELS = HERE / "kind_labels.tsv"
THRESHOLD = 0.42  # by the days held out: precision .8 on the harder of them
LEAST_ROWS, LEAST_DAYS, LEAST_PUBLISHERS = 3, 2, 2  # of a run that is not a mark: rarer, it is news
HELD, HELD_MARK = 3.0, 1.0  # how strongly a weight is drawn to where it starts
HELD_KIND = 1.0
LEAST_WEIGHT, LEAST_LEANING = 0.1, 0.2  # smaller ones change nothing and fill the file
MONTHS = frozenset(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
)
HELD_OUT = ("2026-01-05", "2026-08-13")  # days whose every row is labelled

Run = tuple[str, str]  # part and words


@dataclass(frozen=True)
class Example:
    """A labelled row: its runs, marks and others, and what identifies where it was found."""

    row: Mapping[str, Any]
    runs: frozenset[Run]
    day: str
    outlet: str


def example(row: Mapping[str, Any]) -> Example:
    """A labelled row with all that could be weighed of it."""
    parts = words_of_parts(
        row["title"],
        summary=row.get("summary") or "",
        url=row.get("url") or "",
        publisher=row.get("publisher") or "",
    )
    marks = marks_of_table()
    runs: set[Run] = set()
    for part, words in zip(PARTS, parts, strict=True):
        runs.update((part, run) for run in runs_in(words, marks.parts[part]))
        runs.update((part, word) for word in words if teaches(part, word))
        if part == "headline":
            runs.update((part, f"{a} {b}") for a, b in pairwise(words))
    outlet = (row.get("publisher") or "").partition(".")[0].removeprefix("the")
    return Example(row, frozenset(runs), row["date"][:10], outlet)


def teaches(part: str, word: str) -> bool:
    """Whether a word may be learned: sections that are dates say nothing of other days."""
    return part != "section" or not (word in MONTHS or any(map(str.isdigit, word)))


def marks_of_table() -> Marks:
    """The marks as `kinds.toml` has them, before anything was learned."""
    nothing: dict[str, Any] = {part: {} for part in PARTS}
    learned = nothing | dict(bias=0.0, threshold=0.5, kinds_bias={})
    return parse_marks(OTHER_KINDS, marks_by_hand(), learned)


def labelled(data: Path) -> list[Example]:
    """All labelled rows. Raises SystemExit naming what is missing."""
    general = sorted(data.glob("general_*.jsonl"))
    if not general or not (data / "kinds.jsonl").exists():
        raise SystemExit(f"cannot train, missing: {data}/kinds.jsonl or general_*.jsonl")
    rows = list(rows_of(data / "kinds.jsonl"))
    kinds = dict(line.split("\t") for line in LABELS.read_text("utf-8").splitlines())
    for row in rows:
        kinds.pop(title_hash(row), None)
    for path in general:
        for row in rows_of(path):
            if (kind := kinds.pop(title_hash(row), None)) is not None:
                rows.append(row | {"kind": kind})
    if kinds:
        raise SystemExit(f"{LABELS}: {len(kinds)} labels have no row in {data}")
    return [example(row) for row in rows]


def title_hash(row: Mapping[str, Any]) -> str:
    """What `kind_labels.tsv` knows a title by."""
    return hashlib.sha256(row["title"].encode()).hexdigest()[:16]


def learned_runs(examples: Sequence[Example]) -> list[Run]:
    """The marks that the rows have, and the runs that enough rows, days and outlets have."""
    by_hand = marks_by_hand()
    rows: Counter[Run] = Counter()
    days: dict[Run, set[str]] = defaultdict(set)
    outlets: dict[Run, set[str]] = defaultdict(set)
    for one in examples:
        rows.update(one.runs)
        for run in one.runs:
            days[run].add(one.day)
            outlets[run].add(one.outlet)
    return sorted(
        run
        for run, count in rows.items()
        if run[1] in by_hand[run[0]]
        or (
            count >= LEAST_ROWS
            and len(days[run]) >= LEAST_DAYS
            and len(outlets[run]) >= LEAST_PUBLISHERS
        )
    )


def matrix(examples: Sequence[Example], runs: Sequence[Run]) -> Any:
    """Row by run, and a last column of ones."""
    at = {run: number for number, run in enumerate(runs)}
    cells = [
        (number, at[run])
        for number, one in enumerate(examples)
        for run in sorted(one.runs)
        if run in at
    ]
    cells += [(number, len(runs)) for number in range(len(examples))]
    rows, columns = np.array(cells).T
    return csr_matrix((np.ones(len(cells)), (rows, columns)), (len(examples), len(runs) + 1))


def descend(
    loss: Callable[[Any], tuple[float, Any]],
    start: np.ndarray[Any, Any],
    held: np.ndarray[Any, Any],
) -> np.ndarray[Any, Any]:
    """The weights of least loss that are drawn to where they start."""

    def whole(weights: Any) -> tuple[float, Any]:
        moved = weights - start.ravel()
        value, slope = loss(weights)
        return value + float(0.5 * (held * moved) @ moved), slope + held * moved

    found = minimize(whole, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return np.asarray(found.x).reshape(start.shape)


def fit_report(examples: Sequence[Example], runs: Sequence[Run]) -> np.ndarray[Any, Any]:
    """The weight of each run, and of nothing, that a piece is not a report."""
    by_hand = marks_by_hand()
    seen = matrix(examples, runs)
    wanted = np.array([one.row["kind"] != REPORT for one in examples], float)
    marked = [words in by_hand[part] for part, words in runs]
    start = np.array([MARKED[part] * mark for (part, _), mark in zip(runs, marked, strict=True)])
    held = np.where(marked, HELD_MARK, HELD)

    def loss(weights: Any) -> tuple[float, Any]:
        odds = seen @ weights
        said = 1.0 / (1.0 + np.exp(-odds))
        return float(np.sum(np.logaddexp(0.0, odds) - wanted * odds)), seen.T @ (said - wanted)

    return descend(loss, np.append(start, -2.0), np.append(held, 0.0))


def fit_kinds(examples: Sequence[Example], runs: Sequence[Run]) -> np.ndarray[Any, Any]:
    """Run by kind: how much it speaks for a kind, among the pieces that are not reports."""
    by_hand = marks_by_hand()
    others = [one for one in examples if one.row["kind"] != REPORT]
    seen = matrix(others, runs)
    wanted = np.array([[one.row["kind"] == kind for kind in OTHER_KINDS] for one in others], float)
    start = np.zeros((len(runs) + 1, len(OTHER_KINDS)))
    for number, (part, words) in enumerate(runs):
        if kind := by_hand[part].get(words):
            start[number, OTHER_KINDS.index(kind)] = MARKED_KIND[part]

    def loss(weights: Any) -> tuple[float, Any]:
        odds = seen @ weights.reshape(start.shape)
        odds -= odds.max(axis=1, keepdims=True)
        total = np.log(np.exp(odds).sum(axis=1))
        said = np.exp(odds - total[:, None])
        return float(np.sum(total - (wanted * odds).sum(axis=1))), (
            seen.T @ (said - wanted)
        ).ravel()

    held = np.full(start.shape, HELD_KIND)
    held[-1] = 0.1
    return descend(loss, start, held.ravel())


def train(examples: Sequence[Example]) -> dict[str, Any]:
    """What `kinds.json` holds, learned from these rows."""
    by_hand = marks_by_hand()
    runs = learned_runs(examples)
    weights = fit_report(examples, runs)
    kinds = fit_kinds(examples, runs)
    found: dict[str, Any] = {
        "about": "Log-odds of runs of words: [that a piece is no report, {kind: for that kind}]; "
        "a mark of kinds.toml that is not here counts as kind_marks.py has it.",
        "bias": round(float(weights[-1]), 3),
        "threshold": THRESHOLD,
        "kinds_bias": _rounded(kinds[-1], least=0.0),
    }
    for part in PARTS:
        found[part] = {}
    for (part, words), weight, leanings in zip(runs, weights[:-1], kinds[:-1], strict=True):
        leans = _rounded(leanings, least=LEAST_LEANING)
        if words in by_hand[part] or abs(weight) >= LEAST_WEIGHT:
            found[part][words] = [round(float(weight), 2), leans]
    return found


def _rounded(leanings: Any, *, least: float) -> dict[str, float]:
    return {
        kind: round(float(weight), 2)
        for kind, weight in zip(OTHER_KINDS, leanings, strict=True)
        if abs(weight) >= least
    }


def written(found: Mapping[str, Any]) -> str:
    """The weights as the text of the data file, one run a line."""
    lines = [
        f" {json.dumps(key)}: {json.dumps(found[key])}"
        for key in ("about", "bias", "threshold", "kinds_bias")
    ]
    for part in PARTS:
        runs = [
            f"  {json.dumps(run, ensure_ascii=False)}: {json.dumps(weight)}"
            for run, weight in found[part].items()
        ]
        lines.append(f" {json.dumps(part)}: {{\n" + ",\n".join(runs) + "\n }")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def held_out(examples: Sequence[Example]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Of each day whose every row is labelled: how the marks of the other days do on it."""
    for day in HELD_OUT:
        learned = train([one for one in examples if one.day != day])
        rows = [one.row for one in examples if one.day == day]
        yield day, kinds(rows, parse_marks(OTHER_KINDS, marks_by_hand(), learned))


def show(day: str, found: Mapping[str, Any]) -> None:
    """The figures of a day for people."""
    print(f"{day}, {found['rows']} rows")
    for name, figures in (("no report", found["not_report"]), *found["kinds"].items()):
        print(f"  {name:10}" + "".join(f" {key} {value:.2f}" for key, value in figures.items()))


def main() -> None:
    """Train on everything, only check the shipped file, or print the figures of days held out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    parser.add_argument("--days", action="store_true", help="print figures of days held out")
    options = parser.parse_args()
    examples = labelled(options.data)
    if options.days:
        for day, found in held_out(examples):
            show(day, found)
        return
    text = written(train(examples))
    if options.check:
        if text != TARGET.read_text("utf-8"):
            sys.exit(f"{TARGET} is not what these data give")
        return
    TARGET.write_text(text, "utf-8")
    print(f"{len(examples)} rows -> {TARGET} ({len(text) // 1024} KB)")


if __name__ == "__main__":
    main()
