"""The start of a process: ended at any moment, or short of files or memory, it ends in order."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import Home, environment

ENDS_ITSELF = """
import os, signal, sys

# what a terminal's foreground has: in the background of a shell, SIGINT is ignored from the start
signal.signal(signal.SIGINT, signal.default_int_handler)
at, number = os.environ.pop("SIGNAL_AT", ""), int(os.environ.pop("SIGNAL", "0"))


class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == at:
            os.kill(os.getpid(), number)


sys.meta_path.insert(0, Watch())
"""


@pytest.mark.parametrize(
    ("number", "moment"),  # of loading a module: in the order in which a daemon loads them
    [
        (signal.SIGTERM, "aggregator.cli.root"),
        (signal.SIGTERM, "aggregator.config"),
        (signal.SIGTERM, "aggregator.serving.run"),
        (signal.SIGTERM, "aggregator.storage.migrations"),
        (signal.SIGTERM, "aggregator.serving.listener"),
        (signal.SIGTERM, "aggregator.publishing.writing"),
        (signal.SIGINT, "aggregator.cli.root"),
        (signal.SIGINT, "aggregator.serving.run"),
        (signal.SIGINT, "aggregator.serving.listener"),
    ],
)
def test_a_daemon_that_is_ended_while_it_starts_ends_without_a_traceback(
    home: Home, tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(ENDS_ITSELF)
    home.subscribe(["http://127.0.0.1:9/closed"])
    path = f"{tmp_path / 'watch'}:{environment()['PYTHONPATH']}"

    done = home.start(
        *("daemon", "--port", "0"),
        PYTHONPATH=path,
        COVERAGE_PROCESS_CONFIG="",  # it would be among what is loaded
        SIGNAL_AT=moment,
        SIGNAL=str(number.value),
        timeout_s=110,
    )

    # before it holds its lock nothing is begun, and the signal's own way to end is as good
    early = {-signal.SIGTERM} if number is signal.SIGTERM else {130}
    assert done.code in early | {0}
    assert "Traceback" not in done.err
    assert "error" not in done.err.replace("poll.failed", "")
    assert not (home.path / "db" / "aggregator.db-wal").exists()


def limited(home: Home, limit: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command under a limit of the shell, and no more beside it than users have."""
    command = f'ulimit {limit} && exec "$0" -m aggregator "$@"'
    return subprocess.run(
        ["sh", "-c", command, sys.executable, *arguments],
        cwd=home.path,
        env=environment(COVERAGE_PROCESS_CONFIG=""),  # it needs files and memory of its own
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "limit", "words"),
    [
        ("fetch", "-n 12", "only 12 files"),
        ("fetch", "-v 200000", "memory (address space) is limited to 195 MB"),
        ("daemon", "-d 300000", "memory (data) is limited to 292 MB"),
        ("serve", "-n 20", "only 20 files"),
    ],
)
def test_a_process_short_of_files_or_memory_says_so_in_one_line(
    home: Home, command: str, limit: str, words: str
) -> None:
    home.subscribe(["http://127.0.0.1:9/closed"])

    done = limited(home, limit, command)

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {words}")
    assert "raise the limit (ulimit" in line
    assert not (home.path / "db").exists()


@pytest.mark.parametrize("limit", ["-n 5", "-v 26000"])
def test_other_commands_short_of_files_or_memory_say_so_in_one_line(home: Home, limit: str) -> None:
    home.subscribe(["http://127.0.0.1:9/closed"])

    done = limited(home, limit, "status")

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
