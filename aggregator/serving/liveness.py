"""Does polling go on? Told by steady time, so that a jumping clock cannot hide a standstill."""

from __future__ import annotations

from collections.abc import Callable

TICK_LIMIT_S = 60.0  # ticks come every five seconds
POLL_LIMIT_S = 900.0


class Liveness:
    """Signs of life of one process."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._tick = self._poll = steady()

    def ticked(self) -> None:
        """The scheduler's tick went through."""
        self._tick = self._steady()

    def polled(self) -> None:
        """The outcome of a poll was stored."""
        self._poll = self._steady()

    def complaint(self, *, lag_s: float = 0.0) -> str:
        """Why polling counts as standing still, or "". `lag_s`: wait of the longest-due feed."""
        now = self._steady()
        if now - self._tick > TICK_LIMIT_S:
            return f"no tick for {now - self._tick:.0f} s"
        if lag_s > POLL_LIMIT_S and now - self._poll > POLL_LIMIT_S:
            return (
                f"feeds are due for {lag_s:.0f} s and none was polled for {now - self._poll:.0f} s"
            )
        return ""
