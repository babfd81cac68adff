"""The editor's word holds against every later run, and can be taken back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import NotFound, UsageError
from aggregator.ingest import corrections
from aggregator.ingest.replay import replay
from aggregator.publishing.publish import publish
from aggregator.settings import Config, TopicSettings
from aggregator.storage import corrections as stored
from aggregator.storage import maintenance, topic_states
from aggregator.storage.citing import list_stories
from aggregator.storage.store import open_store
from tests.newsroom import BLAST, BLAST_CUT, NOW, TALKS, WEATHER, Newsroom, make_item


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    store = open_store(tmp_path / "a.db")
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"), make_item(TALKS, identity="t"))
    room.poll("geo", make_item(BLAST_CUT, identity="b", at=NOW + timedelta(minutes=1)))
    room.poll("wire", make_item(WEATHER, identity="w"))
    room.match()
    yield room
    assert maintenance.check(store) == ()
    store.close()


AB, A, B, T, W = (frozenset(one) for one in ("ab", "a", "b", "t", "w"))


def ref(room: Newsroom, identity: str) -> str:
    return f"i{room.item_id(identity)}"


def test_merged_stories_are_one_and_undo_parts_them_again(room: Newsroom) -> None:
    before = room.stories()

    made = corrections.merge(
        room.store, room.rules, first=room.story("t"), second=room.story("w"), now=NOW
    )
    merged = room.groups()
    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)

    assert merged == {AB, T | W}
    assert room.stories() == before


def test_the_story_that_is_published_survives_a_merge(room: Newsroom) -> None:
    kept = room.story("w")
    room.publish(kept)

    corrections.merge(room.store, room.rules, first=room.story("t"), second=kept, now=NOW)

    assert room.story("t") == kept


def test_a_merge_survives_a_replay(room: Newsroom) -> None:
    corrections.merge(
        room.store, room.rules, first=room.story("t"), second=room.story("w"), now=NOW
    )

    report = replay(room.store, room.rules, NOW - timedelta(days=9), dry_run=False, now=NOW)

    assert (report.joined, report.split) == (0, 0)
    assert room.groups() == {AB, T | W}


def test_a_merge_lets_further_items_in_by_the_words_of_either(room: Newsroom) -> None:
    corrections.merge(
        room.store, room.rules, first=room.story("t"), second=room.story("w"), now=NOW
    )
    room.poll("geo", make_item(TALKS, identity="t2"))
    room.poll("dawn", make_item(WEATHER, identity="w2"))

    room.match()

    assert room.groups() == {AB, frozenset({"t", "t2", "w", "w2"})}


def test_what_joined_a_merged_story_later_stays_when_it_is_undone(room: Newsroom) -> None:
    made = corrections.merge(
        room.store, room.rules, first=room.story("t"), second=room.story("w"), now=NOW
    )
    room.poll("geo", make_item(TALKS, identity="t2"))
    room.match()

    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)

    assert sum(len(items) for items in room.groups()) == 5
    assert len(room.groups()) == 3


def test_a_topic_of_either_story_takes_the_merged_one(room: Newsroom) -> None:
    made = corrections.merge(
        room.store, room.rules, first=room.story("a"), second=room.story("w"), now=NOW
    )
    listed = list_stories(room.store)
    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)

    assert [len(story.sources) for story in listed] == [3]
    assert [story.headline for story in list_stories(room.store)] == [BLAST]


def test_a_split_item_opens_a_story_and_undo_brings_it_back(room: Newsroom) -> None:
    before = room.stories()

    made = corrections.split(room.store, room.rules, item=ref(room, "b"), now=NOW)
    apart = room.groups()
    reason = room.store.value(
        "SELECT rule FROM evidence WHERE chosen=1 AND item_id=?", (room.item_id("b"),)
    )
    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)

    assert apart == {A, B, T, W}
    assert reason == "correction"
    assert room.stories() == before
    assert room.store.value(
        "SELECT rule FROM evidence WHERE chosen=1 AND item_id=?", (room.item_id("b"),)
    ) in ("exact", "truncated")  # fmt: skip


def test_the_lead_can_be_split_off(room: Newsroom) -> None:
    lead = room.store.value("SELECT lead_item_id FROM story WHERE uid=?", (room.story("a"),))
    kept = "b" if lead == room.item_id("a") else "a"

    corrections.split(room.store, room.rules, item=f"i{lead}", now=NOW)

    assert room.groups() == {A, B, T, W}
    row = room.store.row("SELECT lead_item_id FROM story WHERE uid=?", (room.story(kept),))
    assert row is not None
    assert row[0] == room.item_id(kept)


def shown(room: Newsroom, folder: Path) -> dict[str, bytes]:
    """What readers get of the newsroom's stories."""
    query = {"rules": [{"any": ["quetta"], "weight": 1}]}
    publish(room.store, Config(output=folder, topics=(TopicSettings("news", query=query),)), NOW)
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*") if path.is_file()}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "first", "second"),
    [
        ("split", "a", ""),  # the lead: topic and story page credited the other source ever after
        ("split", "b", ""),
        ("merge", "a", "w"),  # one that the topic let in takes one that it did not
        ("merge", "t", "w"),
        ("hide", "a", ""),
        ("hide", "w", ""),
    ],
)
def test_undo_restores_what_readers_see(
    room: Newsroom, tmp_path: Path, kind: str, first: str, second: str
) -> None:
    folder = tmp_path / "public"
    before = shown(room, folder)

    made = {
        "split": lambda: corrections.split(
            room.store, room.rules, item=ref(room, first), now=NOW + timedelta(hours=1)
        ),
        "merge": lambda: corrections.merge(
            room.store, room.rules, first=ref(room, first), second=ref(room, second), now=NOW
        ),
        "hide": lambda: corrections.hide(room.store, story=room.story(first), now=NOW),
    }[kind]()
    between = shown(room, folder)
    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)
    after = shown(room, folder)

    assert (between != before) is ({"a", "b"} & {first} != set())
    assert {name: after[name] for name in before} == before
    assert room.store.value("SELECT count(*) FROM setting WHERE key LIKE 'correction/%'") == 0


