"""The service manager hears from the daemon."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from aggregator.serving.liveness import notify, watchdog_interval_s


def test_message_reaches_the_socket_that_the_manager_names(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)

        sent = notify("READY=1", {"NOTIFY_SOCKET": address})

        assert sent
        assert manager.recv(100) == b"READY=1"


def test_abstract_socket_is_reached(tmp_path: Path) -> None:
    name = f"aggregator-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)

        assert notify("WATCHDOG=1", {"NOTIFY_SOCKET": "@" + name})
        assert manager.recv(100) == b"WATCHDOG=1"


def test_nothing_is_sent_without_a_manager(tmp_path: Path) -> None:
    assert not notify("READY=1", {})
    assert not notify("READY=1", {"NOTIFY_SOCKET": "relative"})
    assert not notify("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "nobody-listens")})


def test_sign_of_life_comes_twice_in_the_managers_limit() -> None:
    assert watchdog_interval_s({"WATCHDOG_USEC": "120000000"}) == 60.0
    assert watchdog_interval_s({"WATCHDOG_USEC": "2000", "WATCHDOG_PID": str(os.getpid())}) == 0.001


def test_no_sign_of_life_where_none_is_wanted() -> None:
    assert watchdog_interval_s({}) is None
    assert watchdog_interval_s({"WATCHDOG_USEC": "0"}) is None
    assert watchdog_interval_s({"WATCHDOG_USEC": "soon"}) is None
    assert watchdog_interval_s({"WATCHDOG_USEC": "2000", "WATCHDOG_PID": "1"}) is None
