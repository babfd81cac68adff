"""The schema changes of `store.SCHEMA`, each a module of statements. A released one is frozen."""

from __future__ import annotations

from importlib import import_module

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from aggregator.storage.store import SCHEMA

migrations = Migrations("aggregator")


def _register(name: str) -> None:
    @migrations(name=name)
    def migrate(db: Database) -> None:
        module = import_module(f"{__name__}.{name.partition('_')[0]}")
        for statement in module.STATEMENTS:
            db.execute(statement)


for each in SCHEMA:
    _register(each)
