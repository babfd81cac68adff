"""A batch's comparisons: each is made once, and the model reads what words leave unsure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.settings import StorySettings
from aggregator.stories.compare import (
    SCORES_KEPT,
    Comparisons,
    Member,
    PairScores,
    Reader,
    compare,
    load_matcher,
)
from aggregator.stories.features import read

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MATCHER = load_matcher(StorySettings())
Pair = tuple[Member, Member]


def members(*told: tuple[str, str]) -> list[Member]:
    """Items with these headlines and summaries."""
    return [
        Member(number, read(headline, summary=summary), NOW)
        for number, (headline, summary) in enumerate(told, start=1)
    ]


def read_by_summary(pairs: Sequence[Pair]) -> list[float | None]:
    """Two items tell of one event if their summaries are the same; without any, it says nothing."""
    return [
        None if not a.features.summary or not b.features.summary
        else 10.0 if a.features.summary == b.features.summary else -10.0
        for a, b in pairs
    ]  # fmt: skip


def listening(heard: list[list[tuple[int, int]]]) -> Reader:
    """The reader above, which keeps what it was asked for."""

    def reader(pairs: Sequence[Pair]) -> list[float | None]:
        heard.append([(a.item_id, b.item_id) for a, b in pairs])
        return read_by_summary(pairs)

    return reader


STORM = members(
    ("Storm tears roofs off houses in coastal Moroccan town", "gale"),
    ("Roofs ripped away as gale batters Morocco's coast", "gale"),
    ("Moroccan coastal town counts cost of violent storm", "costs"),
    ("Gale batters Moroccan coast, roofs lost", ""),
)


def test_unsure_pairs_of_a_batch_go_to_the_model_in_one_go_and_only_once() -> None:
    heard: list[list[tuple[int, int]]] = []
    comparisons = Comparisons(MATCHER, listening(heard))
    pairs = list(combinations(STORM, 2))

    first = comparisons(pairs)
    again = comparisons([(b, a) for a, b in reversed(pairs)])

    assert heard == [[(a.item_id, b.item_id) for a, b in pairs]]
    assert again == first[::-1]


def test_a_pair_that_stands_twice_in_a_batch_is_read_once() -> None:
    heard: list[list[tuple[int, int]]] = []
    a, b, *_ = STORM

    found = Comparisons(MATCHER, listening(heard))([(a, b), (b, a), (a, b)])

    assert [len(one) for one in heard] == [1]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Bomb blast kills five at market in Quetta", "Bomb blast kills five at market in Quetta"),
        ("Bomb blast kills five at market in...", "Bomb blast kills five at market in Quetta"),
        ("Kenya blocks refugee plan with Ghana before key vote",
         "Kenya blocks refugee plan with Peru before key vote"),  # a veto
        ("Train service to and from Quetta suspended for three days",
         "No plan to hand Pasni port to US, says security official"),  # surely not
    ],
)  # fmt: skip
def test_what_words_decide_is_not_for_the_model(one: str, other: str) -> None:
    heard: list[list[tuple[int, int]]] = []
    a, b = members((one, ""), (other, ""))

    (found,) = Comparisons(MATCHER, listening(heard))([(a, b)])

    assert heard == []
    assert found == compare(a, b, MATCHER)
    assert (found.lexical, found.logit) == (None, None)


def test_the_words_have_the_last_say_until_the_model_has_read() -> None:
    a, b, c, d = STORM

    same, other, later = Comparisons(MATCHER, read_by_summary)([(a, b), (a, c), (a, d)])

    assert same.score > compare(a, b, MATCHER).score
    assert (same.lexical, same.logit) == (compare(a, b, MATCHER).score, 10.0)
    assert other.score < compare(a, c, MATCHER).score
    assert later == compare(a, d, MATCHER)


def test_without_a_model_the_words_decide() -> None:
    pairs = list(combinations(STORM, 2))

    assert Comparisons(MATCHER)(pairs) == [compare(a, b, MATCHER) for a, b in pairs]


@given(st.permutations(list(combinations(STORM, 2))), st.integers(1, 6), st.data())
def test_a_pair_says_the_same_in_any_batch_order_and_direction(
    pairs: list[Pair], size: int, data: st.DataObject
) -> None:
    turned = [(b, a) if data.draw(st.booleans()) else (a, b) for a, b in pairs]
    comparisons = Comparisons(MATCHER, read_by_summary)

    found = [
        one for at in range(0, len(turned), size) for one in comparisons(turned[at : at + size])
    ]

    assert found == [Comparisons(MATCHER, read_by_summary)([pair])[0] for pair in turned]


def test_what_pairs_scored_is_known_to_the_next_batches_of_a_run() -> None:
    kept, pairs = PairScores(), list(combinations(STORM[:3], 2))
    first = Comparisons(MATCHER, read_by_summary, kept).scores(pairs)
    heard: list[list[tuple[int, int]]] = []

    again = Comparisons(MATCHER, listening(heard), kept).scores([(b, a) for a, b in pairs])

    assert heard == []
    assert again == first == [one.score for one in Comparisons(MATCHER, read_by_summary)(pairs)]


def test_a_pair_that_waits_for_the_model_scores_by_words_until_it_was_read() -> None:
    kept, (a, _, _, silent) = PairScores(), STORM
    waiting = Comparisons(MATCHER, read_by_summary, kept).scores([(a, silent)])
    heard: list[list[tuple[int, int]]] = []
    still = Comparisons(MATCHER, listening(heard), kept).scores([(silent, a)])

    (read,) = Comparisons(MATCHER, lambda pairs: [10.0] * len(pairs), kept)([(silent, a)])

    assert heard == []
    assert waiting == still == [compare(a, silent, MATCHER).score]
    assert [read.score] == Comparisons(MATCHER, listening(heard), kept).scores([(a, silent)])
    assert read.score > waiting[0]


@pytest.mark.parametrize("at_once", [1, 2 * SCORES_KEPT])
def test_of_very_many_scores_the_newest_are_kept(at_once: int) -> None:
    kept = PairScores()

    for start in range(0, 2 * SCORES_KEPT, at_once):
        end = min(start + at_once, 2 * SCORES_KEPT)
        kept.keep({(number, number + 1): 0.5 for number in range(start, end)})

    found = [number for number in range(2 * SCORES_KEPT) if kept.get((number, number + 1))]
    assert SCORES_KEPT // 2 <= len(found) <= SCORES_KEPT
    assert found == list(range(found[0], 2 * SCORES_KEPT))


def test_scores_are_forgotten_when_words_change() -> None:
    kept = PairScores()
    kept.keep({(1, 2): 0.5})

    kept.forget()

    assert kept.get((1, 2)) is None