@pytest.mark.parametrize("came", ["a", "b", "ab"])
def test_the_lead_leads_again_though_more_came_since_it_was_split_off(
    room: Newsroom, tmp_path: Path, came: str
) -> None:
    shown(room, tmp_path / "public")
    before = room.store.tuples("SELECT headline, lead_item_id, updated_at FROM published")
    lead = room.store.value("SELECT lead_item_id FROM story WHERE uid=?", (room.story("a"),))
    made = corrections.split(room.store, room.rules, item=f"i{lead}", now=NOW)
    shown(room, tmp_path / "public")
    for identity in came:  # the same page: it joins the story of that item
        page = room.store.value("SELECT canonical_url FROM item WHERE identity=?", (identity,))
        room.poll("wire", make_item(BLAST, identity=f"{identity}2", url=page))
    room.match()

    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)
    shown(room, tmp_path / "public")

    rows = room.store.tuples(
        "SELECT headline, lead_item_id, updated_at FROM published WHERE withdrawn=''"
    )
    assert set(before) <= set(rows)
    assert len([items for items in room.groups() if {"a", "b"} & items]) == 1


def test_what_a_replay_took_out_stays_out_when_a_hiding_is_undone(
    room: Newsroom, tmp_path: Path
) -> None:
    shown(room, tmp_path / "public")
    room.store.execute("UPDATE decision SET accepted=0")
    room.store.execute("UPDATE published SET withdrawn='replay'")
    made = corrections.hide(room.store, story=room.story("a"), now=NOW)
    shown(room, tmp_path / "public")
    room.poll("wire", make_item(BLAST, identity="c"))  # the undo cannot simply put rows back
    room.store.execute("UPDATE item SET variant_id=(SELECT min(id) FROM variant)"
                       " WHERE identity='c'")  # fmt: skip

    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)
    shown(room, tmp_path / "public")

    assert room.store.value("SELECT count(*) FROM published WHERE withdrawn=''") == 0


def test_a_correction_of_an_earlier_release_is_undone_without_a_log(room: Newsroom) -> None:
    before = room.stories()
    made = corrections.split(room.store, room.rules, item=ref(room, "b"), now=NOW)
    room.store.execute("DELETE FROM setting WHERE key LIKE 'correction/%'")

    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)

    assert room.stories() == before


def test_a_split_survives_a_replay_and_further_items(room: Newsroom) -> None:
    corrections.split(room.store, room.rules, item=ref(room, "b"), now=NOW)

    room.poll("wire", make_item(BLAST, identity="c", at=NOW + timedelta(hours=1)))
    room.match()
    replay(room.store, room.rules, NOW - timedelta(days=9), dry_run=False, now=NOW)

    assert room.story("a") != room.story("b")


def test_items_that_a_split_keeps_apart_do_not_meet_through_a_third(room: Newsroom) -> None:
    corrections.split(room.store, room.rules, item=ref(room, "b"), now=NOW)
    room.poll("geo", make_item(BLAST, identity="b", at=NOW + timedelta(minutes=1)))
    room.match()

    room.poll("wire", make_item(BLAST, identity="c", at=NOW + timedelta(minutes=9)))
    room.match()

    assert room.story("a") != room.story("b")


