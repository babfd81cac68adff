"""Whether polling goes on, by the monotonic clock: no jump of the wall clock hides a standstill."""

from __future__ import annotations

from collections.abc import Callable

TICK_LIMIT_S = 60.0  # ticks come every five seconds
POLL_LIMIT_S = 900.0


class Liveness:
    """When the scheduler and the poller last made progress."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._tick = self._poll = monotonic()

    def ticked(self) -> None:
        """Records that a tick of the scheduler was completed."""
        self._tick = self._monotonic()

    def polled(self) -> None:
        """Records that the result of a poll was stored."""
        self._poll = self._monotonic()

    def problem(self, *, lag_s: float = 0.0) -> str:
        """Why polling counts as stalled, or "". `lag_s`: by how much the latest feed is overdue."""
        now = self._monotonic()
        if now - self._tick > TICK_LIMIT_S:
            return f"no tick for {now - self._tick:.0f} s"
        if lag_s > POLL_LIMIT_S and now - self._poll > POLL_LIMIT_S:
            return (
                f"feeds are due for {lag_s:.0f} s and none was polled for {now - self._poll:.0f} s"
            )
        return ""
