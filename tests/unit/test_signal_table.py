"""A signal is one function that says what it measures; all else reads the table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from aggregator.cli import reasons
from aggregator.stories import signals
from aggregator.stories.features import read
from aggregator.stories.signals import FALLS, RISES, Pair, Signal, measure, named, table

PAGE = Path(__file__).parents[2] / "docs" / "signals.md"
WAYS = {"only up": RISES, "only down": FALLS, "either way": 0}
ONE, OTHER = read("Storm hits Karachi port"), read("Karachi port closed by storm")


@pytest.fixture
def vowels() -> Iterator[Signal]:
    """A signal that nothing was trained with."""
    signal = Signal("vowels_apart", FALLS, "from 0")

    @signals.signals(signal)
    def _vowels(pair: Pair) -> tuple[float, ...]:
        counts = [sum(letter in "aeiou" for letter in side.plain) for side in (pair.a, pair.b)]
        return (float(max(counts) - min(counts)),)

    yield signal
    signals._MEASURES.pop()


def test_every_signal_has_a_value_and_a_name_of_its_own() -> None:
    names = [one.name for one in table()]

    assert len(measure(ONE, OTHER)) == len(names) == len(set(names))


def test_the_page_lists_every_signal_with_its_direction_and_range() -> None:
    rows = [line.strip("| ").split(" | ") for line in PAGE.read_text("utf-8").splitlines()]
    listed = [
        (row[0].strip("`"), WAYS[row[1]], row[2])
        for row in rows
        if len(row) == 3 and row[1] in WAYS
    ]

    assert listed == [(one.name, one.direction, one.range) for one in table()]


def test_a_new_signal_is_measured_and_named_at_once(vowels: Signal) -> None:
    assert named(measure(ONE, OTHER))[vowels.name] == 1.0
    assert table()[-1] == vowels


def test_explain_says_that_an_untrained_signal_counts_for_nothing(
    vowels: Signal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = SimpleNamespace(untrained=frozenset({vowels.name}))
    monkeypatch.setattr(reasons, "shipped_scorer", lambda: trained)

    reasons._print_evidence({"cosine": 0.5, vowels.name: 2.0}, everything=True)

    shown = capsys.readouterr().out
    assert "cosine 0.5, vowels_apart 2 (untrained: counts for nothing yet)" in shown
