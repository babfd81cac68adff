"""Has topics that are new, or have another query, judge the stories that are stored already."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.ingest.judging import decision_row, story_texts
from aggregator.ingest.rules import Rules
from aggregator.logs import event
from aggregator.model import TopicText
from aggregator.settings import TopicSettings
from aggregator.storage import decisions, stories, topic_states
from aggregator.storage.decisions import BatchRows, DecisionRow
from aggregator.storage.store import Store
from aggregator.times import time_text
from aggregator.topics.decide import judge
from aggregator.topics.query import Topic

_log = logging.getLogger(__name__)
AT_ONCE = 800  # decisions that are made in one transaction: about 0.1 s


class Filled(Struct, frozen=True):
    """How many stored stories a topic has accepted that it had not accepted before."""

    topic: str
    is_new: bool  # else it has another query
    stories: int


def judge_stored(
    store: Store, rules: Rules, topics: Sequence[TopicSettings], now: datetime
) -> Iterator[tuple[Filled, ...]]:
    """Judges the stories of the window step by step; yields the result so far after each step.

    `topics`: all that are enabled; nothing is yielded unless one has stored stories left to judge.
    What a topic has accepted stays; nobody is notified of what it accepts here. The steps begin
    afresh where they were not taken to the end.
    """
    left = topic_states.unjudged(store, topics)
    if not left:
        return
    compiled = [topic for topic in rules.topics if topic.name in left]
    limit = max(AT_ONCE // len(left), 1)
    accepted: Counter[str] = Counter()
    after: int | None = 0
    while after is not None:
        with store.transaction():
            ids = stories.reported_since(store, now - rules.window, after=after, limit=limit)
            accepted.update(_judge(store, compiled, ids, now))
            after = ids[-1] if len(ids) == limit else None
            if after is None:
                topic_states.note_judged(store, topics)
        yield tuple(Filled(name, is_new, accepted[name]) for name, is_new in left.items())


def _judge(
    store: Store, topics: Sequence[Topic], story_ids: Sequence[int], now: datetime
) -> Mapping[str, int]:
    """Has topics judge those of these stories that they have not accepted; how many each accepts.

    A story that makes our own code fail is logged and left out: nothing is matched before this.
    """
    before = decisions.accepted_topics(store, story_ids)
    rows = BatchRows()
    for story_id in story_ids:
        if left := [one for one in topics if one.name not in before.get(story_id, ())]:
            texts = story_texts(store, story_id)
            rows.decisions += [
                row
                for topic in left
                if (row := _decided(store, topic, story_id, texts, now)) is not None
            ]
    found = {
        topic.name: {row.story_id for row in rows.decisions
                     if row.topic == topic.name and row.accepted}
        for topic in topics
    }  # fmt: skip
    for name in found:
        decisions.drop_refusals(store, name, story_ids)
    decisions.write_rows(store, rows)
    for name in filter(found.get, found):
        topic_states.mark_dirty(store, (name,))
        topic_states.keep_silent(store, name, topic_states.silent(store, name) | found[name])
    return {name: len(ids) for name, ids in found.items()}


def _decided(
    store: Store, topic: Topic, story_id: int, texts: Sequence[TopicText], now: datetime
) -> DecisionRow | None:
    try:
        decision = judge(topic, texts, is_brief=True)
    except Exception:
        event(_log, "topic.story_failed", level=logging.ERROR, error=True,
              topic=topic.name, story=stories.uid_of(store, story_id))  # fmt: skip
        return None
    return decision_row(story_id, topic, decision, at=time_text(now))
