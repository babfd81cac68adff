"""Polling that stands still is noticed whatever the clock says."""

from __future__ import annotations

from aggregator.serving.liveness import POLL_LIMIT_S, TICK_LIMIT_S, Liveness


class Clock:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_young_process_has_nothing_to_complain_of() -> None:
    assert Liveness(Clock()).problem() == ""


def test_missing_ticks_are_a_standstill() -> None:
    monotonic = Clock()
    liveness = Liveness(monotonic)
    monotonic.now_s += TICK_LIMIT_S + 1

    assert liveness.problem() == "no tick for 61 s"

    liveness.ticked()
    assert liveness.problem() == ""


def test_due_feeds_that_are_not_polled_are_a_standstill() -> None:
    monotonic = Clock()
    liveness = Liveness(monotonic)
    monotonic.now_s += POLL_LIMIT_S + 1
    liveness.ticked()

    assert "due for 1000 s" in liveness.problem(lag_s=1000)
    assert liveness.problem(lag_s=10) == ""

    liveness.polled()
    assert liveness.problem(lag_s=1000) == ""
