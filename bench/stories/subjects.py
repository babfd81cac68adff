"""Figures for many headlines of few subjects: what one outlet after the other says of one event.

    pip install 'aggregator[train]'
    python -m bench.stories.subjects DATA_DIRECTORY

DATA_DIRECTORY has `uci_clusters.jsonl`, the text behind `subject_labels.tsv` (README.md says how it
was labelled). The rows have neither summaries nor the time of day, so all of a day count as told at
noon: nothing but the words keeps an event apart from its sequels.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aggregator.evaluate import found_stories, stories
from aggregator.ingest.rules import load_rules
from aggregator.settings import Config, StorySettings
from bench.stories.leave_out import line
from bench.stories.train import HERE, rows_of

Row = dict[str, Any]


def labelled(data: Path) -> list[Row]:
    """The rows with their `story` and `kind` (report or other)."""
    rows = list(rows_of(data / "uci_clusters.jsonl"))
    found = []
    for label in (HERE / "subject_labels.tsv").read_text("utf-8").splitlines():
        number, story, kind = label.split("\t")
        date = f"{rows[int(number)]['date'][:10]}T12:00:00+00:00"
        found.append({**rows[int(number)], "date": date, "story": story, "kind": kind})
    return found


def hidden(rows: Sequence[Row], found: Sequence[int]) -> set[str]:
    """The stories of which no row opens one of those found."""
    first: dict[int, str] = {}
    for row, story in sorted(zip(rows, found, strict=True), key=lambda one: str(one[0]["date"])):
        first.setdefault(story, row["story"])
    return {row["story"] for row in rows} - set(first.values())


def main() -> None:
    """Print a row with the model and one without it, and what is hidden with it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    rows = labelled(parser.parse_args().data)
    print("| rows | pairs P / R | B-cubed F1 | stories hidden |\n|---|---|---|---|")
    for name, model in (("without the model", False), ("with it", True)):
        rules = load_rules(Config(topics=(), stories=StorySettings(model=model)))
        if model and rules.reader is None:
            raise SystemExit("the model cannot run here: the log says why")
        print(line(name, stories(rows, rules=rules)), flush=True)
    lost = hidden(rows, found_stories(rows, rules))
    size = Counter(row["story"] for row in rows)
    others = {row["story"] for row in rows if row["kind"] == "other"}
    print(
        f"of the {len(lost)} that are hidden, {len([one for one in lost if size[one] == 1])}"
        f" have one row, {len(lost & others)} are no report"
    )


if __name__ == "__main__":
    main()
