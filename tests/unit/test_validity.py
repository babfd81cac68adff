"""The checks of published files find what they are there for: each fault planted is told."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from aggregator.model import Subscription
from aggregator.parsing.subscriptions import write_opml
from aggregator.publishing import pages
from aggregator.publishing.formats import FORMATS
from aggregator.publishing.pages import Site, TopicCard
from aggregator.publishing.render_document import Day, archive_document, digest_document
from aggregator.publishing.style import asset, assets
from tests.validity import problems
from tests.validity.values import mail_date, moment, uri_problem
from tests.views import make_entry, make_feed, make_source, make_story_page, render

BASE = "https://news.example.org/"
SITE = Site("Example site", base_url=BASE)


def folder() -> dict[str, bytes]:
    """A published folder without fault."""
    entry = make_entry(1, make_source("Geo"), headline="Talks & tea")
    feed = make_feed(entry, hub="https://hub.example/", months=("2026-02", "2026-03"))
    files = {f"news.{kind}": data for kind, data in render(feed).items()}
    for month in feed.months:
        files[f"news-{month}.atom"] = FORMATS["atom"].render(archive_document(feed, month=month))
    day = Day("2026-03-01", datetime(2026, 3, 2, tzinfo=UTC), (entry,), 7)
    digest = digest_document(feed, [day])
    files["news-digest.atom"] = FORMATS["atom"].render(digest)
    files["feeds.opml"] = write_opml([Subscription("https://dawn.example/feed", "Dawn")], title="A")
    files["news-2026-03-01.html"] = pages.day_page(feed, day, SITE, earlier=None)
    files["news.html"] = pages.topic_page(feed, SITE)
    files |= {name: asset(name) for name in assets(["atom", "html"])}
    files["index.html"] = pages.index_page([TopicCard("news", "The news", 1, (entry,))], SITE)
    files["stories/story1.html"] = pages.story_page(make_story_page(entry=entry, related=()), SITE)
    return files


FAULTS = [
    ("news.atom", 'rel="self"', 'rel="via"', "self is"),
    ("news.atom", "/news.atom", "/other.atom", "self is"),
    (
        "news.atom",
        "+00:00</updated><author><name>Dawn",
        "</updated><author><name>Dawn",
        "no plausible time",
    ),
    ("news.atom", "<title>The news</title>", "", "title stands 0 times"),
    ("news.rss", "stories/story1.html", "stories/story9.html", "story9.html, where nothing is"),
    ("news.atom", "<title>The news</title>", "<title>The &lt;b&gt;news</title>", "markup in"),
    ("news.atom", "tag:news.example.org,2026-01-01:story1<", "story1<", "no absolute URI"),
    ("news.atom", "tag:news.example.org,2026-01-01:story1<", "tag:news,26:x<", "no tag URI"),
    ("news.atom", 'term="talks"', 'term="Islamabad"', "category twice"),
    ("news.atom", 'type="text/html" title', 'type="html" title', "no media type"),
    ("news.atom", 'hreflang="en"', 'hreflang="e_n"', "hreflang"),
    ("news.atom", 'href="https://geo.example/talks"', 'href="/talks"', "no absolute URI"),
    ("news.atom", 'href="https://geo.example/talks"', 'href="https://me@geo.example/"', "userinfo"),
    ("news.atom", 'rel="hub"', 'rel="hubb"', "unknown relation"),
    (
        "news.atom",
        '<content type="html">&lt;',
        '<content type="html">&lt;script&gt;&lt;',
        "unsafe element",
    ),
    ("news.atom", "&lt;/ul&gt;", "", "are not closed"),
    ("news.atom", "&lt;a href=", "&lt;a onclick='x' href=", "unsafe attribute"),
    ("news.atom", "<entry", "<fh:archive/><entry", "without the current feed"),
    ("news.atom", "<entry", "<made-up/><entry", "unknown elements"),
    ("news.atom", "/news-2026-03.atom", "/news-2026-02.atom", "is not reached"),
    ("news.rss", 'rel="self"', 'rel="via"', "self is not"),
    ("news.rss", 'isPermaLink="false"', 'isPermaLink="true"', "isPermaLink"),
    (
        "news.rss",
        "Sun, 01 Mar 2026 10:30:00 +0000</pubDate>",
        "Mon, 01 Mar 2026 10:30:00 +0000</pubDate>",
        "pubDate",
    ),
    ("news.rss", "+0000</lastBuildDate>", "</lastBuildDate>", "lastBuildDate"),
    ("news.rss", "<ttl>10</ttl>", "<ttl>soon</ttl>", "ttl"),
    ("news.rss", "<language>en</language>", "<language>English!</language>", "language"),
    ("news.rss", "<description>&lt;p", "<description>&lt;style&gt;&lt;p", "unsafe element"),
    ("news.rss", "</channel>", "<ttl>3</ttl></channel>", "ttl appears twice"),
    ("news.rss", "</channel>", "<docs/></channel>", "metadata after"),
    ("news.rss", "<category>talks</category>", "<category/>", "category: empty"),
    ("news.rss", "story1</guid>", "story9</guid>", "other stories than"),
    (
        "news.json",
        '"date_published": "2026-03-01T10:30:00Z", "date_m',
        '"date_published": "2026-03-01", "date_m',
        "date_published",
    ),
    ("news.json", '"feed_url": "https://', '"feed_url": "http://', "feed_url is"),
    ("news.json", '"language": "en", "hubs"', '"language": null, "hubs"', "is null"),
    ("news.json", '"version": "https', '"version": "http', "version"),
    ("news.json", '"summary"', '"extra"', "unknown keys"),
    ("feeds.opml", 'type="rss"', 'type="link"', "type is"),
    ("feeds.opml", 'xmlUrl="https', 'xmlUrl="ftp', "no web address"),
    ("feeds.opml", "<head>", "<head><dateCreated>today</dateCreated>", "dateCreated"),
    ("news-2026-02.atom", "<fh:archive/>", "", "no fh:archive"),
    ("news-2026-02.atom", 'rel="next-archive"', 'rel="related"', "next-archive is"),
    ("news.html", 'href="stories/story1.html"', 'href="stories/story2.html"', "where nothing is"),
    ("news-digest.atom", "+00:00</published>", "+99:00</published>", "no plausible time"),
]


def test_a_folder_without_fault_has_no_problem() -> None:
    assert problems(folder(), base_url=BASE) == []


@pytest.mark.parametrize(("name", "right", "wrong", "told"), FAULTS)
def test_a_planted_fault_is_told(name: str, right: str, wrong: str, told: str) -> None:
    files = folder()
    assert right.encode() in files[name], files[name].decode()
    files[name] = files[name].replace(right.encode(), wrong.encode())

    found = problems(files, base_url=BASE)

    assert any(told in line for line in found), found


def test_entries_that_stand_twice_are_told() -> None:
    files = folder()
    for name, tag in (("news.atom", "entry"), ("news.rss", "item")):
        whole = files[name].decode()
        one = whole[whole.index(f"<{tag}") : whole.index(f"</{tag}>") + len(tag) + 3]
        files[name] = whole.replace(one, one * 2).encode()

    found = problems(files, base_url=BASE)

    assert any("entries with one id" in line for line in found)
    assert any("one guid twice" in line for line in found)


def test_a_broken_file_is_an_error() -> None:
    with pytest.raises(ET.ParseError):
        problems({"news.atom": b"<?xml version='1.0' encoding='UTF-8'?><feed>"}, base_url=None)


@pytest.mark.parametrize(
    "text", ["2026-02-30T10:00:00Z", "2026-03-01T10:00:00", "0001-01-01T00:00:00Z", None]
)
def test_times_that_are_none(text: str | None) -> None:
    assert moment(text) is None


@pytest.mark.parametrize("text", ["Sun, 1 Mar 26 10:00 GMT", "Mon, 30 Feb 2026 10:00:00 GMT", None])
def test_mail_dates_that_are_none(text: str | None) -> None:
    assert mail_date(text) is None


@pytest.mark.parametrize(
    "text", ["tag:a.example,2026:x", "tag:me@a.example,2026-03-01:x/y", "https://a.example/%20"]
)
def test_addresses_that_are_whole(text: str) -> None:
    assert uri_problem(text) is None
