"""Has topics that are new, or have another query, judge the stories that are stored already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.ingest.judging import decision_row, story_texts
from aggregator.ingest.rules import Rules
from aggregator.settings import TopicSettings
from aggregator.storage import decisions, stories, topic_states
from aggregator.storage.decisions import BatchRows
from aggregator.storage.store import Store
from aggregator.times import time_text
from aggregator.topics.decide import judge
from aggregator.topics.query import Topic

AT_ONCE = 200  # stories that are judged in one transaction: about 0.1 s


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
    accepted: Counter[str] = Counter()
    after: int | None = 0
    while after is not None:
        with store.transaction():
            ids = stories.reported_since(store, now - rules.window, after=after, limit=AT_ONCE)
            for topic in compiled:
                accepted[topic.name] += _judge(store, topic, ids, now)
            after = ids[-1] if len(ids) == AT_ONCE else None
            if after is None:
                topic_states.note_judged(store, topics)
        yield tuple(Filled(name, is_new, accepted[name]) for name, is_new in left.items())


def _judge(store: Store, topic: Topic, story_ids: Sequence[int], now: datetime) -> int:
    """Judges those of these stories that the topic has not accepted; how many it accepts."""
    before = decisions.accepted_topics(store, story_ids)
    open_ids = [one for one in story_ids if topic.name not in before.get(one, ())]
    decisions.drop_refusals(store, topic.name, open_ids)
    rows, found = BatchRows(), []
    for story_id in open_ids:
        decision = judge(topic, story_texts(store, story_id), is_brief=True)
        row = decision_row(story_id, topic, decision, at=time_text(now))
        if row is not None:
            rows.decisions.append(row)
        if decision.accepted:
            found.append(story_id)
    decisions.write_rows(store, rows)
    if found:
        topic_states.mark_dirty(store, (topic.name,))
        silent = topic_states.silent(store, topic.name)
        topic_states.keep_silent(store, topic.name, silent.union(found))
    return len(found)
