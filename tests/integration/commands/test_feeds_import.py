"""`aggregator feeds import` and `feeds export`."""

from __future__ import annotations

from pathlib import Path

from aggregator.parsing.subscriptions import read_opml
from tests.command_line import Command, configure

OPML = """<opml version="2.0"><head><title>x</title></head><body><outline text="Papers">
<outline text="One" type="rss" xmlUrl="https://one.example/feed"/>
<outline text="One" type="rss" xmlUrl="https://two.example/feed"/>
<outline text="Thief" type="rss" xmlUrl="https://thief.example/${HOME}"/>
<outline text="File" type="rss" xmlUrl="file:///etc/passwd"/>
<outline text="Feed 1" type="rss" xmlUrl="https://known.example/"/>
</outline></body></opml>"""


def test_a_list_that_spells_one_address_in_two_ways_is_taken_in(command: Command) -> None:
    configure("https://known.example/")
    urls = ("https://Known.example", "https://one.example", "HTTPS://one.example/#top")
    outlines = "".join(f'<outline text="{url}" xmlUrl="{url}"/>' for url in urls)
    Path("list.opml").write_text(f'<opml version="2.0"><body>{outlines}</body></opml>')

    done = command("feeds", "import", "list.opml")

    assert (done.code, done.out) == (0, "added 1 feed, left out 2\n")
    assert done.err.count("configured or listed already") == 2


def test_opml_lists_come_in_and_go_out(command: Command) -> None:
    configure("https://known.example/")
    Path("list.opml").write_text(OPML)

    done = command("feeds", "import", "list.opml")

    assert done.out == "added 2 feeds, left out 3\n"
    assert "file:///etc/passwd" in done.err
    assert "thief" in done.err
    listed = command("feeds", "list", "--json").document()
    assert [(one["name"], one["url"]) for one in listed] == [
        ("Feed 1", "https://known.example/"),
        ("One", "https://one.example/feed"),
        ("One 2", "https://two.example/feed"),
    ]
    exported = command("feeds", "export").out
    assert exported.count("xmlUrl=") == 3
    Path("out.opml").write_text(exported)
    assert command("feeds", "import", "out.opml").out == "added 0 feeds, left out 3\n"
    Path("bad.opml").write_text("<p>")
    bad = command("feeds", "import", "bad.opml")
    assert (bad.code, bad.err.startswith("error: bad.opml: the ")) == (1, True)


def test_folders_of_a_list_come_in_stay_in_edits_and_go_out(command: Command) -> None:
    configure("https://known.example/")
    tag = "&amp;lt;b&amp;gt;"  # the configuration refuses tags in names
    Path("list.opml").write_text(f"""<opml version="2.0"><body>
<outline text="AC/DC, [Asia]: #1 {tag}"><outline text="Pakistan">
<outline text="Dawn {tag}" xmlUrl="https://dawn.example/feed"/></outline>
<outline text="Wire" xmlUrl="https://wire.example/feed"/></outline></body></opml>""")

    assert command("feeds", "import", "list.opml").out == "added 2 feeds, left out 0\n"
    assert command("feeds", "remove", "Feed 1").code == 0

    folder = "AC/DC, [Asia]: #1 ‹b>"
    groups = {one["name"]: one["group"] for one in command("feeds", "list", "--json").document()}
    assert groups == {"Dawn ‹b>": [folder, "Pakistan"], "Wire": [folder]}
    again = read_opml(command("feeds", "export").out.encode())
    assert {feed.title: list(feed.group) for feed in again} == groups
