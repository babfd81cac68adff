"""How right the shipped scores are where they are unsure: pairs of a year that none is trained on.

    pip install 'aggregator[train]'
    python -m bench.stories.unsure STREAM.jsonl.gz

STREAM is the file behind `unsure_labels.tsv` (README.md says how its pairs were chosen and read).
Prints the average precision of trees, cross-encoder and both together, and how many pairs of each
band of scores report one story: as many as the score says, where it is well calibrated.
"""

from __future__ import annotations

import argparse
import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Any

from aggregator.evaluate.measures import average_precision
from aggregator.ingest.model_reader import read_all
from aggregator.ingest.rules import load_rules
from aggregator.settings import Config
from aggregator.stories.compare import Comparisons
from bench.stories.train import HERE, member, rows_of

BANDS = (0.0, 0.1, 0.35, 0.65, 0.9, 1.0)
Row = dict[str, Any]


def labelled(stream: Path) -> list[tuple[Row, Row, bool]]:
    """The labelled pairs, with the text that the stream has for the hashes of their titles."""
    first: dict[str, Row] = {}
    for row in rows_of(stream):
        first.setdefault(hashlib.sha256(row["title"].encode()).hexdigest()[:16], row)
    lines = (HERE / "unsure_labels.tsv").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines]
    return [(first[a], first[b], same == "1") for a, b, same in pairs if a in first and b in first]


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("stream", type=Path)
    pairs = labelled(parser.parse_args().stream)
    rules = load_rules(Config(topics=()))
    members = [(member(2 * at, a), member(2 * at + 1, b)) for at, (a, b, _) in enumerate(pairs)]
    found = Comparisons(rules.matcher, read_all(rules))(members)
    unsure = [(one, same) for one, (*_, same) in zip(found, pairs, strict=True)
              if one.lexical is not None and one.logit is not None]  # fmt: skip
    together = sum(same for _, same in unsure)
    print(f"{len(unsure)} pairs, {together} of one story; average precision:")
    for name in ("lexical", "logit", "score"):
        scored = [(float(getattr(one, name)), same) for one, same in unsure]
        print(f"  {name}: {average_precision(scored):.3f}")
    for low, high in pairwise(BANDS):
        band = [(one.score, same) for one, same in unsure if low <= one.score < high]
        if band:
            said, right = (sum(values) / len(band) for values in zip(*band, strict=True))
            print(f"  scores {low} to {high}: {len(band)}, said {said:.2f}, one story {right:.2f}")


if __name__ == "__main__":
    main()
