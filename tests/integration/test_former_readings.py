"""An upgrade whose rules of reading differ: documents that were stored before bring no news."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.ingest.accept import accept
from aggregator.model import Item, PollResult
from aggregator.storage import feeds, items
from aggregator.storage.store import Store, open_store
from tests.documents import read as read_document
from tests.documents import rss
from tests.newsroom import BLAST, NOW, TALKS, WEATHER, Newsroom, make_item
from tests.readings.documents import DOCUMENTS
from tests.readings.write import FILE, polled, publish_all, read, room_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database of version 0.1, brought up to date."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"BEGIN; {FILE.read_text(encoding='utf-8')} COMMIT;")
    with open_store(path) as store:
        yield store


def told(store: Store) -> list[tuple[object, ...]]:
    """What readers and receivers have been told, and each item's headline."""
    queries = (
        "SELECT topic, story_id, headline, published_at, updated_at FROM published ORDER BY 1, 2",
        "SELECT * FROM outbox",
        "SELECT * FROM headline_change",
        "SELECT id, headline, summary, published_at FROM item ORDER BY 1",
    )
    return [tuple(row) for query in queries for row in store.rows(query)]


def poll_all(room: Newsroom, *, is_whole: bool, head: str = "") -> dict[str, PollResult]:
    """Polls every document once, in whole or as far as its elements are not known."""
    polls = []
    for name in DOCUMENTS:
        state = feeds.state_by_key(room.store, room.sources[name.replace(" ", "-")].key)
        assert state is not None
        known = frozenset() if is_whole else items.known_hashes(room.store, state.feed_id)
        polls.append(polled(room, name, read(name, known, head=head)))
    return dict(zip(DOCUMENTS, accept(room.store, polls, NOW), strict=True))


@pytest.mark.parametrize("is_whole", [False, True])
def test_the_same_documents_bring_nothing_after_an_upgrade(
    store: Store, tmp_path: Path, is_whole: bool
) -> None:
    room = room_of(store)
    before = told(store)

    for _ in range(2):
        for name, accepted in poll_all(room, is_whole=is_whole).items():
            assert (accepted.new, accepted.entries) == (0, len(read(name).items)), name
            # What is read as far as possible has no hash that says that nothing changed.
            assert accepted.updated == 0 or name == "broken", name
    room.match()
    publish_all(store, tmp_path / "public")

    assert told(store) == before


def test_no_entry_is_new_where_the_feed_around_it_changed(store: Store) -> None:
    room = room_of(store)

    for name, accepted in poll_all(room, is_whole=False, head=" of the day").items():
        assert (accepted.new, accepted.entries) == (0, len(read(name).items)), name

    assert store.value("SELECT count(*) FROM seen WHERE left_at IS NOT NULL") == 0


def test_the_documents_are_read_otherwise_than_before(store: Store) -> None:
    stored = {row[0] for row in store.rows("SELECT identity FROM item")}

    for name in ("bases", "no ids", "one id", "brackets"):
        assert not stored.issuperset(item.identity for item in read(name).items), name


def poll(store: Store, room: Newsroom, *entries: Item) -> tuple[int, int]:
    parsed = room.polled("dawn").parsed
    assert parsed is not None
    (accepted,) = accept(
        store, [replace(room.polled("dawn"), parsed=replace(parsed, items=entries))], NOW
    )
    return accepted.new, accepted.updated


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    with open_store(tmp_path / "b.db") as store:
        yield Newsroom(store)


def named(identity: str, headline: str, raw_hash: str, *former: str) -> Item:
    item = make_item(headline, identity=identity, url=None)
    return replace(item, raw_hash=raw_hash, former_identities=former)


