"""The topic language: what compiles, and where a fault is shown."""

from __future__ import annotations

from typing import Any

import pytest

from aggregator.model import TopicText
from aggregator.settings import TopicSettings
from aggregator.topics.decide import judge
from aggregator.topics.query import QueryError, Topic, builtin_names, builtin_query, compile_topic


def topic(query: dict[str, Any], name: str = "mine") -> Topic:
    return compile_topic(TopicSettings(name, query=query))


def score(query: dict[str, Any], headline: str, summary: str = "", publisher: str = "") -> float:
    return judge(topic(query), [TopicText(headline, summary, publisher)]).score


@pytest.mark.parametrize("name", builtin_names())
def test_every_builtin_compiles(name: str) -> None:
    compiled = compile_topic(TopicSettings(name, title="A title"))

    assert compiled.title == "A title"
    assert compiled.rules


def test_a_topic_without_query_or_builtin_is_refused() -> None:
    with pytest.raises(QueryError, match="no built-in topic is named nosuch") as caught:
        compile_topic(TopicSettings("nosuch"))

    assert caught.value.path == ()
    assert "us-pakistan-security" in caught.value.hint


def test_words_of_search_all_any_none() -> None:
    query = {"rules": [{"all": ["drone", "kabul"], "any": ["strike", "raid"], "none": ["film"]}]}

    assert score(query, "Drone strike on Kabul") == 1
    assert score(query, "Drone raid on Kabul") == 1
    assert score(query, "Drone over Kabul") == 0
    assert score(query, "Strike in Kabul") == 0
    assert score(query, "Drone strike on Kabul: the film") == 0


def test_near_wants_all_terms_close_to_the_first() -> None:
    query = {"rules": [{"near": {"terms": ["jet", "deal", "china"], "within": "3"}}]}

    assert score(query, "China seals jet deal") == 1
    assert score(query, "Deal on jet for China") == 1
    assert score(query, "China asks in the long talks about a jet deal") == 0
    assert score(query, "China seals deal") == 0


def test_near_may_be_a_plain_list() -> None:
    query = {"rules": [{"near": ["jet", "deal"]}]}

    assert score(query, "A jet and a good deal") == 1
    assert score(query, "A jet comes, and much later on and far away a deal") == 0


def test_near_does_not_join_two_fields() -> None:
    query = {"rules": [{"near": {"terms": ["jet", "deal"]}}]}

    assert score(query, "A jet", "A deal") == 0
    assert score(query, "News", "A jet deal") == 1


def test_weights_of_rules_add_up_from_the_start() -> None:
    query = {
        "start": "-1",
        "rules": [{"any": "jet", "weight": "2.5"}, {"any": ["film"], "weight": "-1"}],
    }

    assert score(query, "jet") == 1.5
    assert score(query, "jet film") == 0.5
    assert score(query, "other") == -1


def test_probability_is_the_logistic_of_the_points() -> None:
    query = {"score": "probability", "threshold": ".5", "rules": [{"any": ["jet"], "weight": 500}]}

    assert score(query, "other") == 0.5
    assert score(query, "jet") == 1.0


def test_a_probability_is_enough_from_one_half() -> None:
    topics = [
        topic({"score": kind, "rules": [{"any": ["jet"]}]}) for kind in ("probability", "points")
    ]

    assert [one.threshold for one in topics] == [0.5, 1.0]


def test_a_rule_is_worth_what_its_field_is() -> None:
    query = {"fields": {"headline": "1", "summary": "0.5"}, "rules": [{"all": ["jet", "deal"]}]}

    assert score(query, "jet deal") == 1
    assert score(query, "jet", "deal") == 0.5
    assert score(query, "news", "jet deal") == 0.5


def test_a_rule_may_name_its_fields() -> None:
    query = {"rules": [{"any": ["reuters"], "fields": ["publisher"]}]}

    assert score(query, "reuters") == 0
    assert score(query, "news", publisher="Reuters") == 1


def test_other_fields_are_not_read_unless_named() -> None:
    assert score({"rules": [{"any": ["reuters"]}]}, "news", publisher="Reuters") == 0


def test_a_topic_may_read_addresses_only() -> None:
    compiled = topic({"fields": {"url": 1}, "rules": [{"any": ["defence"]}]})

    decision = judge(compiled, [TopicText("defence", url="https://news.example/defence/1.html")])

    assert decision.score == 1
    assert [term.field for term in decision.terms] == ["url"]


def test_the_number_of_words_read_can_be_set() -> None:
    query = {"words": {"summary": "2"}, "rules": [{"any": ["jet"]}]}

    assert score(query, "news", "one jet") == 1
    assert score(query, "news", "one two jet") == 0


