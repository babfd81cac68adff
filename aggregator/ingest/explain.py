"""Explains why an item is in its story and not in another, and why a topic accepted it or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aggregator.errors import NotFound
from aggregator.ingest.candidates import CandidateStories
from aggregator.ingest.corrections import is_item, item_number
from aggregator.ingest.judging import refusal, story_texts, terms_of
from aggregator.ingest.model_reader import stored_logits
from aggregator.ingest.open_story import ReadItem
from aggregator.ingest.rules import Rules
from aggregator.model import TopicDecision, TopicText
from aggregator.storage import decisions, items, matching, stories
from aggregator.storage.decisions import PlacedItem, StoredDecision, StoredReason
from aggregator.storage.feeds import private_addresses
from aggregator.storage.related import RELATED, links_of
from aggregator.storage.reports import reports_of
from aggregator.storage.store import Store
from aggregator.stories.blocking import keys
from aggregator.stories.compare import Comparisons, nearest
from aggregator.stories.independence import ReportOrigin, independence, origin_in_words
from aggregator.stories.match import as_evidence, decide

MAX_VARIANTS = 500  # items of one story that are listed
MAX_ANEW = 20  # of them that are compared again


def explain(store: Store, rules: Rules, ref: str) -> dict[str, Any]:
    """The explanation of an item (`i12`) or a story (its printed id), as a JSON document.

    Stored reasons are given as they were decided. Other stories that were considered are compared
    again, with what is stored today: such rows say `"recomputed": true`. Signals are measured again
    for rejected stories, and for items whose own story was merged into this one. `revisions`: why
    an edited entry is still the same item, or another one. Raises NotFound.
    """
    item_id = item_number(ref) if is_item(ref) else None
    if item_id is not None and not matching.items_by_id(store, (item_id,)):
        raise NotFound(f"no item i{item_id}; 'aggregator search' shows the ids")
    story_id = (
        stories.by_uid(store, ref) if item_id is None else stories.story_of_item(store, item_id)
    )
    document: dict[str, Any] = {
        "item": None if item_id is None else f"i{item_id}",
        "revisions": [] if item_id is None else _revisions(store, item_id),
    }
    if story_id is None:
        blocked = _blocked(store, rules, item_id)
        note = "kept out by the rules of its feed" if blocked else "stored, and not yet matched"
        return document | {"story": None, "variants": [], "rejected": [], "related": [],
                           "topics": [], "reports": 0, "independent": 0,
                           "blocked": blocked, "note": note}  # fmt: skip
    placed = decisions.placed_items(store, story_id, limit=MAX_VARIANTS)
    reasons = decisions.reasons(store, [one.item_id for one in placed])
    chosen = {one.item_id: one for one in reasons if one.chosen}
    asked = [one for one in placed if item_id in (None, one.item_id)] or list(placed)
    candidates = CandidateStories(store, rules)
    linked = links_of(store, (story_id,)).get(story_id, ())
    origins = independence(placed)
    reports = reports_of(store, story_id, private=private_addresses(store))
    listed = [one for one in placed if one.item_id in reports.listed]
    joined = _joined_later(
        candidates, story_id, [one for one in asked if one is not placed[0]], chosen
    )
    return document | {
        "story": stories.uid_of(store, story_id),
        "variants": [
            _variant(store, placed, at, origins.origins[at], chosen.get(one.item_id))
            | joined.get(one.item_id, {})
            for at, one in enumerate(placed)
        ],
        "reports": reports.count,
        "independent": independence(listed).independent,
        "rejected": _rejected(
            candidates,
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


def _variant(
    store: Store,
    placed: Sequence[PlacedItem],
    at: int,
    origin: ReportOrigin,
    reason: StoredReason | None,
) -> dict[str, Any]:
    """An item of the story: why it belongs to it, and whose report it is.

    `origin`: the publisher's family, the agency that it credits, and the report that it copies.
    """
    one, credit, copy_of = placed[at], origin.credit, origin.copy_of
    evidence: dict[str, Any] = {} if reason is None else dict(reason.signals)
    if reason is not None and reason.detail:
        evidence["detail"] = reason.detail
    like = evidence.get("item")
    if reason is not None and isinstance(like, int):
        evidence |= _waiting(store, reason.item_id, like)
    return {
        "item": f"i{one.item_id}",
        "headline": one.headline,
        "feed": one.feed,
        "publisher": one.publisher,
        "url": one.url,
        "published": one.at,
        "rule": "" if reason is None else reason.rule,
        "score": 0.0 if reason is None else reason.score,
        "evidence": evidence,
        "origin": {
            "family": origin.family,
            "agency": None if credit is None else credit.agency,
            "credit": None if credit is None else credit.place,
            "copy_of": None if copy_of is None else f"i{placed[copy_of].item_id}",
            "in_words": origin_in_words(placed, at, origin),
        },
    }


def _blocked(store: Store, rules: Rules, item_id: int | None) -> dict[str, Any] | None:
    """Why an item is blocked: `keep` or `block`, with the terms found; None if it is not.

    Without terms if today's rules would admit it: the next run will.
    """
    if item_id is None or not items.is_blocked(store, item_id):
        return None
    (item,) = matching.items_by_id(store, (item_id,))
    feed = matching.feed_traits(store, (item.feed_id,))[item.feed_id]
    found = refusal(rules, item, feed)
    if found is None:
        return {"setting": "", "terms": []}
    return {"setting": found.topic, "terms": terms_of(found.terms)}


def _revisions(store: Store, item_id: int) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.kind,
            "of": None if one.of_item is None else f"i{one.of_item}",
            "reasons": list(one.reasons),
            "at": one.decided_at,
        }
        for one in items.revisions_of(store, item_id)
    ]


def _joined_later(
    candidates: CandidateStories,
    story_id: int,
    placed: Sequence[PlacedItem],
    chosen: Mapping[int, StoredReason],
) -> dict[int, dict[str, Any]]:
    """For items whose own story was merged into this one: the most similar other item."""
    opened = [one.item_id for one in placed[:MAX_ANEW]
              if one.item_id in chosen and chosen[one.item_id].rule == "new"]  # fmt: skip
    rows = {}
    for item in map(candidates.read, matching.items_by_id(candidates.store, opened)):
        evidence = _evidence(candidates, item, story_id)
        if evidence:
            detail = f"opened a story that later became one with this; like “{evidence['like']}”"
            rows[item.item_id] = {"evidence": evidence | {"detail": detail}}
    return rows


def _rejected(
    candidates: CandidateStories,
    *,
    story_id: int,
    items: list[int],
    reasons: tuple[StoredReason, ...],
    related: Collection[int],
) -> list[dict[str, Any]]:
    """The best match in each other story: as stored, else compared again for the first item."""
    read = {
        item.item_id: item
        for item in map(candidates.read, matching.items_by_id(candidates.store, items))
    }
    best: dict[int, dict[str, Any]] = {}
    for one in sorted(reasons, key=lambda reason: -reason.score):
        if one.chosen or one.item_id not in read or one.story_id in (story_id, *best):
            continue
        if one.rule == RELATED:
            continue  # never compared
        best[one.story_id] = {
            "story": one.story, "headline": one.headline, "score": one.score,
            "vetoes": list(one.vetoes), "related": one.story_id in related,
            "item": f"i{one.item_id}",
            "evidence": _evidence(candidates, read[one.item_id], one.story_id),
            "recomputed": False,
        }  # fmt: skip
    first = read[items[0]]
    for story in candidates.of(first, keys(first.features)):
        if story.story_id in (story_id, *best):
            continue
        found = decide(first.member(), [story.candidate()], _comparisons(candidates))
        joins = found.story_id is not None
        if joins or found.rejected:
            reason = found.evidence if joins else found.rejected[0]
            best[story.story_id] = {
                "story": story.stored.uid, "headline": story.stored.headline, "score": reason.score,
                "vetoes": [] if joins else list(found.rejected[0].vetoes),
                "related": story.story_id in related, "item": f"i{first.item_id}",
                "recomputed": True,
                **({"note": "today's rules would join them"} if joins else {}),
                "evidence": _evidence(candidates, first, story.story_id),
            }  # fmt: skip
    return sorted(best.values(), key=lambda row: (-row["score"], row["story"]))


def _evidence(candidates: CandidateStories, item: ReadItem, story_id: int) -> dict[str, Any]:
    """Today's comparison of an item with the most similar other item of a story."""
    candidates.load((story_id,))
    story = candidates.open.get(story_id)
    if story is None:
        return {}
    others = [one for one in story.candidate().members if one.item_id != item.item_id]
    found = nearest(item.member(), others, _comparisons(candidates))
    if found is None:
        return {}
    like, _ = found
    return as_evidence(*found) | _waiting(candidates.store, item.item_id, like.item_id)


