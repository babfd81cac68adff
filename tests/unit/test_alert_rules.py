"""When a story is worth an alert."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.publishing.alert_rules import as_written, holds, number_of
from aggregator.settings import AlertRule
from aggregator.views import PublishedSource
from tests.views import AT, make_source

MINUTE = timedelta(minutes=1)


def sources(*minutes: int, publisher: str = "") -> list[PublishedSource]:
    """Sources of different papers and words, so many minutes after the first."""
    return [
        make_source(
            publisher or f"Paper {'ABCDEFGH'[at]}",
            headline=f"Story {at}",
            published_at=AT + minute * MINUTE,
        )
        for at, minute in enumerate(minutes)
    ]


@pytest.mark.parametrize(
    ("rule", "minutes", "expected"),
    [
        (AlertRule(sources=3), (0, 9, 900), True),
        (AlertRule(sources=3), (0, 9), False),
        (AlertRule(sources=3, within=120 * MINUTE), (0, 60, 120), True),
        (AlertRule(sources=3, within=120 * MINUTE), (0, 60, 121), False),
        (AlertRule(sources=3, within=120 * MINUTE), (0, 500, 560, 620), True),  # any two hours
        (AlertRule(independent=2, within=5 * MINUTE), (0, 6, 12), False),
        (AlertRule(independent=2), (0, 6), True),
        (AlertRule(sources=2), (), False),
    ],
)
def test_so_many_sources_within_so_long(
    rule: AlertRule, minutes: tuple[int, ...], expected: bool
) -> None:
    assert holds(rule, sources(*minutes)) is expected


def test_a_publisher_counts_once_and_copies_are_not_independent() -> None:
    again = sources(0, 1, 2, publisher="Dawn")
    copies = [make_source(name, author="Reuters") for name in ("Dawn", "Geo", "Post")]

    assert not holds(AlertRule(sources=2), again)
    assert not holds(AlertRule(independent=2), again)
    assert holds(AlertRule(sources=3), copies)
    assert not holds(AlertRule(sources=3, independent=2), copies)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (["drone"], True),
        (["ship", "DRONE"], True),
        (["ship"], False),
        ([{"any": ["drone"], "none": ["toy"]}], True),
        ("market", True),  # stands in a summary
    ],
)
def test_a_term_stands_in_any_report(terms: object, expected: bool) -> None:
    told = [make_source("Dawn"), make_source("Geo", headline="A drone fell", summary="A market.")]

    assert holds(AlertRule(terms=terms), told) is expected
    assert not holds(AlertRule(terms=terms, sources=3), told)


def test_another_rule_has_another_number_and_the_same_one_the_same() -> None:
    rule = AlertRule(sources=3, terms=["drone"], within=timedelta(hours=2))

    assert as_written(rule) == {"sources": 3, "terms": ["drone"], "within": 7200}
    assert number_of(rule) == number_of(AlertRule(3, 0, ["drone"], timedelta(minutes=120)))
    numbers = {number_of(one) for one in (rule, AlertRule(sources=3), AlertRule(independent=3))}
    assert len(numbers) == 3
    assert max(numbers) < 2**48  # a column's number, with room for what is counted on from it