def test_a_hidden_story_is_listed_nowhere_until_undone(room: Newsroom) -> None:
    made = corrections.hide(room.store, story=room.story("a"), now=NOW)
    hidden = list_stories(room.store)
    corrections.undo(room.store, room.rules, correction_id=made.correction_id, now=NOW)

    assert hidden == ()
    assert [story.headline for story in list_stories(room.store)] == [BLAST]


def test_further_items_join_a_hidden_story_unseen(room: Newsroom) -> None:
    corrections.hide(room.store, story=room.story("a"), now=NOW)
    room.poll("wire", make_item(BLAST, identity="c", at=NOW + timedelta(hours=1)))

    room.match()

    assert room.groups() == {frozenset("abc"), T, W}
    assert list_stories(room.store) == ()


def test_hiding_survives_a_replay(room: Newsroom) -> None:
    corrections.hide(room.store, story=room.story("a"), now=NOW)

    replay(room.store, room.rules, NOW - timedelta(days=9), dry_run=False, now=NOW)

    assert list_stories(room.store) == ()


def test_a_correction_marks_the_topics_of_its_stories(room: Newsroom) -> None:
    before = topic_states.topic_state(room.store, "news").wanted_rev

    corrections.hide(room.store, story=room.story("a"), now=NOW)

    assert topic_states.topic_state(room.store, "news").wanted_rev > before


def test_stories_are_named_by_an_item_of_theirs_too(room: Newsroom) -> None:
    corrections.merge(room.store, room.rules, first=ref(room, "t"), second=ref(room, "w"), now=NOW)

    assert room.groups() == {AB, T | W}


def test_a_merged_id_still_means_its_story(room: Newsroom) -> None:
    gone = room.story("w")
    corrections.merge(room.store, room.rules, first=room.story("t"), second=gone, now=NOW)
    survivor = room.story("w")
    other = gone if survivor != gone else room.story("t")

    corrections.merge(room.store, room.rules, first=other, second=room.story("a"), now=NOW)

    assert len(room.groups()) == 1


def test_corrections_are_listed_with_their_state(room: Newsroom) -> None:
    first = corrections.split(room.store, room.rules, item=ref(room, "b"), now=NOW)
    corrections.hide(room.store, story=room.story("t"), now=NOW)
    corrections.undo(room.store, room.rules, correction_id=first.correction_id, now=NOW)

    listed = stored.every(room.store)

    assert [(one.kind, one.undone_at is None) for one in listed] == [
        ("apart", False),
        ("hide", True),
    ]


def test_what_cannot_be_is_refused_with_the_reason(room: Newsroom) -> None:
    store, rules = room.store, room.rules

    with pytest.raises(UsageError, match="one story already"):
        corrections.merge(store, rules, first=room.story("a"), second=room.story("b"), now=NOW)
    with pytest.raises(UsageError, match="only item"):
        corrections.split(store, rules, item=ref(room, "t"), now=NOW)
    with pytest.raises(UsageError, match="is not an item"):
        corrections.split(store, rules, item="12", now=NOW)
    with pytest.raises(NotFound, match="i999"):
        corrections.split(store, rules, item="i999", now=NOW)
    with pytest.raises(NotFound, match="no story"):
        corrections.hide(store, story="nothing", now=NOW)
    with pytest.raises(NotFound, match="i999"):
        corrections.hide(store, story="i999", now=NOW)
    with pytest.raises(NotFound, match="no correction 7"):
        corrections.undo(store, rules, correction_id=7, now=NOW)


def test_contradicting_corrections_are_refused(room: Newsroom) -> None:
    store, rules = room.store, room.rules
    split = corrections.split(store, rules, item=ref(room, "b"), now=NOW)
    with pytest.raises(UsageError, match="apart"):
        corrections.merge(store, rules, first=room.story("a"), second=room.story("b"), now=NOW)
    corrections.undo(store, rules, correction_id=split.correction_id, now=NOW)
    with pytest.raises(UsageError, match="undone already"):
        corrections.undo(store, rules, correction_id=split.correction_id, now=NOW)

    corrections.merge(store, rules, first=room.story("t"), second=room.story("w"), now=NOW)
    with pytest.raises(UsageError, match="merge in force"):
        corrections.split(store, rules, item=ref(room, "w"), now=NOW)

    corrections.hide(store, story=room.story("a"), now=NOW)
    with pytest.raises(UsageError, match="hidden already"):
        corrections.hide(store, story=room.story("a"), now=NOW)


