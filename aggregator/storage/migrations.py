"""Ordered schema changes. Append only: a released migration is never edited."""

from __future__ import annotations

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from aggregator.storage import m0001

migrations = Migrations("aggregator")


@migrations()
def m0001_initial(db: Database) -> None:
    """The first schema."""
    for statement in m0001.STATEMENTS:
        db.execute(statement)
