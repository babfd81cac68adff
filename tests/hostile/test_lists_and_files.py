"""Hostile subscription lists and configuration files, given to the commands that read them."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli.root import run
from aggregator.config import load
from aggregator.errors import ConfigError
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
    printed = io.StringIO()
    with logging_kept(), redirect_stdout(printed), redirect_stderr(printed):
        code = run(arguments)
    return code, printed.getvalue()


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