def test_ignored_phrases_count_for_nothing() -> None:
    query = {"ignore": ["Washington Sundar"], "rules": [{"any": ["=Washington"]}]}

    assert score(query, "Washington Sundar bowls") == 0
    assert score(query, "Washington Sundar visits Washington") == 1


def test_a_phrase_may_be_ignored_near_other_words_only() -> None:
    query = {
        "ignore": [{"phrase": "punjab", "near": ["kings", "innings"], "within": 4}],
        "rules": [{"any": ["punjab"]}],
    }

    assert score(query, "Punjab Kings win") == 0
    assert score(query, "Punjab police find arms") == 1
    assert score(query, "Punjab police find arms and a bat of the Kings") == 1


def test_a_lexicon_may_be_ignored() -> None:
    query = {"lexicons": {"papers": ["Kabul Times"]}, "ignore": ["<papers>"]}

    assert score({**query, "rules": [{"any": ["kabul"]}]}, "Kabul Times closes") == 0


def test_own_lexicons_and_shipped_ones_stand_in_rules() -> None:
    query = {
        "lexicons": {"birds": ["crane", "heron"]},
        "rules": [{"all": ["<birds>", "<nuclear>"]}],
    }

    assert score(query, "Heron stops nuclear plant") == 1


def test_a_lexicon_may_take_over_one_that_is_written_below_it() -> None:
    query = {"lexicons": {"all": ["<birds>"], "birds": ["crane"]}, "rules": [{"any": ["<all>"]}]}

    assert score(query, "crane") == 1


def test_a_shipped_lexicon_is_extended_and_cut() -> None:
    query = {
        "lexicons": {"nuclear": {"add": ["fusion"], "drop": ["atomic"]}},
        "rules": [{"any": ["<nuclear>"]}],
    }

    assert score(query, "fusion") == 1
    assert score(query, "atomic") == 0
    assert score(query, "nuclear") == 1


def test_a_lexicon_may_be_made_of_others() -> None:
    query = {
        "lexicons": {
            "birds": ["crane"],
            "fish": ["carp"],
            "nuclear": {"use": ["nuclear", "birds", "fish"], "drop": ["carp"]},
        },
        "rules": [{"any": ["<nuclear>"]}],
    }

    assert score(query, "crane") == 1
    assert score(query, "nuclear") == 1
    assert score(query, "carp") == 0


def test_a_query_extends_a_builtin_and_its_lexicons() -> None:
    plain = compile_topic(TopicSettings("us-pakistan-security"))
    mine = topic(
        {
            "extends": "us-pakistan-security",
            "lexicons": {"pakistan-name": {"add": ["Pakland"]}},
            "threshold": "0.9",
        }
    )
    text = [TopicText("US sanctions Pakland over ballistic missile programme")]

    assert not judge(plain, text).accepted
    assert judge(mine, text).accepted
    assert mine.threshold == 0.9


def test_hash_changes_with_the_rules_and_not_with_the_title() -> None:
    query = {"rules": [{"any": ["jet"]}]}
    one = compile_topic(TopicSettings("one", title="One", query=query))
    same = compile_topic(TopicSettings("two", title="Two", query=query))
    other = compile_topic(TopicSettings("one", query={"rules": [{"any": ["jets"]}]}))

    assert one.rules_hash == same.rules_hash
    assert one.rules_hash != other.rules_hash


RULE = {"any": ["jet"]}


