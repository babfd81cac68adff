"""The rules of a configuration: the matcher, the topics, and the rules of single feeds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path

from msgspec import Struct, field

from aggregator import __version__
from aggregator.logs import event
from aggregator.model import TopicDecision, TopicText
from aggregator.semantics.process import ModelProcess
from aggregator.semantics.weights import SHA256, missing
from aggregator.semantics.wordpiece import Text
from aggregator.settings import Config
from aggregator.stories import revisions
from aggregator.stories.compare import Matcher, load_matcher
from aggregator.stories.features import Features, read
from aggregator.topics import decide
from aggregator.topics.feed_rules import FeedRules, compile_feed_rules
from aggregator.topics.query import Topic, compile_topic

log = logging.getLogger(__name__)

# About 5 MB: headlines of stories that a run compares with again and again, besides those of
# stories that are kept. Of 15,000 real headlines, a cold run reads 6,000 a second time.
FEATURES_KEPT = 1500


def _kept_reader() -> Callable[[str, str, str, str], Features]:
    @lru_cache(maxsize=FEATURES_KEPT)
    def kept(headline: str, summary: str, publisher: str, url: str) -> Features:
        return read(headline, summary=summary, publisher=publisher, url=url)

    return kept


class Rules(Struct, frozen=True):
    """Today's rules. `read` caches: features depend on its arguments alone.

    `reader` is the cross-encoder (pairs of headline and summary -> logits; it raises
    ModelUnavailable); None if it is switched off or missing.
    """

    matcher: Matcher
    topics: tuple[Topic, ...]
    window: timedelta = timedelta(days=7)
    read: Callable[[str, str, str, str], Features] = field(default_factory=_kept_reader)
    reader: Callable[[Sequence[tuple[Text, Text]]], Sequence[float]] | None = None
    feed_rules: Mapping[str, FeedRules] = field(default_factory=dict)  # by the key of the feed
    pairs_per_run: int | None = None  # that it reads besides those near a topic; None: all

    def forget(self) -> None:
        """Drops cached features once no items wait: megabytes that may stay unused for hours."""
        clear = getattr(self.read, "cache_clear", None)  # a function without a cache has none
        if clear is not None:
            clear()
        revisions.forget()
        decide.forget()

    def judge(
        self, texts: tuple[TopicText, ...], *, is_brief: bool = False
    ) -> tuple[tuple[Topic, TopicDecision], ...]:
        """Every topic's decision on a story with these variants."""
        return tuple(
            (topic, decide.judge(topic, texts, is_brief=is_brief)) for topic in self.topics
        )


def load_rules(config: Config) -> Rules:
    """The rules of a configuration. Raises QueryError if a topic cannot be compiled."""
    return Rules(
        matcher=load_matcher(config.stories),
        topics=tuple(compile_topic(topic) for topic in config.topics if topic.enabled),
        window=config.stories.window,
        feed_rules={
            feed.key: compile_feed_rules(feed.keep, feed.block)
            for feed in config.feeds
            if feed.has_rules
        },
        reader=shared_reader() if config.stories.model else None,
        pairs_per_run=config.stories.pairs_per_run,
    )


@cache
def shared_reader() -> Callable[[Sequence[tuple[Text, Text]]], Sequence[float]] | None:
    """The model, shared by all rules of this process; warns once if it is missing."""
    if lack := missing():
        event(log, "model.missing", level=logging.WARNING, detail=lack)
        return None
    return ModelProcess().logits


def fingerprint(rules: Rules) -> str:
    """A hash of everything that decides on stories and topics; equal hashes, equal decisions."""
    found = blake2b(digest_size=16)
    data = Path(__file__).parents[1] / "stories" / "data"
    for name in sorted(one.name for one in data.iterdir()):
        found.update((data / name).read_bytes())
    settings = (__version__, rules.window, rules.pairs_per_run, rules.reader and SHA256,
                [topic.rules_hash for topic in rules.topics])  # fmt: skip
    found.update(repr(settings).encode())
    return found.hexdigest()
