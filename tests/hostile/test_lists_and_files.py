"""Hostile subscription lists and configuration files, given to the commands that read them."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from aggregator.cli.root import run
from aggregator.config import load
from aggregator.config.fields import check_url
from aggregator.errors import ConfigError, NotAFeed, ParseError
from aggregator.lists import with_listed
from aggregator.model import ParseTask, Subscription
from aggregator.parsing.document import parse
from aggregator.parsing.subscriptions import MOST_SUBSCRIBED
from aggregator.settings import Config, FeedSource
from aggregator.text import one_line
from tests.hostile.arena import logging_kept
from tests.hostile.corpus.cases import Case, body_bytes, of_kind
from tests.hostile.corpus.check import check_case, check_output
from tests.hostile.corpus.server import running

_EMPTY = "feeds: []\nfetch: {allow_private_networks: true}\n"


_OURS = {"db", "public"}
_LOCAL = ("yaml-url-file", "yaml-url-path")


@pytest.fixture(scope="module")
def corpus() -> Iterator[Any]:
    with running() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of the commands."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(*arguments: str) -> tuple[int, str]:
    """Exit code, and everything printed."""
    written = io.BytesIO()  # below the text, as of any process: `feeds export` prints bytes
    printed = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    with logging_kept(), redirect_stdout(printed), redirect_stderr(printed):
        code = run(arguments)
    return code, written.getvalue().decode()


def refused(code: int, said: str) -> bool:
    """Whether a command said what is wrong, and nothing of our insides."""
    assert "internal error" not in said
    assert "Traceback" not in said
    return code != 0 and bool(said.strip())


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in of_kind("opml")])
def test_a_hostile_list_is_taken_or_refused(case: Case, corpus: Any, folder: Path) -> None:
    corpus.reset()
    (folder / "feeds.yaml").write_text(_EMPTY, encoding="utf-8")
    (folder / "list.opml").write_bytes(body_bytes(case, corpus.env))

    code, said = command("feeds", "import", "list.opml")

    feeds = load(folder / "feeds.yaml", {}).feeds  # whatever came of it, the file still loads
    if refused(code, said):
        assert case.outcome != "items", said
        assert feeds == ()
    else:
        assert case.outcome != "error"
    assert len(feeds) == case.checks.get("feeds", len(feeds))
    assert all(feed.url.startswith("http") for feed in feeds)
    exported = command("feeds", "export")[1].encode()
    _, listed = command("feeds", "list")
    outputs = {"import": said.encode(), "export": exported, "list": listed.encode()}
    described = {"id": case.id, "checks": case.checks}
    assert check_case(described, outputs, corpus.log) == []
    assert [one for name, data in outputs.items() for one in check_output(data, name)] == []
    _nothing_was_made(case, folder)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in of_kind("opml")])
def test_a_hostile_list_that_is_subscribed_brings_feeds_or_is_refused(
    case: Case, corpus: Any
) -> None:
    task = ParseTask(
        body_bytes(case, corpus.env), {}, "https://team.example/", "Team", is_list=True
    )
    try:
        brought = parse(task).subscriptions
    except ParseError:
        assert case.outcome != "items"
        return

    assert 0 < len(brought) <= MOST_SUBSCRIBED
    _is_harmless(brought)


OUTLINES = (
    '<outline text="A" xmlUrl="https://a.example/${SECRET}"/>',
    '<outline text="B" xmlUrl="javascript:alert(1)"/>',
    '<outline text="C" xmlUrl="file:///etc/passwd"/>',
    '<outline text="D" xmlUrl="/etc/passwd"/>',
    '<outline text="E" xmlUrl="https://user:word@e.example/"/>',
    '<outline text="F" xmlUrl="https://f.example/&#10;&#x9b;/${X}"/>',
)


def test_a_list_of_nothing_but_traps_is_a_failed_poll() -> None:
    with pytest.raises(NotAFeed, match="names no feed that can be polled"):
        parse(_as_list("".join(OUTLINES)))


def test_names_and_folders_of_a_list_hold_nothing_that_controls() -> None:
    folders = "".join(f'<outline text="{sign}F[31m">' for sign in ("\u202e", "&#x9b;"))
    feed = (
        '<outline text="\u202ex&#9;&#x9d;0;&amp;lt;b&amp;gt;y&#10;z" xmlUrl="https://x.example/"/>'
    )
    brought = parse(_as_list(folders + feed + "</outline>" * 2)).subscriptions

    assert [(one.title, len(one.group)) for one in brought] == [("x 0;‹b>y z", 2)]
    _is_harmless(brought)


def _as_list(outlines: str) -> ParseTask:
    body = f'<opml version="2.0"><body>{outlines}</body></opml>'
    return ParseTask(body.encode(), {}, "https://team.example/", "Team", is_list=True)


def _is_harmless(brought: tuple[Subscription, ...]) -> None:
    """Whatever a list says, its feeds are as if a careful person had written them."""
    own = FeedSource("Team", "https://team.example/", key="t", opml="t", headers=(("X", "y"),))
    config = Config(feeds=(own,), feed_defaults=FeedSource("", "", allow_private_networks=True))
    feeds = with_listed(config, {"t": brought}).feeds[1:]
    assert len(feeds) == len(brought)
    for feed in feeds:
        assert feed.url == feed.key == feed.shown_url == check_url(feed.url)
        assert "${" not in feed.url
        assert not urlsplit(feed.url).username
        assert (feed.headers, feed.allow_private_networks, feed.private) == ((), False, False)
        texts = (feed.name, *feed.group)
        assert all(text == one_line(text, limit=110) != "" for text in texts)
        assert not any(re.search("<[/!?A-Za-z]", text) for text in texts)
    assert len({feed.name.casefold() for feed in feeds} | {"team"}) == len(feeds) + 1


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in of_kind("config")])
def test_a_hostile_configuration_is_read_or_refused(case: Case, corpus: Any, folder: Path) -> None:
    body = body_bytes(case, corpus.env)
    (folder / "feeds.yaml").write_bytes(body)

    # a local file may stand in the configuration; this one is no feed, and nothing of it is shown
    code, said = command("fetch") if case.id in _LOCAL else command("feeds", "list", "--json")

    if refused(code, said):
        assert code == 2 or case.id in _LOCAL
        assert "feeds.yaml" in said or "not a feed" in said
        assert "root:x:" not in said
        assert case.outcome != "items", said
    else:
        assert case.outcome != "error", said
        if case.outcome == "items":
            assert len(json.loads(said)) == case.checks.get("feeds", 10_000)
    assert len(said) < 20_000 or case.id == "yaml-10k-feeds"
    assert check_output(said.encode(), "said") == []
    described = {"id": case.id, "checks": case.checks}
    assert check_case(described, {"said": said.encode()}, corpus.log) == []
    _nothing_was_made(case, folder)


def test_what_is_wrong_with_a_file_is_told_with_its_place(folder: Path) -> None:
    (folder / "feeds.yaml").write_text("feeds:\n  - url: javascript:alert(1)\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"feeds\.yaml:2:"):
        load(folder / "feeds.yaml", os.environ)


def _nothing_was_made(case: Case, folder: Path) -> None:
    """No file beyond those that the test wrote; none of the forbidden name anywhere near."""
    assert {path.name for path in folder.iterdir()} <= {"feeds.yaml", "list.opml", *_OURS}
    if "no_file" in case.checks:
        for place in (Path("/tmp"), folder.parent, Path.home()):
            assert not [path for path in place.iterdir() if case.checks["no_file"] in path.name]