@pytest.mark.parametrize(
    ("query", "path", "message", "hint"),
    [
        ({}, (), "no rules", "under rules"),
        ({"rulez": []}, ("rulez",), "unknown key", "rules?"),
        ({"zzz": []}, ("zzz",), "unknown key", "valid keys: "),
        ({"rules": "jet"}, ("rules",), "not a list", "- "),
        ({"rules": ["jet"]}, ("rules", 0), "not a mapping", "key: value"),
        ({"rules": [{"weight": 1}]}, ("rules", 0), "asks for nothing", "any"),
        ({"rules": [RULE, {"al": ["x"]}]}, ("rules", 1, "al"), "unknown key", "all?"),
        ({"rules": [{"any": {"x": 1}}]}, ("rules", 0, "any"), "not a list of terms", "["),
        ({"rules": [{"any": ["x", 3]}]}, ("rules", 0, "any", 1), "not a term", "quote"),
        ({"rules": [{"any": ["x", "te*"]}]}, ("rules", 0, "any", 1), "3 letters", "docs"),
        (
            {"rules": [{"all": ["<nuklear>"]}]},
            ("rules", 0, "all", 0),
            "no lexicon is named nuklear",
            "nuclear?",
        ),
        ({"rules": [{**RULE, "weight": "much"}]}, ("rules", 0, "weight"), "not a number", "0.5"),
        ({"rules": [{**RULE, "weight": "nan"}]}, ("rules", 0, "weight"), "not between", ""),
        ({"rules": [{**RULE, "weight": None}]}, ("rules", 0, "weight"), "not a number", "0.5"),
        ({"rules": [{**RULE, "fields": ["title"]}]}, ("rules", 0, "fields", 0), "valid", "valid"),
        ({"rules": [{"near": {"terms": ["x"]}}]}, ("rules", 0, "near", "terms"), "two", "near"),
        (
            {"rules": [{"near": {"terms": ["x", "y"], "within": 0}}]},
            ("rules", 0, "near", "within"),
            "not between",
            "",
        ),
        ({"fields": {"titel": 1}, "rules": [RULE]}, ("fields", "titel"), "unknown", "url"),
        ({"fields": {"url": 2}, "rules": [RULE]}, ("fields", "url"), "not between", ""),
        ({"score": "percent", "rules": [RULE]}, ("score",), "valid value", "points"),
        ({"threshold": [], "rules": [RULE]}, ("threshold",), "not a number", ""),
        ({"lexicons": ["x"], "rules": [RULE]}, ("lexicons",), "not a mapping", "name:"),
        (
            {"lexicons": {"a": ["x", "<b>"]}, "rules": [RULE]},
            ("lexicons", "a", 1),
            "no lexicon is named b",
            "",
        ),
        ({"lexicons": {"a": {"add": []}}, "rules": [RULE]}, ("lexicons", "a"), "named a", ""),
        (
            {"lexicons": {"a": {"use": ["b"], "drop": []}}, "rules": [RULE]},
            ("lexicons", "a", "use", 0),
            "named b",
            "",
        ),
        (
            {"lexicons": {"nuclear": {"drop": ["atomik"]}}, "rules": [RULE]},
            ("lexicons", "nuclear", "drop", 0),
            "not in this lexicon",
            "atomic?",
        ),
        (
            {"lexicons": {"nuclear": {"add": ["x", "*"]}}, "rules": [RULE]},
            ("lexicons", "nuclear", "add", 1),
            "no word",
            "",
        ),
        ({"ignore": [{"near": ["x"]}], "rules": [RULE]}, ("ignore", 0), "no phrase", "phrase"),
        ({"ignore": ["<x>"], "rules": [RULE]}, ("ignore", 0, "phrase", 0), "named x", ""),
        ({"extends": "us-pakistan"}, ("extends",), "no built-in", "us-pakistan-security"),
        ({"extends": ["us-pakistan-security"]}, ("extends",), "no built-in", ""),
        ({"rules": [{"any": ["<nuclear"]}]}, ("rules", 0, "any", 0), "neither", "<nuclear>"),
        ({"rules": [{"any": ["nuclear>"]}]}, ("rules", 0, "any", 0), "neither", "<nuclear>"),
        ({"rules": [{"near": ["x"]}]}, ("rules", 0, "near"), "two", "near"),
        (
            {"rules": [{"near": {"terms": ["x", "y"], "within": "2.5"}}]},
            ("rules", 0, "near", "within"),
            "whole",
            "5",
        ),
        ({"words": {"url": "7.5"}, "rules": [RULE]}, ("words", "url"), "whole", "5"),
        ({"rules": [{**RULE, "name": ["x"]}]}, ("rules", 0, "name"), "not text", "quotes"),
        ({"rules": [{**RULE, "fields": []}]}, ("rules", 0, "fields"), "no field", "worth"),
        (
            {"fields": {"headline": "1", "url": "0"}, "rules": [{**RULE, "fields": ["url"]}]},
            ("rules", 0, "fields"),
            "no field",
            "worth",
        ),
        ({"fields": {"headline": "0"}, "rules": [RULE]}, ("fields",), "no field", "worth"),
        ({"score": "probability", "threshold": "3"}, ("threshold",), "not between 0 and 1", ""),
        (
            {"lexicons": {"a": ["<a>"]}, "rules": [{"any": ["<a>"]}]},
            ("rules", 0, "any", 0),
            "holds no terms",
            "",
        ),
        (
            {"extends": "semiconductor-export-controls", "lexicons": {"chips": []}},
            ("extends",),
            "the lexicon chips holds no terms",
            "",
        ),
    ],
)
def test_a_fault_is_shown_at_its_node(
    query: dict[str, Any], path: tuple[str | int, ...], message: str, hint: str
) -> None:
    with pytest.raises(QueryError) as caught:
        topic(query)

    assert caught.value.path == path
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert all(str(part) in str(caught.value) for part in path)


def test_an_empty_set_of_names_is_said_to_be_empty() -> None:
    query = {"lexicons": {"a": [], "b": {"use": ["a"], "drop": ["x"]}}, "rules": [RULE]}

    with pytest.raises(QueryError) as caught:
        topic(query)

    assert caught.value.hint == "there are no terms"


def test_a_builtin_query_can_be_read() -> None:
    assert builtin_query("semiconductor-export-controls")["rules"]
