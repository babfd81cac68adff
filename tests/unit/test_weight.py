"""What many report independently comes before what one does, for as long as it is fresh."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.publishing.weight import DOUBLING, by_weight, weight, weight_of
from tests.views import AT, make_entry, make_source


def test_a_doubling_of_independent_sources_is_worth_eight_hours() -> None:
    later = AT + timedelta(hours=8)

    assert timedelta(hours=8) == DOUBLING
    assert weight(AT, independent=1) == AT.timestamp()
    assert weight(AT, independent=2) == weight(later, independent=1)
    assert weight(AT, independent=8) == weight(AT + timedelta(days=1), independent=1)
    assert weight(AT, independent=0) == weight(AT, independent=1)


def test_a_high_rank_is_worth_less_than_a_doubling() -> None:
    assert weight(AT, independent=1, rank=10) == weight(AT + DOUBLING / 2, independent=1)
    assert weight(AT, independent=1, rank=-10) == weight(AT - DOUBLING / 2, independent=1)
    assert weight(AT, independent=1, rank=1000) < weight(AT, independent=2)


def test_copies_weigh_nothing_and_the_highest_rank_counts() -> None:
    copies = [make_source("Dawn", url=f"https://dawn.example/{n}", rank=n) for n in (10, -5)]

    assert weight_of(make_entry(1, *copies)) == weight_of(make_entry(5))
    assert weight_of(make_entry(1, sources=())) == weight_of(make_entry(1))


def test_the_heaviest_comes_first_and_the_order_of_equals_stays() -> None:
    widely = make_entry(1, make_source("Geo"), make_source("APP"), make_source("Jang"))
    late, later = make_entry(12), make_entry(30)
    twin = make_entry(12, story="story13")

    assert by_weight([later, late, twin, widely]) == (later, widely, late, twin)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 50), st.integers(-1000, 1000)),
             min_size=2, max_size=2),
    st.integers(1, 10**8),
)  # fmt: skip
def test_the_order_of_two_stories_does_not_change_as_time_passes(
    stories: list[tuple[int, int, int]], passed: int
) -> None:
    """Moved by the same time, whatever it is counted from, they differ by as much."""

    def gap(seconds: int) -> float:
        first, second = (
            weight(AT + timedelta(seconds=at + seconds), independent=count, rank=rank)
            for at, count, rank in stories
        )
        return first - second

    assert abs(gap(0) - gap(passed)) < 1e-3
