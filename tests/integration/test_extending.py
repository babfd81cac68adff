"""What docs/architecture.md promises of new parts: each is added in one place, and is all there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from aggregator.cli import commands
from aggregator.cli.root import run
from aggregator.config import schema
from aggregator.config.load import parse
from aggregator.errors import ConfigError
from aggregator.setting import Setting
from aggregator.settings import ServeSettings
from tests import settings_page

GREET = '''"""`aggregator greet`: a command that a test adds."""

import click

from aggregator.cli import show


@click.command()
@click.argument("name")
def greet(name: str) -> int:
    """Greets somebody."""
    show.line(f"hello {show.safe(name)}")
    return 0 if name.islower() else 1
'''
Motto = Annotated[int, Setting("how often the motto is shown", least=1, most=9)]


def test_a_command_is_one_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "greet.py").write_text(GREET)
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])

    assert run(["--help"]) == 0
    assert "greet     Greets somebody." in capsys.readouterr().out
    assert run(["greet", "world"]) == 0
    assert capsys.readouterr().out == "hello world\n"
    assert run(["greet", "World"]) == 1
    assert run(["greet"]) == 2
    assert "Missing argument" in capsys.readouterr().err
    assert run(["gret"]) == 2
    assert "greet" in capsys.readouterr().err


def test_a_setting_is_one_field(monkeypatch: pytest.MonkeyPatch) -> None:
    extended = msgspec.defstruct(
        "ServeSettings", [("motto", Motto, 3)], bases=(ServeSettings,), frozen=True
    )
    monkeypatch.setitem(schema.SECTIONS, "serve", extended)
    path = Path("/home/news/feeds.yaml")

    config = parse(b"serve: {port: 80, motto: 7}", path=path, environ={})
    with pytest.raises(ConfigError) as caught:
        parse(b"serve: {motto: 12}", path=path, environ={})

    assert (config.serve.port, getattr(config.serve, "motto", None)) == (80, 7)
    assert getattr(parse(b"", path=path, environ={}).serve, "motto", None) == 3
    assert '1:16: serve.motto: "12" is out of range; write a number from 1 to 9' in str(
        caught.value
    )
    page = settings_page.PAGE.read_text(encoding="utf-8")
    row = "| `serve.motto` | `3` | how often the motto is shown (1 to 9) |\n"
    assert row in settings_page.written(page)
