"""`aggregator fetch`: what it says, whom it tells, how it ends."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from aggregator.storage.lock import PollLock
from tests.command_line import FIRMS, TALKS, TOPIC, Command, configure, entry
from tests.commands import Ended
from tests.samples import Entry, rss
from tests.servers import Reply, WebServer


def test_no_feeds_is_a_usage_error(command: Command) -> None:
    configure()

    done = command("fetch")

    assert (done.code, "no feeds configured" in done.err) == (2, True)


def test_a_run_names_every_way_in_which_feeds_failed(command: Command, web: WebServer) -> None:
    configure(*(web.serve(f"/{n}", Reply(b"", status))
                for n, status in enumerate((500, 404, 404, 404, 404, 401, 410))),
              web.serve("/page", "<html><body>News</body></html>"))  # fmt: skip

    told = command("fetch").err.splitlines()

    assert told[-5:] == [
        "http: Feed 2, Feed 3, Feed 4 and 1 more: HTTP 404 (see 'aggregator status')",
        "http: Feed 6: HTTP 401",
        "http: Feed 7: HTTP 410",
        "http: Feed 1: HTTP 500",
        "not a feed: Feed 8: the document is a web page (HTML), not a feed",
    ]


def test_what_a_fixture_has_polled_leaves_the_logs_of_tests_as_they_were(polled: Path) -> None:
    assert logging.getLogger("aggregator.polling").level == logging.NOTSET


def test_fetch_tells_hub_and_receivers_what_it_published(command: Command, web: WebServer) -> None:
    url = web.serve("/1", rss("One", [entry(TALKS, page="first")]))
    hook, hub = web.serve("/hook", Reply(status=500)), web.serve("/hub", Reply(status=202))
    configure(url, more=f"publish: {{hub: '{hub}'}}\nnotify: [{{name: desk, webhook: '{hook}'}}]\n")
    text = (
        Path("feeds.yaml").read_text().replace("site: {", "site: {base_url: 'http://a.example/', ")
    )
    Path("feeds.yaml").write_text(text)

    first = command("fetch")
    assert (first.code, len(web.asked("/hook"))) == (0, 1)  # put off
    assert len(web.asked("/hub")) == 5  # one for each file that names it
    web.serve("/hook", Reply(status=204))
    web.serve("/1", rss("One", [entry(TALKS, page="first"), entry(FIRMS)]))
    assert command("fetch", "--no-publish").code == 0
    assert len(web.asked("/hook")) == 1
    done = command("fetch")

    told = json.loads(web.asked("/hook")[-1].body)
    assert done.code == 0
    assert told["event"] == "new"
    assert len(web.asked("/hub")) == 10


def test_a_quiet_run_says_nothing_unless_every_feed_failed(
    command: Command, web: WebServer
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])), web.base + "/missing")

    assert command("-q", "fetch") == Ended(0, "", "")
    alone = command("-q", "fetch", "--feed", "Feed 2")
    assert (alone.code, alone.out, alone.err) == (1, "", "http: Feed 2: HTTP 404\n")
    assert command("-q", "fetch", "--json").document()["feeds"] == 2


def test_a_quiet_run_says_why_it_ended_with_another_code(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])))
    with PollLock(Path("db/aggregator.db").resolve(), datetime.now(UTC), role="fetch"):
        locked = command("-q", "fetch", "--due")
    Path("public").write_text("in the way")
    unwritten = command("-q", "fetch", "--due")
    configure(more="outputs: x\n")
    wrong = command("-q", "fetch", "--due")

    assert [done.code for done in (locked, unwritten, wrong)] == [3, 1, 2]
    for done, said in (
        (locked, "polls with"),
        (unwritten, "cannot be written"),
        (wrong, "outputs"),
    ):
        assert done.out == ""
        assert (done.err.count("\n"), said in done.err) == (1, True)


def test_a_topic_that_is_new_or_changed_is_filled_from_what_is_stored(
    command: Command, web: WebServer
) -> None:
    today = format_datetime(datetime.now(UTC))
    url = web.serve("/1", rss("One", [Entry("Lahore wins the cup", today, "https://a.example/1"),
                                      Entry(FIRMS, today, "https://a.example/2")]))  # fmt: skip
    topics = f"topics: [{{name: {TOPIC}}}, {{name: cup, query: {{rules: [{{any: [%s]}}]}}}}]\n"
    configure(url)
    first = command("fetch")

    configure(url, more=topics % "wins")
    new = command("fetch")
    again = command("fetch", "--json").document()
    configure(url, more=topics % "sanctions")
    changed = command("fetch", "--json").document()
    configure(url, more=topics % "lahore")
    published = command("publish")

    assert "stored before" not in first.out
    assert "cup is new: 1 story among those stored before\n" in new.out
    assert "cup: 1 entry in " in new.out
    assert (again["filled"], changed["filled"]) == ({}, {"cup": 1})
    assert "cup has another query: 0 more stories among those stored before; " in published.out
    assert "cup: 2 entries in " in published.out
