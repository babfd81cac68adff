"""Maintenance of the database: checks, backups, pruning, and vacuuming."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.errors import StoreError
from aggregator.storage import mail, outbox, search, stories
from aggregator.storage.items import Refresh
from aggregator.storage.store import Store
from aggregator.times import time_text, to_time

SEEN_FOR = timedelta(days=90)  # how long entries are remembered after they left their feed
POLLS_FOR = timedelta(days=30)
SETTLED_FOR = timedelta(days=90)
_STAMP = "%Y%m%dT%H%M%SZ"
_PRUNED = "pruned_at"  # key of `setting`
PRUNED_AT_ONCE = 500  # items per transaction, so that a daemon need not wait long


def check(store: Store) -> tuple[str, ...]:
    """The problems of the database, one line each; empty if there are none."""
    found = [
        f"integrity: {row[0]}" for row in store.rows("PRAGMA integrity_check") if row[0] != "ok"
    ]
    found += [
        f"foreign key: {row[0]} row {row[1]} refers to a missing {row[2]}"
        for row in store.rows("PRAGMA foreign_key_check")
    ]
    found += search.index_problems(store)
    found += [f"{number} {what}" for what, sql in _SOUND if (number := store.value(sql))]
    return tuple(found)


# Invariants that no constraint in SQLite expresses: a description and a count of violations.
_SOUND = (
    (
        "variants whose item is missing",
        "SELECT count(*) FROM variant v LEFT JOIN item i ON i.id = v.item_id WHERE i.id IS NULL",
    ),
    (
        "stories merged into a story that is merged itself",
        "SELECT count(*) FROM story s JOIN story k ON k.id = s.merged_into"
        " WHERE k.merged_into IS NOT NULL",
    ),
    (
        "published stories without an entry id",
        "SELECT count(DISTINCT p.story_id) FROM published p JOIN story s ON s.id = p.story_id"
        " WHERE s.entry_id IS NULL",
    ),
)


def backup(store: Store, target: Path) -> None:
    """Copies the whole database to a new file, even while others write.

    The file gets its name only when it is complete and passes a check. Raises StoreError.
    """
    partial = target.with_name(f".{target.name}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_space(target.parent, size_bytes(store))
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(partial)) as copy:
            store.connection.backup(copy)  # in one step: writers go on, and it need not restart
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, no -wal beside it
            state = copy.execute("PRAGMA quick_check").fetchone()[0]
        if state != "ok":
            raise StoreError(f"{target}: the copy is damaged ({state}); check the disk")
        partial.replace(target)
    except (sqlite3.Error, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise StoreError(f"{target}: backup failed: {why}") from error
    finally:
        partial.unlink(missing_ok=True)


def scheduled_backup(store: Store, folder: Path, *, now: datetime, keep: int) -> Path:
    """Makes a dated backup and keeps the newest `keep`; returns its path.

    A backup dated in the future (by a wrong clock) counts as the oldest. Raises StoreError.
    """
    target = folder / f"aggregator-{now.astimezone(UTC):{_STAMP}}.db"
    unfinished = tuple(folder.glob(".aggregator-*.partial"))  # by a process that was killed
    backup(store, target)
    made = sorted(folder.glob("aggregator-*.db"), key=lambda path: (path <= target, path))
    for old in (*unfinished, *made[:-keep]):
        try:
            old.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{old}: cannot be removed: {error.strerror}") from error
    return target


def last_backup(folder: Path) -> datetime | None:
    """When the newest scheduled backup was made; None if there is none."""
    made = []
    for path in folder.glob("aggregator-*.db"):
        with suppress(ValueError):  # a file of another kind
            stamp = path.stem.removeprefix("aggregator-")
            made.append(datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC))
    return max(made, default=None)


def size_bytes(store: Store) -> int:
    """The size of the database file."""
    return int(store.value("PRAGMA page_count") * store.value("PRAGMA page_size"))


def free_bytes(store: Store) -> int | None:
    """Free space on the disk of the database; None for a database in memory."""
    return None if store.path is None else shutil.disk_usage(store.path.parent).free


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(f"{folder}: {needed:,} bytes of free space needed, {free:,} there")


def vacuum(store: Store) -> None:
    """Rebuilds the full-text index and the file; needs free space of the file's size."""
    if store.path is not None:
        _check_space(store.path.parent, size_bytes(store))
    search.rebuild_index(store)
    store.execute("VACUUM")
    store.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def optimize(store: Store) -> None:
    """Updates the statistics for the query planner, and shortens the write-ahead log."""
    store.execute("PRAGMA optimize")
    store.execute("PRAGMA wal_checkpoint(PASSIVE)")


def tidy(store: Store, now: datetime) -> None:
    """Drops old notifications and mails, and optimises; run it after pruning."""
    outbox.drop_done(store, before=now - SETTLED_FOR)
    mail.drop_done(store, before=now - SETTLED_FOR)
    optimize(store)


