"""Every decision can be printed with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import log1p
from pathlib import Path

import pytest

from aggregator.errors import NotFound
from aggregator.ingest import corrections
from aggregator.ingest.explain import explain
from aggregator.storage import stories
from aggregator.storage.store import open_store
from aggregator.stories.signals import table
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, Newsroom, make_item, make_rules

OTHER_TOWN = "Bomb blast kills nine at fish market in Karachi, police say"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    store = open_store(tmp_path / "a.db")
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"), make_item(TALKS, identity="t"))
    room.poll("geo", make_item(BLAST_CUT, identity="b", at=NOW + timedelta(minutes=1)))
    room.poll("wire", make_item(OTHER_TOWN, identity="r", at=NOW + timedelta(hours=5)))
    room.match()
    yield room
    store.close()


def test_an_item_is_explained_with_its_story_and_what_was_rejected(room: Newsroom) -> None:
    found = explain(room.store, room.rules, f"i{room.item_id('b')}")

    assert (found["item"], found["story"]) == (f"i{room.item_id('b')}", room.story("a"))
    rows = {row["item"]: row for row in found["variants"]}
    assert found["independent"] == 1  # both link to one site
    assert rows[f"i{room.item_id('b')}"]["origin"] == {
        "family": "example.org",
        "agency": None,
        "credit": None,
        "copy_of": None,
        "in_words": "same publisher as dawn",
    }
    assert set(rows) == {f"i{room.item_id(one)}" for one in "ab"}
    assert rows[f"i{room.item_id('a')}"]["rule"] == "new"
    assert rows[f"i{room.item_id('b')}"]["rule"] == "truncated"
    assert {"headline", "score", "evidence", "publisher", "url"} <= set(found["variants"][0])


def test_a_rejected_story_is_named_with_score_and_vetoes(room: Newsroom) -> None:
    found = explain(room.store, room.rules, f"i{room.item_id('r')}")

    row = next(row for row in found["rejected"] if row["story"] == room.story("a"))
    assert 0 <= row["score"] <= 1
    assert isinstance(row["vetoes"], list)
    assert row["recomputed"] is False


def test_a_rejected_story_is_told_with_the_signals_against_it(room: Newsroom) -> None:
    found = explain(room.store, room.rules, f"i{room.item_id('r')}")

    row = next(row for row in found["rejected"] if row["story"] == room.story("a"))
    assert row["evidence"]["like"].startswith("Bomb blast kills five")
    assert {one.name for one in table()} <= set(row["evidence"])
    assert row["evidence"]["hours"] == pytest.approx(log1p(5), abs=0.05)


def test_an_item_whose_own_story_was_joined_later_says_so(room: Newsroom) -> None:
    gone = room.story("r")
    first, second = (stories.by_uid(room.store, uid) for uid in (room.story("a"), gone))
    assert first is not None
    assert second is not None
    stories.merge(room.store, first, second)

    found = explain(room.store, room.rules, f"i{room.item_id('r')}")

    assert found["story"] != gone
    (row,) = [row for row in found["variants"] if row["item"] == f"i{room.item_id('r')}"]
    assert row["rule"] == "new"
    assert row["evidence"]["detail"].startswith("opened a story that later became one with this")
    assert row["evidence"]["like"].startswith("Bomb blast kills five")


def test_a_story_that_came_later_is_compared_again_and_says_so(room: Newsroom) -> None:
    found = explain(room.store, room.rules, f"i{room.item_id('a')}")

    row = next(row for row in found["rejected"] if row["story"] == room.story("r"))
    assert row["recomputed"] is True


def test_a_story_is_explained_by_its_printed_id(room: Newsroom) -> None:
    found = explain(room.store, room.rules, room.story("a"))

    assert found["item"] is None
    assert len(found["variants"]) == 2


def test_a_merged_id_is_followed(room: Newsroom) -> None:
    gone = room.story("r")
    corrections.merge(room.store, room.rules, first=room.story("a"), second=gone, now=NOW)

    found = explain(room.store, room.rules, gone)

    assert found["story"] == room.story("a")
    assert all(row["story"] != found["story"] for row in found["rejected"])


def test_topics_are_explained_by_terms_fields_and_weights(room: Newsroom) -> None:
    (on,) = explain(room.store, room.rules, room.story("a"))["topics"]
    (off,) = explain(room.store, room.rules, room.story("t"))["topics"]

    assert (on["topic"], on["accepted"], on["threshold"]) == ("news", True, 1.0)
    assert on["terms"] == [
        {"term": "quetta", "field": "headline", "weight": 1.0, "rules": ["rule 1"]}
    ]
    assert (off["accepted"], off["terms"], off["recomputed"]) == (False, [], True)


def test_after_a_change_of_rules_an_accepted_topic_is_told_as_it_was_decided(
    room: Newsroom,
) -> None:
    (on,) = explain(room.store, make_rules(term="textile"), room.story("a"))["topics"]
    (off,) = explain(room.store, make_rules(term="textile"), room.story("t"))["topics"]

    assert (on["accepted"], on["recomputed"]) == (True, False)
    assert (off["accepted"], off["recomputed"]) == (True, True)


def test_a_waiting_item_is_said_to_wait(room: Newsroom) -> None:
    room.poll("dawn", make_item("Something else entirely", identity="x"))

    found = explain(room.store, room.rules, f"i{room.item_id('x')}")

    assert (found["story"], found["variants"], found["note"]) == (
        None, [], "stored, and not yet matched",
    )  # fmt: skip


def test_today_s_rules_may_say_that_they_would_join(room: Newsroom) -> None:
    made = corrections.split(room.store, room.rules, item=f"i{room.item_id('b')}", now=NOW)

    found = explain(room.store, room.rules, f"i{room.item_id('a')}")

    assert made.kind == "apart"
    row = next(row for row in found["rejected"] if row["story"] == room.story("b"))
    assert row["note"] == "today's rules would join them"


def test_a_correction_is_the_reason_that_is_given(room: Newsroom) -> None:
    corrections.split(room.store, room.rules, item=f"i{room.item_id('b')}", now=NOW)

    found = explain(room.store, room.rules, f"i{room.item_id('b')}")

    (row,) = found["variants"]
    assert (row["rule"], row["evidence"]) == ("correction", {"detail": "an editor split it off"})
    assert ["correction"] in [row["vetoes"] for row in found["rejected"]]


def test_unknown_ids_are_not_found(room: Newsroom) -> None:
    for ref in ("i9999", "nothing", "i"):
        with pytest.raises(NotFound):
            explain(room.store, room.rules, ref)


def test_an_item_whose_reason_is_lost_is_still_shown(room: Newsroom) -> None:
    room.store.execute("DELETE FROM evidence")

    found = explain(room.store, room.rules, f"i{room.item_id('a')}")

    assert {(row["rule"], row["score"]) for row in found["variants"]} == {("", 0.0)}
