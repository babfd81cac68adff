"""`aggregator feeds list` and `feeds check`."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import TALKS, Command, configure, entry
from tests.samples import rss
from tests.servers import Reply, WebServer


def test_feeds_are_listed_without_their_secrets(command: Command) -> None:
    Path("feeds.yaml").write_text(
        "feeds:\n  - {url: 'https://u:pw@a.example/', name: A, rank: 3, enabled: false}\n"
        "  - {url: 'https://b.example/hidden', name: B, private: true}\n"
    )

    done = command("feeds", "list")

    assert "https://a.example/" in done.out
    assert "pw" not in done.out
    assert "hidden" not in done.out
    assert command("feeds", "list", "--json").document()[1]["url"] is None


def test_feeds_are_listed_where_the_database_cannot_be_read(command: Command) -> None:
    configure("https://a.example/")
    without = command("feeds", "list")
    database = Path("db/aggregator.db").resolve()
    database.parent.mkdir()
    database.touch()
    empty = command("feeds", "list")
    database.write_text("of another program")

    unusable = command("feeds", "list")

    assert "https://a.example/" in without.out
    assert without == empty
    assert (unusable.code, unusable.out) == (0, without.out)
    assert unusable.err.startswith(f"warning: {database}: not an SQLite database; name another")


def test_check_does_not_show_where_a_private_feed_moved_to(
    command: Command, web: WebServer
) -> None:
    web.serve("/t0ken", rss("Paper", [entry(TALKS)]))
    url = web.serve("/old", Reply(status=301, headers={"Location": "/t0ken"}))
    configure(url)
    assert f"moved for good to {web.base}/t0ken" in command("feeds", "check").out
    text = Path("feeds.yaml").read_text()
    Path("feeds.yaml").write_text(text.replace("Feed 1", "Feed 1, private: true"))

    done = command("feeds", "check")

    assert "moved for good to another address" in done.out
    assert "t0ken" not in done.out


def test_check_reports_health_and_stores_nothing(command: Command, web: WebServer) -> None:
    good = web.serve("/good", rss("Good", [entry(TALKS)]))
    bad = web.serve("/bad", Reply(b"<p>no feed</p>", headers={"Content-Type": "text/html"}))
    configure(good, bad, f"{web.base}/missing")

    findings = command("feeds", "check", "--json").document()

    assert [(one["name"], one["status"]) for one in findings] == [
        ("Feed 1", "ok"), ("Feed 2", "not_a_feed"), ("Feed 3", "http"),
    ]  # fmt: skip
    assert (findings[0]["items"], findings[0]["newest"]) == (1, "2025-08-12T10:00:00Z")
    assert not Path("db").exists()
    assert "rss" in command("feeds", "check", "Feed 1").out
    assert command("feeds", "check", "Feed 2").code == 1
    assert command("feeds", "check", "nobody").code == 2


def test_check_respects_what_servers_asked_for(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", Reply(b"", 503, {"Retry-After": "3600"})))
    command("fetch")

    (finding,) = command("feeds", "check", "--json").document()

    assert finding["status"] == "waiting"
    assert finding["detail"].startswith("its server asked not to be asked again before 20")
    assert command("feeds", "check").out.endswith(f"  {finding['detail']}\n")
    assert len(web.asked("/1")) == 1
