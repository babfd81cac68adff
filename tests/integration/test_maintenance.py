"""Checking, copying, forgetting and giving space back."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import StoreError
from aggregator.ingest import corrections
from aggregator.model import Item
from aggregator.serving.jobs import Jobs
from aggregator.settings import Config
from aggregator.storage import feeds, maintenance
from aggregator.storage.search import search
from aggregator.storage.store import Store, open_store
from aggregator.storage.thread import StoreThread
from tests.newsroom import BLAST, NOW, TALKS, WEATHER, Newsroom, make_item

PAGE = "https://dawn.example/a"
OLD = NOW - timedelta(days=200)
KEEP = timedelta(days=180)


def aged(store: Store) -> Newsroom:
    """A room with old items: a story, a published one, a corrected one; and a new item."""
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a", at=OLD), now=OLD)
    room.poll("geo", make_item(TALKS, identity="t", at=OLD), now=OLD)
    room.poll("wire", make_item(WEATHER, identity="w", at=OLD), now=OLD)
    room.match(now=OLD)
    room.publish(room.story("t"))
    corrections.hide(store, story=room.story("w"), now=OLD)
    return room


def leave(room: Newsroom) -> None:
    """All feeds have empty documents now: what they showed may be pruned."""
    for name in room.sources:
        room.poll(name, now=OLD)


def identities(store: Store) -> list[str]:
    return [row[0] for row in store.rows("SELECT identity FROM item ORDER BY identity")]


def test_a_sound_database_has_no_findings(store: Store) -> None:
    aged(store)

    assert maintenance.check(store) == ()


def test_a_read_only_check_finds_an_index_that_does_not_fit(store: Store, tmp_path: Path) -> None:
    aged(store)
    store.execute("DROP TRIGGER item_fts_delete")
    store.execute("DELETE FROM correction")
    store.execute("DELETE FROM evidence")
    store.execute("DELETE FROM item WHERE identity='a'")

    with open_store(tmp_path / "a.db", read_only=True) as reader:
        found = maintenance.check(reader)

    assert any("full-text index" in line for line in found)
    assert any("variants whose item is missing" in line for line in found)


def test_an_index_that_lacks_words_is_found_and_vacuum_mends_it(store: Store) -> None:
    aged(store)
    store.execute("DROP TRIGGER item_fts_update")
    store.execute("UPDATE item SET headline='Nothing like it' WHERE identity='a'")
    before = maintenance.check(store)

    maintenance.vacuum(store)

    assert any("full-text index" in line for line in before)
    assert maintenance.check(store) == ()
    assert [hit.headline for hit in search(store, "nothing like").hits] == ["Nothing like it"]


def test_a_broken_reference_is_found(store: Store) -> None:
    store.execute("PRAGMA foreign_keys=OFF")
    store.execute("INSERT INTO seen (feed_id, identity, raw_hash) VALUES (9, 'x', '')")

    assert maintenance.check(store) == ("foreign key: seen row None refers to a missing feed",)


def test_a_backup_is_a_whole_database_in_one_file(store: Store, tmp_path: Path) -> None:
    room = aged(store)

    maintenance.backup(store, tmp_path / "copies" / "b.db")

    assert [path.name for path in (tmp_path / "copies").iterdir()] == ["b.db"]
    with open_store(tmp_path / "copies" / "b.db") as copy:
        assert maintenance.check(copy) == ()
        assert Newsroom(copy).stories() == room.stories()


def test_a_backup_leaves_out_what_is_not_committed(store: Store, tmp_path: Path) -> None:
    Newsroom(store)
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO setting VALUES ('half', 'done')")

        maintenance.backup(store, tmp_path / "b.db")
        writer.execute("ROLLBACK")

    with open_store(tmp_path / "b.db") as copy:
        assert copy.value("SELECT count(*) FROM setting WHERE key='half'") == 0


def test_a_backup_that_fails_leaves_no_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "b.db").mkdir()

    with pytest.raises(StoreError, match=r"b\.db: backup failed: Is a directory$"):
        maintenance.backup(store, tmp_path / "b.db")

    assert not list(tmp_path.glob(".b.db*"))


def test_a_damaged_database_is_not_kept_as_a_backup(tmp_path: Path) -> None:
    with open_store(tmp_path / "d.db") as store:
        aged(store)
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = store.value("SELECT rootpage FROM sqlite_master WHERE name='item_first_seen'")
        size = store.value("PRAGMA page_size")
    data = bytearray((tmp_path / "d.db").read_bytes())
    data[(root - 1) * size : root * size] = b"\xff" * size
    (tmp_path / "d.db").write_bytes(data)

    with (
        open_store(tmp_path / "d.db") as store,
        pytest.raises(StoreError, match=r"damaged|malformed"),
    ):
        maintenance.backup(store, tmp_path / "b.db")

    assert not (tmp_path / "b.db").exists()


def test_space_is_checked_before_a_copy(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage())

    with pytest.raises(StoreError, match="free space needed, 0 there"):
        maintenance.backup(store, tmp_path / "b.db")
    with pytest.raises(StoreError, match="free space"):
        maintenance.vacuum(store)


class _Usage:
    free = 0


def test_scheduled_backups_keep_the_newest(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    for day in range(4):
        maintenance.scheduled_backup(store, folder, now=NOW + timedelta(days=day), keep=2)
    (folder / "mine.db").write_text("not ours to remove")
    (folder / ".aggregator-20260301T120000Z.db.partial").write_text("cut short by a kill")
    maintenance.scheduled_backup(
        store, folder, now=NOW + timedelta(days=40), keep=3
    )  # a wrong clock's
    maintenance.scheduled_backup(store, folder, now=NOW + timedelta(days=4), keep=2)

    assert maintenance.last_backup(folder) == NOW + timedelta(days=4)
    assert maintenance.last_backup(tmp_path / "none") is None
    assert sorted(path.name for path in folder.iterdir()) == [
        "aggregator-20260304T120000Z.db",
        "aggregator-20260305T120000Z.db",
        "mine.db",
    ]


def test_pruning_keeps_what_is_published_corrected_or_new(store: Store) -> None:
    room = aged(store)
    room.poll("dawn", make_item("Something of today", identity="n"))
    room.match()

    removed = maintenance.prune(store, NOW, keep=KEEP)

    assert removed == 1
    assert identities(store) == ["n", "t", "w"]
    assert maintenance.check(store) == ()
    assert len(room.stories()) == 3


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ([make_item(BLAST, identity="1", at=OLD)], BLAST),
        # told under another identity since its guid changed
        ([make_item(BLAST, identity="1", url=PAGE, at=OLD),
          make_item(BLAST, identity="2", url=PAGE, at=OLD)], BLAST),
        # in one slot after another event, which has left
        ([make_item(BLAST, identity="1", at=OLD), make_item(TALKS, identity="1", at=OLD)], TALKS),
        # in the slot again
        ([make_item(BLAST, identity="1", at=OLD), make_item(TALKS, identity="1", at=OLD),
          make_item(BLAST, identity="1", at=OLD)], BLAST),
    ],
)  # fmt: skip
def test_pruning_keeps_what_still_stands_in_a_document(
    store: Store, told: list[Item], kept: str
) -> None:
    room = Newsroom(store)
    for item in told:
        room.poll("dawn", item, now=OLD)
    room.match(now=OLD)

    maintenance.prune(store, NOW, keep=KEEP)

    assert [row[0] for row in store.rows("SELECT headline FROM item")] == [kept]
    edited = replace(told[-1], headline=f"{kept}, police say", content_hash="2", raw_hash="2")
    done = room.poll("dawn", edited)
    assert (done.new, done.updated) == (0, 1)
    assert maintenance.check(store) == ()


@pytest.mark.parametrize("leave", ["entry", "feed"])
def test_pruning_takes_what_left_its_document_or_whose_feed_was_removed(
    store: Store, leave: str
) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="1", at=OLD), now=OLD)
    if leave == "entry":
        room.poll("dawn", now=OLD)
    else:
        feeds.sync_feeds(store, (room.sources["geo"],))

    assert maintenance.prune(store, NOW, keep=KEEP) == 1


def test_a_daemon_has_other_work_between_the_steps_of_pruning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "PRUNED_AT_ONCE", 2)
    with open_store(tmp_path / "a.db") as store:
        room = aged(store)
        room.poll("dawn", *(make_item(f"Old {n}", identity=str(n), at=OLD) for n in range(5)),
                  now=OLD)  # fmt: skip
        room.poll("dawn", now=OLD)

    async def prune() -> list[int]:
        thread = StoreThread(tmp_path / "a.db")
        try:
            counts: list[int] = []
            task = asyncio.create_task(Jobs(thread, lambda: NOW).prune(Config()))
            while not task.done():
                counts.append(await thread.run(lambda store: len(identities(store))))
            return counts
        finally:
            thread.close()

    seen = asyncio.run(prune())

    assert set(seen) >= {8, 6, 4, 2}  # what is published or corrected stays


def test_pruning_twice_removes_nothing_more(store: Store) -> None:
    leave(aged(store))
    assert maintenance.prune(store, NOW, keep=KEEP) == 1

    assert maintenance.prune(store, NOW, keep=KEEP) == 0


def test_a_pruned_item_that_its_feed_shows_again_does_not_come_back(store: Store) -> None:
    room = aged(store)
    room.poll("dawn")
    assert maintenance.prune(store, NOW, keep=KEEP) == 1

    again = room.poll("dawn", make_item(BLAST, identity="a", at=OLD))

    assert again.new == 0


def test_an_entry_is_forgotten_ninety_days_after_it_left(store: Store) -> None:
    room = aged(store)
    room.poll("dawn", now=NOW - timedelta(days=91))
    room.poll("geo", now=NOW - timedelta(days=89))

    maintenance.prune(store, NOW, keep=KEEP)

    assert store.value("SELECT count(*) FROM seen WHERE identity='a'") == 0
    assert store.value("SELECT count(*) FROM seen WHERE identity='t'") == 1


def test_a_story_that_loses_some_items_counts_the_rest(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a", at=OLD), now=OLD)
    room.poll("geo", make_item(f"{BLAST} - Geo", identity="b", at=OLD + timedelta(days=1)))
    room.match()
    leave(room)

    maintenance.prune(store, NOW, keep=KEEP)

    row = store.rows("SELECT items, variants FROM story WHERE merged_into IS NULL")
    assert [tuple(one) for one in row] == [(1, 1)]
    assert maintenance.check(store) == ()


def test_waiting_items_are_pruned_too(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, at=OLD), now=OLD)
    leave(room)

    assert maintenance.prune(store, NOW, keep=KEEP) == 1


def test_a_published_id_outlives_the_items_of_a_withdrawn_entry(store: Store) -> None:
    room = aged(store)
    uid = room.story("t")
    store.execute("UPDATE published SET withdrawn='replay'")
    leave(room)

    maintenance.prune(store, NOW, keep=KEEP)

    assert store.value("SELECT count(*) FROM story WHERE uid=?", (uid,)) == 1
    assert "t" not in identities(store)


def test_keys_of_stories_that_are_gone_go_too(store: Store) -> None:
    aged(store)

    maintenance.prune(store, NOW, keep=KEEP)

    assert store.value(
        "SELECT count(*) FROM story_key WHERE story_id NOT IN (SELECT id FROM story)"
    ) == 0  # fmt: skip


def test_old_polls_are_forgotten(store: Store) -> None:
    room = aged(store)
    room.poll("dawn", now=NOW)

    maintenance.prune(store, NOW, keep=KEEP)

    assert store.value("SELECT count(*) FROM poll") == 1


def test_totals_count_what_there_is(store: Store) -> None:
    aged(store)

    assert maintenance.totals(store) == {
        "feeds": 3, "items": 3, "unmatched": 0, "blocked": 0, "stories": 3, "hidden": 1,
        "published": 1, "corrections": 1, "waiting_stories": 0, "waiting_items": 0,
    }  # fmt: skip


def test_upkeep_keeps_the_log_short(store: Store) -> None:
    aged(store)

    maintenance.optimize(store)

    assert maintenance.free_bytes(store)
    assert maintenance.size_bytes(store) > 0


def test_a_database_in_memory_has_no_disk() -> None:
    with open_store(None) as store:
        maintenance.vacuum(store)

        assert maintenance.free_bytes(store) is None
