"""docs/topics.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from aggregator.model import TopicText
from aggregator.settings import TopicSettings
from aggregator.topics.decide import judge
from aggregator.topics.feed_rules import FeedRules, compile_feed_rules
from aggregator.topics.query import KEYS, LONGEST, RULE_KEYS, builtin_names, compile_topic

PAGE = (Path(__file__).parents[2] / "docs" / "topics.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
CODE = "\n".join(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL)))


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_compiles(example: str) -> None:
    node: Any = yaml.load(example, yaml.BaseLoader)  # noqa: S506 - plain strings, as config reads
    if isinstance(node, dict):
        query = {**node, "rules": [{"any": ["word"]}]}
        for feed in node.get("feeds", ()):
            assert compile_feed_rules(feed.get("keep"), feed.get("block")) != FeedRules()
        node = node.get("topics", [] if "feeds" in node else [{"name": "mine", "query": query}])

    for topic in node:
        assert compile_topic(TopicSettings(topic["name"], query=topic.get("query"))).rules


def test_the_first_example_does_what_the_page_says() -> None:
    topics = yaml.load(EXAMPLES[0], yaml.BaseLoader)["topics"]  # noqa: S506 - as above
    snow = compile_topic(TopicSettings(topics[1]["name"], query=topics[1]["query"]))

    assert judge(snow, [TopicText("Avalanche warning for Valais raised")]).accepted
    assert not judge(snow, [TopicText("Colorado Avalanche win in Valais, warning NHL")]).accepted


@pytest.mark.parametrize("key", [*KEYS, *RULE_KEYS, *LONGEST, "use", "add", "drop", "phrase"])
def test_every_key_is_described(key: str) -> None:
    assert re.search(rf"\b{key}\b", CODE) or any(f"{key}: " in one for one in EXAMPLES)


@pytest.mark.parametrize("name", builtin_names())
def test_every_builtin_is_described(name: str) -> None:
    assert f"`{name}`" in PAGE
