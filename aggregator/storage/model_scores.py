"""What the model said of pairs of items, and the pairs that it has yet to read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from aggregator.storage.store import Store

Pair = tuple[int, int]  # ids of two items, the lower first


def logits_of(store: Store, pairs: Iterable[Pair]) -> dict[Pair, float | None]:
    """The stored logits of these pairs; None for one that waits to be read."""
    rows = store.tuples(
        "SELECT m.item_a, m.item_b, m.logit FROM json_each(?) j JOIN model_score m"
        " ON m.item_a = j.value->>0 AND m.item_b = j.value->>1",
        (json.dumps(list(pairs)),),
    )
    return {(a, b): logit for a, b, logit in rows}


def keep(store: Store, logits: Mapping[Pair, float | None]) -> None:
    """Stores what the model said of pairs; None: it reads them later."""
    store.executemany(
        "INSERT INTO model_score (item_a, item_b, logit) VALUES (?, ?, ?)"
        " ON CONFLICT (item_a, item_b) DO UPDATE SET logit=excluded.logit"
        " WHERE excluded.logit IS NOT NULL",
        [(*pair, logit) for pair, logit in logits.items()],
    )


def waiting(store: Store, limit: int) -> tuple[Pair, ...]:
    """The pairs that have waited longest to be read, in the order of the items' arrival."""
    rows = store.tuples(
        "SELECT item_a, item_b FROM model_score WHERE logit IS NULL"
        " ORDER BY item_b, item_a LIMIT ?",
        (limit,),
    )
    return tuple((a, b) for a, b in rows)


def is_waiting(store: Store, item_a: int, item_b: int) -> bool:
    """Whether the pair of these items waits to be read."""
    found = store.value(
        "SELECT logit IS NULL FROM model_score WHERE item_a=? AND item_b=?",
        (min(item_a, item_b), max(item_a, item_b)),
    )
    return bool(found)


def any_waiting(store: Store) -> bool:
    """Whether a pair waits to be read."""
    return bool(store.value("SELECT 1 FROM model_score WHERE logit IS NULL LIMIT 1"))


def count_waiting(store: Store) -> int:
    """How many pairs wait to be read."""
    found: int = store.value("SELECT count(*) FROM model_score WHERE logit IS NULL")
    return found


def forget(store: Store, item_ids: Iterable[int]) -> None:
    """Drops what was said of items whose text has changed."""
    ids = json.dumps(list(item_ids))
    store.execute(
        "DELETE FROM model_score WHERE item_a IN (SELECT value FROM json_each(?1))"
        " OR item_b IN (SELECT value FROM json_each(?1))",
        (ids,),
    )
