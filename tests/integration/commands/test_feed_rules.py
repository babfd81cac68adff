"""`feeds[].keep` and `feeds[].block`, from a served feed to every place where items are shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import TALKS, Command, entry, stories
from tests.samples import rss
from tests.servers import WebServer, running

ERROR = "Bridge returned error 500! (12)"
ERROR_TERM = "Bridge returned error"
CUP = "Lahore wins the cup"
FEED = "{{url: '{url}', name: Bridge, on_topic: true{more}}}"


@pytest.fixture
def bridge() -> Iterator[WebServer]:
    with running() as server:
        server.serve("/1", rss("Bridge", [entry(TALKS), entry(ERROR, page="n2"),
                                          entry(CUP, page="n3")]))  # fmt: skip
        yield server


def configure(server: WebServer, more: str) -> None:
    feed = FEED.format(url=f"{server.base}/1", more=more)
    Path("feeds.yaml").write_text(
        "site: {contact: 'mailto:test@example.org'}\nstories: {model: off}\n"
        f"fetch: {{allow_private_networks: true, host_gap: 0s}}\nfeeds: [{feed}]\n"
    )


def test_blocked_items_are_told_and_never_shown(command: Command, bridge: WebServer) -> None:
    configure(bridge, ", block: ['Bridge returned error', wins the cup]")

    done = command("fetch", "--json").document()

    assert (done["new_items"], done["new_stories"], done["on_topic"]) == (3, 1, 1)
    assert set(stories(command)) == {TALKS}
    assert "Bridge returned" not in Path("public/us-pakistan-security.atom").read_text()
    assert command("search", "bridge", "--json").document() == []
    status = command("status", "--json").document()
    assert status["feeds"][0]["blocked"] == status["totals"]["blocked"] == 2
    assert status["totals"]["unmatched"] == 0
    assert "Bridge: 2 items are kept out by its `keep` and `block` rules" in command("status").out
    told = [command("explain", f"i{n}", "--json").document() for n in (1, 2, 3)]
    (why,) = [one for one in told if one.get("blocked") and ERROR_TERM in str(one["blocked"])]
    assert why["blocked"]["setting"] == "block"
    assert "the feed's `block` rules found: Bridge returned error" in (
        command("explain", why["item"]).out
    )


def test_only_what_is_kept_is_let_in_and_other_rules_look_again(
    command: Command, bridge: WebServer
) -> None:
    configure(bridge, ", keep: [dialogue]")
    command("fetch")
    assert set(stories(command)) == {TALKS}
    told = [command("explain", f"i{n}").out for n in (1, 2, 3)]
    assert sum("none of the feed's `keep` rules is met" in one for one in told) == 2

    configure(bridge, ", block: [error]")
    told = [command("explain", f"i{n}").out for n in (1, 2, 3)]
    assert sum("today's rules let it in" in one for one in told) == 1
    command("fetch", "--force")

    assert set(stories(command)) == {TALKS, CUP}
    assert command("status", "--json").document()["totals"]["blocked"] == 1


def test_a_replay_leaves_what_was_let_in(command: Command, bridge: WebServer) -> None:
    configure(bridge, "")
    command("fetch")
    assert set(stories(command)) == {TALKS, ERROR, CUP}

    configure(bridge, ", block: [error]")
    assert command("replay").code == 0

    assert set(stories(command)) == {TALKS, ERROR, CUP}
