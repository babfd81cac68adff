"""What docs/architecture.md promises of new parts: each is added in one place, and is all there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from aggregator.cli import commands, root
from aggregator.cli.root import run
from aggregator.config import schema
from aggregator.config.load import parse
from aggregator.errors import ConfigError
from aggregator.parsing.document import FORMATS
from aggregator.setting import Setting
from aggregator.settings import ServeSettings
from tests import settings_page
from tests.commands import environment
from tests.docs import ROOT

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
FORMAT = """
from aggregator.errors import ParseError
from aggregator.parsing import document
from aggregator.parsing.rawfeed import Channel, RawEntry, RawFeed


def read_lines(text, task):
    title, *lines = text.splitlines()
    if not lines:
        raise ParseError("the list has no lines")
    entries = (line.split(" ", 1) for line in lines)
    return RawFeed(
        Channel("lines", title.removeprefix("#feed ")),
        tuple(RawEntry(url=url, title=headline) for url, headline in entries),
    )


document.FORMATS += (document.Format("lines", lambda text: text.startswith("#feed"), read_lines),)
"""
Motto = Annotated[int, Setting("how often the motto is shown", least=1, most=9)]


def test_a_command_is_one_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "greet.py").write_text(GREET)
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    monkeypatch.setattr(root, "_names", root._names.__wrapped__)  # listed once in a process

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


def test_a_feed_format_is_one_row(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FORMAT)  # parsing processes load it, too
    (tmp_path / "dam.txt").write_text("#feed Dams\nhttps://dams.example/1 The dam was opened\n")
    (tmp_path / "none.txt").write_text("#feed Nothing")
    (tmp_path / "feeds.yaml").write_text(
        "feeds:\n"
        "  - {url: ./dam.txt, name: Dams, on_topic: true}\n"
        "  - {url: ./none.txt, name: Nothing}\n"
    )

    ended = subprocess.run(
        [sys.executable, "-m", "aggregator", "-q", "fetch", "--json"],
        cwd=tmp_path,
        env=environment(PYTHONPATH=f"{tmp_path}:{ROOT}"),
        capture_output=True,
        check=True,
    )

    assert json.loads(ended.stdout)["new_items"] == 1
    assert json.loads(ended.stdout)["errors"] == [
        {"feed": "Nothing", "kind": "parse", "detail": "the list has no lines"}
    ]
    published = (tmp_path / "public" / "us-pakistan-security.atom").read_text(encoding="utf-8")
    assert "The dam was opened" in published
    assert "https://dams.example/1" in published


def test_every_feed_format_is_documented() -> None:
    page = " ".join(settings_page.PAGE.read_text(encoding="utf-8").split())

    for one in FORMATS:
        assert one.name in page
