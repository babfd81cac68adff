"""Ordered schema changes. Append only: a released migration is never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from aggregator.storage.migrations import (
    m0001,
    m0002,
    m0003,
    m0004,
    m0005,
    m0006,
    m0007,
    m0008,
    m0009,
    m0010,
    m0011,
    m0012,
)

migrations = Migrations("aggregator")


@migrations()
def m0001_initial(db: Database) -> None:
    """The first schema."""
    for statement in m0001.STATEMENTS:
        db.execute(statement)


@migrations()
def m0002_terms(db: Database) -> None:
    """Terms beside wordings; reasons in a table that holds long rows."""
    for statement in m0002.STATEMENTS:
        db.execute(statement)


@migrations()
def m0003_revisions(db: Database) -> None:
    """Further identities of items, what they said before, and why they are what they are."""
    for statement in m0003.STATEMENTS:
        db.execute(statement)


@migrations()
def m0004_core(db: Database) -> None:
    """The core of a story, and the model's logits."""
    for statement in m0004.STATEMENTS:
        db.execute(statement)


@migrations()
def m0005_feed_alerts(db: Database) -> None:
    """Notifications of feeds that stay broken."""
    for statement in m0005.STATEMENTS:
        db.execute(statement)


@migrations()
def m0006_views(db: Database) -> None:
    """The joins that most questions start from."""
    for statement in m0006.STATEMENTS:
        db.execute(statement)


@migrations()
def m0007_sources(db: Database) -> None:
    """Families and labels of feeds, clean links, and archives that keep their form."""
    for statement in m0007.STATEMENTS:
        db.execute(statement)


@migrations()
def m0008_media(db: Database) -> None:
    """Pictures, sound and film of items."""
    for statement in m0008.STATEMENTS:
        db.execute(statement)


@migrations()
def m0009_entry_related(db: Database) -> None:
    """The related stories that an entry names."""
    for statement in m0009.STATEMENTS:
        db.execute(statement)


@migrations()
def m0010_lists(db: Database) -> None:
    """Feeds that subscribed lists name."""
    for statement in m0010.STATEMENTS:
        db.execute(statement)


@migrations()
def m0011_mail(db: Database) -> None:
    """Digests by mail, and the days of digests found by an index."""
    for statement in m0011.STATEMENTS:
        db.execute(statement)


@migrations()
def m0012_leases(db: Database) -> None:
    """Leases on feeds that workers poll."""
    for statement in m0012.STATEMENTS:
        db.execute(statement)
