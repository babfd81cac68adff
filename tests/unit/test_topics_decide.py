"""Decisions and their reasons."""

from __future__ import annotations

from typing import Any

import pytest

from aggregator.model import TermHit, TopicDecision, TopicText
from aggregator.settings import TopicSettings
from aggregator.topics.decide import judge, read_alone
from aggregator.topics.query import compile_topic


def decide(query: dict[str, Any], *variants: TopicText) -> TopicDecision:
    return judge(compile_topic(TopicSettings("mine", query=query)), variants)


TWO_SIDES = {
    "threshold": 3,
    "rules": [
        {"name": "both", "all": ["us", "pakistan"], "weight": 3},
        {"name": "cricket", "any": ["cricket"], "weight": -2},
    ],
}


def test_a_story_without_variants_is_off_topic() -> None:
    assert decide(TWO_SIDES) == TopicDecision("mine", False, 0.0, 3.0)


def test_weights_of_terms_add_up_to_the_score() -> None:
    decision = decide(TWO_SIDES, TopicText("US and Pakistan talk cricket", summary="US"))

    assert decision.score == 1
    assert sum(term.weight for term in decision.terms) == pytest.approx(1)
    assert decision.terms[0] == TermHit("cricket", "headline", -2.0, ("cricket",))
    assert TermHit("us", "summary", 1.0, ("both",)) in decision.terms


def test_a_term_that_serves_no_rule_is_shown_without_weight() -> None:
    decision = decide(TWO_SIDES, TopicText("Pakistan votes"))

    assert decision.terms == (TermHit("pakistan", "headline", 0.0),)


def test_a_beginning_is_shown_as_the_word_that_it_was_found_in() -> None:
    query = {"rules": [{"any": ["extradit*"]}]}

    decision = decide(query, TopicText("Extradition halted", "Two were extradited"))

    assert [(term.term, term.field) for term in decision.terms] == [
        ("Extradition", "headline"),
        ("extradited", "summary"),
    ]


def test_an_ignored_passage_is_shown() -> None:
    query = {**TWO_SIDES, "ignore": ["US Open"]}

    decision = decide(query, TopicText("US Open: Pakistan's hope"))

    assert TermHit("US Open", "headline", 0.0, ("ignored",)) in decision.terms
    assert not decision.accepted


def test_a_trusted_variant_is_accepted_at_once() -> None:
    decision = decide(TWO_SIDES, TopicText("Weather"), TopicText("Weather today", trusted=True))

    assert decision.accepted
    assert decision.score == 3
    assert decision.terms[0] == TermHit("trusted feed", "feed", 3.0)


def test_a_terse_headline_joins_through_its_sibling() -> None:
    terse = TopicText("Pakistan reacts")
    full = TopicText("Pakistan reacts to US move")

    assert not decide(TWO_SIDES, terse).accepted
    assert decide(TWO_SIDES, terse, full).accepted


def test_variants_may_meet_a_rule_together() -> None:
    one, other = TopicText("US move on missiles"), TopicText("Pakistan's missiles")

    assert decide(TWO_SIDES, one, other).accepted
    assert not decide({**TWO_SIDES, "siblings": 1}, one, other).accepted
    together = decide({**TWO_SIDES, "siblings": 1, "threshold": 2}, one, other)
    assert together.terms[-1] == TermHit("several variants together", "story", -1)


def test_what_speaks_against_counts_only_as_far_as_every_variant_says_it() -> None:
    against = TopicText("US, Pakistan meet in cricket")

    assert decide(TWO_SIDES, against).score == 1
    assert decide(TWO_SIDES, against, TopicText("US, Pakistan meet")).score == 3
    assert decide(TWO_SIDES, against, TopicText("US, Pakistan: cricket again")).score == 1


def test_a_variant_that_lacks_the_unwanted_word_lets_the_rule_hold() -> None:
    query = {"rules": [{"all": ["jet"], "none": ["film"]}]}

    assert decide(query, TopicText("jet film")).score == 0
    assert decide(query, TopicText("jet film"), TopicText("jet film again")).score == 0
    assert decide(query, TopicText("jet film"), TopicText("jet")).score == 1


def test_signals_are_what_rules_count_for_before_weights() -> None:
    compiled = compile_topic(TopicSettings("mine", query=TWO_SIDES))

    assert read_alone(compiled, TopicText("US, Pakistan")) == {0: 1.0}
    assert read_alone(compiled, TopicText("")) == {}
