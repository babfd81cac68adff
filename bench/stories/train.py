"""Train the scorer of re-wordings: writes `aggregator/stories/data/scorer.json`.

    pip install 'aggregator[train]'
    python -m bench.stories.train DATA_DIRECTORY [--check]

DATA_DIRECTORY holds the labelled sets (see docs/deduplication.md for their form): whole days of
general news (general_*.jsonl), real.jsonl, allsides.jsonl, domain.jsonl, domain_dense.jsonl,
sts_headlines.jsonl, ecb_clusters.jsonl and stream.jsonl.gz, the text behind `pair_labels.tsv`. What
is missing is named. The same data give the same file. How sure the model's logits make a pair (the
file's `blend`) is fitted by `bench.stories.blend` and kept as it stands.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import itertools
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from aggregator.stories.blocking import keys
from aggregator.stories.compare import Member, measured
from aggregator.stories.features import read
from aggregator.stories.likeness import UNKNOWN, gap_hours
from aggregator.stories.overlap import promise
from aggregator.stories.signals import table as signal_table
from bench.stories import templated

HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "aggregator" / "stories" / "data" / "scorer.json"
SIGNALS = tuple(one.name for one in signal_table())
HOURS = 72.0  # pairs further apart teach nothing
COMMON = 400  # a key with more rows than this makes no pairs
FOLDS = 5
SEED = 2  # of three the one that ranks the unsure pairs best (`unsure.py`): .666, .664 and .663
JOIN = 0.68
UNSURE = (0.02, 0.98)  # lexical scores that the model is asked about
# What the matcher's cheap bound keeps from the scorer by far teaches nothing.
LEAST_CONTAINED, LEAST_PROMISE = 0.15, -1.4
# Pairs of the same story count more in sets whose style (summaries, or no dates) would else score
# lower than real pairs that are as sure.
SAME_WEIGHT = {"domain": 9.0, "domain_dense": 2.0, "own": 1.3, "ecb": 1.5}
# Total weight of a set against one pair of `real`, which counts three, and of a day, which counts
# one; of a story of many rows, pairs count less, lest it drown all others.
REAL_WEIGHT = 3.0
CAPS = {"labels": 2500.0, "own": 1500.0, "written": 1000.0, "domain": 800.0,
        "domain_dense": 2500.0, "sts": 300.0, "ecb": 900.0, "templated": 700.0,
        "allsides": 700.0}  # fmt: skip
FULL_STORY = 8  # pairs of a day's story up to so many count one each


@dataclass(frozen=True)
class Table:
    """Pairs of one set as the scorer sees them."""

    name: str
    values: np.ndarray[Any, Any]
    same: np.ndarray[Any, Any]
    folds: np.ndarray[Any, Any]  # of both sides: what is trained together is tested together
    size: np.ndarray[Any, Any]  # pairs of the story that both tell; 1 where they tell two


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a JSON Lines file, compressed or not."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for line in data.decode("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def member(number: int, row: dict[str, Any]) -> Member:
    """A labelled row as the matcher sees an item."""
    at = datetime.fromisoformat(row["date"]) if row.get("date") else None
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    url = row.get("url") or None
    publisher = row.get("publisher") or ""
    features = read(
        row["title"], summary=row.get("summary") or "", publisher=publisher, url=url or ""
    )
    canonical = None if url is None or "//news.google." in url else url
    return Member(number, features, at, canonical_url=canonical, publisher=publisher)


def blocked_pairs(members: Sequence[Member]) -> list[tuple[Member, Member]]:
    """The pairs that share a blocking key and lie within `HOURS`."""
    holding: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(members):
        page = (one.canonical_url,) if one.canonical_url else ()
        for key in (*keys(one.features), *page):
            holding[key].append(number)
    found = {
        pair
        for numbers in holding.values()
        if len(numbers) <= COMMON
        for pair in itertools.combinations(numbers, 2)
    }
    pairs = [(members[a], members[b]) for a, b in sorted(found)]
    return [(a, b) for a, b in pairs if (gap_hours(a.at, b.at) or 0.0) <= HOURS]


def signals_of(pairs: Sequence[tuple[Member, Member]]) -> np.ndarray[Any, Any]:
    """One row a pair, rounded: the last bits of a sum depend on the order of a set."""
    return np.round(np.array([measured(a, b) for a, b in pairs]), 5)


def fold_of(row: Mapping[str, Any]) -> int:
    """The fold of a row: that of its confusable group, topic, story or cluster, or its title."""
    keys = ("group", "topic", "story", "cluster", "title")
    key = next(str(row[key]) for key in keys if row.get(key))
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS


def clustered(name: str, rows: Sequence[dict[str, Any]]) -> Table:
    """The pairs of a set of rows that name their story."""
    members = [member(number, row) for number, row in enumerate(rows)]
    story = [str(row.get("story") or row.get("cluster")) for row in rows]
    pairs = blocked_pairs(members)
    same = np.array([story[a.item_id] == story[b.item_id] for a, b in pairs])
    fold = [fold_of(row) for row in rows]
    folds = np.array([(fold[a.item_id], fold[b.item_id]) for a, b in pairs])
    told = Counter(story[a.item_id] for (a, _), one in zip(pairs, same, strict=True) if one)
    size = np.array([told[story[a.item_id]] if one else 1
                     for (a, _), one in zip(pairs, same, strict=True)])  # fmt: skip
    return Table(name, signals_of(pairs), same, folds, size)


def paired(name: str, rows: Sequence[tuple[dict[str, Any], dict[str, Any], int]]) -> Table:
    """A set that labels pairs."""
    pairs = [(member(0, a), member(1, b)) for a, b, _ in rows]
    same = np.array([bool(label) for _, _, label in rows])
    folds = np.array([(fold_of(a), fold_of(a)) for a, _, _ in rows])
    return Table(name, signals_of(pairs), same, folds, np.ones(len(pairs)))


def labelled_stream(stream: Path) -> Table:
    """The pairs of `pair_labels.tsv`, with the text that the stream has for their hashes."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows_of(stream):
        first.setdefault(hashlib.sha256(row["title"].encode()).hexdigest()[:16], row)
    rows = []
    for line in (HERE / "pair_labels.tsv").read_text("utf-8").splitlines():
        a, b, label = line.split("\t")
        if a in first and b in first:
            rows.append((first[a], first[b], int(label)))
    return paired("labels", rows)