def prune(store: Store, now: datetime, *, keep: timedelta) -> int:
    """Deletes items older than `keep`, in short transactions; returns how many.

    Kept are items of published stories, items that a correction names or that the last document of
    a configured feed contains, and the rows of stories to which a published id leads. Entries of
    feeds are remembered (`seen`) for 90 days after they left.
    """
    return sum(prune_steps(store, now, keep=keep))


def prune_steps(store: Store, now: datetime, *, keep: timedelta) -> Iterator[int]:
    """`prune` in steps of one transaction, for callers with other work in between."""
    oldest = now - keep
    ids = store.column(f"SELECT i.id {_PRUNABLE}", (oldest,))
    for start in range(0, len(ids), PRUNED_AT_ONCE):
        chunk = ids[start : start + PRUNED_AT_ONCE]
        with store.transaction():
            rows = store.rows(  # those that may still be pruned
                f"SELECT i.id, v.id, v.story_id {_PRUNABLE}"  # noqa: S608 - a constant
                " AND i.id IN (SELECT value FROM json_each(?2))",
                (oldest, chunk),
            )
            store.executemany("DELETE FROM item WHERE id=?", [(row[0],) for row in rows])
            for variant in {row[1] for row in rows if row[1] is not None}:
                stories.tidy_variant(store, variant)
            stories.recount(store, sorted({row[2] for row in rows if row[2] is not None}))
        yield len(rows)
    with store.transaction():  # rows that nothing refers to any more
        store.execute(
            "CREATE TEMP TABLE empty_story AS SELECT s.id FROM story s"
            " WHERE s.entry_id IS NULL AND s.merged_into IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM variant v WHERE v.story_id = s.id)"
            " AND NOT EXISTS (SELECT 1 FROM published p WHERE p.story_id = s.id)"
            " AND NOT EXISTS (SELECT 1 FROM correction c WHERE s.id IN (c.from_story, c.to_story))"
            " AND NOT EXISTS (SELECT 1 FROM story m WHERE m.merged_into = s.id)"
        )
        for table in ("evidence", "decision", "outbox"):
            store.execute(f"DELETE FROM {table} WHERE story_id IN (SELECT id FROM empty_story)")  # noqa: S608 - table names of ours
        store.execute("DELETE FROM story WHERE id IN (SELECT id FROM empty_story)")
        store.execute("DROP TABLE empty_story")
        store.execute("DELETE FROM story_key WHERE story_id NOT IN (SELECT id FROM story)")
        store.execute("DELETE FROM seen WHERE left_at < ?", (now - SEEN_FOR,))
        store.execute("DELETE FROM poll WHERE started_at < ?", (now - POLLS_FOR,))
        store.set_setting(_PRUNED, time_text(now))


def last_prune(store: Store) -> datetime | None:
    """When `prune` last finished; None if it never did."""
    return to_time(store.setting(_PRUNED))


_PRUNABLE = """
    FROM item i LEFT JOIN variant v ON v.id = i.variant_id
    WHERE i.first_seen_at < ?1 AND coalesce(i.published_at, i.first_seen_at) < ?1
      AND NOT EXISTS (SELECT 1 FROM published p WHERE p.story_id = v.story_id AND p.withdrawn = '')
      AND NOT EXISTS (SELECT 1 FROM correction c WHERE c.item_a = i.id OR c.item_b = i.id)
      AND NOT EXISTS (SELECT 1 FROM seen s JOIN feed f ON f.id = s.feed_id AND f.active
        WHERE s.feed_id = i.feed_id AND s.identity = i.identity
        AND s.item_id IS NULL AND s.left_at IS NULL)
      AND NOT EXISTS (SELECT 1 FROM alias a JOIN feed f ON f.id = a.feed_id AND f.active
        JOIN seen s ON s.feed_id = a.feed_id AND s.identity = a.identity
        WHERE a.item_id = i.id AND s.item_id = i.id AND s.left_at IS NULL)
"""  # an entry that is still in a document must find its item again when it changes


def totals(store: Store) -> dict[str, int]:
    """Counts over the whole database, for `status`."""
    row = store.row(
        "SELECT (SELECT count(*) FROM feed WHERE active) AS feeds,"
        " (SELECT count(*) FROM item) AS items,"
        " (SELECT count(*) FROM item WHERE variant_id IS NULL AND refresh <> ?1) AS unmatched,"
        " (SELECT count(*) FROM item WHERE refresh > 0 AND refresh = ?1) AS blocked,"
        " (SELECT count(*) FROM story WHERE merged_into IS NULL) AS stories,"
        " (SELECT count(*) FROM story WHERE hidden = 1) AS hidden,"
        " (SELECT count(DISTINCT story_id) FROM published WHERE withdrawn = '') AS published,"
        " (SELECT count(*) FROM correction WHERE undone_at IS NULL) AS corrections,"
        " (SELECT coalesce(sum(CAST(value AS INTEGER)), 0) FROM setting"
        "  WHERE key LIKE 'topic/%/waiting') AS waiting_stories,"
        " (SELECT coalesce(sum(CAST(value AS INTEGER)), 0) FROM setting"
        "  WHERE key LIKE 'feed/%/waiting') AS waiting_items",
        (Refresh.BLOCKED,),
    )
    return {} if row is None else dict(row)
