"""Figures for many headlines of few subjects: what one outlet after the other says of one event.

    pip install 'aggregator[train]'
    python -m bench.stories.subjects DATA_DIRECTORY

DATA_DIRECTORY has `uci_clusters.jsonl`, the text behind `subject_labels.tsv` (README.md says how it
was labelled). The rows have neither summaries nor the time of day, so all of a day count as told at
noon: nothing but the words keeps an event apart from its sequels.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from aggregator.evaluate import stories
from aggregator.ingest.rules import load_rules
from aggregator.settings import Config, StorySettings
from bench.stories.leave_out import line
from bench.stories.train import HERE, rows_of


def labelled(data: Path) -> list[dict[str, Any]]:
    """The rows with their stories."""
    rows = list(rows_of(data / "uci_clusters.jsonl"))
    found = []
    for label in (HERE / "subject_labels.tsv").read_text("utf-8").splitlines():
        number, story, _ = label.split("\t")
        row = rows[int(number)]
        found.append({**row, "date": f"{row['date'][:10]}T12:00:00+00:00", "story": story})
    return found


def main() -> None:
    """Prints a row with the model and one without it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path)
    rows = labelled(parser.parse_args().data)
    print("| rows | pairs P / R | B-cubed F1 | stories hidden |\n|---|---|---|---|")
    for name, model in (("with the model", True), ("without", False)):
        rules = load_rules(Config(topics=(), stories=StorySettings(model=model)))
        print(line(name, stories(rows, rules=rules)), flush=True)


if __name__ == "__main__":
    main()