def sts_rows(path: Path) -> list[tuple[dict[str, Any], dict[str, Any], int]]:
    """Undated pairs; those between same and different are left out."""
    return [
        ({"title": row["a"]}, {"title": row["b"]}, row["same"])
        for row in rows_of(path)
        if row["same"] is not None
    ]


def tables(data: Path) -> list[Table]:
    """All sets, `real` first. Raises SystemExit naming what is missing."""
    names = ("real", "domain", "domain_dense", "ecb_clusters", "sts_headlines", "allsides")
    wanted = [data / f"{name}.jsonl" for name in names] + [data / "stream.jsonl.gz"]
    missing = [str(path) for path in wanted if not path.exists()]
    if missing:
        raise SystemExit("cannot train, missing: " + ", ".join(missing))
    days = sorted(data.glob("general_*.jsonl"))
    return [
        *[clustered(day.stem, list(rows_of(day))) for day in days],
        clustered("real", list(rows_of(data / "real.jsonl"))),
        clustered("allsides", list(rows_of(data / "allsides.jsonl"))),
        clustered("domain", list(rows_of(data / "domain.jsonl"))),
        clustered("domain_dense", list(rows_of(data / "domain_dense.jsonl"))),
        clustered("ecb", list(rows_of(data / "ecb_clusters.jsonl"))),
        clustered("own", list(rows_of(HERE / "headlines.jsonl"))),
        clustered("written", list(rows_of(HERE / "written.jsonl"))),
        paired("sts", sts_rows(data / "sts_headlines.jsonl")),
        labelled_stream(data / "stream.jsonl.gz"),
        clustered("templated", templated.rows()),
    ]


