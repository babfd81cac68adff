"""The folder and the feeds in which commands are run: made once, copied for each test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.cli.root import run
from tests.command_line import FIRMS, TALKS, Command, configure, entry
from tests.commands import Ended
from tests.samples import rss
from tests.servers import WebServer, running


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("AGGREGATOR_CONFIG", "AGGREGATOR_DB", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def end(*arguments: str) -> Ended:
        capsys.readouterr()
        code = run(arguments)
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return end


@pytest.fixture(scope="session")
def papers() -> Iterator[WebServer]:
    """Two feeds: one story told twice, one told once, one off topic."""
    one = [entry(TALKS), entry(FIRMS, page="n2"), entry("Lahore wins the cup", page="n3")]
    two = [entry(f"{TALKS} - Two", host="b.example", hour=11)]
    with running() as server:
        server.serve("/1", rss("One", one))
        server.serve("/2", rss("Two", two))
        yield server


@pytest.fixture(scope="session")
def polled(papers: WebServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which both were polled."""
    folder = tmp_path_factory.mktemp("polled")
    before = Path.cwd()
    os.chdir(folder)
    try:
        configure(f"{papers.base}/1", f"{papers.base}/2")
        assert run(["fetch"]) == 0
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def fetched(command: Command, polled: Path) -> Command:
    """Runs a command in a copy of that folder."""
    shutil.copytree(polled, Path.cwd(), dirs_exist_ok=True)
    return command
