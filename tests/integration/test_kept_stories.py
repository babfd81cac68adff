"""A batch leaves its stories to the next one of its run, which decides as if it had loaded them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.ingest import candidates
from aggregator.ingest.assign import assign_pending
from aggregator.ingest.model_reader import PairBudget
from aggregator.storage.store import Store, open_store
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER, Newsroom, make_item

TOLD = (
    TALKS,
    WEATHER,
    BLAST_CUT,
    *(f"Bomb blast kills {dead} at Quetta vegetable market, police say" for dead in range(5, 16)),
    "Quetta market blast: five killed, say police",
    "Japan and Brazil sign agreement on textile tariffs, finance ministers say",
    BLAST,
)


def fill(room: Newsroom) -> None:
    """Stores the headlines, a minute apart, and two items of one page."""
    for number, headline in enumerate(TOLD):
        page = "https://example.org/live" if number % 7 == 0 else ""
        item = make_item(headline, identity=f"{number:02}", url=page,
                         at=NOW + timedelta(minutes=number))  # fmt: skip
        room.poll(("dawn", "geo", "wire")[number % 3], item)


def match(room: Newsroom, between: Callable[[PairBudget], None]) -> None:
    """Matches what waits, two items at a time."""
    budget = PairBudget()
    while assign_pending(room.store, room.rules, NOW, limit=2, budget=budget).left:
        between(budget)


def rows(store: Store) -> list[list[tuple[object, ...]]]:
    """All that matching has written."""
    tables = ("item", "variant", "story", "evidence", "story_key", "decision")
    return [store.tuples(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables]


@pytest.mark.parametrize("most", [0, 1, 9, 1600])
def test_stories_are_those_of_batches_that_load_all(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    monkeypatch.setattr(candidates, "MOST_KEPT", most)
    for between in (lambda budget: None, lambda budget: budget.stories.forget()):
        with open_store(None) as store:
            room = Newsroom(store)
            fill(room)
            match(room, between)
            found.append(rows(store))

    assert found[0] == found[1]
    assert len(found[0][2]) < len(TOLD)


def test_stories_of_many_wordings_are_not_kept_beyond_the_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MOST_KEPT", 4)
    room, budget = Newsroom(store), PairBudget()
    fill(room)
    kept = []

    while assign_pending(store, room.rules, NOW, limit=2, budget=budget).left:
        changes = store.changes()
        left = budget.stories.take(changes)
        kept.append(sum(len(story.wordings) for story in left.values()))
        budget.stories.leave(left, changes)

    assert max(kept) == 4


def test_a_change_in_between_is_seen(tmp_path: Path) -> None:
    with (
        open_store(tmp_path / "a.db") as store,
        closing(sqlite3.connect(store.path or "")) as other,
    ):
        room, budget = Newsroom(store), PairBudget()
        fill(room)

        def left_by_a_batch() -> int:
            assign_pending(store, room.rules, NOW, limit=2, budget=budget)
            return len(budget.stories.take(store.changes()))

        assert left_by_a_batch() == 2
        assign_pending(store, room.rules, NOW, limit=2, budget=budget)
        with other:
            other.execute("UPDATE story SET hidden = 1")
        assert not budget.stories.take(store.changes())
        assign_pending(store, room.rules, NOW, limit=2, budget=budget)
        store.execute("UPDATE story SET hidden = 0")
        assert not budget.stories.take(store.changes())


def test_what_may_be_rolled_back_yet_is_not_kept(store: Store) -> None:
    room, budget = Newsroom(store), PairBudget()
    fill(room)

    with store.transaction():
        assign_pending(store, room.rules, NOW, limit=2, budget=budget)
        assert not budget.stories.take(store.changes())
