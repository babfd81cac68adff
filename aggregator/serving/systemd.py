"""The service manager's notification protocol (sd_notify(3)), without a library for ten lines."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


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
