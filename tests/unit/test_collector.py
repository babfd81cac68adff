"""How often dead cycles are looked for."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

_CHANGES = """
import gc
from aggregator.cli import collector
usual = gc.get_threshold()
collector.rest()
seldom = gc.get_threshold()
collector.work()
again = gc.get_threshold()
collector.leave()
print(usual == again, seldom > usual, gc.get_freeze_count() > 0)
"""


def test_seldom_in_a_command_and_as_usual_in_a_service() -> None:
    command = [sys.executable, "-c", _CHANGES]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == ["True"] * 3


def test_a_command_in_another_program_leaves_its_collector_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from aggregator.cli.root import run

    before = gc.get_threshold(), gc.get_freeze_count()
    assert run(["--version"]) == 0
    assert "aggregator" in capsys.readouterr().out
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