@pytest.mark.parametrize(("first", "second"), [("a", "t"), ("t", "a")])
def test_a_merge_that_would_hide_a_story_is_refused(
    room: Newsroom, first: str, second: str
) -> None:
    store, rules = room.store, room.rules
    hidden, other = room.story("a"), room.story("t")
    made = corrections.hide(store, story=hidden, now=NOW)

    with pytest.raises(UsageError) as refused:
        corrections.merge(store, rules, first=room.story(first), second=room.story(second), now=NOW)

    said = str(refused.value)
    assert said.startswith(f"{hidden} is hidden, and {other} would leave every feed with it")
    assert f"'aggregator stories undo {made.correction_id}'" in said
    assert f"'aggregator stories hide {other}'" in said
    assert len(stored.every(store)) == 1
    corrections.hide(store, story=other, now=NOW)
    corrections.merge(store, rules, first=hidden, second=other, now=NOW)
    assert list_stories(store) == ()


def test_a_story_without_items_cannot_be_corrected(room: Newsroom) -> None:
    uid = room.story("t")
    room.store.execute("DELETE FROM item WHERE identity='t'")
    room.store.execute("DELETE FROM variant WHERE story_id=(SELECT id FROM story WHERE uid=?)",
                       (uid,))  # fmt: skip

    with pytest.raises(NotFound, match="no items"):
        corrections.hide(room.store, story=uid, now=NOW)


@pytest.mark.parametrize("digits", ["9" * 18, "9" * 19, str(2**63), "9" * 23, "1" * 5000])
def test_ids_that_no_item_can_have_are_not_found(room: Newsroom, digits: str) -> None:
    with pytest.raises(NotFound, match=r"no matched item i9|no item i"):
        corrections.split(room.store, room.rules, item=f"i{digits}", now=NOW)
    with pytest.raises(NotFound, match=r"no matched item i9|no item i"):
        corrections.hide(room.store, story=f"i{digits}", now=NOW)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("more_came", [False, True], ids=["nothing new", "more came"])
def test_corrections_are_undone_in_any_order(
    room: Newsroom, order: tuple[int, ...], *, more_came: bool
) -> None:
    """What is in force holds after each, and nothing else holds stories together."""
    before = room.stories()
    made = [
        corrections.merge(
            room.store, room.rules, first=room.story("t"), second=room.story("w"), now=NOW
        ),
        corrections.merge(
            room.store, room.rules, first=room.story("a"), second=room.story("t"), now=NOW
        ),
        corrections.hide(room.store, story=room.story("t"), now=NOW),
        corrections.split(room.store, room.rules, item=ref(room, "b"), now=NOW),
    ]
    if more_came:
        room.poll("geo", make_item(TALKS, identity="l", at=NOW + timedelta(hours=1)))
        room.match()
        assert room.story("l") == room.story("t")

    for at, number in enumerate(order):
        corrections.undo(room.store, room.rules, correction_id=made[number].correction_id, now=NOW)
        in_force = [made[one] for one in order[at + 1 :]]
        joins = sum(one.kind == "join" for one in in_force)
        splits = sum(one.kind == "apart" for one in in_force)
        assert len(room.groups()) == 3 - joins + splits
        for one in in_force:
            if one.item_b is not None:
                together = _story_of(room, one.item_a) == _story_of(room, one.item_b)
                assert together == (one.kind == "join")
        hidden = {row[0] for row in room.store.rows("SELECT uid FROM story WHERE hidden")}
        expected = {_story_of(room, one.item_a) for one in in_force if one.kind == "hide"}
        assert hidden == expected

    after = {uid: items - {"l"} for uid, items in room.stories().items()}
    assert after == before


def _story_of(room: Newsroom, item_id: int) -> str:
    uid: str = room.store.value(
        "SELECT s.uid FROM story_item i JOIN story s ON s.id = i.story_id WHERE i.item_id=?",
        (item_id,),
    )
    return uid


def test_what_returns_when_a_split_is_undone_keeps_to_other_splits(room: Newsroom) -> None:
    room.poll("wire", make_item(f"{BLAST} - Wire", identity="c", at=NOW + timedelta(minutes=2)))
    room.match()
    assert room.groups() == {frozenset("abc"), T, W}
    corrections.split(room.store, room.rules, item=ref(room, "b"), now=NOW)
    second = corrections.split(room.store, room.rules, item=ref(room, "a"), now=NOW)
    replay(room.store, room.rules, NOW - timedelta(days=9), dry_run=False, now=NOW)
    assert frozenset("bc") in room.groups()  # it was from "a" alone that "b" was split

    corrections.undo(room.store, room.rules, correction_id=second.correction_id, now=NOW)

    assert room.groups() == {frozenset("bc"), A, T, W}
