"""Growth of a story never lowers its score, and no text breaks a topic."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import TopicText
from aggregator.settings import TopicSettings
from aggregator.topics.decide import judge, read_alone
from aggregator.topics.query import Topic, compile_topic
from aggregator.topics.words import words

VOCABULARY = (
    *("US", "Pakistan", "drone", "strike", "cricket", "trade", "Munir", "meets", "Trump", "India"),
    *("Iran", "F-16", "Guantanamo", "TTP", "sanctions", "missile", "visa", "Washington Sundar"),
    *("stopped", "war", "bin Laden", "raid", "film", "embassy", "attack", "امریکہ", "पाकिस्तान"),
)
lines = st.lists(st.sampled_from(VOCABULARY), max_size=8).map(" ".join)
texts = st.builds(TopicText, lines, lines, st.sampled_from(("", "State Department", "Dawn")))


@pytest.fixture(scope="module")
def topic() -> Topic:
    return compile_topic(TopicSettings("us-pakistan-security"))


@given(story=st.lists(texts, min_size=1, max_size=5), more=texts)
def test_a_further_variant_never_lowers_the_score(
    topic: Topic, story: list[TopicText], more: TopicText
) -> None:
    before = judge(topic, story)
    after = judge(topic, [*story, more])

    assert after.score >= before.score
    assert after.accepted or not before.accepted


terms = st.lists(st.sampled_from(VOCABULARY), max_size=3)
rules = st.fixed_dictionaries(
    {
        "any": st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=3),
        "weight": st.sampled_from((-2, -0.5, 0.5, 1, 3)),
    },
    optional={
        "all": terms,
        "none": terms,
        "near": st.fixed_dictionaries({"terms": st.just(["US", "Pakistan"]), "within": st.just(2)}),
        "fields": st.sampled_from((["headline"], ["summary", "publisher"])),
    },
)
queries = st.fixed_dictionaries(
    {"rules": st.lists(rules, min_size=1, max_size=6)},
    optional={
        "siblings": st.sampled_from((0, 1)),
        "fields": st.just({"headline": 1, "summary": 0.5}),
        "start": st.sampled_from((-1, 1)),
        "ignore": st.just(["Pakistan drone", {"phrase": "raid", "near": ["film"], "within": 2}]),
    },
)


@given(query=queries, story=st.lists(texts, min_size=1, max_size=4), more=texts)
def test_no_query_lets_a_further_variant_lower_the_score(
    query: dict[str, Any], story: list[TopicText], more: TopicText
) -> None:
    topic = compile_topic(TopicSettings("mine", query=query))

    before = judge(topic, story)
    after = judge(topic, [*story, more])

    assert after.score >= before.score
    assert sum(term.weight for term in after.terms) == pytest.approx(
        after.score - topic.start, abs=0.01
    )


@given(story=st.lists(texts, min_size=2, max_size=5))
def test_the_order_of_variants_does_not_matter(topic: Topic, story: list[TopicText]) -> None:
    assert judge(topic, story).score == judge(topic, story[::-1]).score


@given(text=st.text(max_size=200))
def test_any_text_can_be_judged(topic: Topic, text: str) -> None:
    decision = judge(topic, [TopicText(text, text, text, text)])

    assert 0 <= decision.score <= 1
    assert all(0 < value <= 1 for value in read_alone(topic, TopicText(text)).values())


@given(text=st.text(max_size=200))
def test_words_are_never_empty(text: str) -> None:
    assert all(word.strip() for word in words(text))
