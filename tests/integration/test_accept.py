"""Polls become rows, all or nothing, each poll by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from aggregator.ingest.accept import accept, record
from aggregator.storage import feeds, items
from aggregator.storage.store import Store
from tests.newsroom import BLAST, NOW, TALKS, WEATHER, Newsroom, make_item


def test_a_second_poll_with_the_same_entries_stores_nothing_twice(store: Store) -> None:
    room = Newsroom(store)
    first = room.poll("dawn", make_item(BLAST), make_item(TALKS))
    changes = store.connection.total_changes

    second = room.poll("dawn", make_item(BLAST), make_item(TALKS))

    assert (first.new, second.new, second.updated, second.items) == (2, 0, 0, 2)
    assert store.value("SELECT count(*) FROM item") == 2
    assert store.connection.total_changes - changes == 3  # feed twice (state, titles), poll log


def test_validators_and_items_are_stored_together(store: Store) -> None:
    room = Newsroom(store)

    room.poll("dawn", make_item(BLAST))

    state = feeds.state_by_key(store, "https://dawn.example/feed")
    assert state is not None
    assert (state.etag, state.last_new_at) == ('"1"', NOW)
    row = store.rows("SELECT outcome, items, items_new, http_status FROM poll")[0]
    assert tuple(row) == ("fetched", 1, 1, 200)


def test_a_poll_that_the_database_refuses_costs_that_poll_only(store: Store) -> None:
    room = Newsroom(store)
    bad = replace(make_item(WEATHER), headline="lone surrogate \ud800")
    polls = [
        room.polled("dawn", make_item(BLAST)),
        room.polled("geo", make_item(TALKS), bad),
        room.polled("wire", make_item(WEATHER)),
    ]

    accepted = accept(store, polls, NOW)

    assert [one.new for one in accepted] == [1, 0, 1]
    assert accepted[1].error
    assert store.value("SELECT count(*) FROM item WHERE headline=?", (TALKS,)) == 0
    failed = feeds.state_by_key(store, "https://geo.example/feed")
    assert failed is not None
    assert (failed.etag, failed.failures, failed.last_poll_at) == (None, 1, NOW)
    assert store.value("SELECT outcome FROM poll WHERE feed_id=?", (failed.feed_id,)) == "failed"


@pytest.mark.parametrize("has_document", [True, False])
def test_a_poll_that_comes_late_is_not_stored_over_a_later_one(
    store: Store, *, has_document: bool
) -> None:
    """As of a worker that answers after another has asked."""
    room = Newsroom(store)
    early = replace(room.polled("dawn", make_item(TALKS)), started_at=NOW)
    late = replace(early, state=replace(early.state, etag='"0"', polls=1))
    if not has_document:
        late = replace(late, parsed=None, outcome="not_modified")
    newer = replace(room.polled("dawn", make_item(BLAST)), started_at=NOW)
    accept(store, (replace(newer, state=replace(newer.state, polls=1)),), NOW)
    before = feeds.feed_states(store, (late.state.feed_id,))

    (stored,) = accept(store, (late,), NOW)
    record(store, (late,), NOW)

    assert (stored.outcome, stored.new, stored.state) == ("unchanged", 0, before[0])
    assert feeds.feed_states(store, (late.state.feed_id,)) == before
    assert [headline for (headline,) in store.tuples("SELECT headline FROM item")] == [BLAST]


def test_a_poll_without_a_document_still_stores_its_state(store: Store) -> None:
    room = Newsroom(store)
    poll = replace(room.polled("dawn"), parsed=None, outcome="not_modified", status=304)

    (accepted,) = accept(store, (poll,), NOW)

    assert (accepted.items, accepted.new) == (0, 0)
    assert store.value("SELECT outcome FROM poll") == "not_modified"


def test_a_changed_headline_keeps_the_earlier_wording(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="1", url="https://dawn.example/1"))

    changed = room.poll(
        "dawn", make_item(BLAST + " again", identity="1", url="https://dawn.example/1")
    )

    assert changed.updated == 1
    assert store.value("SELECT headline FROM item") == BLAST + " again"
    assert store.value("SELECT headline FROM headline_change") == BLAST


def test_a_changed_summary_is_no_changed_headline(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="1"))

    changed = room.poll("dawn", make_item(BLAST, identity="1", summary="More is known now."))

    assert changed.updated == 1
    assert store.value("SELECT summary FROM item") == "More is known now."
    assert store.value("SELECT count(*) FROM headline_change") == 0


def test_a_date_that_was_given_once_stays(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="1"))

    later = NOW + timedelta(days=1)
    room.poll("dawn", make_item(BLAST, identity="1", at=later, summary="Touched."), now=later)

    assert store.value("SELECT published_at FROM item") == "2026-03-01T12:00:00Z"


def test_an_undated_item_is_taken_from_when_it_was_first_seen(store: Store) -> None:
    room = Newsroom(store)

    room.poll("dawn", make_item(BLAST, at=None))

    row = store.rows("SELECT published_at, first_seen_at FROM item")[0]
    assert tuple(row) == (None, "2026-03-01T12:00:00Z")


def test_a_new_guid_for_a_known_page_and_headline_is_the_known_item(store: Store) -> None:
    room = Newsroom(store)
    page = "https://dawn.example/news/1"
    room.poll("dawn", make_item(BLAST, identity="guid-1", url=page))

    again = room.poll("dawn", make_item(BLAST, identity="guid-2", url=page))
    third = room.poll("dawn", make_item(BLAST, identity="guid-2", url=page))

    assert (again.new, third.new) == (0, 0)
    assert store.value("SELECT count(*) FROM item") == 1


def test_two_guids_for_one_page_and_headline_in_one_document_are_two_items(store: Store) -> None:
    room = Newsroom(store)
    page = "https://dawn.example/news/1"

    accepted = room.poll(
        "dawn", make_item(BLAST, identity="a", url=page), make_item(BLAST, identity="b", url=page)
    )

    assert (accepted.new, store.value("SELECT count(*) FROM item")) == (2, 2)


def test_a_new_guid_for_a_known_page_with_another_headline_is_a_new_item(store: Store) -> None:
    room = Newsroom(store)
    page = "https://dawn.example/live"
    room.poll("dawn", make_item(BLAST, identity="guid-1", url=page))

    again = room.poll("dawn", make_item(TALKS, identity="guid-2", url=page))

    assert again.new == 1


def test_a_guid_means_nothing_in_another_feed(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="1"))

    assert room.poll("geo", make_item(TALKS, identity="1")).new == 1


def test_items_without_a_page_are_told_apart_by_identity_alone(store: Store) -> None:
    room = Newsroom(store)

    accepted = room.poll(
        "dawn", make_item(BLAST, identity="a", url=None), make_item(BLAST, identity="b", url=None)
    )

    assert accepted.new == 2


def test_an_entry_that_returns_is_not_new(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST), make_item(TALKS))
    room.poll("dawn", make_item(TALKS))

    left = store.value("SELECT left_at FROM seen WHERE identity=?", (BLAST,))
    back = room.poll("dawn", make_item(BLAST), make_item(TALKS))

    assert left == "2026-03-01T12:00:00Z"
    assert back.new == 0
    assert store.value("SELECT count(*) FROM seen WHERE left_at IS NOT NULL") == 0


def test_an_entry_whose_item_was_pruned_is_not_new(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST))
    store.execute("DELETE FROM item")

    assert room.poll("dawn", make_item(BLAST)).new == 0
    assert store.value("SELECT count(*) FROM item") == 0


def test_absence_from_a_delta_document_means_nothing(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST))

    accept(store, (room.polled("dawn", make_item(TALKS), is_delta=True),), NOW)

    assert store.value("SELECT count(*) FROM seen WHERE left_at IS NOT NULL") == 0


def test_entries_known_byte_for_byte_count_as_present(store: Store) -> None:
    room = Newsroom(store)
    known = make_item(BLAST)
    room.poll("dawn", known, make_item(WEATHER))

    poll = room.polled("dawn", make_item(TALKS), known=(known.raw_hash,))
    (accepted,) = accept(store, (poll,), NOW)

    assert (accepted.entries, accepted.new) == (2, 1)
    gone = store.rows("SELECT identity FROM seen WHERE left_at IS NOT NULL")
    assert [row[0] for row in gone] == [WEATHER]


def test_an_entry_known_byte_for_byte_comes_back(store: Store) -> None:
    room = Newsroom(store)
    known = make_item(BLAST)
    room.poll("dawn", known)
    room.poll("dawn", make_item(TALKS))

    accept(store, (room.polled("dawn", known=(known.raw_hash,)),), NOW)

    assert store.value("SELECT left_at FROM seen WHERE identity=?", (BLAST,)) is None


def test_known_hashes_are_those_of_one_feed(store: Store) -> None:
    room = Newsroom(store)
    one, other = make_item(BLAST), make_item(TALKS)
    room.poll("dawn", one, replace(make_item(WEATHER), raw_hash=""))
    room.poll("geo", other)
    state = feeds.state_by_key(store, "https://dawn.example/feed")
    assert state is not None

    assert items.known_hashes(store, state.feed_id) == {one.raw_hash}


def test_of_all_that_a_feed_showed_the_last_elements_need_no_parsing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "MOST_KNOWN", 3)
    room = Newsroom(store)
    old, left, *standing = [make_item(f"Item number {number} about tea") for number in range(4)]
    for hour, document in enumerate(([old], [left], standing)):
        room.poll("dawn", *document, now=NOW + timedelta(hours=hour))
    state = feeds.state_by_key(store, "https://dawn.example/feed")
    assert state is not None

    known = items.known_hashes(store, state.feed_id)

    assert known == {one.raw_hash for one in (left, *standing)}


@pytest.mark.parametrize("is_delta", [False, True])
def test_of_all_that_a_feed_showed_a_poll_reads_what_concerns_its_document(
    store: Store, is_delta: bool
) -> None:
    room = Newsroom(store)
    shown = [make_item(f"Item number {number} about tea") for number in range(6)]
    for number, one in enumerate(shown):
        room.poll("dawn", one, now=NOW + timedelta(hours=number))
    again, element, former, _, _, last = shown
    renamed = replace(
        make_item("Item number 9", identity="new"), former_identities=(former.identity,)
    )
    poll = room.polled("dawn", again, renamed, known=[element.raw_hash], is_delta=is_delta)
    assert poll.parsed is not None

    found = items.seen_entries(store, poll.state.feed_id, poll.parsed)

    of_document = {again.identity, element.identity, former.identity}
    assert found.keys() == (of_document if is_delta else of_document | {last.identity})


def test_a_full_document_of_known_entries_writes_no_item_rows(store: Store) -> None:
    room = Newsroom(store)
    document = [make_item(f"Item number {number} about something") for number in range(50)]
    room.poll("dawn", *document)

    room.poll("dawn", *document)

    assert tuple(store.rows("SELECT max(id), count(*) FROM item")[0]) == (50, 50)
    assert store.value("SELECT count(*) FROM item WHERE changed_at IS NOT NULL") == 0
