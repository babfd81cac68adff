"""Decisions on items and stories: the rows that a batch writes, the reasons, and logits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from msgspec import Struct, field
from msgspec.structs import asdict, astuple

from aggregator.model import ItemPair
from aggregator.storage.items import Refresh
from aggregator.storage.matching import StoredStory
from aggregator.storage.store import Store, insertion

# for an inserted decision: it replaces a less favourable one
UNLESS_LESS_FAVOURABLE = (
    " ON CONFLICT (story_id, topic) DO UPDATE SET accepted=excluded.accepted,"
    " score=excluded.score, threshold=excluded.threshold, terms=excluded.terms,"
    " rules_hash=excluded.rules_hash, decided_at=excluded.decided_at"
    " WHERE (excluded.accepted, excluded.score) > (accepted, score)"
)


_OPEN_STORY = (
    "INSERT INTO story (id, uid, headline, url, lead_item_id, first_seen_at, first_item_at,"
    " last_item_at, items, variants) VALUES (:story_id, :uid, :headline, :url, :lead_item_id,"
    " :first_seen_at, :first_at, :last_at, :items, :variants)"
)
_UPDATE_STORY = (
    "UPDATE story SET headline=:headline, url=:url, lead_item_id=:lead_item_id,"
    " first_item_at=:first_at, last_item_at=:last_at, items=:items, variants=:variants"
    " WHERE id=:story_id"
)


_PLACE_ITEM = f"UPDATE item SET variant_id=?, refresh={Refresh.NONE:d} WHERE id=?"  # noqa: S608 - ours


class _Inserted(Struct, frozen=True):
    """A row whose columns are the fields, in their order."""

    into: ClassVar[str]  # how, and into which table
    unless: ClassVar[str] = ""


class NewVariant(_Inserted, frozen=True):
    """A wording that is new to its story, with the item that represents it."""

    into = "INSERT INTO variant"
    id: int
    story_id: int
    headline: str
    fingerprint: str
    truncated: bool
    terms: str
    core: bool
    item_id: int


class MatchedItem(Struct, frozen=True):
    """An item that is matched, with its variant."""

    variant_id: int
    item_id: int


class EvidenceRow(_Inserted, frozen=True):
    """Why an item is or is not in a story; lists and mappings as JSON."""

    into = "INSERT OR REPLACE INTO evidence"
    item_id: int
    story_id: int
    decided_at: str
    rule: str
    chosen: bool = False
    related: int = 0
    score: float = 0.0
    detail: str = ""
    signals: str = "{}"
    vetoes: str = "[]"


class KeyRow(_Inserted, frozen=True):
    """A key under which a story is found, and the day of the item that has it."""

    into = "INSERT OR IGNORE INTO story_key"
    key: str
    day: int
    story_id: int


class DecisionRow(_Inserted, frozen=True):
    """A topic's decision on a story; the more favourable of two is kept."""

    into = "INSERT INTO decision"
    unless = UNLESS_LESS_FAVOURABLE
    story_id: int
    topic: str
    accepted: bool
    score: float
    threshold: float
    terms: str
    rules_hash: str
    decided_at: str


class BatchRows(Struct):
    """All rows of a batch, in the order that references need."""

    opened: list[StoredStory] = field(default_factory=list)
    updated: list[StoredStory] = field(default_factory=list)
    variants: list[NewVariant] = field(default_factory=list)
    items: list[MatchedItem] = field(default_factory=list)
    evidence: list[EvidenceRow] = field(default_factory=list)
    keys: list[KeyRow] = field(default_factory=list)
    decisions: list[DecisionRow] = field(default_factory=list)


def write_rows(store: Store, rows: BatchRows) -> None:
    """Writes all rows, one statement for each kind. The caller holds the transaction."""
    store.executemany(_OPEN_STORY, map(asdict, rows.opened))
    store.executemany(_UPDATE_STORY, map(asdict, rows.updated))
    _insert(store, rows.variants)
    store.executemany(_PLACE_ITEM, map(astuple, rows.items))
    for more in (rows.evidence, rows.keys, rows.decisions):
        _insert(store, more)


def _insert(store: Store, rows: Sequence[_Inserted]) -> None:
    if rows:
        statement = insertion(rows[0].into, rows[0].__struct_fields__) + rows[0].unless
        store.executemany(statement, map(astuple, rows))


class StoredReason(Struct, frozen=True):
    """One stored decision on an item and a story."""

    item_id: int
    story: str  # printed id of the story, merges followed
    story_id: int
    headline: str  # of that story
    chosen: bool
    related: bool
    rule: str
    score: float
    detail: str
    signals: Mapping[str, object]
    vetoes: tuple[str, ...]


class StoredDecision(Struct, frozen=True):
    """One stored decision of a topic on a story."""

    topic: str
    accepted: bool
    score: float
    threshold: float
    terms: tuple[Mapping[str, object], ...]
    rules_hash: str


class PlacedItem(Struct, frozen=True):
    """An item of a story, as shown to people."""

    item_id: int
    headline: str
    feed: str
    publisher: str
    url: str | None
    at: str  # UTC text
    author: str
    summary: str
    family: str  # as configured