def test_a_former_name_goes_to_one_entry_and_never_to_that_of_another(room: Newsroom) -> None:
    assert poll(room.store, room, named("old", "A", "1"), named("b", "B", "2")) == (2, 0)

    taken = [named("x", "A", "3", "old"), named("y", "C", "4", "old"), named("z", "D", "5", "b")]
    assert poll(room.store, room, *taken, named("b", "B", "2")) == (2, 0)

    names = {row[0] for row in room.store.rows("SELECT identity FROM item")}
    assert names == {"old", "b", "y", "z"}


def test_an_entry_that_is_known_by_its_name_needs_no_former_one(room: Newsroom) -> None:
    poll(room.store, room, named("old", "A", "1"), named("new", "B", "2"))

    assert poll(room.store, room, named("new", "B", "9", "old")) == (0, 0)


def test_a_change_of_the_source_counts_under_a_former_name(room: Newsroom) -> None:
    corrected = BLAST.replace("five", "six")
    poll(room.store, room, named("old", BLAST, "1"))

    assert poll(room.store, room, named("new", corrected, "2", "old")) == (0, 1)
    assert poll(room.store, room, named("new", corrected, "2", "old")) == (0, 0)
    assert room.store.value("SELECT headline FROM item") == corrected


def test_another_event_under_a_former_name_is_another_item(room: Newsroom) -> None:
    poll(room.store, room, named("old", BLAST, "1"))

    for _ in range(2):
        poll(room.store, room, named("new", TALKS, "2", "old"))

    assert [row[0] for row in room.store.rows("SELECT headline FROM item ORDER BY id")] == [
        BLAST,
        TALKS,
    ]


def test_a_former_name_stays_with_the_entry_that_needs_no_parsing(room: Newsroom) -> None:
    poll(room.store, room, named("guid:N/A u", BLAST, "1"))

    polled = room.polled("dawn", named("guid:N/A t", TALKS, "2", "guid:N/A u"), known=["1"])
    (accepted,) = accept(room.store, [polled], NOW)

    assert (accepted.new, accepted.updated) == (1, 0)
    assert {row[0] for row in room.store.rows("SELECT identity FROM item")} == {
        "guid:N/A u",
        "guid:N/A t",
    }


@pytest.mark.parametrize("guid", ["N/A", "null", "#", "0", "-"])
def test_ids_that_all_entries_share_are_known_from_before(guid: str) -> None:
    """Version 0.1 told them apart by their links alone."""
    entries = [f"<title>{headline}</title><link>https://n.example/live</link><guid>{guid}</guid>"
               for headline in (BLAST, TALKS)]  # fmt: skip

    before = [one.former_identities for one in read_document(rss(*entries)).items]

    assert before == [(f"guid:{guid} https://n.example/live",)] * 2


def test_the_same_bytes_keep_what_a_slot_told_last(room: Newsroom) -> None:
    for _ in range(2):
        poll(room.store, room, named("1", BLAST, "1"))
        poll(room.store, room, named("1", TALKS, "2"))
    before = told(room.store)

    assert poll(room.store, room, named("1", WEATHER, "2")) == (0, 0)
    assert told(room.store) == before


@pytest.mark.parametrize("hours", [-30, -1, 5, None])
def test_the_same_bytes_keep_the_date_that_was_read_of_them(
    room: Newsroom, hours: float | None
) -> None:
    first = named("a", BLAST, "1")
    poll(room.store, room, first)
    before = told(room.store)
    at = None if hours is None else NOW + timedelta(hours=hours)

    assert poll(room.store, room, replace(first, published_at=at)) == (0, 0)
    assert told(room.store) == before


def test_the_same_bytes_under_another_name_are_the_same_entry(room: Newsroom) -> None:
    poll(room.store, room, named("old", "A", "1"), named("b", "B", "2"))

    assert poll(room.store, room, named("new", "A, read anew", "1"), named("b", "B!", "2")) == (
        0,
        0,
    )
    assert [row[0] for row in room.store.rows("SELECT headline FROM item ORDER BY id")] == [
        "A",
        "B",
    ]
