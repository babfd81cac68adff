"""Estimates the cost of a replay: items, seconds, and pairs for the model to read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.ingest.assign import assign_pending
from aggregator.ingest.model_reader import PairBudget
from aggregator.ingest.rules import Rules
from aggregator.semantics.wordpiece import Text
from aggregator.storage import decisions, history, items
from aggregator.storage.history import ReplayState
from aggregator.storage.store import Store, open_store

SAMPLE = 500  # the newest items, matched in memory to see how long one takes
PAIR_S = 0.006  # the most that the model may take for a pair on one core


class ReplayCost(Struct, frozen=True):
    """An estimate from a sample; only `items`, `done` and `most_others` are exact.

    `done`: items that an interrupted replay has matched already. `near`: pairs for the model with
    a side near a topic; `others`: all other pairs, of which it reads at most `most_others` in this
    replay (None: all); the rest are read in later runs.
    """

    items: int
    done: int
    seconds: float
    near: int = 0
    others: int = 0
    most_others: int | None = None


def estimate(
    store: Store, work: Store, rules: Rules, state: ReplayState, *, now: datetime
) -> ReplayCost:
    """The work left for the replay that `state` describes; `work` is its scratch database."""
    total, done = history.count_items(store, since=state.since), items.count_matched(work)
    asked = 0

    def count(pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        nonlocal asked
        asked += len(pairs)
        return [0.0] * len(pairs)  # undecided: as likely one story as two

    counting = rules if rules.reader is None else replace(rules, reader=count)
    budget = PairBudget(0)
    with open_store(None) as sample:
        history.copy_history(store, sample, since=state.since, newest=SAMPLE)
        left = (total - done) / max(items.count(sample), 1)
        started = time.perf_counter()
        while assign_pending(sample, counting, now, limit=SAMPLE, budget=budget).left:
            pass
        seconds = time.perf_counter() - started
        near = round(asked * left)
        others = round(decisions.count_waiting_pairs(sample) * left)
    most = state.pairs_left
    read = near + (others if most is None else min(others, most))
    return ReplayCost(total, done, seconds * left + read * PAIR_S, near, others, most)
