"""The texts of a story that topics judge, and their decisions on stored stories."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import to_builtins

from aggregator.ingest.rules import Rules
from aggregator.model import TermHit, TopicDecision, TopicText
from aggregator.storage import decisions, matching, published, stories
from aggregator.storage.decisions import DecisionRow
from aggregator.storage.matching import FeedTraits, StoredItem
from aggregator.storage.store import Store
from aggregator.topics.topic import Topic

MAX_TEXTS = 32  # items of one story that a topic reads: further ones add nothing


def text_of(item: StoredItem, feed: FeedTraits) -> TopicText:
    """An item as topics read it."""
    return TopicText(
        headline=item.headline,
        summary=item.summary,
        publisher=item.publisher,
        url=item.url or "",
        trusted=feed.on_topic,
    )


def refusal(rules: Rules, item: StoredItem, feed: FeedTraits) -> TopicDecision | None:
    """The decision by which the feed's own rules block an item; None if they admit it."""
    own = rules.feed_rules.get(feed.key)
    return None if own is None else own.refusal(text_of(item, feed))


def story_texts(store: Store, story_id: int) -> tuple[TopicText, ...]:
    """The texts of a stored story: items of trusted feeds first, then the oldest."""
    ids = stories.items_to_judge(store, story_id, limit=MAX_TEXTS)
    items = matching.items_by_id(store, ids)
    feeds = matching.feed_traits(store, {item.feed_id for item in items})
    return tuple(dict.fromkeys(text_of(item, feeds[item.feed_id]) for item in items))


def terms_of(hits: Iterable[TermHit]) -> list[dict[str, object]]:
    """Terms as they are stored and printed; `rules`: the names of the rules that matched it."""
    found: list[dict[str, object]] = to_builtins(list(hits))
    return found


def decision_row(
    story_id: int, topic: Topic, decision: TopicDecision, *, at: str
) -> DecisionRow | None:
    """The row of a topic's decision; None for a story that is far from the topic, like most."""
    if not (decision.accepted or decision.terms):
        return None
    return DecisionRow(
        story_id=story_id,
        topic=topic.name,
        accepted=decision.accepted,
        score=decision.score,
        threshold=decision.threshold,
        terms=json.dumps(terms_of(decision.terms), ensure_ascii=False),
        rules_hash=topic.rules_hash,
        decided_at=at,
    )


def withdraw_unfounded(store: Store, rules: Rules, *, story_id: int) -> None:
    """Revokes topic decisions that rested on items which a story no longer has."""
    accepted = decisions.accepted_topics(store, (story_id,)).get(story_id, set())
    if not accepted:
        return
    for topic, decision in rules.judge(story_texts(store, story_id), is_brief=True):
        if topic.name in accepted and not decision.accepted:
            stories.drop_decision(store, story_id, topic=topic.name)
            published.withdraw_entries(store, topic.name, [story_id])
