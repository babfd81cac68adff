"""An upgrade whose rules of reading differ: documents that were stored before bring no news."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.ingest.accept import Accepted, accept
from aggregator.model import Item
from aggregator.storage import feeds, items
from aggregator.storage.store import Store, open_store
from tests.newsroom import NOW, Newsroom, make_item
from tests.readings.documents import DOCUMENTS
from tests.readings.write import FILE, polled, publish_all, read, room_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A database of version 0.1, brought up to date."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"BEGIN; {FILE.read_text(encoding='utf-8')} COMMIT;")
    store = open_store(path)
    yield store
    store.close()


def told(store: Store) -> list[tuple[object, ...]]:
    """What readers and receivers have been told, and each item's headline."""
    queries = (
        "SELECT topic, story_id, headline, published_at, updated_at FROM published ORDER BY 1, 2",
        "SELECT * FROM outbox",
        "SELECT * FROM headline_change",
        "SELECT id, headline, summary, published_at FROM item ORDER BY 1",
    )
    return [tuple(row) for query in queries for row in store.rows(query)]


def poll_all(room: Newsroom, *, is_whole: bool, head: str = "") -> dict[str, Accepted]:
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
            assert (accepted.new, accepted.items) == (0, len(read(name).items)), name
            # What is read as far as possible has no hash that says that nothing changed.
            assert accepted.updated == 0 or name == "broken", name
    room.match()
    publish_all(store, tmp_path / "public")

    assert told(store) == before


def test_no_entry_is_new_where_the_feed_around_it_changed(store: Store) -> None:
    room = room_of(store)

    for name, accepted in poll_all(room, is_whole=False, head=" of the day").items():
        assert (accepted.new, accepted.items) == (0, len(read(name).items)), name

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
    with closing(open_store(tmp_path / "b.db")) as store:
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
    poll(room.store, room, named("old", "A", "1"))

    assert poll(room.store, room, named("new", "A, corrected", "2", "old")) == (0, 1)
    assert poll(room.store, room, named("new", "A, corrected", "2", "old")) == (0, 0)
    assert room.store.value("SELECT headline FROM item") == "A, corrected"


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
