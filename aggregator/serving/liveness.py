"""Whether polling goes on, whether the clock was set, and what the service manager is told."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from msgspec import Struct

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


def notify(message: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Sends `READY=1`, `WATCHDOG=1`, `STOPPING=1`... where `NOTIFY_SOCKET` is set.

    Returns whether it was sent; a manager that is gone is not an error of ours.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # a socket in the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto(message.encode(), address)
        except OSError:
            return False
    return True


def watchdog_interval_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """Half of the manager's limit between two signs of life; None where it wants none."""
    limit = environment.get("WATCHDOG_USEC", "")
    owner = environment.get("WATCHDOG_PID", "")
    if not limit.isdecimal() or int(limit) == 0 or (owner and owner != str(os.getpid())):
        return None
    return int(limit) / 2_000_000