def _waiting(store: Store, item_id: int, like: int) -> dict[str, bool]:
    """Says so if the model has yet to read the pair: its score may still change."""
    return {"model_waits": True} if decisions.is_pair_waiting(store, item_id, like) else {}


def _comparisons(candidates: CandidateStories) -> Comparisons:
    """Comparisons with the stored logits: explaining never runs the model."""
    return Comparisons(candidates.rules.matcher, stored_logits(candidates.store))


def _topics(store: Store, rules: Rules, story_id: int) -> list[dict[str, Any]]:
    stored = decisions.topic_decisions(store, story_id)
    rows = []
    texts: tuple[TopicText, ...] | None = None
    for topic in rules.topics:
        one: StoredDecision | TopicDecision
        found = stored.get(topic.name)
        is_valid = found is not None and (found.accepted or found.rules_hash == topic.rules_hash)
        if found is not None and is_valid:
            one, terms = found, [dict(term) for term in found.terms]
        else:
            texts = texts or story_texts(store, story_id)
            (decision,) = (one for of, one in rules.judge(texts) if of.name == topic.name)
            one, terms = decision, terms_of(decision.terms)
        rows.append(
            {
                "topic": one.topic,
                "accepted": one.accepted,
                "score": one.score,
                "threshold": one.threshold,
                "terms": terms,
                "recomputed": not is_valid,
            }
        )
    return rows
