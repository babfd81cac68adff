"""Signals say the same in both directions, and what their names promise."""

from __future__ import annotations

import pytest

from aggregator.stories.features import read
from aggregator.stories.likeness import alike
from aggregator.stories.signals import measure, named


def test_a_town_lies_in_the_province_that_the_other_headline_names() -> None:
    town = read("Blast at railway station in Quetta kills 16")
    province = read("At least 16 dead after explosion at train station in Balochistan")
    elsewhere = read("Blast at railway station in Karachi kills 16")

    assert named(measure(town, province))["places_nested"] == 1
    assert named(measure(town, elsewhere))["places_nested"] == 0
    assert measure(town, province) == measure(province, town)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zardari meets Karzai in Kabul", "Zardaari meets Karzay in Kabul, Zardary says"),
        ("Minister visits Quetta", "Quetta hails minister"),
        ("Rovers beat Rangers in cup", "Rangers beat Rovers in cup"),
        ("Munir arrives", "Sharif arrives"),
    ],
)
def test_all_signals_are_the_same_in_both_directions(one: str, other: str) -> None:
    assert measure(read(one), read(other)) == pytest.approx(measure(read(other), read(one)))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("peshawar", "peshawer", True),
        ("peshawar", "quetta", False),
        ("parachinar", "arachinar", False),
        ("dir", "dirk", False),
        ("usa", "usaf", False),
    ],
)
def test_spellings_of_one_name_begin_alike_and_are_no_abbreviations(
    one: str, other: str, expected: bool
) -> None:
    assert alike(one, other) is expected
    assert alike(other, one) is expected
