"""Lists of feeds (OPML) that are subscribed: polled, stored, shown, and never trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.parsing.subscriptions import read_opml
from tests.command_line import TALKS, Command, entry
from tests.samples import rss
from tests.servers import Reply, WebServer, document

SETTINGS = """\
site: {contact: 'mailto:test@example.org'}
stories: {model: off}
fetch: {allow_private_networks: true, host_gap: 0s, timeout: 5s}
"""


def subscribe(url: str, more: str = "") -> None:
    """Writes a feeds.yaml that subscribes to a list."""
    Path("feeds.yaml").write_text(
        f"{SETTINGS}feeds:\n  - opml: {url}\n    name: Team\n    group: Shared\n    rank: 7\n{more}"
    )


def opml(*outlines: str) -> str:
    return f'<opml version="2.0"><body>{"".join(outlines)}</body></opml>'


def outline(url: str, text: str, folder: str = "") -> str:
    feed = f'<outline type="rss" text="{text}" xmlUrl="{url}"/>'
    return f'<outline text="{folder}">{feed}</outline>' if folder else feed


def polled(command: Command, *arguments: str) -> tuple[dict[str, int], str]:
    done = command("-v", "fetch", "--json", *arguments)
    found = done.document()
    return {key: found[key] for key in ("feeds", "fetched", "not_modified", "failed")}, done.err


@pytest.mark.usefixtures("one_network")
def test_a_list_is_polled_with_what_it_names_and_outlives_its_server(
    command: Command, web: WebServer
) -> None:
    one = web.serve("/one", rss("One", [entry(TALKS)]))
    two = web.serve("/two", rss("Two", [entry("Snow closes schools", host="b.example")]))
    both = opml(outline(one, "Paper", "Asia"), outline(two, "Paper"))
    subscribe(web.serve("/list", document(both, etag='"1"')))

    first, log = polled(command)

    assert first == {"feeds": 3, "fetched": 3, "not_modified": 0, "failed": 0}
    assert "list.changed feed=Team added=2 removed=0" in log
    assert f"list.added feed=Team url={two}" in log
    listed = command("feeds", "list", "--json").document()
    assert [(feed["name"], feed["listed_in"], feed["group"], feed["rank"]) for feed in listed] == [
        ("Team", None, ["Shared"], 7),
        ("Paper", "Team", ["Shared", "Asia"], 7),
        ("Paper 2", "Team", ["Shared"], 7),
    ]
    exported = read_opml(command("feeds", "export").out.encode())
    assert [(feed.url, feed.group) for feed in exported] == [
        (two, ("Shared",)),
        (one, ("Shared", "Asia")),
    ]
    published = read_opml(Path("public/feeds.opml").read_bytes())
    assert [feed.group for feed in published] == [feed.group for feed in exported]
    assert "Team: a list that names 2 feeds" in command("status").out
    assert command("feeds", "check", "Team").code == 0

    again, log = polled(command)
    assert (again["not_modified"], "list." in log) == (1, False)
    assert web.asked("/list")[-1].headers["if-none-match"] == '"1"'

    for broken in (Reply(b"", 500), opml()):
        web.serve("/list", broken)
        down, log = polled(command)
        assert (down["feeds"], down["failed"], "list." in log) == (3, 1, False)

    web.serve("/list", opml(outline(two, "Paper")))
    fewer, log = polled(command)
    assert fewer["failed"] == 0
    assert f"list.removed feed=Team url={one}" in log
    before = len(web.asked("/one"))
    polled(command)
    assert (len(web.asked("/one")), len(web.asked("/two"))) == (before, before + 1)
    names = [feed["name"] for feed in command("status", "--json").document()["feeds"]]
    assert names == ["Team", "Paper"]
    assert TALKS in command("stories", "list", "--since", "3650d").out  # what it told stays

    told = command("feeds", "remove", "Paper").err
    assert "comes with the list Team" in told
    subscribe(f"{web.base}/list", f"  - {{url: '{two}', name: Ours, enabled: false}}\n")
    polled(command)
    assert len(web.asked("/two")) == before + 1  # what stands in the file itself wins
    assert command("feeds", "remove", "Team").code == 0
    assert [one["name"] for one in command("feeds", "list", "--json").document()] == ["Ours"]


@pytest.mark.usefixtures("one_network")
def test_a_list_is_withdrawn_with_its_feeds_but_for_those_still_polled(
    command: Command, web: WebServer
) -> None:
    stays = web.serve("/stays", rss("Stays", [entry(TALKS)]))
    goes = web.serve("/goes", rss("Goes", [entry("Snow closes schools", host="goes.example")]))
    other = web.serve("/other", opml(outline(stays, "Stays")))
    more = f"    on_topic: true\n  - {{opml: '{other}', name: Other, on_topic: true}}\n"
    subscribe(web.serve("/list", opml(outline(stays, "Stays"), outline(goes, "Goes"))), more)
    polled(command)
    feed = Path("public/us-pakistan-security.atom")
    assert b"goes.example" in feed.read_bytes()

    assert command("feeds", "remove", "Team").code == 0
    assert b"goes.example" in feed.read_bytes()
    withdrawn = command("feeds", "remove", "Team", "--withdraw")

    assert (withdrawn.code, withdrawn.out) == (0, "withdrawn 1 item\n")
    assert b"goes.example" not in feed.read_bytes()
    assert TALKS.encode() in feed.read_bytes()

    subscribe(f"{web.base}/list", more)  # it names what was withdrawn, which stays so
    polled(command)
    assert b"goes.example" not in feed.read_bytes()
    listed = command("feeds", "list", "--json").document()
    assert [one["name"] for one in listed if one["withdrawn"]] == ["Team", "Goes"]
    assert "its withdrawal is taken back" in command("feeds", "add", goes).err
    polled(command)
    assert b"goes.example" in feed.read_bytes()


def test_what_a_list_names_reaches_no_files_no_private_networks_and_no_secrets(
    command: Command, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "s3cr3t")
    Path("own.xml").write_text(rss("Own", [entry(TALKS)]))
    private = web.serve("/private", rss("Private", [entry(TALKS)]))
    outlines = (
        outline(private, "Private"),
        *(outline(url, "Odd") for url in (
            Path("own.xml").absolute().as_uri(), str(Path("own.xml").absolute()), "own.xml",
            "javascript:alert(1)", "https://a.example/${SECRET}", "https://u:p@a.example/feed",
        )),
    )  # fmt: skip
    subscribe(web.serve("/list", opml(*outlines)), "    headers: {X-Key: '${SECRET}'}\n")

    found, log = polled(command)

    assert (found["feeds"], found["failed"]) == (2, 1)
    assert web.asked("/private") == []
    assert web.asked("/list")[0].headers["x-key"] == "s3cr3t"
    (failed,) = (
        feed for feed in command("status", "--json").document()["feeds"] if feed["failures"]
    )
    assert (failed["name"], failed["last_error"].split(":")[0]) == ("Private", "blocked")
    assert "-> it comes with the list Team" in command("status").out
    assert "-> it comes with the list Team" in command("doctor").out
    assert "s3cr3t" not in log
