"""`aggregator feeds remove`, with what a source published."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import TALKS, Command, configure, entry
from tests.samples import rss
from tests.servers import WebServer


def test_one_command_takes_a_source_out_of_the_list_and_of_every_published_file(
    command: Command, web: WebServer
) -> None:
    stays = web.serve("/1", rss("One", [entry(TALKS)]))
    gone = web.serve("/2", rss("Two", [entry("Floods close roads in Swat", host="two.example")]))
    configure(stays, gone)
    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text.replace("name:", "on_topic: true, name:"))
    command("fetch")

    def named() -> list[str]:
        shown = {path.name: path.read_bytes() for path in Path("public").rglob("*.*")}
        return [name for name, data in shown.items() if b"two.example" in data or b"Feed 2" in data]

    assert len(named()) > 5
    removed = command("feeds", "remove", "Feed 2", "--withdraw")
    assert removed.out == "removed Feed 2; 1 feed left\nwithdrawn 1 item\n"
    assert named() == []
    assert "Feed 2" not in Path("feeds.yaml").read_text()

    added = command("feeds", "add", gone, "--name", "Feed 2")
    assert "its withdrawal is taken back" in added.err
    assert command("publish").code == 0
    assert "us-pakistan-security.atom" in named()

    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text + f"  - {{url: '{web.base}/3', name: Never polled}}\n")
    unknown = command("feeds", "remove", "Never polled", "--withdraw")
    assert unknown.out.endswith("withdrawn 0 items\n")


def test_a_source_that_was_removed_before_can_still_be_withdrawn(
    command: Command, web: WebServer
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])))
    command("fetch")
    assert command("feeds", "remove", "Feed 1").code == 0
    feed = Path("public/us-pakistan-security.atom")
    assert b"<entry" in feed.read_bytes()

    withdrawn = command("feeds", "remove", "Feed 1", "--withdraw")

    assert (withdrawn.code, withdrawn.out) == (0, "withdrawn 1 item\n")
    assert b"<entry" not in feed.read_bytes()
    assert command("feeds", "remove", "Feed 1").code == 2
    assert command("feeds", "remove", "Nobody", "--withdraw").code == 2


def test_files_that_are_not_written_any_more_are_named_when_a_source_is_withdrawn(
    command: Command, web: WebServer
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])))
    command("fetch")
    file, text = Path("feeds.yaml"), Path("feeds.yaml").read_text()
    Path("public/robots.txt").write_text("not ours")
    off = "  - name: us-pakistan-security\n    enabled: false\n"
    file.write_text(f"{text}publish: {{formats: [json]}}\ntopics:\n{off}  - name: talks\n"
                    "    query: {rules: [{any: [talks], weight: 1}]}\n")  # fmt: skip

    removed = command("feeds", "remove", "Feed 1", "--withdraw")

    assert removed.err.startswith(
        f"note: not written any more, and left as they are in {Path('public').resolve()}:"
        " feeds.opml, index.html, stories, us-pakistan-security-2025-08-12.html,"
        " us-pakistan-security-2025-08.atom and 6 more; remove those that show what is withdrawn\n"
    )
    Path("public/talks.json").unlink()
    file.write_text(text)
    command("fetch")
    assert "not written" not in command("feeds", "remove", "Feed 1", "--withdraw").err
