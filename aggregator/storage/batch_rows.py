"""The rows of a decided batch: each kind a struct in the order of its statement's parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from msgspec import Struct, field
from msgspec.structs import astuple

from aggregator.storage.store import Store


class _Row(Struct, frozen=True):
    sql: ClassVar[str]


class NewStory(_Row, frozen=True):
    """A story that the batch opened; times as texts."""

    sql = (
        "INSERT INTO story (id, uid, headline, url, lead_item_id, first_seen_at, first_item_at,"
        " last_item_at, items, variants) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    story_id: int
    uid: str
    headline: str
    url: str | None
    lead_item_id: int | None
    first_seen_at: str
    first_item_at: str
    last_item_at: str
    items: int
    variants: int


class StoryGrowth(_Row, frozen=True):
    """What changed of a stored story; times as texts."""

    sql = (
        "UPDATE story SET headline=?, url=?, lead_item_id=?, first_item_at=?, last_item_at=?,"
        " items=?, variants=? WHERE id=?"
    )
    headline: str
    url: str | None
    lead_item_id: int | None
    first_item_at: str
    last_item_at: str
    items: int
    variants: int
    story_id: int


class NewVariant(_Row, frozen=True):
    """A wording that is new to its story, with the item that stands for it."""

    sql = (
        "INSERT INTO variant (id, story_id, headline, fingerprint, truncated, terms, core, item_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    )
    variant_id: int
    story_id: int
    headline: str
    fingerprint: str
    truncated: bool
    terms: str
    core: bool
    item_id: int


class MatchedItem(_Row, frozen=True):
    """An item and the variant that it is of; it waits no longer."""

    sql = "UPDATE item SET variant_id=?, refresh=0 WHERE id=?"
    variant_id: int
    item_id: int


class EvidenceRow(_Row, frozen=True):
    """Why an item is in a story, or is not; lists and mappings as JSON."""

    sql = (
        "INSERT OR REPLACE INTO evidence (item_id, story_id, decided_at, rule, chosen, related,"
        " score, detail, signals, vetoes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
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


class KeyRow(_Row, frozen=True):
    """A key by which a story is found, and the day of the item that has it."""

    sql = "INSERT OR IGNORE INTO story_key (key, day, story_id) VALUES (?, ?, ?)"
    key: str
    day: int
    story_id: int


class DecisionRow(_Row, frozen=True):
    """What a topic said of a story; of two decisions the one more in its favour stays."""

    sql = (
        "INSERT INTO decision (story_id, topic, accepted, score, threshold, terms, rules_hash,"
        " decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (story_id, topic) DO UPDATE SET"
        " accepted=excluded.accepted, score=excluded.score, threshold=excluded.threshold,"
        " terms=excluded.terms, rules_hash=excluded.rules_hash, decided_at=excluded.decided_at"
        " WHERE (excluded.accepted, excluded.score) > (accepted, score)"
    )
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

    stories: list[NewStory] = field(default_factory=list)
    growths: list[StoryGrowth] = field(default_factory=list)
    variants: list[NewVariant] = field(default_factory=list)
    items: list[MatchedItem] = field(default_factory=list)
    evidence: list[EvidenceRow] = field(default_factory=list)
    keys: list[KeyRow] = field(default_factory=list)
    decisions: list[DecisionRow] = field(default_factory=list)


def write_rows(store: Store, rows: BatchRows) -> None:
    """Writes all rows, one statement for each kind. The caller holds the transaction."""
    kinds: tuple[Sequence[_Row], ...] = astuple(rows)
    for kind in kinds:
        if kind:
            store.executemany(kind[0].sql, map(astuple, kind))
