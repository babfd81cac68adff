"""Where the time of a cold run goes: CPU microseconds an item of each stage, in one process.

    python -m bench.stages --feeds 100 [--headlines DIRECTORY] [--profile FILE]

The documents of the farm are read, stored, matched and published one stage after the other, without
network, processes or the model; what those cost is the difference to `bench.polling`. Of assigning,
the functions that read, write, judge topics and read headlines are timed; the rest is deciding.
`--profile` writes a profile of all stages, for `python -m pstats`.
"""

from __future__ import annotations

import argparse
import cProfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path

from aggregator.cli import process
from aggregator.config import load
from aggregator.ingest import candidates
from aggregator.ingest.accept import accept
from aggregator.ingest.assign import assign_pending
from aggregator.ingest.model_reader import PairBudget
from aggregator.ingest.rules import load_rules
from aggregator.model import ParseTask, PollResult
from aggregator.parsing.document import parse
from aggregator.publishing.publish import publish
from aggregator.storage import feeds, matching
from aggregator.storage.store import open_store
from bench.feed_farm import START, Farm
from bench.matching import NOT_MATCHING, Part, measured_parts
from bench.polling import write_config

PARTS: tuple[Part, ...] = (
    *NOT_MATCHING,
    *(("reading", matching, name) for name in ("load_stories", "stories_with_keys",
                                               "items_of_pages", "resembling_stories")),
    ("headlines", candidates, "read_features"),
)  # fmt: skip
NOW = START + timedelta(days=3)
TOGETHER = 10  # polls that are stored in one transaction, as a run does


@contextmanager
def stage(name: str, spent: dict[str, float]) -> Iterator[None]:
    """Adds up the CPU seconds of this thread."""
    start = time.thread_time()
    yield
    spent[name] = spent.get(name, 0.0) + time.thread_time() - start


def cold_run(folder: Path, farm: Farm) -> dict[str, float]:
    """CPU seconds by stage; those of assigning are its parts' and of the rest, deciding."""
    urls = [f"http://127.10.0.1{feed.path}" for feed in farm.feeds]
    config = load(write_config(folder, urls, model=False), {})
    rules = load_rules(config)
    budget = PairBudget()
    spent: dict[str, float] = {}
    parts: dict[str, float] = {}
    with open_store(config.database) as store:
        ids = feeds.sync_feeds(store, config.feeds)
        sources = {source.key: source for source in config.feeds}
        polls = []
        for feed, state in zip(farm.feeds, feeds.feed_states(store, ids.values()), strict=True):
            source = sources[state.key]
            body = feed.whole.partition(b"\r\n\r\n")[2]
            with stage("parsing", spent):
                parsed = parse(ParseTask(body, {}, source.url, source.name))
            polls.append(PollResult(source, state, parsed))
        for start in range(0, len(polls), TOGETHER):
            with stage("storing", spent):
                accept(store, polls[start : start + TOGETHER], NOW)
        with stage("deciding", spent), measured_parts(PARTS, parts):
            while assign_pending(store, rules, NOW, budget=budget).left:
                pass
        spent["deciding"] -= sum(parts.values())
        with stage("publishing", spent):
            publish(store, config, NOW)
    return spent | parts


def main(feeds: int, items: int, headlines: Path | None, profile: Path | None) -> None:
    process.collect_seldom()  # as in the command
    farm = Farm(feeds, items, headlines)
    profiler = cProfile.Profile() if profile else None
    with tempfile.TemporaryDirectory() as folder, profiler or nullcontext():
        spent = cold_run(Path(folder), farm)
    if profiler and profile:
        profiler.dump_stats(profile)
    spent["together"] = sum(spent.values())
    for name, seconds in sorted(spent.items(), key=lambda row: row[1]):
        print(f"{name:12} {seconds / feeds / items * 1e6:7.0f} us an item")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=100)
    parser.add_argument("--items", type=int, default=30)
    parser.add_argument("--headlines", type=Path, help="directory of labelled headlines")
    parser.add_argument("--profile", type=Path, help="file to write the profile to")
    main(**vars(parser.parse_args()))
