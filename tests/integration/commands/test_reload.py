"""`aggregator reload`."""

from __future__ import annotations

from tests.command_line import Command


def test_without_a_daemon_there_is_nothing_to_reload(fetched: Command) -> None:
    done = fetched("reload")

    assert (done.code, "no daemon" in done.err) == (1, True)
