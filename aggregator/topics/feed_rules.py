"""Which items of one feed are accepted: its `keep` and `block` rules, in the topic language.

A list holds terms and rules, of which one has to hold; a mapping is a query as a topic has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from aggregator.model import TopicDecision, TopicText
from aggregator.settings import TopicSettings
from aggregator.topics import raw
from aggregator.topics.decide import judge
from aggregator.topics.query import RULE_KEYS, compile_topic
from aggregator.topics.raw import QueryError
from aggregator.topics.topic import Topic

_ROW_KEYS = tuple(key for key in RULE_KEYS if key != "weight")  # each row is enough by itself


class FeedRules(Struct, frozen=True):
    """What decides on the items of one feed; None: no such rule."""

    keep: Topic | None = None
    block: Topic | None = None

    def refusal(self, text: TopicText) -> TopicDecision | None:
        """The decision that refuses an item, under the name of its setting; None: it is accepted.

        What `block` accepts is refused, whatever `keep` says. Trust in its feed is ignored.
        """
        text = replace(text, trusted=False)
        if self.block is not None:
            decision = judge(self.block, (text,))
            if decision.accepted:
                return decision
        if self.keep is not None:
            decision = judge(self.keep, (text,))
            if not decision.accepted:
                return decision
        return None


def compile_feed_rules(keep: Any, block: Any) -> FeedRules:
    """The rules of raw `keep` and `block` values (None: not set). Raises QueryError."""
    return FeedRules(
        None if keep is None else compile_rules("keep", keep),
        None if block is None else compile_rules("block", block),
    )


def compile_rules(setting: str, node: Any) -> Topic:
    """The query that a value of `keep` or `block` stands for. Raises QueryError with its path."""
    if isinstance(node, Mapping):
        return compile_topic(TopicSettings(setting, query=node))
    written: Any = [node] if isinstance(node, str) else node
    rows = [
        {"any": [row]} if isinstance(row, str) else raw.mapping(row, (at,), keys=_ROW_KEYS)
        for at, row in enumerate(raw.rows(written, ()))
    ]
    if not rows:
        raise QueryError((), "holds no rule", "write a term, or leave it out")
    try:
        return compile_topic(TopicSettings(setting, query={"rules": rows}))
    except QueryError as error:
        _, at, *inner = error.path
        if isinstance(written[at], str):  # a term has no keys of its own
            inner = []
        raise QueryError((at, *inner), error.message, error.hint) from None
