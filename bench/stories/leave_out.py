"""Figures for days that nothing was trained on: each day held out in turn, the whole pipeline.

    pip install 'aggregator[train]'
    python -m bench.stories.leave_out DATA_DIRECTORY [--model TWIN.onnx] [--day 2026-08-14 ...]

DATA_DIRECTORY is that of `train.py`. For each day the trees are trained without both of its files;
then each file is matched alone, as a fetch would match it. With `--model` a cross-encoder reads
unsure pairs, on the days of `KEPT_OUT` only: the twin of the shipped one, trained on all others
(`train_cross_encoder --stages 1 2 3 4 5 6`, `export_cross_encoder --target TWIN.onnx`).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from aggregator.evaluate import stories
from aggregator.ingest.rules import Rules, load_rules
from aggregator.semantics.cross_encoder import CrossEncoder
from aggregator.settings import Config, StorySettings
from aggregator.stories.scorer import parse_scorer
from bench.stories.train import Table, fit, is_day, rows_of, shipped_blend, tables, written

KEPT_OUT = ("2026-01-01", "2026-01-03", "2026-08-14")  # the cross-encoder never saw these days


def day_of(name: str) -> str:
    """The day of a set, `2026-01-05` of `general_2026-01-05_evening`."""
    return name.split("_")[1]


def trees_without(sets: Sequence[Table], days: Sequence[str]) -> str:
    """The data file of trees that have seen all sets but those of these days."""
    seen = [one for one in sets if not (is_day(one.name) and day_of(one.name) in days)]
    return written(fit(seen), shipped_blend())


def rules_with(model: CrossEncoder | None) -> Rules:
    """Today's rules, with this model in place of the shipped one."""
    rules = load_rules(Config(topics=(), stories=StorySettings(model=False)))
    return replace(rules, reader=model.logits if model else None)


def rules_without(sets: Sequence[Table], days: Sequence[str], model: CrossEncoder | None) -> Rules:
    """Rules whose trees have not seen these days."""
    rules = rules_with(model)
    scorer = parse_scorer(json.loads(trees_without(sets, days)))
    return replace(rules, matcher=replace(rules.matcher, scorer=scorer))


def line(name: str, found: dict[str, Any]) -> str:
    """The figures of a file as a row of a table."""
    pairs, items = found["pairwise"], found["bcubed"]
    hidden = found["lost"] / found["stories_true"]
    return (
        f"| {name} | {pairs['precision']:.2f} / {pairs['recall']:.2f} | {items['f1']:.3f} |"
        f" {found['lost']} of {found['stories_true']} ({hidden:.1%}) |"
    )


def main() -> None:
    """Print a row for each file of the held-out days."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, help="a cross-encoder that has not seen the days")
    parser.add_argument("--day", nargs="*", help="these days only")
    options = parser.parse_args()
    sets = tables(options.data)
    days = sorted({day_of(one.name) for one in sets if is_day(one.name)})
    model = CrossEncoder(options.model.read_bytes()) if options.model else None
    wanted = options.day or (KEPT_OUT if options.model else days)
    print("| file | pairs P / R | B-cubed F1 | stories hidden |\n|---|---|---|---|")
    for day in wanted:
        rules = rules_without(sets, [day], model)
        for name in (one.name for one in sets if is_day(one.name) and day_of(one.name) == day):
            found = stories(list(rows_of(options.data / f"{name}.jsonl")), rules=rules)
            print(line(name, found), flush=True)


if __name__ == "__main__":
    main()
