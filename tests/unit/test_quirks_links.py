"""Which link an entry has."""

from __future__ import annotations

import pytest

from tests.documents import atom, entry, items, json_feed, only, rdf, read, rss

URL = "https://news.example/a"


def test_line_breaks_inside_urls_go() -> None:
    assert only(rss("<title>T</title><link>https://news.example/\na</link>")).url == URL
    assert only(json_feed({"title": "T", "url": "https://news.example/\na"})).url == URL


@pytest.mark.parametrize("padded", [f"  {URL}\n", f"\n\t{URL}"])
def test_white_space_around_urls_goes(padded: str) -> None:
    assert only(rss(f"<title>T</title><link>{padded}</link>")).url == URL
    assert only(rdf(f"<title>T</title><link>{padded}</link>")).url == URL
    assert only(atom(f'<title>T</title><id>x</id><link href="{padded}"/>')).url == URL
    assert only(json_feed({"title": "T", "url": padded})).url == URL


def test_white_space_around_the_site_link_goes() -> None:
    assert (
        read(rss(entry(), site="\n https://news.example/ \n")).site_url == "https://news.example/"
    )


def test_relative_links_are_resolved_against_the_site() -> None:
    assert only(rss("<title>T</title><link>/a</link>")).url == URL


def test_without_a_site_relative_links_are_resolved_against_the_feed() -> None:
    body = rss("<title>T</title><link>a</link>", site="")

    assert only(body, url="https://news.example/feed.xml").url == URL


def test_a_relative_site_link_is_resolved_against_the_feed() -> None:
    found = read(rss("<title>T</title><link>a</link>", site="/"))

    assert found.site_url == "https://news.example/"
    assert found.items[0].url == URL


def test_protocol_relative_links_take_the_scheme_of_the_site() -> None:
    assert only(rss("<title>T</title><link>//news.example/a</link>")).url == URL


def test_an_alternate_html_link_is_preferred() -> None:
    links = (
        '<atom:link rel="self" href="https://news.example/self"/>'
        '<atom:link rel="replies" href="https://news.example/replies"/>'
        '<atom:link rel="enclosure" type="audio/mpeg" href="https://news.example/x.mp3"/>'
        f'<atom:link rel="alternate" type="text/html" href="{URL}"/>'
        '<atom:link rel="alternate" type="application/pdf" href="https://news.example/x.pdf"/>'
    )

    assert only(rss(f"<title>T</title>{links}")).url == URL


def test_an_alternate_of_another_type_is_better_than_none() -> None:
    link = '<link rel="alternate" type="application/pdf" href="https://news.example/x.pdf"/>'

    assert only(atom(f"<id>x</id><title>T</title>{link}")).url == "https://news.example/x.pdf"


@pytest.mark.parametrize("rel", ["self", "replies", "edit", "related"])
def test_other_relations_are_never_the_link(rel: str) -> None:
    link = f'<link rel="{rel}" href="https://news.example/no"/>'

    assert only(atom(f"<id>x</id><title>T</title>{link}")).url is None


def test_an_enclosure_is_the_link_only_if_nothing_else_is() -> None:
    enclosure = '<enclosure url="https://news.example/x.mp3" type="audio/mpeg" length="1"/>'

    assert only(rss(entry(more=enclosure))).url == "https://news.example/1"
    assert only(rss(f"<title>T</title>{enclosure}")).url == "https://news.example/x.mp3"


def test_the_publishers_link_goes_before_feedburners() -> None:
    more = f"<feedburner:origLink>{URL}</feedburner:origLink>"

    assert only(rss(entry(link="https://feeds.example/~r/1", more=more))).url == URL


def test_relative_original_links_are_resolved() -> None:
    more = "<feedburner:origLink>/a</feedburner:origLink>"
    enclosure = "<feedburner:origEnclosureLink>/x.mp3</feedburner:origEnclosureLink>"

    assert only(rss(entry(more=more))).url == URL
    assert only(rss(f"<title>T</title>{enclosure}")).url == "https://news.example/x.mp3"


