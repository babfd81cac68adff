"""Why an item is in its story, why not in another one, and why the story is on or off a topic."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aggregator.errors import NotFound
from aggregator.ingest.corrections import is_item, item_number
from aggregator.ingest.desk import Desk, Draft, Told
from aggregator.ingest.judging import story_texts, terms_of
from aggregator.ingest.model_reader import stored_logits
from aggregator.ingest.rules import Rules
from aggregator.model import TopicDecision, TopicText
from aggregator.storage import evidence, matching, model_scores, revisions, stories
from aggregator.storage.evidence import PlacedItem, StoredDecision, StoredReason
from aggregator.storage.related import RELATED, links_of
from aggregator.storage.store import Store
from aggregator.stories.candidates import keys
from aggregator.stories.compare import Comparisons, nearest
from aggregator.stories.match import decide, told_of

MAX_VARIANTS = 500  # items of one story that are listed
MAX_ANEW = 20  # of them compared anew


def explain(store: Store, rules: Rules, ref: str) -> dict[str, Any]:
    """The explanation of an item (`i12`) or a story (its printed id), as a JSON document.

    Stored reasons are given as they were decided. Stories that were looked at but not among the
    best three are compared again, with what is stored today: such rows say `"recomputed": true`.
    The signals against a story that was turned down, and those of an item whose own story became
    part of this one later, are measured anew. `revisions`: why the entry is the item that it was
    before an edit, or another one. Raises NotFound.
    """
    item_id = item_number(ref) if is_item(ref) else None
    story_id = _story_of(store, item_id) if item_id is not None else stories.by_uid(store, ref)
    document: dict[str, Any] = {
        "item": None if item_id is None else f"i{item_id}",
        "revisions": [] if item_id is None else _revisions(store, item_id),
    }
    if story_id is None:
        return document | {"story": None, "variants": [], "rejected": [], "related": [],
                           "topics": [], "note": "stored, and not yet matched"}  # fmt: skip
    placed = evidence.placed_items(store, story_id, limit=MAX_VARIANTS)
    reasons = evidence.reasons(store, [one.item_id for one in placed])
    chosen = {one.item_id: one for one in reasons if one.chosen}
    asked = [one for one in placed if item_id in (None, one.item_id)] or list(placed)
    desk = Desk(store, rules)
    linked = links_of(store, (story_id,)).get(story_id, ())
    joined = _joined_later(desk, story_id, [one for one in asked if one is not placed[0]], chosen)
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
                **_why(store, chosen.get(one.item_id)),
                **joined.get(one.item_id, {}),
            }
            for one in placed
        ],
        "rejected": _rejected(
            desk,
            story_id=story_id,
            items=[one.item_id for one in asked],
            reasons=reasons,
            related={one.story_id for one in linked},
        ),
        "related": [
            {"story": one.story, "headline": one.headline, "strength": round(one.strength, 3)}
            for one in linked
        ],
        "topics": _topics(store, rules, story_id),
        "thresholds": {"join": rules.matcher.scorer.join},
    }


def _story_of(store: Store, item_id: int) -> int | None:
    if not matching.items_by_id(store, (item_id,)):
        raise NotFound(f"no item i{item_id}; 'aggregator search' shows the ids")
    return stories.story_of_item(store, item_id)


def _revisions(store: Store, item_id: int) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.kind,
            "of": None if one.of_item is None else f"i{one.of_item}",
            "reasons": list(one.reasons),
            "at": one.decided_at,
        }
        for one in revisions.decisions(store, item_id)
    ]


def _why(store: Store, reason: StoredReason | None) -> dict[str, Any]:
    if reason is None:
        return {"rule": "", "score": 0.0, "evidence": {}}
    found = dict(reason.signals)
    if reason.detail:
        found["detail"] = reason.detail
    like = found.get("item")
    if isinstance(like, int):
        found |= _waiting(store, reason.item_id, like)
    return {"rule": reason.rule, "score": reason.score, "evidence": found}


def _joined_later(
    desk: Desk, story_id: int, placed: Sequence[PlacedItem], chosen: Mapping[int, StoredReason]
) -> dict[int, dict[str, Any]]:
    """For items that opened a story of their own, which is this one by now: what is most alike."""
    opened = [one.item_id for one in placed[:MAX_ANEW]
              if one.item_id in chosen and chosen[one.item_id].rule == "new"]  # fmt: skip
    rows = {}
    for item in matching.items_by_id(desk.store, opened):
        told = desk.tell(item)
        evidence = _evidence(desk, told, story_id)
        if evidence:
            detail = f"opened a story that later became one with this; like “{evidence['like']}”"
            rows[item.item_id] = {"evidence": evidence | {"detail": detail}}
    return rows


def _rejected(
    desk: Desk,
    *,
    story_id: int,
    items: list[int],
    reasons: tuple[StoredReason, ...],
    related: Collection[int],
) -> list[dict[str, Any]]:
    """The best of each other story: as stored, else compared again for the first item asked."""
    told = {item.item_id: desk.tell(item) for item in matching.items_by_id(desk.store, items)}
    best: dict[int, dict[str, Any]] = {}
    for one in sorted(reasons, key=lambda reason: -reason.score):
        if one.chosen or one.item_id not in told or one.story_id in (story_id, *best):
            continue
        if one.rule == RELATED:
            continue  # never compared
        best[one.story_id] = {
            "story": one.story, "headline": one.headline, "score": one.score,
            "vetoes": list(one.vetoes), "related": one.story_id in related,
            "item": f"i{one.item_id}",
            "evidence": _evidence(desk, told[one.item_id], one.story_id), "recomputed": False,
        }  # fmt: skip
    first = told[items[0]]
    for draft in desk.candidates(first, keys(first.features)):
        if draft.story_id != story_id and draft.story_id not in best:
            row = _compare(desk, first, draft)
            if row is not None:
                row["related"] = draft.story_id in related
                row["evidence"] = _evidence(desk, first, draft.story_id)
                best[draft.story_id] = row
    return sorted(best.values(), key=lambda row: (-row["score"], row["story"]))


def _evidence(desk: Desk, told: Told, story_id: int) -> dict[str, Any]:
    """What an item and the most alike of a story's other items say about each other today."""
    desk.load((story_id,))
    draft = desk.drafts.get(story_id)
    if draft is None:
        return {}
    others = [one for one in draft.candidate().members if one.item_id != told.item.item_id]
    found = nearest(told.member(), others, _comparisons(desk))
    if found is None:
        return {}
    like, _ = found
    return told_of(*found) | _waiting(desk.store, told.item.item_id, like.item_id)


def _waiting(store: Store, item_id: int, like: int) -> dict[str, bool]:
    """That the model has yet to read a pair, where it is so: its score may still change."""
    return {"model_waits": True} if model_scores.is_waiting(store, item_id, like) else {}


def _comparisons(desk: Desk) -> Comparisons:
    """With what the model has said so far: explaining asks it nothing."""
    return Comparisons(desk.rules.matcher, stored_logits(desk.store))


def _compare(desk: Desk, told: Told, draft: Draft) -> dict[str, Any] | None:
    found = decide(told.member(), [draft.candidate()], _comparisons(desk))
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
        return row | {"score": one.score, "vetoes": list(one.vetoes)}
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
