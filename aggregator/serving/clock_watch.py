"""Detects that the wall clock was set, or that the machine or the process was suspended."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

NOTED_S = 30.0  # NTP steps clocks by seconds all the time, and a busy machine is late


class ClockGap(Struct, frozen=True):
    """By how much the wall clock left the monotonic one, and for how long nothing ran."""

    jump_s: float = 0.0
    asleep_s: float = 0.0


class ClockWatch:
    """Compares the wall clock with the monotonic clock at every check.

    The monotonic clock stops while a machine is suspended: the wall clock has jumped when it
    wakes. A stopped process or container sees no jump, only a long time between two checks.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        *,
        every_s: float,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        """`every_s`: the longest time between two checks while all is well, by `real` time."""
        self._clock = clock
        self._monotonic = monotonic
        self._real = real
        self._every_s = every_s
        self._seen = self._times()

    def check(self) -> ClockGap | None:
        """What happened since the last check, None where nothing did."""
        before, self._seen = self._seen, self._times()
        wall, monotonic, real = (now - then for now, then in zip(self._seen, before, strict=True))
        jump_s, asleep_s = wall - monotonic, real - self._every_s
        if abs(jump_s) >= NOTED_S:
            return ClockGap(jump_s=jump_s)
        return ClockGap(asleep_s=asleep_s) if asleep_s >= NOTED_S else None

    def _times(self) -> tuple[float, float, float]:
        return self._clock().timestamp(), self._monotonic(), self._real()
