"""The schema changes of `store.SCHEMA`, each a module of statements. A released one is frozen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
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
        module = import_module(f"{__name__}.{name.partition('_')[0]}")
        for statement in module.STATEMENTS:
            db.execute(statement)


for each in SCHEMA:
    _register(each)
