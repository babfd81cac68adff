"""The order in which items arrive, over batches, hardly changes the stories."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.evaluate.rows import read_rows
from aggregator.ingest.rules import load_rules
from aggregator.settings import Config
from bench.arrival import agreement, reading_once, stories_of

# hundreds of headlines reach no line that those of test_assign do not
pytestmark = pytest.mark.no_cover


def test_real_headlines_in_batches_of_random_order_give_nearly_the_same_stories(
    shared: Path,
) -> None:
    file = shared / "data" / "dedup" / "real.jsonl"
    if not file.exists():
        pytest.skip("the labelled headlines are not beside this checkout")
    every = read_rows(file)
    stories = sorted({str(row["story"]) for row in every})[::2]
    rows = [row for row in every if str(row["story"]) in stories]
    rules = reading_once(load_rules(Config(topics=())))

    runs = [stories_of(rows, batches=6, seed=seed, rules=rules) for seed in (1, 2, 3)]

    assert len(runs[0]) > 300
    assert min(agreement(runs[0], runs[1]), agreement(runs[1], runs[2])) >= 0.98


def test_our_own_headlines_keep_their_stories_in_any_order() -> None:
    every = read_rows(Path(__file__).parents[2] / "bench" / "stories" / "headlines.jsonl")
    groups = sorted({row["group"] for row in every})[::2]  # look-alikes are of one group
    rows = [row for row in every if row["group"] in groups]
    rules = reading_once(load_rules(Config(topics=())))

    first, second = (stories_of(rows, batches=6, seed=seed, rules=rules) for seed in (1, 2))

    assert len(first) == len(second) == len(rows) > 400
    assert agreement(first, second) >= 0.95
