"""Whole documents: formats, what is refused, what is repaired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import msgpack

from aggregator.errors import NotAFeed, ParseError, UnsupportedFormat
from aggregator.model import ParsedFeed, ParseTask
from aggregator.parsing.document import parse
from aggregator.parsing.newest import MAX_ITEMS
from aggregator.polling.parse_child import Reply, answer
from tests.documents import FEED_URL, atom, entry, items, json_feed, only, rdf, read, rss


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (rss(entry()), "rss20"),
        (rss(entry()).replace(b'version="2.0"', b'version="0.91"'), "rss091u"),
        (rss(entry()).replace(b'version="2.0"', b'version="0.92"'), "rss092"),
        (rdf("<title>T</title>"), "rss10"),
        (atom("<id>1</id><title>T</title>"), "atom10"),
        (json_feed({"id": "1", "title": "T"}), "json11"),
        (json_feed({"id": "1", "title": "T"}, minor=0), "json10"),
    ],
)
def test_formats(body: bytes, name: str) -> None:
    found = read(body)

    assert found.format == name
    assert found.title == "News"
    assert len(found.items) == 1


def test_a_task_travels_to_a_child_and_its_result_back() -> None:
    task = ParseTask(rss(entry()), {"content-type": "text/xml"}, FEED_URL, "News", frozenset("a"))

    reply = msgpack.decode(answer(msgpack.encode(task), parse=parse), type=Reply)

    assert reply == Reply(parse(task))


@pytest.mark.parametrize(
    ("raised", "reply"),
    [
        (NotAFeed("a page", names="/feed"), Reply(None, "NotAFeed", "a page", "/feed")),
        (UnsupportedFormat("UTF-32"), Reply(None, "UnsupportedFormat", "UTF-32")),
        (MemoryError(), Reply(None, "ParserKilled", "reading it took too much memory")),
        (KeyError("x"), Reply(None, "ParseError", "the parser gave up on it (KeyError)")),
    ],
)
def test_a_child_answers_by_an_error(raised: Exception, reply: Reply) -> None:
    def fail(task: ParseTask) -> ParsedFeed:
        raise raised

    message = msgpack.encode(ParseTask(b"", {}, FEED_URL, "News"))

    assert msgpack.decode(answer(message, parse=fail), type=Reply) == reply


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (b"<html><body><rss version='2.0'><channel/></rss></body></html>", "web page"),
        (b"<p>a</p><body>", "web page"),
        (b"<opml version='2.0'/>", "OPML"),
        (b"<urlset/>", "sitemap"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<soap:Envelope xmlns:soap='x'/>", "SOAP"),
        (b"<thing/>", "<thing>"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"PK\x03\x04", "ZIP"),
        (b"/etc/passwd", "not a feed"),
        (b"https://news.example/feed", "not a feed"),
        (b'{"error": "not found"}', "no version"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "no items"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": 5}', "no items"),
        (b'{"version": "https://jsonfeed.org/version/9", "items": []}', "no version"),
        (b"[1, 2]", "a list"),
        (b"<channel><thing/></channel>", "no RSS"),
        (bytes(range(128, 256)) * 20, "not a feed"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, says: str) -> None:
    with pytest.raises(NotAFeed, match=says):
        read(body)


def test_nothing_of_a_document_that_is_no_feed_is_quoted() -> None:
    with pytest.raises(NotAFeed) as caught:
        read(b"your key is swordfish")

    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b'{"version": "https://jsonfeed.org/version/1", "items": [',
        b'{"a": NaN}',
        b'{"a": ' + b"[" * 100_000,
        b'{"a": ' + b'"\\' * 1_000_000,
        b'{"a": ' + b", " * 1_000_000,
        b'{"a": "' + b'\\"' * 1_000_000,
    ],
    ids=["cut off", "NaN", "nested", "quotes", "commas", "no end"],
)
def test_broken_json_is_an_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        read(body)


def test_json_that_is_nested_without_end_is_an_error() -> None:
    with pytest.raises(ParseError, match="deep"):
        read(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rss [<!ENTITY x "y">]>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!doctype rss SYSTEM "http://n.example/x" [<!ENTITY % p "q"> %p;]>',
        '<?xml version="1.0"?><!-- note --><!DOCTYPE rss [<!ELEMENT rss ANY>]>',
        '<!ENTITY x "y">',
        "<!DOCTYPE rss" + " " * 5_000 + ">",
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_documents_that_declare_entities_are_refused(doctype: str, codec: str) -> None:
    with pytest.raises(UnsupportedFormat, match="DOCTYPE"):
        read((doctype + rss(entry()).decode().partition("?>")[2]).encode(codec))


def test_a_plain_doctype_is_passed_over() -> None:
    doctype = b'<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://n.example/rss.dtd">'

    assert only(doctype + rss(entry())).headline == "A headline"


def test_a_doctype_in_the_text_of_an_item_is_text() -> None:
    more = "<description><![CDATA[<!DOCTYPE html [<!ENTITY x 'y'>]>Words]]></description>"

    assert "Words" in only(rss(entry(more=more))).summary


def test_instructions_and_comments_before_the_root_are_passed_over() -> None:
    before = b"<?xml-stylesheet href='x.xsl'?><!-- <rss> --><?php echo 1 ?>"

    assert only(before + rss(entry())).headline == "A headline"


@pytest.mark.parametrize(
    ("body", "headline"),
    [
        (rss(entry("AT&T & Co")), "AT&T & Co"),
        (rss(entry("caf&eacute;")), "café"),
        (rss(entry("a")).replace(b"xmlns:dc=", b"xmlns:no=").replace(
            b"</item>", b"<dc:creator>J</dc:creator></item>"), "a"),
        (rss(entry("a", more="<odd:thing>x</odd:thing>")), "a"),
    ],
)  # fmt: skip
def test_common_faults_are_repaired_and_noted(body: bytes, headline: str) -> None:
    found = read(body)

    assert found.items[0].headline == headline
    assert found.items[0].raw_hash
    assert len(found.notes) == 1
    assert found.notes[0].startswith("the XML was repaired")


def test_cdata_and_comments_are_not_repaired() -> None:
    more = "<description><![CDATA[a &nbsp; & b]]></description><!-- & --><dc:x>&</dc:x>"

    assert only(rss(entry(more=more))).summary == "a & b"


def test_what_follows_the_feed_is_left_out() -> None:
    found = read(rss(entry()) + b"<html><body>Error</body></html>")

    assert len(found.items) == 1
    assert found.notes[0].startswith("text after the feed")


@pytest.mark.parametrize("end", [b"</channel></rss>", b"</item></channel></rss>"])
def test_a_document_that_breaks_off_gives_what_it_has(end: bytes) -> None:
    body = rss(entry("A"), entry("B", "https://news.example/2")).replace(end, b"")

    found = read(body)

    assert {item.headline for item in found.items} == {"A", "B"}
    assert "broken" in found.notes[0]


def test_items_are_in_the_order_of_their_dates_and_undated_ones_last() -> None:
    dated = [
        f"<title>{day}</title><pubDate>{day} Aug 2025 00:00:00 GMT</pubDate>" for day in (12, 11)
    ]
    undated = [f"<title>{name}</title><guid>{name}</guid>" for name in "bca"]

    found = items(rss(*undated, *dated))

    assert [item.headline for item in found] == ["11", "12", "a", "c", "b"]
    assert found == items(rss(*reversed(dated), *undated))
    assert [item.headline for item in items(rss(*reversed(undated)))] == ["b", "c", "a"]


def test_repeated_and_empty_items_are_left_out() -> None:
    found = items(rss(entry(), entry(), "", "<description> </description>", "<guid>x</guid>"))

    assert [item.headline for item in found] == ["A headline"]


def test_endless_feeds_are_read_in_part() -> None:
    at = [f"{datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}"
          for n in range(MAX_ITEMS + 2)]  # fmt: skip
    dates = [f"<title>{n}</title><guid>{n}</guid><pubDate>{day}</pubDate>"
             for n, day in enumerate(at)]  # fmt: skip
    found = read(rss(*dates))
    in_json = read(json_feed(*({"id": str(n), "title": str(n), "date_published": day}
                               for n, day in enumerate(at))))  # fmt: skip

    assert [item.headline for item in found.items] == [str(n) for n in range(2, MAX_ITEMS + 2)]
    assert [item.headline for item in in_json.items] == [item.headline for item in found.items]
    assert found.notes == in_json.notes
    assert "2 were left out" in found.notes[0]
    assert found.hints.left_out == in_json.hints.left_out == 2


def test_links_of_the_feed_itself() -> None:
    links = (
        '<atom:link rel="self" href="https://news.example/feed"/>'
        '<atom:link rel="hub" href="https://hub.example/"/>'
    )
    found = read(rss(entry(), channel=links + "<copyright>© News</copyright>"))

    assert found.site_url == "https://news.example/"
    assert found.self_url == "https://news.example/feed"
    assert found.hub_url == "https://hub.example/"
    assert found.rights == "© News"
    assert found.items[0].rights == "© News"


def test_links_of_a_json_feed() -> None:
    found = read(
        json_feed(
            {"title": "T"},
            home_page_url="https://news.example/",
            feed_url="https://news.example/feed",
            hubs=[{"type": "rssCloud", "url": "x"}, {"type": "WebSub", "url": "https://h.example"}],
        )
    )

    assert found.site_url == "https://news.example/"
    assert found.self_url == "https://news.example/feed"
    assert found.hub_url == "https://h.example"


def test_links_of_the_response_go_before_those_of_the_document() -> None:
    headers = {"link": '<https://h2.example/>; rel="hub", </self>; rel=self'}
    body = rss(entry(), channel='<atom:link rel="hub" href="https://h1.example/"/>')

    found = read(body, headers=headers)

    assert found.hub_url == "https://h2.example/"
    assert found.self_url == "https://news.example/self"


def test_hostile_links_of_the_feed_are_dropped() -> None:
    links = '<atom:link rel="hub" href="javascript:1"/><atom:link rel="self" href="file:///x"/>'

    found = read(rss(entry(), channel=links, site="javascript:alert(1)"))

    assert (found.site_url, found.self_url, found.hub_url) == (None, None, None)


def test_a_delta_says_so() -> None:
    assert read(rss(entry()), headers={"im": "feed, gzip"}).is_delta
    assert not read(rss(entry()), headers={"im": "feedback"}).is_delta


def test_categories_are_plain_distinct_and_bounded() -> None:
    tags = "".join(f"<category>c{n % 40}</category>" for n in range(45))
    odd = "<category>&lt;b&gt;War&lt;/b&gt;</category><category> </category>"

    found = only(rss(entry(more=odd + tags))).categories

    assert found[0] == "War"
    assert len(found) == len(set(found)) == 30


def test_a_summary_that_repeats_the_headline_is_none() -> None:
    item = only(rss(entry(more="<description>&lt;p&gt;A headline&lt;/p&gt;</description>")))

    assert (item.summary, item.summary_html) == ("", "")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("Five &amp;lt; six, he said", ""),
        ("&lt;p&gt;Five and six&lt;/p&gt;", ""),
        ("Five &lt;b&gt;and&lt;/b&gt; six", "Five <b>and</b> six"),
        ("&lt;p&gt;Five&lt;/p&gt;&lt;p&gt;and six&lt;/p&gt;", "<p>Five</p><p>and six</p>"),
    ],
)
def test_markup_is_kept_where_it_says_more_than_the_text(body: str, kept: str) -> None:
    item = only(rss(entry(more=f"<description>{body}</description>")))

    assert item.summary_html == kept
    assert item.summary.startswith("Five")


def test_long_texts_are_cut() -> None:
    words = "&lt;p&gt;" + "Words and more words. " * 5_000

    item = only(rss(entry(more=f"<description>{words}</description>")))

    assert 3_000 < len(item.summary) <= 4_000
    assert item.summary.endswith("…")


def test_the_content_hash_follows_what_a_reader_sees() -> None:
    plain = only(rss(entry()))
    later = only(rss(entry().replace("12 Aug", "13 Aug")))
    edited = only(rss(entry("Another headline")))

    assert plain.content_hash == later.content_hash
    assert plain.content_hash != edited.content_hash


def test_content_of_other_media_types_is_no_text() -> None:
    content = '<content type="image/png">iVBORw0KGgo=</content>'

    assert only(atom(f"<id>1</id><title>T</title>{content}")).summary == ""


def test_markdown_and_other_text_is_shown_as_text() -> None:
    content = '<content type="text/markdown">5 &lt; 6 *so*</content>'

    assert only(atom(f"<id>1</id><title>T</title>{content}")).summary == "5 < 6 *so*"


def test_long_guids_are_hashed_in_the_identity() -> None:
    first = only(rss(entry(more=f"<guid>{'a' * 5_000}1</guid>")))
    second = only(rss(entry(more=f"<guid>{'a' * 5_000}2</guid>")))

    assert len(first.identity) <= 300
    assert first.identity != second.identity
    assert len(first.guid or "") <= 500


def test_a_document_that_breaks_the_parser_is_an_error() -> None:
    body = rss(entry(more="</media:player>"))

    with pytest.raises(ParseError, match="cannot be read"):
        read(body)
