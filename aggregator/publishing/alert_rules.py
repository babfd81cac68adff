"""Whether a story is worth an alert: a receiver's rule, applied to the story's sources. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from aggregator.model import TopicText
from aggregator.settings import AlertRule
from aggregator.stories.independence import independence
from aggregator.views import PublishedSource

if TYPE_CHECKING:
    from aggregator.topics.topic import Topic

FRESH = timedelta(days=1)  # there is no alert of a story whose last report is older


def holds(rule: AlertRule, sources: Sequence[PublishedSource]) -> bool:
    """Whether every condition of the rule holds for these sources, which are in order of time.

    With `within`, the sources are counted among reports that are no further apart; terms may occur
    in any report.
    """
    if rule.terms is not None:
        from aggregator.topics.decide import judge  # noqa: PLC0415 - few rules have terms

        texts = tuple(TopicText(source.headline, source.summary) for source in sources)
        if not judge(_compiled(json.dumps(rule.terms)), texts).accepted:
            return False
    end = 0
    for start, first in enumerate(sources):
        # the longest run of sources, from this one on, that spans no more than `within`
        before = end
        while end < len(sources) and (
            rule.within is None or sources[end].published_at - first.published_at <= rule.within
        ):
            end += 1
        some = sources[start:end]
        if end == before or len(some) < max(rule.sources, rule.independent):
            continue
        publishers = {(source.publisher or source.feed).casefold() for source in some}
        if len(publishers) >= rule.sources and independence(some).independent >= rule.independent:
            return True
    return False


def as_written(rule: AlertRule) -> dict[str, Any]:
    """The rule as JSON, without conditions that are not set."""
    asked = asdict(rule) | {"within": rule.within and int(rule.within.total_seconds())}
    return {name: value for name, value in asked.items() if value}


def number_of(rule: AlertRule) -> int:
    """A number that identifies the rule where alerts are stored."""
    text = json.dumps(as_written(rule), sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


@lru_cache(maxsize=20)
def _compiled(terms: str) -> Topic:
    from aggregator.topics.feed_rules import compile_rules  # noqa: PLC0415 - as above

    return compile_rules("terms", json.loads(terms))
