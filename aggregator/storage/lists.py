"""The feeds that subscribed lists (OPML) contained when they were last read."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aggregator.lists import with_listed
from aggregator.model import ListChange, Subscription
from aggregator.settings import Config
from aggregator.storage.store import Store


def subscribed(store: Store, config: Config) -> Config:
    """The configuration, with the feeds from the last version of its lists."""
    if not any(feed.is_list for feed in config.feeds):
        return config
    listed = store.structs_by(
        "key",
        Subscription,
        'SELECT f.key, l.url, l.title, l.folders AS "group" FROM listed_feed l'
        " JOIN feed f ON f.id = l.list_id ORDER BY l.list_id, l.position",
        in_json=("group",),
    )
    return with_listed(config, listed)


def named_by(store: Store, of_list: str) -> tuple[str, ...]:
    """The feeds in the last version of a list (name or URL), even if it is no longer configured."""
    return store.column(
        "SELECT l.url FROM listed_feed l JOIN feed f ON f.id = l.list_id"
        " WHERE f.name = ?1 OR f.key = ?1 ORDER BY l.list_id, l.position",
        (of_list,),
    )


def save_list(
    store: Store, list_id: int, subscriptions: Sequence[Subscription]
) -> ListChange | None:
    """Stores the current feeds of a list; returns the change, or None if there is none.

    The caller holds the transaction, which also stores the list's validators.
    """
    before = {
        url: (title, folders)
        for url, title, folders in store.tuples(
            "SELECT url, title, folders FROM listed_feed WHERE list_id = ? ORDER BY position",
            (list_id,),
        )
    }
    after = {
        one.url: (one.title, json.dumps(one.group, ensure_ascii=False)) for one in subscriptions
    }
    if list(before.items()) == list(after.items()):
        return None
    store.execute("DELETE FROM listed_feed WHERE list_id = ?", (list_id,))
    store.executemany(
        "INSERT INTO listed_feed(list_id, position, url, title, folders) VALUES (?, ?, ?, ?, ?)",
        [(list_id, position, url, *said) for position, (url, said) in enumerate(after.items())],
    )
    return ListChange(
        added=tuple(url for url in after if url not in before),
        removed=tuple(url for url in before if url not in after),
    )
