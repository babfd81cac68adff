"""What a search costs among a million items: `python -m bench.searching [--stored 1000000]`.

Words are searched for that many headlines hold, one and two at a time, with no filter and with
those that let little or nothing through, so that all is read which a search reads at most. Printed
is the CPU time of each search in milliseconds, the median of five, the dearest last.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

from aggregator.storage.search import search
from aggregator.storage.store import Store, open_store
from aggregator.views import SearchFilter
from bench.made_up_news import word_table
from bench.matching import (
    NOW,
    WINDOW_S,
    Words,
    grow_archive,
    lexical_rules,
    make_item,
    match_all,
    store_items,
)

FRESH = 20_000  # items that are matched; the others are copies of them
FILTERS = {
    "": SearchFilter(),
    "one source": SearchFilter(source="f3"),
    "no such source": SearchFilter(source="nobody"),
    "a topic": SearchFilter(topic="us-pakistan-security"),
    "a topic, until": SearchFilter(
        topic="us-pakistan-security", until=NOW - timedelta(days=600)
    ),
    "since": SearchFilter(since=NOW - timedelta(days=7)),
}  # fmt: skip


def fill(store: Store, stored: int) -> None:
    """Stores so many items, in stories of their own."""
    words = Words.shipped(1)
    items = [
        make_item(f"k{n}", headline, NOW - timedelta(seconds=words.rng.randrange(WINDOW_S)))
        for n, headline in enumerate(words.headlines(FRESH))
    ]
    store_items(store, items)
    match_all(store, lexical_rules())
    grow_archive(store, stored)
    store.execute("UPDATE item SET first_seen_at = coalesce(published_at, first_seen_at)")


def queries() -> list[str]:
    """Frequent words, and pairs of them."""
    table = word_table()
    frequent = sorted(table, key=lambda word: -table[word])[:40:4]
    return [*frequent, *map(" ".join, pairwise(frequent))]


def cost_ms(store: Store, query: str, among: SearchFilter, *, best_first: bool) -> float:
    """CPU milliseconds of a search."""
    spent = []
    for _ in range(5):
        start = time.process_time()
        search(store, query, among=among, best_first=best_first)
        spent.append((time.process_time() - start) * 1000)
    return median(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=1_000_000)
    stored = parser.parse_args().stored
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "a.db") as store:
        fill(store, stored)
        print(f"{store.value('SELECT count(*) FROM item'):,} items")
        costs = [
            (cost_ms(store, query, among, best_first=best), query, name, best)
            for query in queries()
            for name, among in FILTERS.items()
            for best in (False, True)
        ]
    for cost, query, name, best in sorted(costs):
        order = "closest first" if best else "newest first"
        print(f"{cost:7.1f} ms  {query:24} {order:14} {name}")


if __name__ == "__main__":
    main()
