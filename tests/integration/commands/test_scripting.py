"""docs/scripting.md names what the commands print, and how they end."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from aggregator import demo, errors
from aggregator.cli.root import INTERRUPTED, run

PAGE = (Path(__file__).parents[3] / "docs" / "scripting.md").read_text(encoding="utf-8")
SAMPLES = Path(demo.__file__).parent / "feeds"
SINCE = ("--since", "3650d")
ROWS: dict[str, list[dict[str, Any]]] = {
    "stories": [{"title": "The dam was opened", "story": "1"}, {"title": "A bank", "story": "2"}],
    "pairs": [{"a": "The dam was opened", "b": "The dam opens", "same": 1}],
    "topic": [{"title": "Pakistan and U.S. hold counterterrorism talks", "label": 2}],
}


def rows() -> dict[str, str]:
    found = re.findall(r"^\| `([a-z ]+)` \| (\[?`.*`\]?) \|$", PAGE, re.MULTILINE)
    return dict(found)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two polled feeds and a correction."""
    home = tmp_path_factory.mktemp("home")
    for name in ("capital-wire.atom", "indus-courier.rss"):
        shutil.copy(SAMPLES / name, home)
    (home / "feeds.yaml").write_text(
        "stories: {model: off}\nfeeds: [{url: ./capital-wire.atom}, {url: ./indus-courier.rss}]\n"
    )
    for kind, lines in ROWS.items():
        (home / f"{kind}.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return home


def document(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code = run(["--config", str(home / "feeds.yaml"), *arguments, "--json"])

    assert code in (0, 1), arguments  # of `doctor`, which finds no contact
    return json.loads(capsys.readouterr().out)


def keys_of(found: Any) -> str:
    first = found[0] if isinstance(found, list) else found
    names = ", ".join(f"`{name}`" for name in first)
    return f"[{names}]" if isinstance(found, list) else names


def test_every_document_has_the_keys_that_the_page_names(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"fetch": document(home, capsys, "fetch")}
    found["stories list"] = document(home, capsys, "stories", "list", *SINCE)
    one = found["stories list"][0]["id"]
    for command in (
        *("feeds list", "feeds check", "status", "doctor"),
        *(f"stories show {one}", f"explain {one}", "search Pakistan", "topic test Islamabad"),
        *("replay --dry-run --since 3650d",),
        *(f"evaluate {kind} {home / kind}.jsonl" for kind in ROWS),
    ):
        name = next(name for name in rows() if command == name or command.startswith(f"{name} "))
        found[name] = document(home, capsys, *command.split())
    assert run(["--config", str(home / "feeds.yaml"), "stories", "hide", one]) == 0
    capsys.readouterr()
    found["stories corrections"] = document(home, capsys, "stories", "corrections")

    assert {name: keys_of(value) for name, value in found.items()} == rows()
    variant = found["explain"]["variants"][0]
    assert {"item", "headline", "rule", "score", "evidence"} <= set(variant)
    (source, *_) = found["stories show"]["sources"]
    keys = ["feed", "publisher", "headline", "url", "published", "item", "origin"]
    assert list(source) == keys
    feed = found["status"]["feeds"][0]
    assert {"name", "last_success", "next_due", "interval_s", "failures", "items"} <= set(feed)


def test_every_exit_code_is_on_the_page() -> None:
    raised = {
        one.exit_code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.AggregatorError)
    }

    assert {0, *raised, INTERRUPTED} == {
        int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)
    }
