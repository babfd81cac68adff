"""New databases at the price of a copy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Lock

import pytest

from aggregator.storage import store as store_module
from aggregator.storage.store import Store, migrate, open_store


@contextmanager
def migrated_once() -> Iterator[None]:
    """Has each new database of this process start as a copy of one that the migrations made.

    To run them takes 25 ms, which about a thousand tests would pay. Those of the migrations call
    `migrate` itself, or know another schema; processes that tests start run them, too.
    """
    with open_store(None) as store:
        image = store.connection.serialize()
    schema = store_module.SCHEMA
    one_at_a_time = Lock()  # what another thread has begun to write must not be replaced

    def copy(store: Store) -> list[str]:
        with one_at_a_time:
            is_new = not store.value("SELECT count(*) FROM sqlite_master")
            if not is_new or store_module.SCHEMA is not schema:
                return migrate(store)
            with closing(sqlite3.connect(":memory:")) as source:
                source.deserialize(image)
                source.backup(store.connection)
            return list(schema)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store_module, "migrate", copy)
        yield
