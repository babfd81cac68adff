"""Feeds that belong to a web page."""

from __future__ import annotations

import pytest

from aggregator.parsing.discovery import MAX_FOUND, FoundFeed, declared_feed, find_feeds

PAGE = "https://news.example/world/"


def found(page: str, **headers: str) -> list[FoundFeed]:
    """All but the guesses."""
    every = find_feeds(page.encode(), PAGE, headers)
    return [feed for feed in every if feed.how != "guess"]


def link(kind: str = "application/rss+xml", href: str = "/feed", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}" title="All &amp; more">'


@pytest.mark.parametrize(
    "kind",
    [
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "Application/RSS+XML; charset=utf-8",
    ],
)
def test_declared_feeds(kind: str) -> None:
    feeds = found(link(kind))

    assert [feed.url for feed in feeds] == ["https://news.example/feed"]
    assert (feeds[0].how, feeds[0].title) == ("link", "All & more")


def test_types_that_other_things_have_need_an_address_like_a_feeds() -> None:
    assert found(link("application/json", "/oembed?url=x")) == []
    assert [feed.url for feed in found(link("application/json", "/feed.json"))] == [
        "https://news.example/feed.json"
    ]
    assert found(link("text/html")) == []
    assert found(link(rel="stylesheet")) == []


def test_a_relation_of_feed_needs_no_type() -> None:
    assert [feed.url for feed in found('<link rel="feed" href="f">')] == [PAGE + "f"]


def test_addresses_are_relative_to_the_base() -> None:
    page = f"<base href='https://cdn.example/x/'>{link(href='feed')}"

    assert [feed.url for feed in found(page)] == ["https://cdn.example/x/feed"]


def test_a_base_that_is_no_address_is_passed_over() -> None:
    page = f"<base href='javascript:1'><base>{link(href='feed')}"

    assert [feed.url for feed in found(page)] == [PAGE + "feed"]


def test_the_link_header_declares_feeds() -> None:
    header = (
        '</a>; rel="alternate"; type="application/atom+xml"; title="Atom", '
        '</b>; rel="alternate"; type="text/html", </c>; rel=preload, <javascript:1>; rel=alternate'
    )

    assert found("", link=header) == [
        FoundFeed("https://news.example/a", "header", "Atom", "application/atom+xml")
    ]


@pytest.mark.parametrize(
    "href",
    ["/feed/", "/rss", "rss.xml", "/news/atom.xml", "/all.rss", "/?feed=rss2", "/x?format=rss"],
)
def test_links_that_look_like_feeds(href: str) -> None:
    feeds = found(f'<a href="{href}">RSS</a>')

    assert [feed.how for feed in feeds] == ["anchor"]


@pytest.mark.parametrize("href", ["/feedback", "/rss-explained", "mailto:rss@n.example", "/a", ""])
def test_links_that_do_not(href: str) -> None:
    assert found(f'<a href="{href}">x</a>') == []


def test_the_surest_come_first_and_each_comes_once() -> None:
    page = f"<a href='/rss'>x</a><a href='/feed'>y</a>{link(href='/feed')}"

    every = find_feeds(page.encode(), PAGE, {})

    assert [feed.how for feed in every[:3]] == ["link", "anchor", "guess"]
    assert [feed.url for feed in every].count("https://news.example/feed") == 1
    assert "https://news.example/rss.xml" in {feed.url for feed in every if feed.how == "guess"}


def test_comments_scripts_and_hostile_addresses_declare_nothing() -> None:
    page = f"<!-- {link()} --><script>'{link()}'</script>{link(href='javascript:1')}"

    assert found(page) == []


def test_pages_full_of_links_are_bounded() -> None:
    page = "".join(f"<a href='/{n}/feed/'>x</a>" for n in range(100))

    assert len(find_feeds(page.encode(), PAGE, {})) == MAX_FOUND


def test_a_page_without_an_address_of_its_own_has_only_absolute_feeds() -> None:
    page = link(href="https://news.example/feed")

    assert [feed.url for feed in find_feeds(page.encode(), "about:blank", {})] == [
        "https://news.example/feed"
    ]


@pytest.mark.parametrize(
    ("page", "headers", "address"),
    [
        (link(), {}, "https://news.example/feed"),
        (link("application/feed+json", "feed.json"), {}, PAGE + "feed.json"),
        (link("text/xml", "/rss.xml"), {}, "https://news.example/rss.xml"),
        (
            "",
            {"link": '</f>; rel=alternate; type="application/atom+xml"'},
            "https://news.example/f",
        ),
        (link(href="") + link(href=PAGE + "#top") + link(href="/b"), {}, "https://news.example/b"),
        (link() + link(href="/second"), {}, "https://news.example/feed"),
        ('<a href="/rss">RSS</a>', {}, ""),
        (link("text/html"), {}, ""),
        (link(href="javascript:alert(1)") + link(href="file:///etc/passwd"), {}, ""),
        ("<p>No such page</p>", {}, ""),
    ],
)
def test_the_first_feed_that_a_page_declares(
    page: str, headers: dict[str, str], address: str
) -> None:
    assert declared_feed(page.encode(), PAGE, headers) == address
