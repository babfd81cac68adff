"""A topic that is new, or has another query, judges the stories that are stored already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from aggregator.ingest.replay import replay
from aggregator.ingest.rules import Rules
from aggregator.ingest.stored_stories import Filled, judge_stored
from aggregator.publishing.publish import publish
from aggregator.settings import AlertRule, Config, NotifySettings, TopicSettings
from aggregator.storage import outbox, topic_states
from aggregator.storage.store import Store, open_store
from aggregator.topics.query import compile_topic
from tests.newsroom import BLAST, NOW, TALKS, WEATHER, Newsroom, make_item, make_rules

DAY = timedelta(days=1)


def about(name: str, *terms: str) -> TopicSettings:
    return TopicSettings(name, query={"rules": [{"any": list(terms)}]})


NEWS, SNOW, TRADE = about("news", "quetta"), about("snow", "snowfall"), about("trade", "tariff")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "a.db") as store:
        yield store


def rules_of(*topics: TopicSettings) -> Rules:
    return replace(make_rules(), topics=tuple(map(compile_topic, topics)))


def judged(store: Store, *topics: TopicSettings) -> tuple[Filled, ...]:
    """What a run with these topics tells of stored stories."""
    told = [*judge_stored(store, rules_of(*topics), topics, NOW)]
    return told[-1] if told else ()


def newsroom(store: Store) -> Newsroom:
    """Three stories that were told by two feeds while `news` was the only topic."""
    judged(store, NEWS)
    room = Newsroom(store, rules=rules_of(NEWS))
    room.poll("dawn", make_item(BLAST), make_item(TALKS, at=NOW - 3 * DAY))
    room.poll("geo", make_item(WEATHER, at=NOW - 30 * DAY))
    room.match()
    return room


def accepted(store: Store, topic: str) -> set[str]:
    rows = store.rows(
        "SELECT s.headline FROM story s JOIN decision d ON d.story_id = s.id"
        " WHERE d.topic = ? AND d.accepted", (topic,),
    )  # fmt: skip
    return {row[0] for row in rows}


def published(store: Store) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = store.rows("SELECT topic, headline, published_at, updated_at, withdrawn FROM published")
    return {(row[0], row[1]): tuple(row)[2:] for row in rows}


def test_a_new_topic_begins_with_the_stories_of_the_window(store: Store) -> None:
    newsroom(store)

    assert judged(store, NEWS, TRADE, SNOW) == (Filled("trade", True, 1), Filled("snow", True, 0))

    assert accepted(store, "trade") == {TALKS}
    assert accepted(store, "snow") == set()  # its only story is a month old
    assert judged(store, NEWS, TRADE, SNOW) == ()


def test_a_topic_with_another_query_gains_stories_and_keeps_those_it_had(store: Store) -> None:
    newsroom(store)

    assert judged(store, about("news", "tariff")) == (Filled("news", False, 1),)

    assert accepted(store, "news") == {BLAST, TALKS}


def test_what_nearly_got_in_by_the_former_query_is_judged_anew(store: Store) -> None:
    newsroom(store)
    near = TopicSettings("news", query={"threshold": 2, "rules": [{"any": ["tariff", "quetta"]}]})
    judged(store, near)
    refused = "SELECT topic FROM decision WHERE NOT accepted"
    assert store.column(refused) == ("news",)

    judged(store, about("news", "geneva"))

    assert store.column(refused) == ()


def test_a_topic_that_returns_judges_what_came_meanwhile(store: Store) -> None:
    room = newsroom(store)
    judged(store, NEWS, TRADE)
    judged(store, NEWS)
    room.poll("wire", make_item(f"{TALKS} on cars", at=NOW - DAY, publisher="Wire"))
    room.match()

    assert [one.is_new for one in judged(store, NEWS, TRADE)] == [True]


def test_the_topics_of_an_earlier_release_and_of_an_empty_database_are_not_new(
    store: Store,
) -> None:
    assert judged(store, NEWS) == ()
    newsroom(store)
    store.execute("DELETE FROM setting WHERE key = 'topics/judged'")

    assert judged(store, NEWS) == ()
    assert judged(store, about("news", "tariff")) == (Filled("news", False, 1),)


def test_what_was_cut_off_begins_afresh(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.ingest.stored_stories.AT_ONCE", 1)
    newsroom(store)
    topics = (NEWS, about("more", "tariff", "quetta"))

    next(judge_stored(store, rules_of(*topics), topics, NOW))
    assert len(accepted(store, "more")) == 1
    assert judged(store, *topics) == (Filled("more", True, 1),)

    assert accepted(store, "more") == {BLAST, TALKS}


def test_a_story_that_makes_our_code_fail_keeps_none_of_the_others_waiting(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom(store)
    rules = rules_of(TRADE, about("more", "quetta", "tariff"))
    trade, more = rules.topics
    broken = replace(rules, topics=(replace(trade, wakes=()), more))  # fails where it finds a term

    told = [*judge_stored(store, broken, (NEWS, TRADE, about("more", "quetta", "tariff")), NOW)]

    assert told[-1] == (Filled("trade", True, 0), Filled("more", True, 2))
    assert "topic.story_failed" in caplog.text


def press(room: Newsroom, folder: Path, *topics: TopicSettings, **more: Any) -> Config:
    return replace(room.config(folder, *topics), **more)


def test_entries_of_other_topics_stay_and_nobody_is_notified(store: Store, tmp_path: Path) -> None:
    room = newsroom(store)
    desk = NotifySettings("desk", url="https://desk.example/")
    publish(store, press(room, tmp_path, NEWS, notify=(desk,)), NOW)
    before, told = published(store), store.column("SELECT payload FROM outbox")
    both = NEWS, about("more", "tariff", "quetta")

    judged(store, *both)
    config = press(room, tmp_path, *both, notify=(desk,))
    publish(store, config, NOW + timedelta(hours=1))

    after = published(store)
    assert {key: row for key, row in after.items() if key in before} == before
    assert after.keys() - before.keys() == {("more", BLAST), ("more", TALKS)}
    assert after["more", TALKS][:2] == ("2026-02-26T12:00:00Z", "2026-02-26T12:00:00Z")
    assert store.column("SELECT payload FROM outbox") == told
    assert topic_states.silent(store, "more") == frozenset()

    room.rules = rules_of(*both)
    room.poll("wire", make_item("Quetta zoo shows a young lion", at=NOW))
    room.match()
    publish(store, config, NOW + timedelta(hours=2))
    assert len(store.column("SELECT payload FROM outbox")) == len(told) + 2


def test_only_stories_of_the_last_day_raise_an_alert(store: Store, tmp_path: Path) -> None:
    room = newsroom(store)
    rule = AlertRule(sources=1)
    desk = NotifySettings("desk", url="https://desk.example/", when=rule)
    both = NEWS, about("more", "tariff", "quetta")

    judged(store, *both)
    publish(store, press(room, tmp_path, *both, notify=(desk,)), NOW)

    assert set(outbox.open_targets(store)) == {"desk/news", "desk/more"}
    assert len(store.column("SELECT id FROM outbox")) == 2  # the blast, in both topics


def test_nobody_is_notified_of_what_a_replay_adds(store: Store, tmp_path: Path) -> None:
    room = newsroom(store)
    desk = NotifySettings("desk", url="https://desk.example/")
    wider = about("news", "quetta", "tariff")
    publish(store, press(room, tmp_path, NEWS, notify=(desk,)), NOW)
    told = store.column("SELECT payload FROM outbox")

    report = replay(store, rules_of(wider), NOW - 7 * DAY, dry_run=False, now=NOW)
    publish(store, press(room, tmp_path, wider, notify=(desk,)), NOW)

    assert [one.headline for one in report.added] == [TALKS]
    assert ("news", TALKS) in published(store)
    assert store.column("SELECT payload FROM outbox") == told


def test_a_story_that_is_hidden_is_not_shown(store: Store, tmp_path: Path) -> None:
    room = newsroom(store)
    store.execute("UPDATE story SET hidden = 1 WHERE headline = ?", (TALKS,))

    judged(store, NEWS, TRADE)
    publish(store, press(room, tmp_path, NEWS, TRADE), NOW)

    assert {topic for topic, _ in published(store)} == {"news"}