def test_tracking_parameters_leave_identity_and_others_stay_in_order() -> None:
    item = only(rss(entry(link=f"{URL}?b=2&amp;utm_source=x&amp;a=1&amp;fbclid=y")))

    assert item.canonical_url == f"{URL}?b=2&a=1"
    assert item.identity == f"url:{URL}?b=2&a=1"


GOOGLE = "https://news.google.com/rss/articles/CBMiZ2h0dHBz?oc=5"


def test_google_news_items_name_their_publisher() -> None:
    item = only(
        rss(
            entry(
                "Talks resume - Dawn.com",
                GOOGLE,
                '<source url="https://dawn.example">Dawn.com</source>'
                '<description>&lt;a href="x"&gt;Talks resume&lt;/a&gt; Dawn.com</description>',
            )
        )
    )

    assert item.headline == "Talks resume"
    assert item.publisher == "Dawn.com"
    assert item.url == GOOGLE
    assert item.canonical_url is None
    assert item.summary == ""


def test_google_news_items_are_kept_apart_by_guid() -> None:
    found = items(
        rss(*(entry(f"T{n}", GOOGLE, f'<guid isPermaLink="false">g{n}</guid>') for n in range(2)))
    )

    assert {item.identity for item in found} == {"guid:g0", "guid:g1"}


def test_bing_news_names_its_target() -> None:
    link = "http://www.bing.com/news/apiclick.aspx?ref=x&amp;url=https%3a%2f%2fnews.example%2fa"

    item = only(rss(entry(link=link)))

    assert item.url == URL
    assert item.canonical_url == URL


def test_links_to_comments_are_never_the_link() -> None:
    assert only(rss(f"<title>T</title><comments>{URL}</comments>")).url is None


def test_json_feed_external_url_stands_in_for_url() -> None:
    assert only(json_feed({"id": "1", "title": "T", "external_url": URL})).url == URL


@pytest.mark.parametrize(
    "link",
    [
        *("<link></link>", "<link/>", "<link> </link>", "<link><![CDATA[]]></link>"),
        *("<link>#</link>", "<link>N/A</link>", "<link>null</link>", "<link>undefined</link>"),
        *("<link>javascript:void(0)</link>", "<link>mailto:a@news.example</link>"),
        '<link href=""/>',
    ],
)
@pytest.mark.parametrize("is_before", [True, False], ids=["before the guid", "after it"])
def test_a_link_that_is_none_gives_way_to_the_permalink(link: str, is_before: bool) -> None:
    for guid in (f"<guid>{URL}</guid>", f'<guid isPermaLink="true">{URL}</guid>'):
        both = link + guid if is_before else guid + link
        assert only(rss(f"<title>T</title>{both}")).url == URL
    other = f'<guid isPermaLink="false">{URL}</guid>{link}'
    assert only(rss(f"<title>T</title>{other}")).url is None


def test_an_atom_id_stands_in_for_an_empty_link() -> None:
    for link in ("<link/>", '<link href=""/>', '<link href="#"/>'):
        assert only(atom(f"<title>T</title><id>{URL}</id>{link}")).url == URL


def test_what_an_entry_is_about_or_carries_stands_in_for_its_link() -> None:
    content = f'<content src="{URL}" type="text/html"/>'
    assert only(atom(f"<title>T</title><id>x</id>{content}")).url == URL
    assert (
        only(atom(f'<title>T</title><id>x</id>{content}<link href="{URL}/2"/>')).url == f"{URL}/2"
    )
    audio = {"attachments": [{"url": f"{URL}.mp3", "mime_type": "audio/mpeg"}]}
    assert only(json_feed({"id": "1", "title": "T"} | audio)).url == f"{URL}.mp3"
    assert only(json_feed({"id": "1", "title": "T", "url": URL} | audio)).url == URL


def test_a_relation_may_be_named_by_its_address() -> None:
    rel = "http://www.iana.org/assignments/relation/alternate"

    assert only(atom(f'<title>T</title><id>x</id><link rel="{rel}" href="{URL}"/>')).url == URL
