"""`aggregator fetch`: which feeds it asks, what it counts, and when it failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import FIRMS, TALKS, TOPIC, Command, configure, entry
from tests.samples import rss
from tests.servers import Reply, WebServer, document


@pytest.fixture
def two_feeds(command: Command, web: WebServer) -> Command:
    """Runs a command in a folder with two feeds, of which none was asked."""
    bodies = {"/one": rss("One", [entry(TALKS)]), "/two": rss("Two", [entry(FIRMS, page="n2")])}
    configure(*(web.serve(path, document(body, etag='"1"')) for path, body in bodies.items()))
    return command


def test_the_summary_for_people_names_counts_and_files(two_feeds: Command) -> None:
    done = two_feeds("fetch")

    assert done.out.startswith("2 feeds: 2 fetched")
    assert f"{TOPIC}: 2 entries in " in done.out


def test_only_named_feeds_are_asked(two_feeds: Command, web: WebServer) -> None:
    summary = two_feeds("fetch", "--feed", "Feed 2", "--json").document()

    assert summary["feeds"] == 1
    assert (len(web.asked("/one")), len(web.asked("/two"))) == (0, 1)


def test_an_unknown_feed_is_a_usage_error_with_the_nearest(two_feeds: Command) -> None:
    done = two_feeds("fetch", "--feed", "Fed 2")

    assert done.code == 2
    assert "did you mean 'Feed 2'?" in done.err


def test_due_counts_our_own_waits(two_feeds: Command, web: WebServer) -> None:
    two_feeds("fetch")
    summary = two_feeds("fetch", "--due", "--json").document()

    assert summary["skipped"] == 2
    assert len(web.asked("/one")) == 1


def test_force_asks_for_everything_again(two_feeds: Command, web: WebServer) -> None:
    two_feeds("fetch")
    summary = two_feeds("fetch", "--force", "--json").document()

    assert (summary["fetched"], summary["items"], summary["new_items"]) == (2, 2, 0)
    assert "if-none-match" not in web.asked("/one")[1].headers


def test_without_publishing_nothing_is_written(two_feeds: Command) -> None:
    summary = two_feeds("fetch", "--no-publish", "--json").document()

    assert summary["published"] == {}
    assert not Path("public").exists()


def test_a_feed_that_fails_is_told_and_the_others_go_on(two_feeds: Command, web: WebServer) -> None:
    web.serve("/two", Reply(b"gone fishing", 500))

    done = two_feeds("fetch", "--json")

    assert done.code == 0
    (error,) = done.document()["errors"]
    assert (error["feed"], error["kind"]) == ("Feed 2", "http")
    assert "500" in error["detail"]


def test_when_every_feed_fails_the_command_failed(command: Command, web: WebServer) -> None:
    """Four fail in one way: three are named, and how many more there are."""
    configure(*(web.serve(f"/{n}", Reply(b"no", 500)) for n in range(4)))

    done = command("fetch")

    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        "http: Feed 1, Feed 2, Feed 3 and 1 more: HTTP 500 (see 'aggregator status')"
    )


def test_all_skipped_is_no_failure(two_feeds: Command, web: WebServer) -> None:
    for path in ("/one", "/two"):
        web.serve(path, Reply(b"later", 503, {"Retry-After": "3600"}))

    assert two_feeds("fetch").code == 1
    done = two_feeds("fetch", "--json")

    assert (done.code, done.document()["skipped"]) == (0, 2)