def unattributed(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Every other pair without publishers: many feeds name none, the labelled rows nearly all."""
    blank = values.copy()
    blank[1::2, SIGNALS.index("same_publisher")] = UNKNOWN
    return blank


def asked(table: Table) -> Table:
    """The pairs of a set that the matcher would ask the scorer about, and those near them."""
    columns: list[Any] = [
        table.values[:, SIGNALS.index(name)] for name in ("contained", "cosine", "hours")
    ]
    contained, cosine, log_hours = columns
    promised = promise(contained, cosine, np.maximum(log_hours, 0.0))
    near = (contained >= LEAST_CONTAINED) & (promised > LEAST_PROMISE)
    return Table(
        table.name, table.values[near], table.same[near], table.folds[near], table.size[near]
    )


def weights(table: Table) -> np.ndarray[Any, Any]:
    """What each pair of a set counts."""
    if is_day(table.name):
        return np.clip(np.sqrt(FULL_STORY / table.size), 0.2, 1.0)
    size = len(table.same)
    each = REAL_WEIGHT if table.name == "real" else min(1.0, CAPS[table.name] / size)
    return each * np.where(table.same, SAME_WEIGHT.get(table.name, 1.0), 1.0)


def is_day(name: str) -> bool:
    """Whether a set holds all general news of a day or of some hours."""
    return name.startswith("general_")


def fit(
    sets: Sequence[Table], *, without: int | None = None, seed: int = SEED
) -> HistGradientBoostingClassifier:
    """The trees, trained on these sets but for the pairs that touch the fold `without`."""
    model = HistGradientBoostingClassifier(
        max_iter=300,
        learning_rate=0.1,
        max_leaf_nodes=8,
        min_samples_leaf=30,
        l2_regularization=3.0,
        max_features=0.3,
        max_bins=64,
        monotonic_cst=[one.direction for one in signal_table()],
        random_state=seed,
    )
    near = [asked(one) for one in sets]
    kept = [(one.folds != without).all(axis=1) for one in near]
    values = np.vstack([one.values[rows] for one, rows in zip(near, kept, strict=True)])
    same = np.concatenate([one.same[rows] for one, rows in zip(near, kept, strict=True)])
    weight = np.concatenate([weights(one)[rows] for one, rows in zip(near, kept, strict=True)])
    with threadpool_limits(1):  # sums of several threads round otherwise each time
        return model.fit(unattributed(values), same, sample_weight=weight)


def written(model: HistGradientBoostingClassifier, blend: Mapping[str, float]) -> str:
    """The trees and how the model's logits count beside them, as the text of the data file."""
    trees = []
    for (predictor,) in model._predictors:
        nodes: list[Any] = []
        for node in predictor.nodes:
            if node["is_leaf"]:
                nodes.append(round(float(node["value"]), 5))
            else:
                name = SIGNALS[node["feature_idx"]]
                threshold = round(float(node["num_threshold"]), 6)
                nodes.append([name, threshold, int(node["left"]), int(node["right"])])
        trees.append(json.dumps(nodes))
    head = {
        "about": "Gradient-boosted trees over the signals of aggregator/stories/signals.py; "
        "a node is a leaf's value or [signal, threshold, node if <=, node if >].",
        "signals": list(SIGNALS),
        "baseline": round(float(model._baseline_prediction.ravel()[0]), 6),
        "join": JOIN,
        "unsure": list(UNSURE),
        "blend": dict(blend),
    }
    body = json.dumps(head, indent=1)[:-2]
    return body + ',\n "trees": [\n  ' + ",\n  ".join(trees) + "\n ]\n}\n"


def shipped_blend() -> dict[str, float]:
    """The blend of the shipped file, see `bench.stories.blend`."""
    return {name: float(weight) for name, weight in
            json.loads(TARGET.read_text("utf-8"))["blend"].items()}  # fmt: skip


def with_blend(text: str, old: Mapping[str, float], new: Mapping[str, float]) -> str:
    """The data file with another blend, its trees untouched."""
    before, after = (json.dumps({"blend": dict(one)}, indent=1)[2:-2] for one in (old, new))
    if before not in text:
        raise ValueError("the file does not hold the blend that it was read with")
    return text.replace(before, after, 1)


def main() -> None:
    """Train on everything, or only check that the shipped file is what these data give."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--check", action="store_true", help="compare, do not write")
    options = parser.parse_args()
    sets = tables(options.data)
    for one in sets:
        print(f"{one.name:14} {len(one.same):6} pairs, {int(one.same.sum())} the same story")
    text = written(fit(sets), shipped_blend())
    if options.check:
        if text != TARGET.read_text("utf-8"):
            sys.exit(f"{TARGET} is not what these data give")
        return
    TARGET.write_text(text, "utf-8")
    print(f"-> {TARGET} ({len(text) // 1024} KB)")


if __name__ == "__main__":
    main()
