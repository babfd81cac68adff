"""`aggregator status`."""

from __future__ import annotations

from pathlib import Path

from aggregator.storage.store import open_store
from tests.command_line import TALKS, Command, configure, entry
from tests.samples import rss
from tests.servers import Reply, WebServer

PAGE = (
    '<!doctype html><title>Paper</title><link rel="alternate" type="application/rss+xml" '
    'title="Paper news" href="/feed"><p>Welcome</p>'
)


def test_status_tells_each_feed_and_the_totals(fetched: Command) -> None:
    document = fetched("status", "--json").document()

    assert [feed["name"] for feed in document["feeds"]] == ["Feed 1", "Feed 2"]
    assert set(document["feeds"][0]) >= {
        "name", "last_success", "next_due", "interval_s", "failures", "last_error", "items",
    }  # fmt: skip
    assert document["totals"]["items"] == 4
    table = fetched("status").out
    assert "Feed 1" in table
    assert "4 items" in table


def test_status_names_what_is_wrong(command: Command, web: WebServer) -> None:
    configure(web.serve("/2", Reply(b"", 500)))
    command("fetch")

    document = command("status", "--json").document()

    assert document["feeds"][0]["failures"] == 1
    assert document["feeds"][0]["last_error"].startswith("http: ")
    assert not document["feeds"][0]["fails_for_long"]
    assert "http: " in command("status").out


def test_status_begins_with_the_feeds_that_fail_and_says_what_to_do(
    command: Command, web: WebServer
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])),
              web.serve("/a-rather-long-path/" + "x" * 90, PAGE),
              web.serve("/3", Reply(b"", 404)), more=f"database: {'d' * 90}/news.db\n")  # fmt: skip
    command("fetch")

    told = command("status").out.splitlines()
    doctor = command("doctor")

    assert told[:2] == ["2 of 3 feeds fail:", "  Feed 2"]
    assert [line for line in told if line.startswith("Feed 1 ") and " UTC  " in line]
    all_told = " ".join(" ".join(told).split())
    assert f"the page names its feed, {web.base}/feed: write that" in all_told
    assert sum("aggregator feeds discover" in line for line in told) == 1
    assert max(len(line) for line in told if web.base not in line) <= 80
    assert doctor.code == 1
    words = " ".join(doctor.out.split())
    assert "FAIL feeds failing: 2 of 3 feeds failed when last asked" in words
    assert "FAIL feed: Feed 3: http: HTTP 404; failed once, no success yet" in words
    assert doctor.out.index("FAIL") < doctor.out.index("ok  ")
    assert "_" not in doctor.out.replace(str(Path.cwd()), "")


def test_status_says_of_which_feed_entries_were_left_out(fetched: Command) -> None:
    with open_store(Path("db/aggregator.db")) as store:
        store.execute("""UPDATE feed SET hints='{"ttl_s": 60, "left_out": 12}' WHERE id=2""")

    document = fetched("status", "--json").document()["feeds"]

    assert [feed["left_out"] for feed in document] == [0, 12]
    table = fetched("status").out
    assert "Feed 2: 12 entries were left out, the oldest of more than can be read" in table
    assert "Feed 1: " not in table


def test_status_names_feeds_that_fail_for_days_and_leases(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", Reply(b"", 500)), web.serve("/2", Reply(b"", 500)),
              web.serve("/3", Reply(b"", 500)), more="serve: {websub: true}\n")  # fmt: skip
    command("fetch")
    with open_store(Path("db/aggregator.db")) as store:
        store.execute("UPDATE feed SET failures=9, last_ok_at='2026-01-02T03:04:05Z' WHERE id=1")
        for feed, state, pushed in ((1, "wanted", None), (2, "active", None),
                                    (3, "active", "2026-01-02T03:04:05Z")):  # fmt: skip
            store.execute(
                "INSERT INTO hub_lease(feed_id, hub, topic, callback, secret, state, expires_at,"
                " last_push_at) VALUES (?1, '', '', ?1, '', ?2, '2026-02-02T03:04:05Z', ?3)",
                (feed, state, pushed),
            )

    table = command("status").out
    document = command("status", "--json").document()["feeds"]

    told = " ".join(table.split())
    assert table.startswith("3 of 3 feeds fail:\n  Feed 1\n    http: HTTP 500; failed 9 times")
    assert "Feed 1: its hub's lease is wanted; polled as ever" in told
    assert "Feed 2: its hub's lease ends 2026-02-02 03:04 UTC; no push yet" in told
    assert "Feed 3: its hub's lease ends 2026-02-02 03:04 UTC; last push 2026-01-02" in told
    assert [feed["fails_for_long"] for feed in document] == [True, False, False]
    assert document[2]["hub_until"] == "2026-02-02T03:04:05Z"


def test_a_machine_without_network_is_told_as_that_and_no_feed_is_held_at_fault(
    command: Command,
) -> None:
    configure("https://one.invalid/feed", "https://two.invalid/feed")
    offline = "no feed's host can be reached: check the network of this machine and its resolver;"

    fetched, status, doctor = command("fetch"), command("status"), command("doctor")

    assert fetched.code == 1
    assert fetched.err.splitlines()[-1].startswith(offline)
    for told in (status.out, doctor.out):
        assert " ".join(told.split()).count(f"-> {offline}") == 1
        assert "correct the URL" not in told
    assert status.out.count("the host name does not resolve") == 2


def test_feeds_that_a_list_names_tell_a_machine_without_network_too(
    command: Command, web: WebServer
) -> None:
    named = "".join(
        f"<outline type='rss' text='{name}' xmlUrl='https://{name}.invalid/feed'/>"
        for name in ("One", "Two")
    )
    url = web.serve("/list", f"<opml version='2.0'><body>{named}</body></opml>")
    configure(more=f"feeds: [{{opml: '{url}', name: List}}]\n#")
    command("fetch", "--feed", "List")

    fetched = command("fetch", "--force", "--feed", "One", "--feed", "Two")

    assert fetched.err.splitlines()[-1].startswith("no feed's host can be reached: check")
