"""Polling that stands still is noticed whatever the clock says."""

from __future__ import annotations

from aggregator.serving.liveness import POLL_LIMIT_S, TICK_LIMIT_S, Liveness


class Steady:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_young_process_has_nothing_to_complain_of() -> None:
    assert Liveness(Steady()).complaint() == ""


def test_missing_ticks_are_a_standstill() -> None:
    steady = Steady()
    pulse = Liveness(steady)
    steady.now_s += TICK_LIMIT_S + 1

    assert pulse.complaint() == "no tick for 61 s"

    pulse.ticked()
    assert pulse.complaint() == ""


def test_due_feeds_that_are_not_polled_are_a_standstill() -> None:
    steady = Steady()
    pulse = Liveness(steady)
    steady.now_s += POLL_LIMIT_S + 1
    pulse.ticked()

    assert "due for 1000 s" in pulse.complaint(lag_s=1000)
    assert pulse.complaint(lag_s=10) == ""

    pulse.polled()
    assert pulse.complaint(lag_s=1000) == ""
