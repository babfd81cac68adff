"""How often garbage is collected, and how a command ends."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

_CHANGES = """
import gc
from aggregator.cli import process
usual = gc.get_threshold()
process.collect_seldom()
seldom = gc.get_threshold()
process.collect_as_usual()
again = gc.get_threshold()
print(usual == again, seldom > usual)
"""


def run_alone(program: str) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, ended."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_seldom_in_a_command_and_as_usual_in_a_service() -> None:
    ended = run_alone(_CHANGES)
    assert (ended.returncode, ended.stdout.split()) == (0, ["True"] * 2)


def test_what_a_command_has_loaded_is_not_looked_through_again() -> None:
    program = (
        "import gc\n"
        "from aggregator.cli import process\n"
        "process.keep_loaded()\n"
        "print(gc.get_freeze_count())\n"
        "process.collect_seldom()\n"
        "process.keep_loaded()\n"
        "print(gc.get_freeze_count() > 1000, gc.get_count()[0] < 100)"
    )

    ended = run_alone(program)

    assert (ended.returncode, ended.stdout.split()) == (0, ["0", "True", "True"])


def test_a_command_in_another_program_leaves_its_collection_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from aggregator.cli.root import run

    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    assert run(["--version"]) == 0
    assert "aggregator" in capsys.readouterr().out
    assert gc.get_threshold() == threshold
    assert gc.get_freeze_count() <= frozen  # what a test before has frozen may have gone


def test_a_command_ends_with_its_code_and_all_that_was_to_be_done_at_its_end() -> None:
    program = (
        "import atexit, threading, time\n"
        "from aggregator.cli import process\n"
        "atexit.register(print, 'at the end')\n"
        "threading.Thread(target=lambda: (time.sleep(0.1), print('in a thread'))).start()\n"
        "print('at first')\n"
        "process.end(3)"
    )

    ended = run_alone(program)

    assert ended.stdout.splitlines() == ["at first", "in a thread", "at the end"]
    assert (ended.returncode, ended.stderr) == (3, "")
