"""`keep` and `block` of a feed: how they are written, and what they decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aggregator.config.load import parse
from aggregator.errors import ConfigError
from aggregator.model import TopicText
from aggregator.topics.feed_rules import compile_feed_rules

ERROR = TopicText("Bridge returned error 500!", summary="Please report it", trusted=True)
ADVERT = TopicText("Ten sofas to buy", url="https://a.example/sponsored/1", trusted=True)
NEWS = TopicText("Avalanche closes the pass", publisher="Dawn", trusted=True)
BLOCK = ["Bridge returned error", {"any": ["sponsored"], "fields": ["url"]}]


def refused(keep: Any, block: Any, text: TopicText) -> str:
    decision = compile_feed_rules(keep, block).refusal(text)
    return "" if decision is None else decision.topic


@pytest.mark.parametrize(
    ("keep", "block", "expected"),
    [
        (None, None, ["", "", ""]),
        (None, BLOCK, ["block", "block", ""]),
        (None, "error", ["block", "", ""]),
        (None, {"threshold": 2, "rules": [{"any": ["error"], "weight": 2}]}, ["block", "", ""]),
        (["avalanche*", "sofas"], None, ["keep", "", ""]),
        (["avalanche*", "sofas"], BLOCK, ["block", "block", ""]),
        ([{"any": ["closes"], "none": ["<nuclear>"]}], None, ["keep", "keep", ""]),
    ],
)
def test_items_are_let_in_or_not(keep: Any, block: Any, expected: list[str]) -> None:
    assert [refused(keep, block, text) for text in (ERROR, ADVERT, NEWS)] == expected


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("block: '!!'", "1:53: feeds[0].block: cannot be a term: it holds no word"),
        ("block: [error, '!!']", "1:61: feeds[0].block[1]: cannot be a term"),
        (
            "block: [{any: [error], weight: 2}]",
            "1:77: feeds[0].block[0].weight: unknown key; valid keys: all, any,",
        ),
        (
            "block: [{any: [x, <nowere>]}]",
            "1:64: feeds[0].block[0].any[1]: no lexicon is named nowere",
        ),
        ("block: []", "1:53: feeds[0].block: holds no rule"),
        ("keep: {rules: [{any: ['!!']}]}", "1:68: feeds[0].keep.rules[0].any[0]: cannot be a term"),
        ("keep: [[a]]", "1:53: feeds[0].keep[0]: is not a mapping"),
        ("keep: [米国*]", "without a star"),
    ],
)
def test_a_fault_is_told_with_its_place(rules: str, told: str) -> None:
    text = f"feeds: [{{url: 'https://a.example/', name: a, {rules}}}]"

    with pytest.raises(ConfigError) as raised:
        parse(text.encode(), path=Path("feeds.yaml"), environ={})

    assert told in str(raised.value)
