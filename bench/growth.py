"""What an update costs with a million items stored instead of ten thousand.

    python -m bench.growth [--feeds 330] [--stored 1000000]

The feeds of a farm on loopback are fetched once; then a tenth of them gets three new items each
and all are fetched again, some times over, as `aggregator fetch` does it. The same follows with
the archive grown: copies of all items, stories and keys in earlier months. CPU seconds are user +
system with all children, medians; `host_gap` is 0s.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

from aggregator.storage.store import open_store
from bench import feed_farm
from bench.matching import grow_archive
from bench.polling import ask, compile_package, measured, write_config

ITEMS = 30  # of a feed


def updates(config: Path, control: str, *, runs: int) -> tuple[float, float]:
    """CPU and wall seconds of an update in which a tenth of the feeds has three new items."""
    command = [sys.executable, "-m", "aggregator", "--config", str(config), "fetch"]
    found = []
    for _ in range(runs):
        ask(f"{control}/_tick?percent=10&new=3")
        found.append(measured(command))
    return median(one[0] for one in found), median(one[1] for one in found)


def main(feeds: int, stored: int, runs: int, port: int) -> None:
    """Prints a line for each size and the ratio."""
    compile_package()
    control = f"http://127.0.0.1:{port}"
    with (
        feed_farm.running(feeds, items=ITEMS, port=port) as urls,
        tempfile.TemporaryDirectory() as folder,
    ):
        config = write_config(Path(folder), urls)
        measured([sys.executable, "-m", "aggregator", "--config", str(config), "fetch"])
        few = updates(config, control, runs=runs)
        print(
            f"{feeds * ITEMS:>9,} items stored: {few[0]:.2f} CPU s ({few[1]:.2f} wall)", flush=True
        )
        with open_store(Path(folder) / "news.db") as store:
            grow_archive(store, stored)
            count = store.value("SELECT count(*) FROM item")
        many = updates(config, control, runs=runs)
    print(f"{count:>9,} items stored: {many[0]:.2f} CPU s ({many[1]:.2f} wall)")
    print(f"ratio {many[0] / few[0]:.2f} CPU, {many[1] / few[1]:.2f} wall")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=330)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--port", type=int, default=8850)
    given = parser.parse_args()
    main(given.feeds, given.stored, given.runs, given.port)
