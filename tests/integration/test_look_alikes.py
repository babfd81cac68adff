"""The founding case among talks of the same states about something else, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.evaluate import row_item
from aggregator.evaluate.rows import read_rows
from aggregator.ingest.model_reader import NEAR, PairBudget
from aggregator.ingest.rules import load_rules
from aggregator.model import TopicText
from aggregator.settings import Config, StorySettings
from aggregator.storage.store import Store
from tests.e2e.test_seed_case import CUT, FULL
from tests.newsroom import Newsroom, make_item

AUGUST = datetime(2025, 8, 12, 14, 0, tzinfo=UTC)
DIALOGUE = {
    "full": FULL,
    "cut": f"{CUT}...",
    "suffix": f"{FULL} - Suffix Times",
    "talks": "Islamabad holds counterterrorism discussions with the U.S., both vowing joint "
    "efforts against new militant tactics",
    "affirm": "U.S. and Pakistan Affirm Anti-Terror Efforts at Joint Counterterrorism Dialogue in "
    "Islamabad",
}
LOOK_ALIKES = {
    "trade": "United States and Pakistan hold discussions on trade in Islamabad, with both parties "
    "expressing commitment to lower tariffs",
    "minerals": "US and Pakistan hold dialogue on critical minerals in Islamabad, with both sides "
    "vowing joint efforts to open new mines",
    "visas": "Islamabad holds visa discussions with the U.S., both vowing joint efforts against "
    "long queues",
    "water": "U.S. and Pakistan Affirm Water Cooperation at Joint Indus Dialogue in Islamabad",
}


@pytest.mark.parametrize("model", [True, False])
@pytest.mark.parametrize("place", [0, 2, 5])
@pytest.mark.parametrize("other", LOOK_ALIKES)
def test_other_talks_stay_apart_wherever_they_are_polled(
    store: Store, other: str, place: int, *, model: bool
) -> None:
    rules = load_rules(Config(stories=StorySettings(model=model)))
    order = list(DIALOGUE.items())
    order.insert(place, (other, LOOK_ALIKES[other]))
    room = Newsroom(store, *DIALOGUE, other, rules=rules)

    for turn, (name, headline) in enumerate(order):
        at = AUGUST + timedelta(minutes=30 * turn)
        room.poll(name, make_item(headline, identity=name, at=at), now=at)
        room.match(now=at)

    assert room.groups() == {frozenset(DIALOGUE), frozenset({other})}


def test_every_unsure_pair_near_the_topic_is_read_at_once(store: Store, shared: Path) -> None:
    rules = load_rules(Config())
    rows = read_rows(shared / "data" / "dedup" / "real.jsonl")
    room = Newsroom(store, "rows", rules=rules)
    items = [row_item(row, identity=f"{at:06}") for at, row in enumerate(rows)]
    now = max(item.published_at for item in items if item.published_at)
    room.poll("rows", *items, now=now)

    room.match(now=now, budget=PairBudget(0))

    headlines = store.rows(
        "SELECT DISTINCT i.headline, i.summary, i.publisher, i.url FROM model_score m"
        " JOIN item i ON i.id IN (m.item_a, m.item_b) WHERE m.logit IS NULL"
    )
    waiting = [
        headline
        for headline, summary, publisher, url in headlines
        for _, found in rules.judge(
            (TopicText(headline, summary, publisher, url or ""),), is_brief=True
        )
        if found.score >= NEAR * found.threshold
    ]
    assert headlines  # others wait
    assert store.value("SELECT count(*) FROM model_score WHERE logit IS NOT NULL") > 0
    assert waiting == []
