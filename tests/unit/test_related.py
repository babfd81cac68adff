"""How close an item is to stories, and which stories are linked."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.storage.related import MOST_LINKS, links, strength
from aggregator.stories.features import read
from aggregator.stories.overlap import LEAST_CLOSE, MOST_NOTED, closeness, closest

CAPTURE = read("Maduro captured by US forces in Caracas raid")
TENNIS = read("Sinner wins third set in Melbourne semi-final")
PAIRS = st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] < pair[1])


@pytest.mark.parametrize(
    "headline",
    [
        "Maduro arrives in New York after capture in Caracas",  # a step of the saga
        "China condemns US raid on Caracas",  # a reaction
        "What to know about the US raid on Caracas",  # an explainer
        "Caracas airport reopens days after US raid",  # a consequence
    ],
)
def test_what_shares_telling_terms_is_close(headline: str) -> None:
    close = closeness(read(headline), [CAPTURE])

    assert close >= LEAST_CLOSE
    assert close > closeness(read(headline), [CAPTURE, TENNIS]) > 0
    assert closeness(read(headline), [TENNIS]) < LEAST_CLOSE


def test_nothing_is_close_to_a_story_without_wordings() -> None:
    assert closeness(CAPTURE, []) == 0


def test_only_the_few_closest_are_noted() -> None:
    found = {number: number / 10 for number in range(9)} | {20: 0.8, 30: LEAST_CLOSE / 2}

    assert list(closest(found)) == [8, 20, 7, 6][:MOST_NOTED]
    assert closest({1: LEAST_CLOSE / 2, 2: LEAST_CLOSE}) == {2: LEAST_CLOSE}


def test_of_equally_close_stories_larger_ones_are_related_more_strongly() -> None:
    assert strength(0.3, 1, 1) == pytest.approx(0.3)
    assert strength(0.3, 4, 2) > strength(0.3, 2, 1) > strength(0.3, 1, 1)
    assert strength(0.3, 8, 8) == strength(0.3, 900, 8)  # large is large enough


def test_a_hub_keeps_its_strongest_links() -> None:
    hub = {(0, number): number / 10 for number in range(1, 7)}

    assert links(hub) == {(0, 4), (0, 5), (0, 6)}


def test_a_hub_links_those_to_which_it_matters_most() -> None:
    hub = {(0, 1): 9.0, (0, 2): 8.0, (0, 3): 7.0, (0, 4): 2.0}
    others = {(3, 5): 20.0, (3, 6): 15.0}  # the hub comes third for 3, and first for 4

    assert links(hub | others) == {(0, 1), (0, 2), (0, 4), *others}


def test_what_a_hub_turns_down_is_linked_among_itself() -> None:
    strengths = {(0, 1): 0.9, (0, 2): 0.8, (0, 3): 0.7, (0, 4): 0.6, (4, 5): 0.1}
    strengths |= {(5, 6): 0.9, (5, 7): 0.8, (5, 8): 0.05}

    assert links(strengths) == strengths.keys() - {(0, 4), (5, 8)}


@given(st.dictionaries(PAIRS, st.floats(0.01, 5, allow_nan=False)))
def test_no_story_has_more_links_than_allowed_and_order_means_nothing(
    strengths: dict[tuple[int, int], float],
) -> None:
    found = links(strengths)

    assert found <= strengths.keys()
    assert max(Counter(one for pair in found for one in pair).values(), default=0) <= MOST_LINKS
    assert links(dict(reversed(strengths.items()))) == found


@given(st.dictionaries(PAIRS, st.floats(0.01, 5, allow_nan=False), min_size=1))
def test_the_strongest_pair_of_all_is_always_linked(
    strengths: dict[tuple[int, int], float],
) -> None:
    best = min(strengths, key=lambda pair: (-strengths[pair], pair))
    assert best in links(strengths) or list(strengths.values()).count(strengths[best]) > 1
