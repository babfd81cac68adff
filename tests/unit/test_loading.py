"""What a process loads: start-up is most of the cost of a run that finds nothing new."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from aggregator.cli.root import cli, run

FEED = """<rss version="2.0"><channel><title>News</title>
<item><title>A bridge was opened</title><guid>1</guid></item></channel></rss>"""


def loaded_by(program: str) -> frozenset[str]:
    """The modules that a fresh interpreter has loaded after `program`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    )
    return frozenset(done.stdout.split())


@pytest.mark.parametrize("entry", ["aggregator.__main__", "aggregator.cli"])
def test_a_parsing_process_gets_no_commands_with_the_main_module(entry: str) -> None:
    loaded = loaded_by(f"import {entry}")

    assert not loaded & {"click", "aggregator.cli.root", "aggregator.config", "asyncio"}


def test_a_parsing_process_loads_nothing_that_fetches() -> None:
    program = "from aggregator.polling.parse_child import load; load(1 << 30)"
    loaded = loaded_by(program) - loaded_by("")  # coverage loads modules, too

    assert "feedparser" in loaded
    assert not loaded & {"http.client", "socket", "ssl", "tempfile", "random", "email.parser"}


def test_a_parsing_process_loads_what_fetches_when_it_is_used() -> None:
    loaded = loaded_by(
        "from aggregator.polling.parse_child import load; load(1 << 30)\n"
        "import feedparser.api, xml.sax.saxutils\n"
        "assert feedparser.api.http.get is feedparser.api.http.get\n"
        "assert issubclass(feedparser.api.urllib.error.URLError, OSError)\n"
        "assert xml.sax.saxutils.urllib.request.urlopen"
    )

    assert "http.client" in loaded


def test_a_command_is_loaded_when_it_is_asked_for() -> None:
    loaded = loaded_by(
        "from aggregator.cli.root import cli; import click; cli.get_command(None, 'fetch')"
    )

    assert "aggregator.cli.commands.fetch" in loaded
    assert not loaded & {"aggregator.cli.commands.explain", "aggregator.cli.commands.feeds"}


def test_every_listed_command_is_there() -> None:
    context = click.Context(cli)

    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name


def test_what_was_meant_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fecth"]) == 2

    assert "fetch" in capsys.readouterr().err


def fetching(folder: Path) -> str:
    """A program that polls one feed of a folder."""
    (folder / "feed.xml").write_text(FEED)
    config = folder / "feeds.yaml"
    config.write_text(
        "feeds: [{url: ./feed.xml, name: News}]\n"
        "publish: {digest: false, archive: false}\n"  # which a day that ends meanwhile would add to
    )
    return (
        "if __name__ == '__main__':\n"
        "    from aggregator.cli.root import run\n"
        f"    assert run(['--config', {str(config)!r}, 'fetch']) == 0"
    )


def test_a_run_that_finds_nothing_new_loads_nothing_for_news(tmp_path: Path) -> None:
    program = fetching(tmp_path)
    assert "numpy" not in loaded_by(program)  # it makes the database

    loaded = loaded_by(program) - loaded_by("")  # coverage loads modules, too

    assert "aggregator.publishing.publish" in loaded
    for library in ("feedparser", "nh3", "rapidfuzz", "feedgen", "jinja2"):
        assert library not in loaded
    for module in (
        *("stories.match", "topics.decide", "ingest.assign"),
        *("publishing.build", "publishing.targets"),
    ):
        assert f"aggregator.{module}" not in loaded
    assert not loaded & {"tempfile", "secrets", "email.utils", "difflib", "html"}


def test_a_run_that_finds_a_few_news_gives_no_memory_back_at_its_end(tmp_path: Path) -> None:
    program = fetching(tmp_path)
    loaded_by(program)  # it makes the database
    (tmp_path / "feed.xml").write_text(FEED.replace("<guid>1", "<guid>2").replace("bridge", "port"))

    loaded = loaded_by(program) - loaded_by("")

    assert "aggregator.ingest.assign" in loaded
    assert "ctypes" not in loaded  # by which the C library is asked
