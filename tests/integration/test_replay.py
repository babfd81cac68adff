"""Today's rules over the stored history, shown before they are applied."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import StoreError
from aggregator.ingest import corrections
from aggregator.ingest.replay import ReplayReport, replay
from aggregator.storage import maintenance
from aggregator.storage.store import Store, open_store
from aggregator.stories.features import Features
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER, Newsroom, make_item, make_rules

AB, A, B, T, W = (frozenset(one) for one in ("ab", "a", "b", "t", "w"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "a.db")
    yield store
    assert maintenance.check(store) == ()
    store.close()


@pytest.fixture
def room(store: Store) -> Newsroom:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"), make_item(TALKS, identity="t"))
    room.poll("geo", make_item(BLAST_CUT, identity="b", at=NOW + timedelta(minutes=1)))
    room.poll("wire", make_item(WEATHER, identity="w"))
    room.match()
    return room


def run(room: Newsroom, *, mode: str = "apply", since_days: int = 30) -> ReplayReport:
    since = NOW - timedelta(days=since_days)
    return replay(room.store, room.rules, since, dry_run=mode == "dry", now=NOW)


def dump(store: Store) -> list[tuple[object, ...]]:
    tables = ("story", "variant", "item", "evidence", "decision", "published", "correction")
    return [tuple(row) for table in tables for row in store.rows(f"SELECT * FROM {table}")]


def tear(room: Newsroom) -> tuple[str, str]:
    """Makes the history as if other rules had kept the two wordings of the blast apart."""
    corrections.split(room.store, room.rules, item=f"i{room.item_id('b')}", now=NOW)
    room.store.execute("UPDATE correction SET undone_at=made_at")
    return room.story("a"), room.story("b")


def glue(room: Newsroom) -> str:
    """Makes the history as if other rules had joined talks and weather."""
    corrections.merge(
        room.store, room.rules, first=room.story("t"), second=room.story("w"), now=NOW
    )
    room.store.execute("UPDATE correction SET undone_at=made_at")
    return room.story("t")


def test_the_same_rules_change_nothing(room: Newsroom) -> None:
    before = dump(room.store)

    report = run(room)

    assert report == ReplayReport(4, 0, 0, 0, 0)
    assert dump(room.store) == before


def test_a_dry_run_says_what_would_change_and_writes_nothing(room: Newsroom) -> None:
    tear(room)
    glue(room)
    before = dump(room.store)

    report = run(room, mode="dry")

    assert (report.items, report.joined, report.split) == (4, 1, 1)
    assert dump(room.store) == before


def test_items_that_belong_together_are_joined(room: Newsroom) -> None:
    tear(room)

    report = run(room)

    assert (report.joined, report.split) == (1, 0)
    assert room.groups() == {AB, T, W}


def test_items_that_do_not_belong_together_are_parted(room: Newsroom) -> None:
    kept = glue(room)

    report = run(room)

    assert (report.joined, report.split) == (0, 1)
    assert room.groups() == {AB, T, W}
    assert kept in room.stories()


def test_the_part_with_the_lead_keeps_the_id(room: Newsroom) -> None:
    kept = glue(room)
    lead = room.store.value("SELECT lead_item_id FROM story WHERE uid=?", (kept,))
    room.publish(kept)

    run(room)

    owner = "t" if lead == room.item_id("t") else "w"
    assert room.story(owner) == kept


def test_of_joined_stories_the_published_id_stays(room: Newsroom) -> None:
    older, younger = tear(room)
    room.publish(younger)

    report = run(room)

    assert room.story("a") == younger
    assert report.entries_removed == 0
    gone = room.store.value("SELECT merged_into IS NOT NULL FROM story WHERE uid=?", (older,))
    assert gone == 1


def test_an_entry_that_joins_another_leaves_the_feed(room: Newsroom) -> None:
    older, younger = tear(room)
    room.publish(older)
    room.publish(younger, at=NOW + timedelta(hours=1))

    report = run(room)

    assert (report.entries_added, report.entries_removed) == (0, 1)
    assert [change.story for change in report.removed] == [younger]
    assert room.story("a") == older


def test_a_new_topic_rule_lets_entries_in_and_out(room: Newsroom) -> None:
    uid = room.story("a")
    room.publish(uid)
    room.rules = make_rules(term="textile")

    shown = run(room, mode="dry")
    report = run(room)

    assert report == shown
    assert [(one.topic, one.story) for one in report.added] == [("news", room.story("t"))]
    assert [(one.topic, one.story) for one in report.removed] == [("news", uid)]
    rows = room.store.rows("SELECT s.uid FROM decision d JOIN story s ON s.id=d.story_id"
                           " WHERE accepted=1")  # fmt: skip
    assert [row[0] for row in rows] == [room.story("t")]
    assert room.store.value("SELECT withdrawn FROM published") == "replay"
    assert room.store.value("SELECT entry_id FROM story WHERE uid=?", (uid,)) is not None


def test_only_stories_since_then_are_touched(room: Newsroom) -> None:
    room.poll("dawn", make_item("Old textile news", identity="old", at=NOW - timedelta(days=40)))
    room.match()
    room.rules = make_rules(term="textile")

    report = run(room, since_days=30)

    assert report.items == 4
    assert [change.headline for change in report.added] == [TALKS]


def test_evidence_of_changed_stories_is_that_of_today(room: Newsroom) -> None:
    tear(room)

    run(room)

    row = room.store.rows("SELECT rule, story_id FROM evidence WHERE chosen=1 AND item_id=?",
                          (room.item_id("b"),))[0]  # fmt: skip
    story = room.store.value("SELECT id FROM story WHERE uid=?", (room.story("a"),))
    assert tuple(row) == ("truncated", story)


def test_corrections_are_obeyed(room: Newsroom) -> None:
    corrections.split(room.store, room.rules, item=f"i{room.item_id('b')}", now=NOW)
    corrections.merge(
        room.store, room.rules, first=room.story("t"), second=room.story("w"), now=NOW
    )

    report = run(room)

    assert (report.joined, report.split) == (0, 0)
    assert room.groups() == {A, B, T | W}


def test_an_entry_without_an_id_yet_is_told_by_its_headline(room: Newsroom) -> None:
    corrections.merge(
        room.store, room.rules, first=room.story("a"), second=room.story("w"), now=NOW
    )
    room.store.execute("UPDATE correction SET undone_at=made_at")
    room.publish(room.story("a"))
    room.rules = make_rules(term="snowfall")

    report = run(room, mode="dry")

    assert report.split == 1
    assert {change.headline for change in report.added} == {WEATHER}


def test_hidden_stories_are_no_entries(room: Newsroom) -> None:
    corrections.hide(room.store, story=room.story("t"), now=NOW)
    room.rules = make_rules(term="textile")

    assert run(room, mode="dry").entries_added == 0


def test_a_lead_that_is_gone_leaves_the_oldest_item_to_follow(room: Newsroom) -> None:
    older, younger = tear(room)
    room.store.execute("UPDATE story SET lead_item_id=NULL")

    run(room)

    assert room.groups() == {AB, T, W}
    assert {older, younger} & set(room.stories())


def test_a_correction_made_during_a_replay_stops_it(room: Newsroom) -> None:
    uid = room.story("t")
    read = room.rules.read

    def read_and_correct(*said: str) -> Features:
        """Reads as ever; somebody else's merge comes in between."""
        if uid in room.stories() and room.story("w") != uid:
            corrections.merge(room.store, make_rules(), first=uid, second=room.story("w"), now=NOW)
        return read(*said)

    room.rules = replace(room.rules, read=read_and_correct)

    with pytest.raises(StoreError, match="run it again"):
        run(room)

    assert room.groups() == {AB, T | W}
