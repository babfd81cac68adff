"""Whether the order in which items arrive changes the stories.

    python -m bench.arrival FILE.jsonl [--seeds 5] [--batches 12]

The rows of a labelled file are stored and matched in batches of random make-up and order, twice;
the figure is the pairwise F1 between the two sets of stories (1: the same), over pairs of seeds.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from aggregator.evaluate import row_item
from aggregator.evaluate.measures import measure_pairwise
from aggregator.evaluate.rows import read_rows
from aggregator.ingest.accept import accept
from aggregator.ingest.assign import assign_pending
from aggregator.ingest.rules import Rules, load_rules
from aggregator.model import Item, ParsedFeed, PollResult
from aggregator.semantics.wordpiece import Text
from aggregator.settings import Config, FeedSource
from aggregator.storage import feeds
from aggregator.storage.store import Store, open_store

Rows = list[dict[str, Any]]


def reading_once(rules: Rules) -> Rules:
    """The rules, with a model that reads each pair once: runs of the same rows ask for the same."""
    if (reader := rules.reader) is None:
        return rules
    known: dict[tuple[Text, Text], float] = {}

    def read(pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        new = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        known.update(zip(new, reader(new), strict=True))
        return [known[pair] for pair in pairs]

    return replace(rules, reader=read)


def stories_of(rows: Rows, *, batches: int, seed: int, rules: Rules) -> dict[str, int]:
    """Row number -> story, when the rows arrive in so many batches of random make-up and order."""
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)
    size = -(-len(order) // batches)
    with open_store(None) as store:
        names = sorted({_feed(row) for row in rows})
        sources = [
            FeedSource(name, f"https://f{n}.invalid/", key=f"https://f{n}.invalid/")
            for n, name in enumerate(names)
        ]
        feeds.sync_feeds(store, sources)
        by_name = dict(zip(names, sources, strict=True))
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            _arrive(store, [(n, rows[n]) for n in batch], by_name=by_name, rules=rules)
        found = store.rows(
            "SELECT i.identity, v.story_id FROM item i JOIN variant v ON v.id = i.variant_id"
        )
        return {row[0]: row[1] for row in found}


def _arrive(
    store: Store,
    batch: list[tuple[int, dict[str, Any]]],
    *,
    by_name: dict[str, FeedSource],
    rules: Rules,
) -> None:
    documents: dict[str, list[Item]] = {}
    for number, row in batch:
        documents.setdefault(_feed(row), []).append(row_item(row, identity=f"{number:08}"))
    items = [item for document in documents.values() for item in document]
    now = max(item.published_at for item in items if item.published_at)
    for name, document in documents.items():
        state = feeds.state_by_key(store, by_name[name].key)
        if state is not None:
            parsed = ParsedFeed("rows", name, tuple(document), is_delta=True)
            accept(store, [PollResult(by_name[name], state, parsed)], now)
    while assign_pending(store, rules, now).left:
        pass


def _feed(row: dict[str, Any]) -> str:
    return str(row.get("feed") or row.get("publisher") or "rows")


def agreement(a: dict[str, int], b: dict[str, int]) -> float:
    """Pairwise F1 between two sets of stories, over the items that both have."""
    both = sorted(a.keys() & b.keys())
    return measure_pairwise([(a[one], b[one]) for one in both])["f1"]


def main() -> None:
    """Prints the agreement of each two seeds that follow one another, and the lowest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=12)
    chosen = parser.parse_args()
    rows = read_rows(chosen.file)
    rules = reading_once(load_rules(Config(topics=())))
    runs = [
        stories_of(rows, batches=chosen.batches, seed=seed, rules=rules)
        for seed in range(chosen.seeds)
    ]
    scores = [agreement(a, b) for n, a in enumerate(runs) for b in runs[:n]]
    print(" ".join(f"{score:.4f}" for score in scores))
    print(f"lowest {min(scores):.4f}, mean {sum(scores) / len(scores):.4f}")


if __name__ == "__main__":
    main()
