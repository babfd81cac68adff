"""The schema changes of `store.SCHEMA`, each a file of SQL. A released one is frozen.

SQLite keeps the text of most statements in the database, which is why some are indented.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.storage.store import SCHEMA

if TYPE_CHECKING:
    from sqlite_utils import Database


@contextmanager
def _without_numpy() -> Iterator[None]:
    """Has imports go as if numpy was not installed.

    sqlite-utils loads it for values that are never stored here: 14 MiB of a process that stays.
    """
    modules: dict[str, Any] = sys.modules
    if "numpy" in modules:
        yield
        return
    modules["numpy"] = None
    try:
        yield
    finally:
        del modules["numpy"]


with _without_numpy():
    from sqlite_utils.migrations import Migrations

migrations = Migrations("aggregator")


def _register(name: str) -> None:
    @migrations(name=name)
    def migrate(db: Database) -> None:
        path = Path(__file__).with_name(f"{name.partition('_')[0]}.sql")
        statement = ""
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):  # a trigger has semicolons of its own
                db.execute(statement)
                statement = ""


for each in SCHEMA:
    _register(each)
