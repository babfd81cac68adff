"""The scorer finds the leaf that a walk down each tree would find."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from math import exp
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.scorer import combined, parse_scorer, shipped_scorer

RAW = json.loads(files("aggregator.stories").joinpath("data/scorer.json").read_text("utf-8"))
QUESTIONS = [node for tree in RAW["trees"] for node in tree if isinstance(node, list)]
PARSED = parse_scorer(RAW)
THRESHOLDS = {
    name: sorted({node[1] for node in QUESTIONS if node[0] == name}) or [0.0]
    for name in RAW["signals"]
}


def walked(raw: dict[str, Any], values: Sequence[float]) -> float:
    """The score, tree by tree and question by question."""
    total = raw["baseline"]
    for tree in raw["trees"]:
        node = tree[0]
        while isinstance(node, list):
            name, threshold, left, right = node
            node = tree[left if values[raw["signals"].index(name)] <= threshold else right]
        total += node
    return 1 / (1 + exp(-total))


@given(st.data())
def test_masks_agree_with_a_walk(data: st.DataObject) -> None:
    near = st.sampled_from((-1.0, -1e-6, 0.0, 1e-6, 1.0))
    values = [
        data.draw(st.sampled_from(THRESHOLDS[name])) + data.draw(near) for name in RAW["signals"]
    ]

    assert PARSED.score(values) == pytest.approx(walked(RAW, values), abs=1e-12)


def tiny(*trees: Any) -> dict[str, Any]:
    return {
        "signals": ["x", "y"],
        "trees": list(trees),
        "baseline": 0.0,
        "join": 0.8,
        "related": 0.4,
        "unsure": [0.1, 0.9],
        "blend": {"baseline": 0.0, "lexical": 0.5, "model": 0.5},
    }


def test_a_value_on_the_threshold_goes_left() -> None:
    scorer = parse_scorer(tiny([["y", 2.0, 1, 2], -1.0, 1.0], [0.5]))

    low, high = scorer.score((9.0, 2.0)), scorer.score((9.0, 2.1))

    assert low == pytest.approx(1 / (1 + exp(0.5)))
    assert high == pytest.approx(1 / (1 + exp(-1.5)))


def test_what_is_hopeless_scores_nothing() -> None:
    assert parse_scorer(tiny([-100.0])).score((0.0, 0.0)) == 0.0


def test_a_signal_that_the_file_does_not_name_is_an_error() -> None:
    with pytest.raises(KeyError, match="z"):
        parse_scorer(tiny([["z", 1.0, 1, 2], 0.0, 1.0]))


def test_a_tree_with_too_many_leaves_is_an_error() -> None:
    chain: list[Any] = []
    for number in range(8):
        chain += [["x", float(number), 2 * number + 1, 2 * number + 2], 0.1]
    with pytest.raises(ValueError, match="9 leaves"):
        parse_scorer(tiny([*chain, 0.1]))


def test_one_look_alike_among_several_members_pulls_nothing_in() -> None:
    join = shipped_scorer().join

    assert combined([0.95]) > join
    assert combined([0.95, 0.05]) < join
    assert combined([0.95, 0.05, 0.05]) < join
    assert combined([0.95, 0.9, *[0.05] * 6]) < join


def test_a_story_that_grows_does_not_shut_out_what_most_of_it_would_take() -> None:
    assert combined([0.9, 0.9, 0.1]) == pytest.approx(combined([0.9, 0.9]))


@pytest.mark.parametrize(
    ("lexical", "logit", "expected"),
    [
        (0.5, 0.0, 0.5),  # neither knows
        (0.5, 2.0, 1 / (1 + exp(-1.0))),
        (0.5, -2.0, 1 / (1 + exp(1.0))),
        (1 / (1 + exp(-2.0)), -2.0, 0.5),  # as sure of opposites
        (0.0, 0.0, 1e-3 / (1 + 1e-3)),  # no score is surer than one in a million
        (1.0, 0.0, 1 / (1 + 1e-3)),
        (0.5, -100.0, 0.0),
    ],
)
def test_the_model_and_the_words_have_their_weights(
    lexical: float, logit: float, expected: float
) -> None:
    scorer = parse_scorer(tiny([0.0]))

    assert scorer.with_model(lexical, logit) == pytest.approx(expected, abs=1e-6)


@given(st.floats(0.02, 0.98), st.floats(-8, 8), st.floats(0.0, 0.5), st.floats(0.0, 4.0))
def test_what_speaks_more_for_two_headlines_never_lowers_their_score(
    lexical: float, logit: float, more: float, further: float
) -> None:
    scorer = shipped_scorer()
    least = scorer.with_model(lexical, logit)

    assert 0.0 < least < 1.0
    assert scorer.with_model(min(lexical + more, 1.0), logit) >= least
    assert scorer.with_model(lexical, logit + further) >= least


def test_values_may_come_in_any_order_of_signals() -> None:
    raw = tiny([["y", 2.0, 1, 2], -1.0, 1.0])

    assert parse_scorer(raw, ["y", "x"]).score((3.0, 0.0)) == parse_scorer(raw).score((0.0, 3.0))


def test_a_signal_that_the_trees_have_not_seen_counts_for_nothing() -> None:
    raw = tiny([["y", 2.0, 1, 2], -1.0, 1.0])

    scorer = parse_scorer(raw, ["x", "new", "y"])

    assert scorer.score((0.0, 99.0, 3.0)) == parse_scorer(raw).score((0.0, 3.0))
    assert scorer.untrained == {"new"}


def test_the_shipped_trees_have_seen_every_signal() -> None:
    assert not shipped_scorer().untrained