def reasons(store: Store, item_ids: Iterable[int]) -> tuple[StoredReason, ...]:
    """The stored reasons of these items, the best first."""
    return store.structs(
        StoredReason,
        "SELECT e.item_id, k.uid AS story, k.id AS story_id, k.headline, e.chosen,"
        " e.related > 0 AS related, e.rule, e.score, e.detail, e.signals, e.vetoes"
        " FROM evidence e JOIN story s ON s.id = e.story_id"
        " JOIN story k ON k.id = coalesce(s.merged_into, s.id)"
        " WHERE e.item_id IN (SELECT value FROM json_each(?))"
        " ORDER BY e.item_id, e.chosen DESC, e.score DESC, k.id",
        (list(item_ids),),
        in_json=("signals", "vetoes"),
    )


def topic_decisions(store: Store, story_id: int) -> dict[str, StoredDecision]:
    """The stored decisions on a story, by topic."""
    found = store.structs(
        StoredDecision,
        "SELECT topic, accepted, score, threshold, terms, rules_hash FROM decision"
        " WHERE story_id=?",
        (story_id,),
        in_json=("terms",),
    )
    return {decision.topic: decision for decision in found}


def accepted_topics(store: Store, story_ids: Iterable[int] | None = None) -> dict[int, set[str]]:
    """The topics that accept each story, or each of `story_ids`."""
    chosen = "" if story_ids is None else " AND story_id IN (SELECT value FROM json_each(:ids))"
    found = store.groups(
        "SELECT story_id, topic FROM decision WHERE accepted = 1" + chosen,  # noqa: S608 - a constant clause
        {"ids": list(story_ids or ())},
    )
    return {story_id: set(topics) for story_id, topics in found.items()}


def drop_refusals(store: Store, topic: str, story_ids: Iterable[int]) -> None:
    """Deletes a topic's decisions on these stories, but for those that accept one."""
    store.execute(
        "DELETE FROM decision WHERE topic=? AND NOT accepted"
        " AND story_id IN (SELECT value FROM json_each(?))",
        (topic, list(story_ids)),
    )


def placed_items(store: Store, story_id: int, *, limit: int) -> tuple[PlacedItem, ...]:
    """The items of a story, oldest first."""
    return store.structs(
        PlacedItem,
        "SELECT item_id, headline, feed, publisher, url, at, author, summary, family"
        " FROM story_source"
        " WHERE story_id=? ORDER BY at, item_id LIMIT ?",
        (story_id, limit),
    )


def logits_of(store: Store, pairs: Iterable[ItemPair]) -> dict[ItemPair, float | None]:
    """The stored logits of these pairs; None for one that waits to be read."""
    rows = store.tuples(
        "SELECT m.item_a, m.item_b, m.logit FROM json_each(?) j JOIN model_score m"
        " ON m.item_a = j.value->>0 AND m.item_b = j.value->>1",
        (list(pairs),),
    )
    return {(a, b): logit for a, b, logit in rows}


def keep_logits(store: Store, logits: Mapping[ItemPair, float | None]) -> None:
    """Stores the model's logits of pairs; None: the pair waits to be read."""
    store.executemany(
        "INSERT INTO model_score (item_a, item_b, logit) VALUES (?, ?, ?)"
        " ON CONFLICT (item_a, item_b) DO UPDATE SET logit=excluded.logit"
        " WHERE excluded.logit IS NOT NULL",
        [(*pair, logit) for pair, logit in logits.items()],
    )


def waiting_pairs(store: Store, limit: int) -> tuple[ItemPair, ...]:
    """The pairs that have waited longest to be read, in the order of the items' arrival."""
    rows = store.tuples(
        "SELECT item_a, item_b FROM model_score WHERE logit IS NULL"
        " ORDER BY item_b, item_a LIMIT ?",
        (limit,),
    )
    return tuple((a, b) for a, b in rows)


def is_pair_waiting(store: Store, item_a: int, item_b: int) -> bool:
    """Whether the pair of these items waits to be read."""
    found = store.value(
        "SELECT logit IS NULL FROM model_score WHERE item_a=? AND item_b=?",
        (min(item_a, item_b), max(item_a, item_b)),
    )
    return bool(found)


def any_pair_waiting(store: Store) -> bool:
    """Whether a pair waits to be read."""
    return bool(store.value("SELECT 1 FROM model_score WHERE logit IS NULL LIMIT 1"))


def count_waiting_pairs(store: Store) -> int:
    """How many pairs wait to be read."""
    return int(store.value("SELECT count(*) FROM model_score WHERE logit IS NULL"))


def forget_logits(store: Store, item_ids: Iterable[int]) -> None:
    """Drops the logits of items whose text has changed."""
    store.execute(
        "DELETE FROM model_score WHERE item_a IN (SELECT value FROM json_each(?1))"
        " OR item_b IN (SELECT value FROM json_each(?1))",
        (list(item_ids),),
    )
