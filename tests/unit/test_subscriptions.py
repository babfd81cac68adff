"""Lists of subscriptions."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest

from aggregator.config.fields import check_url
from aggregator.errors import NotAFeed, ParseError, UnsupportedFormat
from aggregator.model import Subscription
from aggregator.parsing.subscriptions import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_SUBSCRIPTIONS,
    read_list,
    read_opml,
    write_opml,
)

URL = "https://news.example/feed"


def opml(body: str, *, before: str = "") -> bytes:
    return f'{before}<opml version="2.0"><head/><body>{body}</body></opml>'.encode()


def outline(url: str = URL, text: str = "News", more: str = "") -> str:
    return f'<outline type="rss" text="{text}" xmlUrl="{url}" {more}/>'


def test_feeds_have_a_name_a_folder_and_a_site() -> None:
    inner = outline(more='htmlUrl="https://news.example/"')
    body = opml(f'<outline text="World"><outline title="Asia">{inner}</outline></outline>')

    assert read_opml(body) == (
        Subscription(URL, "News", ("World", "Asia"), "https://news.example/"),
    )


def test_what_follows_a_folder_is_not_in_it() -> None:
    body = opml(f'<outline text="World">{outline()}</outline>{outline(URL + "2", "Two")}')

    assert [found.group for found in read_opml(body)] == [("World",), ()]


def test_attributes_may_be_spelled_in_any_case() -> None:
    assert read_opml(opml(f'<OUTLINE Text="News" XMLURL="{URL}"/>'))[0].url == URL


def test_feeds_without_a_name_get_their_hosts() -> None:
    assert read_opml(opml(f'<outline xmlUrl="{URL}"/>'))[0].title == "news.example"


def test_names_are_plain_text_on_one_line() -> None:
    text = "&lt;script&gt;alert(1)&lt;/script&gt;A&#10;B &amp;amp; C"

    assert read_opml(opml(outline(text=text)))[0].title == "A B & C"


def test_each_address_is_taken_once() -> None:
    body = opml(outline(text="One") + outline(text="Two") + outline(URL + "#part", "Three"))

    assert [found.title for found in read_opml(body)] == ["One"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://n.example/",
        "",
        "//n.example/",
        "http://[::1",
    ],
)
def test_addresses_of_other_kinds_are_refused_by_name(url: str) -> None:
    found = read_list(opml(outline(url, "Odd") + outline()))

    assert [one.url for one in found.subscriptions] == [URL]
    assert len(found.refused) == 1
    assert found.refused[0].startswith("Odd: ")


INTERNATIONAL = (
    "https://münchen.example/feed",
    "https://MÜNCHEN.example:8443/feed?q=ä",
    "http://пример.рф/лента.xml",
    "https://例え.jp/",
    "https://straße.example/a|b^c`{d}",
    "https://me:secret@bücher.example/feed",
)


@pytest.mark.parametrize("url", INTERNATIONAL)
def test_international_hosts_come_back_as_they_were_exported(url: str) -> None:
    found = read_list(write_opml([Subscription(url, "Odd", (), url)], title="Mine"))

    assert found.subscriptions == (Subscription(url, "Odd", (), url),)
    assert found.refused == ()
    check_url(url)  # so the configuration takes it, too


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("feed:https://news.example/rss", "https://news.example/rss"),
        ("feed://news.example/rss", "http://news.example/rss"),
        ("FEED:http://news.example/rss", "http://news.example/rss"),
        ("feed://https://news.example/rss", "https://news.example/rss"),
        ("feed://https//news.example/rss", "https://news.example/rss"),
        ("feed:news.example/rss", "http://news.example/rss"),
        ("feeds://news.example/rss", "https://news.example/rss"),
        ("itpc://news.example/cast", "http://news.example/cast"),
        ("pcast://news.example/cast", "http://news.example/cast"),
        ("feed://münchen.example/rss", "http://münchen.example/rss"),
        (" feed:https://news.example/rss&#10;", "https://news.example/rss"),
        ("https://news.example&#10;&#9;/rss", "https://news.example/rss"),
    ],
)
def test_addresses_with_a_scheme_for_feeds_mean_the_web(address: str, url: str) -> None:
    assert [one.url for one in read_opml(opml(outline(address)))] == [url]


@pytest.mark.parametrize(
    ("attributes", "taken"),
    [
        ('type="rss" url="{url}"', True),
        ('type="atom" url="{url}"', True),
        ('url="{url}"', True),
        ('type="rss" xmlUrl="" url="{url}"', True),
        ('TYPE="RSS" URL="{url}"', True),
        ('xmlUrl="{url}" url="https://other.example/"', True),
        ('type="link" url="{url}"', False),
        ('type="Include" url="{url}"', False),
        ('type="link" xmlUrl="{url}" url="https://other.example/"', True),
        ('type="rss" htmlUrl="{url}"', False),
    ],
)
def test_the_address_may_stand_under_another_name(attributes: str, taken: bool) -> None:
    found = read_list(opml(f'<outline text="News" {attributes.format(url=URL)}/>'))

    assert [one.url for one in found.subscriptions] == [URL] * taken
    assert found.refused == ()


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://news.example/my feed",
            "https://news.example/a?q=x y",
            "feed://news.example/a b",
        ),
        *("https://news example/feed", "https://news.example/a &#10;b"),
    ],
)
def test_a_space_in_an_address_is_told_as_such(url: str) -> None:
    found = read_list(opml(outline(url, "Odd") + outline()))

    assert [one.url for one in found.subscriptions] == [URL]
    assert found.refused[0].endswith("' holds a space; write %20")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "https://news.example/${HOME}",
            "https://ü..example/",
            "feed:javascript:alert(1)",
            "feed:",
        ),
        *("feed://[::1", "https://a&quot;b.example/", "https://ü.example:0/", "feed:feed:feed:x"),
    ],
)
def test_other_spellings_of_no_address_are_refused(url: str) -> None:
    found = read_list(opml(outline(url, "Odd")))

    assert found.subscriptions == ()
    assert found.refused[0].endswith("is not an http(s) address")


def test_includes_and_scripts_are_not_looked_at() -> None:
    body = opml(f'<outline type="include" text="x" url="{URL}"/><outline text="y" script="rm"/>')

    assert read_list(body) == read_list(opml(""))


def test_outlines_of_the_head_are_no_feeds() -> None:
    body = f'<opml version="2.0"><head>{outline()}</head><body/></opml>'.encode()

    assert read_opml(body) == ()


def test_bare_ampersands_are_repaired() -> None:
    found = read_opml(opml(outline(URL + "?a=1&b=2") + outline(URL, "A & B")))

    assert [one.url for one in found] == [URL + "?a=1&b=2", URL]


def test_lists_in_utf16_are_read() -> None:
    body = opml(outline(text="اردو")).decode().encode("utf-16")

    assert read_opml(body)[0].title == "اردو"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", NotAFeed),
        (b"<html><body/></html>", NotAFeed),
        (b"\x80\x81\x82", NotAFeed),
        (b'<opml version="2.0"><head/></opml>', NotAFeed),
        (b'<opml version="2.0"><body><outline></body></opml>', ParseError),
        (opml("&x;", before='<!DOCTYPE opml [<!ENTITY x "y">]>'), UnsupportedFormat),
        (opml('<outline text="f">' * 99 + "</outline>" * 99), UnsupportedFormat),
        (b"<opml>" + b" " * MAX_BYTES, UnsupportedFormat),
    ],
)
def test_what_is_no_list_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_opml(body)


def test_lists_without_end_are_refused() -> None:
    many = "".join(f'<outline xmlUrl="{URL}{n}"/>' for n in range(MAX_SUBSCRIPTIONS + 1))

    with pytest.raises(UnsupportedFormat, match=str(MAX_SUBSCRIPTIONS)):
        read_opml(opml(many))


def test_folders_may_be_nested_up_to_the_limit() -> None:
    folders = MAX_DEPTH - 1
    body = opml('<outline text="f">' * folders + outline() + "</outline>" * folders)

    assert len(read_opml(body)[0].group) == folders


SUBSCRIPTIONS = (
    Subscription("https://a.example/feed?a=1&b=2", 'A & "B" <c>', ("World", "Asia")),
    Subscription("https://b.example/feed", "B", ("World",), "https://b.example/"),
    Subscription("https://c.example/feed", "C"),
    Subscription("https://d.example/feed", "D", ("World", "Asia")),
    Subscription("https://e.example/feed", "", ("Local",)),
)


def test_what_is_written_is_read_again() -> None:
    found = read_opml(write_opml(SUBSCRIPTIONS, title="Sources"))

    assert {(one.url, one.group, one.site_url) for one in found} == {
        (one.url, one.group, one.site_url) for one in SUBSCRIPTIONS
    }


def test_written_lists_follow_opml_2() -> None:
    made = datetime(2025, 8, 12, 10, tzinfo=UTC)

    root = ET.fromstring(write_opml(SUBSCRIPTIONS, title="My & sources", modified=made))  # noqa: S314

    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert [child.tag for child in root] == ["head", "body"]
    assert root.findtext("head/title") == "My & sources"
    assert root.findtext("head/dateModified") == "Tue, 12 Aug 2025 10:00:00 +0000"
    assert root.findtext("head/docs") == "http://opml.org/spec2.opml"
    feeds = [one for one in root.iter("outline") if one.get("xmlUrl")]
    folders = [one for one in root.iter("outline") if not one.get("xmlUrl")]
    assert len(feeds) == len(SUBSCRIPTIONS)
    assert all(one.get("type") == "rss" and one.get("text") and one.get("title") for one in feeds)
    assert [one.get("text") for one in folders] == ["Local", "World", "Asia"]


def test_the_same_list_is_written_in_the_same_bytes() -> None:
    assert write_opml(SUBSCRIPTIONS, title="x") == write_opml(list(SUBSCRIPTIONS), title="x")
    assert b"dateModified" not in write_opml((), title="x")


@pytest.mark.parametrize("word", ["true", "TRUE", " true "])
def test_what_is_commented_out_is_left_out_with_all_below_it(word: str) -> None:
    """OPML 2.0, "isComment"."""
    body = (
        '<outline text="One" xmlUrl="https://one.example/"/>'
        f'<outline text="Off" isComment="{word}"><outline text="F"><outline xmlUrl="https://a.example/"/>'
        '</outline><outline xmlUrl="https://b.example/"/></outline>'
        f'<outline xmlUrl="https://c.example/" isComment="{word}"/>'
        '<outline text="G"><outline xmlUrl="https://d.example/" isComment="false"/></outline>'
    )

    found = read_opml(f'<opml version="2.0"><body>{body}</body></opml>'.encode())

    assert [(one.url, one.group) for one in found] == [
        ("https://one.example/", ()),
        ("https://d.example/", ("G",)),
    ]


@pytest.mark.parametrize(
    ("root", "told"),
    [
        ("rss", "its root is <rss>: it is a feed, to be added as one"),
        ("feed", "its root is <feed>: it is a feed, to be added as one"),
        ("rdf:RDF", "its root is <rdf:RDF>: it is a feed, to be added as one"),
        ("html", "its root is <html>"),
    ],
)
def test_a_feed_that_is_given_as_a_list_is_told_as_that(root: str, told: str) -> None:
    with pytest.raises(NotAFeed) as caught:
        read_opml(f"<{root}/>".encode())

    assert str(caught.value).partition("(OPML): ")[2] == told
