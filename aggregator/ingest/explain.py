"""Why an item is in its story, why not in another one, and why the story is on or off a topic."""

from __future__ import annotations

from typing import Any

from aggregator.errors import NotFound
from aggregator.ingest.corrections import is_item, item_number
from aggregator.ingest.desk import Desk, Draft, Told
from aggregator.ingest.judging import story_texts, terms_of
from aggregator.ingest.rules import Rules
from aggregator.model import TopicDecision, TopicText
from aggregator.storage import evidence, matching, stories
from aggregator.storage.evidence import StoredDecision, StoredReason
from aggregator.storage.store import Store
from aggregator.stories.candidates import keys
from aggregator.stories.match import decide

MAX_VARIANTS = 500  # items of one story that are listed


def explain(store: Store, rules: Rules, ref: str) -> dict[str, Any]:
    """The explanation of an item (`i12`) or a story (its printed id), as a JSON document.

    Stored reasons are given as they were decided. Stories that were looked at but not among the
    best three are compared again, with what is stored today: such rows say `"recomputed": true`.
    Raises NotFound.
    """
    item_id = item_number(ref) if is_item(ref) else None
    story_id = _story_of(store, item_id) if item_id is not None else stories.by_uid(store, ref)
    document: dict[str, Any] = {"item": None if item_id is None else f"i{item_id}"}
    if story_id is None:
        return document | {"story": None, "variants": [], "rejected": [], "topics": [],
                           "note": "stored, and not yet matched"}  # fmt: skip
    placed = evidence.placed_items(store, story_id, limit=MAX_VARIANTS)
    reasons = evidence.reasons(store, [one.item_id for one in placed])
    chosen = {one.item_id: one for one in reasons if one.chosen}
    asked = [one for one in placed if item_id in (None, one.item_id)] or list(placed)
    return document | {
        "story": evidence.uid(store, story_id),
        "variants": [
            {
                "item": f"i{one.item_id}",
                "headline": one.headline,
                "feed": one.feed,
                "publisher": one.publisher,
                "url": one.url,
                "published": one.at,
                **_why(chosen.get(one.item_id)),
            }
            for one in placed
        ],
        "rejected": _rejected(
            store, rules, story_id=story_id, items=[one.item_id for one in asked], reasons=reasons
        ),
        "topics": _topics(store, rules, story_id),
    }


def _story_of(store: Store, item_id: int) -> int | None:
    if not matching.items_by_id(store, (item_id,)):
        raise NotFound(f"no item i{item_id}; 'aggregator search' shows the ids")
    return stories.story_of_item(store, item_id)


def _why(reason: StoredReason | None) -> dict[str, Any]:
    if reason is None:
        return {"rule": "", "score": 0.0, "evidence": {}}
    found = dict(reason.signals)
    if reason.detail:
        found["detail"] = reason.detail
    return {"rule": reason.rule, "score": reason.score, "evidence": found}


def _rejected(
    store: Store, rules: Rules, *, story_id: int, items: list[int],
    reasons: tuple[StoredReason, ...],
) -> list[dict[str, Any]]:  # fmt: skip
    """The best of each other story: as stored, else compared again for the first item asked."""
    best: dict[int, dict[str, Any]] = {}
    for one in sorted(reasons, key=lambda reason: -reason.score):
        if one.chosen or one.item_id not in items or one.story_id == story_id:
            continue
        best.setdefault(one.story_id, {
            "story": one.story, "headline": one.headline, "score": one.score,
            "vetoes": list(one.vetoes), "related": one.related, "item": f"i{one.item_id}",
            "recomputed": False,
        })  # fmt: skip
    for row in _compared_again(store, rules, story_id=story_id, item_id=items[0], known=set(best)):
        best[len(best) * -1 - 1] = row
    return sorted(best.values(), key=lambda row: (-row["score"], row["story"]))


def _compared_again(
    store: Store, rules: Rules, *, story_id: int, item_id: int, known: set[int]
) -> list[dict[str, Any]]:
    desk = Desk(store, rules)
    (item,) = matching.items_by_id(store, (item_id,))
    told = desk.tell(item)
    item_keys = keys(told.features)
    return [
        row
        for draft in desk.candidates(item, item_keys)
        if draft.story_id != story_id and draft.story_id not in known
        and (row := _compare(rules, told, draft)) is not None
    ]  # fmt: skip


def _compare(rules: Rules, told: Told, draft: Draft) -> dict[str, Any] | None:
    found = decide(told.member(), [draft.candidate()], matcher=rules.matcher)
    row = {
        "story": draft.uid,
        "headline": draft.headline,
        "score": found.evidence.score,
        "vetoes": [],
        "related": False,
        "item": f"i{told.item.item_id}",
        "recomputed": True,
    }
    if found.story_id is not None:
        return row | {"note": "today's rules would join them"}
    for one in found.rejected:
        return row | {"score": one.score, "vetoes": list(one.vetoes), "related": one.related}
    return None


def _topics(store: Store, rules: Rules, story_id: int) -> list[dict[str, Any]]:
    stored = evidence.decisions(store, story_id)
    rows = []
    texts: tuple[TopicText, ...] | None = None
    for topic in rules.topics:
        found = stored.get(topic.name)
        if found is not None and (found.accepted or found.rules_hash == topic.rules_hash):
            rows.append(_stored(found))
            continue
        texts = texts or story_texts(store, story_id)
        (decision,) = (one for of, one in rules.judge(texts) if of.name == topic.name)
        rows.append(_judged(decision))
    return rows


def _stored(found: StoredDecision) -> dict[str, Any]:
    return {
        "topic": found.topic,
        "accepted": found.accepted,
        "score": found.score,
        "threshold": found.threshold,
        "terms": [dict(term) for term in found.terms],
        "recomputed": False,
    }


def _judged(decision: TopicDecision) -> dict[str, Any]:
    return {
        "topic": decision.topic,
        "accepted": decision.accepted,
        "score": decision.score,
        "threshold": decision.threshold,
        "terms": terms_of(decision.terms),
        "recomputed": True,
    }
