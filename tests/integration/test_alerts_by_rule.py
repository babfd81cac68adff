"""Alerts by rule: one a story, stored with what is published, whatever happens later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from aggregator.ingest import corrections
from aggregator.publishing.publish import publish
from aggregator.settings import AlertRule, Config, NotifySettings, PublishSettings, TopicSettings
from aggregator.storage import outbox
from aggregator.storage.store import Store, open_store
from tests.newsroom import BLAST, NOW, Newsroom, make_item

HOUR = timedelta(hours=1)
AGAIN = "Second bomb found near Quetta hospital, defused by police"
DESK = NotifySettings("desk", url="https://d.example/", when=AlertRule(sources=2))


class Desk:
    """A newsroom whose stories are published for receivers with rules."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.room = Newsroom(store)
        self.config = Config(
            output=folder,
            topics=(TopicSettings("news", query={"rules": [{"any": ["quetta"], "weight": 1}]}),),
            publish=PublishSettings(formats=("json",)),
            notify=(DESK, NotifySettings("all", url="https://a.example/")),
        )

    def report(self, feed: str, headline: str = BLAST, *, at: datetime = NOW) -> None:
        """One more report, published."""
        named = headline if feed == "dawn" else f"{headline} - {feed.title()}"
        item = make_item(named, identity=f"{feed}{headline}", at=at, publisher=feed)
        self.room.poll(feed, item, now=max(at, NOW))
        self.room.match(now=max(at, NOW))
        self.publish(max(at, NOW))

    def publish(self, now: datetime = NOW) -> None:
        publish(self.store, self.config, now)

    def told(self, name: str = "desk") -> list[Any]:
        rows = self.store.rows(
            "SELECT payload FROM outbox WHERE target = ? ORDER BY id", (f"{name}/news",)
        )
        return [json.loads(row[0]) for row in rows]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_store(None) as store:
        yield Desk(store, tmp_path)


def test_a_story_is_told_once_when_its_rule_holds(desk: Desk) -> None:
    desk.report("dawn")
    before = desk.told()
    desk.report("geo", at=NOW + HOUR)
    desk.report("wire", at=NOW + 2 * HOUR)
    desk.publish(NOW + 3 * HOUR)

    (alert,) = desk.told()
    assert before == []
    assert (alert["event"], alert["story"]) == ("alert", desk.room.story(f"dawn{BLAST}"))
    assert alert["rule"] == {"sources": 2}
    assert len(alert["sources"]) == 2
    assert [one["event"] for one in desk.told("all")] == ["new"]  # as without any rule


def test_each_receiver_is_told_by_its_own_rule_of_its_own_topics(desk: Desk) -> None:
    rule = AlertRule(sources=2, within=HOUR, terms=["market"])
    desk.config = replace(desk.config, notify=(
        DESK,
        replace(DESK, name="soon", when=rule),
        replace(DESK, name="other", topics=("sports",)),
        replace(DESK, name="words", when=replace(rule, terms=["hospital"])),
    ))  # fmt: skip
    desk.report("dawn")
    desk.report("geo", at=NOW + HOUR)

    targets = [row[0] for row in desk.store.rows("SELECT target FROM outbox ORDER BY id")]
    assert targets == ["desk/news", "soon/news"]


def test_what_was_told_stays_told_after_pruning_merging_and_a_kill(desk: Desk) -> None:
    desk.report("dawn")
    desk.report("geo")
    for row in desk.store.rows("SELECT id FROM outbox"):
        outbox.settle(desk.store, row[0], NOW)
    outbox.drop_done(desk.store, before=NOW + 100 * HOUR)
    # as if the process had been killed before it noted that the files were written
    desk.store.execute("INSERT INTO story_touched(story_id) SELECT id FROM story")
    desk.store.execute("UPDATE topic_state SET wanted_rev = wanted_rev + 1")
    desk.publish()
    assert len(desk.told()) == 1

    desk.report("dawn", AGAIN)
    desk.report("geo", AGAIN)
    assert len(desk.told()) == 2
    first, second = (desk.room.story(f"dawn{headline}") for headline in (BLAST, AGAIN))
    corrections.merge(desk.store, desk.room.rules, first=first, second=second, now=NOW)
    desk.report("wire", AGAIN)
    assert len(desk.told()) == 2


def test_another_rule_tells_again_and_nobody_is_told_of_older_stories(desk: Desk) -> None:
    desk.report("dawn")
    desk.report("geo")
    desk.config = replace(desk.config, notify=(replace(DESK, when=AlertRule(sources=3)),))
    desk.report("wire", at=NOW + HOUR)
    assert [one["rule"] for one in desk.told()] == [{"sources": 2}, {"sources": 3}]

    desk.config = replace(desk.config, notify=(replace(DESK, name="late"),))
    publish(desk.store, desk.config, NOW + 30 * HOUR, force=True)
    assert desk.told("late") == []


def test_status_knows_receivers_by_name_with_what_waits_and_failed(desk: Desk) -> None:
    odd = replace(DESK, name="a/b", when=None)
    desk.config = replace(desk.config, notify=(odd, DESK))
    desk.report("dawn")
    desk.report("geo")
    later = NOW + HOUR
    outbox.put_off(desk.store, 1, error="answered 503", next_try_at=later)
    outbox.settle(desk.store, 2, NOW, error="answered 404")

    assert outbox.receiver_states(desk.store) == (
        outbox.ReceiverState("a/b", 1, 0, later, "answered 503"),
        outbox.ReceiverState("desk", 0, 1, None, "answered 404"),
    )
    outbox.settle(desk.store, 1, NOW)
    assert [one.name for one in outbox.receiver_states(desk.store)] == ["desk"]
