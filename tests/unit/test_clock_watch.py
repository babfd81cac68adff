"""Gaps in time: clocks that were set, machines and processes that slept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.serving.liveness import ClockGap, ClockWatch

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Hands:
    """Three hands that a test moves."""

    def __init__(self) -> None:
        self.wall, self.steady, self.real = START, 100.0, 500.0
        self.watch = ClockWatch(
            lambda: self.wall, lambda: self.steady, every_s=5, real=lambda: self.real
        )

    def move(self, wall_s: float, steady_s: float, real_s: float) -> ClockGap | None:
        self.wall += timedelta(seconds=wall_s)
        self.steady += steady_s
        self.real += real_s
        return self.watch.check()


def test_time_that_passes_is_no_gap() -> None:
    assert Hands().move(5, 5, 5) is None
    assert Hands().move(34, 5, 5) is None  # a clock that is put right
    assert Hands().move(30, 30, 30) is None  # a machine that is busy


@pytest.mark.parametrize("day", [1, -1, 30, -30])
def test_a_clock_that_was_set_is_told_with_its_size(day: int) -> None:
    hands = Hands()

    assert hands.move(day * 86_400 + 5, 5, 5) == ClockGap(jump_s=day * 86_400)
    assert hands.move(5, 5, 5) is None


def test_a_suspended_machine_looks_like_a_clock_that_ran_ahead() -> None:
    assert Hands().move(8 * 3600, 2, 2) == ClockGap(jump_s=8 * 3600 - 2)


def test_a_stopped_process_is_noticed_by_what_it_missed() -> None:
    assert Hands().move(3600, 3600, 3600) == ClockGap(asleep_s=3595)
