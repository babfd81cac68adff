"""The feeds that lists bring, beside those that are configured."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.errors import NotAFeed
from aggregator.lists import MOST_FOLDERS, with_listed
from aggregator.model import ParseTask, Subscription
from aggregator.parsing.subscriptions import MOST_SUBSCRIBED, read_subscribed
from aggregator.settings import Config, FeedSource

A = Subscription("https://a.example/feed", "Paper")
TEAM = FeedSource("Team", "https://t.example/", key="t", opml="t", group=("Shared",), rank=5)


def brought(*configured: FeedSource, **listed: tuple[Subscription, ...]) -> list[FeedSource]:
    config = Config(feeds=configured, feed_defaults=FeedSource("", "", timeout_s=7.0))
    return list(with_listed(config, listed).feeds[len(configured) :])


def test_a_listed_feed_has_the_settings_of_all_and_the_look_of_its_list() -> None:
    team = FeedSource(
        "Team", "https://t.example/", key="t", opml="t", rank=5, group=("Shared",), family="Jang",
        labels=(("country", "pk"),), on_topic=True, headers=(("X", "y"),),
        every=timedelta(days=3), allow_private_networks=True,
    )  # fmt: skip

    (feed,) = brought(team, t=(Subscription(A.url, A.title, ("Asia",)),))

    assert feed == FeedSource(
        "Paper", A.url, key=A.url, shown_url=A.url, listed_in="Team", timeout_s=7.0, rank=5,
        group=("Shared", "Asia"), family="Jang", labels=(("country", "pk"),), on_topic=True,
    )  # fmt: skip


@pytest.mark.parametrize("url", ["HTTPS://A.example/feed", "https://a.example/feed#top"])
def test_what_is_configured_stays_as_it_is(url: str) -> None:
    own = FeedSource("Ours", url, key="https://${HOST}/feed", enabled=False)

    assert brought(own, TEAM, t=(A,)) == []


def test_of_two_lists_the_first_brings_what_both_name() -> None:
    second = FeedSource("Second", "https://s.example/", key="s", opml="s")
    other = Subscription("https://b.example/feed", "PAPER")

    feeds = brought(TEAM, second, t=(A,), s=(A, other))

    assert [(feed.name, feed.listed_in) for feed in feeds] == [
        ("Paper", "Team"),
        ("PAPER 2", "Second"),
    ]


def test_names_are_made_unique_however_many_are_alike() -> None:
    titles = ["Paper", "Paper 2", "paper", "Paper", "Paper 2"]
    alike = [Subscription(f"https://{n}.example/", title) for n, title in enumerate(titles)]

    assert [feed.name for feed in brought(TEAM, t=tuple(alike))] == [
        *("Paper", "Paper 2", "paper 3", "Paper 4", "Paper 2 2"),
    ]


def test_a_list_that_is_disabled_or_was_never_read_brings_nothing() -> None:
    off = FeedSource("Team", "https://t.example/", key="t", opml="t", enabled=False)

    assert brought(off, t=(A,)) == brought(TEAM) == brought(t=(A,)) == []


def test_folders_have_a_bound() -> None:
    (feed,) = brought(TEAM, t=(Subscription(A.url, "A", ("f",) * 30),))

    assert len(feed.group) == MOST_FOLDERS


def document(*urls: str) -> ParseTask:
    outlines = "".join(f'<outline xmlUrl="{url}"/>' for url in urls)
    body = f'<opml version="2.0"><body>{outlines}</body></opml>'
    return ParseTask(body.encode(), {}, "https://t.example/", "Team", is_list=True)


def test_of_a_long_list_the_first_feeds_are_taken_and_the_rest_is_counted() -> None:
    urls = [f"https://{n}.example/" for n in range(MOST_SUBSCRIBED + 2)]

    parsed = read_subscribed(document("ftp://x.example/", *urls))

    assert [one.url for one in parsed.subscriptions] == urls[:MOST_SUBSCRIBED]
    assert parsed.hints.left_out == 2
    assert parsed.notes == (f"feeds named: {MOST_SUBSCRIBED}, left out: 3",)


@pytest.mark.parametrize("urls", [(), ("ftp://x.example/",), ("https://user@x.example/",)])
def test_a_list_that_names_no_feed_says_nothing(urls: tuple[str, ...]) -> None:
    with pytest.raises(NotAFeed, match="what it named before stays"):
        read_subscribed(document(*urls))
