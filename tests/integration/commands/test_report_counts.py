"""A story has as many reports everywhere: in files, commands, notifications and for programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from aggregator.config.load import load
from aggregator.mcp import answers
from aggregator.publishing.publish import publish
from aggregator.storage import feeds, outbox, reports
from aggregator.storage.entries import newest_entries
from aggregator.storage.reports import Reported, distinct
from aggregator.storage.store import open_store
from tests.command_line import Command
from tests.newsroom import BLAST, BLAST_CUT, NOW, Newsroom, make_item

CONFIG = """\
database: a.db
output: public
topics: [{name: news, query: {rules: [{any: [quetta], weight: 1}]}}]
feeds:
  - {name: dawn, url: 'https://dawn.example/feed'}
  - {name: geo, url: 'https://geo.example/feed'}
  - {name: wire, url: 'https://wire.example/feed'}
notify:
  - {name: all, ntfy: 'https://ntfy.example/all'}
  - {name: two, ntfy: 'https://ntfy.example/two', when: {sources: 2, independent: 2}}
  - {name: three, ntfy: 'https://ntfy.example/three', when: {sources: 3}}
"""
PAGE = "https://dawn.example/1"


@pytest.fixture
def told(command: Command) -> dict[str, Any]:
    """A story of three items, two of which are one page of one paper, as every way out has it."""
    Path("feeds.yaml").write_text(CONFIG)
    config = load(Path("feeds.yaml"), {})
    with open_store(Path("a.db")) as store:
        room = Newsroom(store)
        room.poll("dawn", make_item(BLAST, identity="a", url=PAGE, publisher="Dawn"))
        tracked = f"{PAGE}?utm_source=rss"
        room.poll("geo", make_item(BLAST, identity="b", url=tracked, publisher="Dawn"))
        room.poll("wire", make_item(BLAST_CUT, identity="c", publisher="Wire"))
        room.match()
        publish(store, config, NOW)
        targets = outbox.open_targets(store)
        bodies = {
            target: json.loads(outbox.due(store, NOW, targets=[target])[0].body)
            for target in targets
        }
        story = room.story("a")
    ways = {
        "list": command("stories", "list", "--since", "3650d", "--json").document()[0],
        "show": command("stories", "show", story, "--json").document(),
        "explain": command("explain", story, "--json").document(),
        "export": json.loads(
            command("stories", "export", "--since", "3650d", "--format", "jsonl").out
        ),
        "mcp": answers.get_story(config, story=story)["story"],
    }
    return ways | bodies | {"story": story}


def test_every_way_out_gives_the_same_numbers(told: dict[str, Any], command: Command) -> None:
    story = told.pop("story")
    assert set(told) == {"list", "show", "explain", "export", "mcp", "all/news", "two/news"}
    assert {(one["reports"], one["independent"]) for one in told.values()} == {(2, 2)}
    items = [len(told[way]["sources"]) for way in ("list", "show", "export", "mcp")]
    assert items == [3, 3, 3, 3]
    assert told["mcp"]["sources_left_out"] == 0
    texts = {
        path.name: path.read_text() for path in Path("public").rglob("*") if path.is_file()
    } | {
        way: command(*way.split(), story).out for way in ("stories show", "explain")
    }  # fmt: skip
    texts["stories list"] = command("stories", "list", "--since", "3650d").out
    numbers = {
        name: set(re.findall(r"\b\d+ reports(?:, \d+ independent)?", text))
        for name, text in texts.items()
    }
    said = {name for name, found in numbers.items() if found}
    assert {*said} >= {
        "news.atom", "news.rss", "news.json", "news.html", "index.html", f"{story}.html",
        "news-digest.md", "news-2026-03-01.html", "stories list", "stories show", "explain",
    }  # fmt: skip
    assert set().union(*numbers.values()) <= {
        "2 reports, 2 independent", "2 reports"
    }  # fmt: skip


def test_withdrawn_sources_are_no_reports(told: dict[str, Any], command: Command) -> None:
    with open_store(Path("a.db")) as store:
        for name in ("dawn", "geo", "wire"):
            feeds.withdraw_source(store, name, now=NOW)
            shown = command("stories", "show", told["story"], "--json").document()
            counts = (shown["reports"], shown["independent"], len(shown["sources"]))
            assert counts == {"dawn": (2, 2, 3), "geo": (1, 1, 3), "wire": (0, 0, 3)}[name]


def test_of_too_many_reports_the_first_and_the_lead_are_listed(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [Reported(number, f"Paper {number}", BLAST, None) for number in range(60)]
    monkeypatch.setattr(reports, "MOST_LISTED", 2)

    assert distinct([*many, many[0]], lead=59).listed == {0, 59}
    assert distinct(many, lead=None).count == 60
    monkeypatch.setattr(reports, "MOST_LISTED", 1)
    with open_store(Path("a.db")) as store:
        (entry,) = newest_entries(store, "news", limit=1)
    assert (len(entry.sources), entry.sources[0], entry.reports) == (1, entry.lead, 2)
