"""Gaps in time between two looks: clocks that were set, machines and processes that slept."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

NOTED_S = 30.0  # clocks are set by seconds all the time, and a busy machine is late


class ClockGap(Struct, frozen=True):
    """By how many seconds the clock ran away from steady time, and how long nothing ran."""

    jump_s: float = 0.0
    asleep_s: float = 0.0


class ClockWatch:
    """Compares the wall clock with steady time whenever it is asked.

    A suspended machine stops steady time: the clock has jumped when it wakes. A stopped process
    or container sees no jump, only that nobody asked for long.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        steady: Callable[[], float],
        *,
        every_s: float,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        """`every_s`: the longest time between two looks while all is well, by `real` time."""
        self._clock = clock
        self._steady = steady
        self._real = real
        self._every_s = every_s
        self._seen = self._times()

    def look(self) -> ClockGap | None:
        """What happened since the last look, None where nothing did."""
        before, self._seen = self._seen, self._times()
        wall, steady, real = (now - then for now, then in zip(self._seen, before, strict=True))
        jump_s, asleep_s = wall - steady, real - self._every_s
        if abs(jump_s) >= NOTED_S:
            return ClockGap(jump_s=jump_s)
        return ClockGap(asleep_s=asleep_s) if asleep_s >= NOTED_S else None

    def _times(self) -> tuple[float, float, float]:
        return self._clock().timestamp(), self._steady(), self._real()
