"""`aggregator mcp` without its extra: help is there, and the command says what to install."""

from __future__ import annotations

import importlib.util

import pytest

from aggregator.cli import options
from aggregator.cli.root import run
from tests.docs import page

INSTALL = "pip install -c constraints.txt '.[mcp]'"


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        options, "find_spec", lambda name: importlib.util.find_spec(f"absent_{name}")
    )

    assert run(["mcp", "--help"]) == 0
    assert INSTALL in capsys.readouterr().out
    assert run(["mcp"]) == 2
    assert INSTALL in capsys.readouterr().err
    assert INSTALL in page("docs/exporting.md")
