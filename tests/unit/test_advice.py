"""What is said of a feed that fails, and what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.serving.advice import (
    advice,
    are_offline,
    fault,
    lease,
    left_out,
    listed,
    problem,
    remark,
)
from aggregator.views import FeedHealth
from tests.views import make_health

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def feed(**changes: Any) -> FeedHealth:
    return make_health(**({"last_success": NOW} | changes))


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("http", "HTTP 404", "no longer there"),
        ("http", "HTTP 410", "no longer there"),
        ("http", "HTTP 401", "login"),
        ("http", "HTTP 403", "site.contact"),
        ("http", "HTTP 429", "`every`"),
        ("http", "HTTP 503", "retried automatically"),
        ("not_a_feed", "the document is a web page (HTML), not a feed", "browser"),
        ("not_a_feed", "the document is a web page (HTML), not a feed; it names its feed:"
         " https://dawn.example/rss", "the page names its feed, https://dawn.example/rss: "),
        ("dns", "the host name does not resolve", "host name"),
        ("connect", "refused", "cannot be reached"),
        ("timeout", "", "`timeout`"),
        ("tls", "", "encryption"),
        ("too_large", "", "`max_bytes`"),
        ("blocked", "", "allow_private_networks"),
        ("redirect", "", "browser"),
        ("file", "", "path"),
        ("parse", "", "publisher"),
        ("protocol", "", "publisher"),
        ("internal", "", "report"),
        ("other", "", "aggregator feeds check Dawn"),
    ],
)  # fmt: skip
def test_there_is_something_to_do_about_every_kind_of_failure(
    kind: str, error: str, words: str
) -> None:
    ill = feed(failures=3, last_error_kind=kind, last_error=error)

    assert words in advice(ill)
    assert ill.is_broken
    assert "_" not in problem(ill)
    assert fault(ill).startswith(("it", "what", "the proxy"))  # and says so in words for readers


def test_no_address_of_a_private_feed_is_told() -> None:
    assert "https" not in remark(feed(shown_url="", permanent_url="https://s/"), NOW)


@pytest.mark.parametrize(
    ("kind", "error", "is_advised"),
    [
        ("not_a_feed", "a page; it names its feed: https://dawn.example/rss", True),
        ("not_a_feed", "the document is a web page (HTML), not a feed", False),
        ("not_a_feed", "the document is a picture (PNG), not a feed", False),
        ("not_a_feed", "the document is empty", False),
        ("http", "HTTP 404", False),
        ("http", "HTTP 410", False),
        ("parse", "the document is cut off before its first entry", False),
    ],
)
def test_discovery_is_advised_only_where_a_page_came_that_names_its_feed(
    kind: str, error: str, is_advised: bool
) -> None:
    ill = feed(failures=3, last_error_kind=kind, last_error=error)

    advised = "aggregator feeds discover https://dawn.example/feed" in advice(ill)
    assert advised is is_advised
    assert "names its feed" not in problem(ill)


def test_a_name_is_an_argument_as_a_shell_takes_it() -> None:
    assert advice(feed(name="Bob's; rm", gone=True)) == "aggregator feeds remove 'Bob'\"'\"'s; rm'"


@pytest.mark.parametrize(
    ("ill", "said"),
    [
        (feed(), ""),
        (feed(enabled=False, failures=3), ""),
        (feed(gone=True), "gone: its server said so twice, a day apart (410)"),
        (
            feed(failures=1, last_error_kind="http", last_error="HTTP 500"),
            "http: HTTP 500; failed once, last success 2026-03-01 12:00 UTC",
        ),
        (
            feed(failures=9, last_error_kind="not_a_feed", last_error="a page", last_success=None),
            "not a feed: a page; failed 9 times in a row, no success yet",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_times(ill: FeedHealth, said: str) -> None:
    assert problem(ill) == said


@pytest.mark.parametrize(
    ("well", "said"),
    [
        (feed(), ""),
        (feed(enabled=False), "disabled"),
        (feed(last_success=None), "not polled yet"),
        (
            feed(waiting=3),
            "3 entries wait: more than it may store in a day (`items_a_day`)",
        ),
        (feed(not_before=NOW - timedelta(hours=1)), ""),
        (
            feed(not_before=NOW + timedelta(hours=1), not_before_reason="blocked"),
            "not polled until 2026-03-01 13:00 UTC: its server rejected our requests",
        ),
        (
            feed(not_before=NOW + timedelta(hours=1), not_before_reason="retry_after"),
            "not polled until 2026-03-01 13:00 UTC: as its server requested",
        ),
        (
            feed(permanent_url="https://new.example/"),
            "moved for good to https://new.example/: write the new address into feeds.yaml",
        ),
    ],
)
def test_moves_and_waits_are_told_in_words(well: FeedHealth, said: str) -> None:
    assert remark(well, NOW) == said


def test_one_failure_of_a_feed_that_worked_is_nothing_to_look_at() -> None:
    assert not feed(failures=1).is_broken
    assert feed(failures=1, last_success=None).is_broken
    assert feed(gone=True).is_broken
    assert not feed(gone=True, enabled=False).is_broken


def test_entries_beyond_what_is_read_are_told_of_any_feed() -> None:
    words = "12 entries were left out, the oldest of more than can be read"

    assert left_out(feed(left_out=12)) == left_out(feed(left_out=12, failures=3)) == words
    assert left_out(feed(waiting=12)) == ""


def test_a_list_tells_how_many_feeds_it_names_and_how_many_more() -> None:
    assert listed(feed()) == ""
    assert listed(feed(listed=1)) == "a list that names 1 feed"
    long = feed(listed=1000, left_out=2)
    assert listed(long) == "a list that names 1000 feeds, without 2 beyond what is polled"
    assert left_out(long) == ""


@pytest.mark.parametrize("kind", ["dns", "blocked", "redirect", "not_a_feed"])
def test_a_feed_of_a_list_is_not_for_us_to_correct(kind: str) -> None:
    ill = feed(failures=3, last_error_kind=kind, last_error="see there")
    words = "it comes with the list Team: have it corrected there, or leave it out"

    assert advice(ill, of_list="Team").startswith(words)
    assert advice(feed(gone=True), of_list="Team").startswith(words)
    assert "retried" in advice(feed(failures=3, last_error_kind="timeout"), of_list="Team")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"hub_state": "refused"}, "its hub's lease is refused; polled as ever"),
        ({"hub_state": "active"}, "its hub's lease ends never; no push yet"),
        (
            {"hub_state": "active", "hub_until": NOW, "hub_last_push": NOW - timedelta(days=1)},
            "its hub's lease ends 2026-03-01 12:00 UTC; last push 2026-02-28 12:00 UTC",
        ),
    ],
)
def test_a_lease_of_a_hub(changes: dict[str, Any], said: str) -> None:
    assert lease(feed(**changes)) == said


DEAD = {"failures": 1, "last_success": None, "last_error_kind": "dns"}


@pytest.mark.parametrize(
    ("others", "is_offline"),
    [
        ([DEAD], True),
        ([DEAD | {"last_error_kind": "connect"}, {"enabled": False}], True),
        ([DEAD, {"last_success": None}], True),  # one that was not polled yet
        ([DEAD, {"gone": True}], True),  # one that is not polled any more
        ([DEAD | {"shown_url": ""}], False),  # a private feed, perhaps of the same host
        ([DEAD | {"shown_url": "https://dawn.example/sport"}], False),  # of the same host
        ([DEAD | {"last_error_kind": "http"}], False),
        ([DEAD, {}], False),
        ([], False),
    ],
)
def test_a_machine_without_network_is_told_from_feeds_that_fail(
    others: list[dict[str, Any]], *, is_offline: bool
) -> None:
    feeds = [
        feed(**({"shown_url": f"https://{number}.example/"} | changes))
        for number, changes in enumerate(others)
    ]

    assert are_offline([feed(**DEAD), *feeds]) is is_offline
