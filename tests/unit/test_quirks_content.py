"""Texts, character sets, people and languages as feeds give them."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from aggregator.errors import NotAFeed, ParseError
from tests.documents import atom, entry, items, json_feed, only, rdf, read, rss

LONG = "The whole story, told at length, with every detail that the excerpt had to leave out."


def escaped(html: str) -> str:
    return html.replace("&", "&amp;").replace("<", "&lt;")


def summary(more: str) -> str:
    return only(rss(entry(more=more))).summary


def test_content_beats_description() -> None:
    content = f"<content:encoded><![CDATA[<p>{LONG}</p>]]></content:encoded>"
    description = "<description>The whole story, told...</description>"

    assert summary(description + content) == LONG
    assert summary(content + description) == LONG


@pytest.mark.parametrize(
    "name",
    [
        "description",
        "itunes:summary",
        "itunes:subtitle",
        "googleplay:description",
        "media:description",
        "dc:description",
    ],
)
def test_the_summary_falls_back_to_other_elements(name: str) -> None:
    assert summary(f"<{name}>Some words</{name}>") == "Some words"


def test_media_group_gives_title_and_text() -> None:
    group = (
        "<media:group><media:title>Video title</media:title>"
        '<media:content url="https://news.example/v.mp4"/>'
        '<media:thumbnail url="https://news.example/v.jpg"/>'
        "<media:description>What it shows</media:description></media:group>"
    )

    item = only(rss(f"<link>https://news.example/1</link>{group}"))

    assert item.headline == "Video title"
    assert item.summary == "What it shows"


def test_a_caption_does_not_beat_the_text() -> None:
    more = (
        f"<description>{LONG}</description>"
        "<media:content><media:description>A photo</media:description></media:content>"
    )

    assert summary(more) == LONG


@pytest.mark.parametrize(
    "enclosure",
    [
        "<enclosure/>",
        '<enclosure url=""/>',
        '<enclosure url="https://news.example/x.mp3" length="invalid"/>',
        '<enclosure url="https://news.example/x.mp3" length=""/>' * 2,
        '<enclosure url="x.mp3" length="99999999999999999999999"/>',
        '<enclosure url="javascript:alert(1)" type="audio/mpeg"/>',
    ],
)
def test_odd_enclosures_do_no_harm(enclosure: str) -> None:
    assert only(rss(entry(more=enclosure))).url == "https://news.example/1"


@pytest.mark.parametrize(
    ("declared", "actual", "text"),
    [
        ("utf-8", "cp1252", "café – “so”"),
        ("utf-8", "iso-8859-1", "café"),
        ("windows-1251", "cp1251", "Новости Пакистана"),
        ("KOI8-R", "koi8-r", "Новости Пакистана"),
        ("ISO-8859-1", "utf-8", "Überraschung اردو"),
        ("ISO-8859-1", "cp1252", "“quoted” – café"),
        ("WINDOWS-1256", "cp1256", "خبريں"),
        ("punycode", "utf-8", "café"),
        ("unicode_escape", "ascii", r"\u003cb\u003e"),
        ("iso-2022-jp", "iso2022_jp", "日本語"),
        ("shift_jis", "cp932", "日本語"),
        ("utf-16", "utf-16", "café اردو"),
        ("utf-16le", "utf-16-le", "café"),
        ("utf-16be", "utf-16-be", "café"),
    ],
)
def test_wrong_and_rare_declarations(declared: str, actual: str, text: str) -> None:
    body = rss(entry(text)).decode().replace('encoding="utf-8"', f'encoding="{declared}"')

    assert only(body.encode(actual)).headline == text


def test_the_http_charset_counts_where_the_prolog_is_silent() -> None:
    body = rss(entry("Новости")).decode().replace(' encoding="utf-8"', "").encode("cp1251")
    headers = {"content-type": "application/rss+xml; charset=Windows-1251"}

    assert only(body, headers=headers).headline == "Новости"


def test_a_prolog_with_knowledge_beats_a_servers_default() -> None:
    body = rss(entry("Новости")).decode().replace('"utf-8"', '"windows-1251"').encode("cp1251")
    headers = {"content-type": "text/xml; charset=ISO-8859-1"}

    assert only(body, headers=headers).headline == "Новости"


def test_text_that_was_encoded_twice_is_undone() -> None:
    twice = rss(entry("It wasn’t a café")).decode("cp1252").encode()

    found = read(twice)

    assert found.items[0].headline == "It wasn’t a café"
    assert found.notes == ("the document was encoded twice",)


@pytest.mark.parametrize("bad", [b"\x1a", b"\x0b", b"\x00", b"\xef\xbf\xbe"])
def test_characters_that_xml_forbids_are_left_out(bad: bytes) -> None:
    body = rss(entry("First"), entry("Second", "https://news.example/2"))

    found = items(body.replace(b"First", b"Fi" + bad + b"rst"))

    assert {item.headline for item in found} == {"First", "Second"}


def test_stray_bytes_in_utf8_are_left_out() -> None:
    body = rss(entry("Überraschung"), entry("Größe", "https://news.example/2"))

    found = read(body.replace(b"raschung", b"\xffraschung"))

    assert {item.headline for item in found.items} == {"Überraschung", "Größe"}
    assert found.notes == ("1 bytes are not UTF-8; they were read as cp1252 or left out",)


@pytest.mark.parametrize(
    "before", [b" \n" * 1_000, b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"Warning!\n"]
)
def test_what_stands_before_the_declaration_is_passed_over(before: bytes) -> None:
    assert only(before + rss(entry())).headline == "A headline"


def test_warnings_of_a_program_before_the_declaration_are_passed_over() -> None:
    warning = b"<br />\n<b>Warning</b>: include [<a href='x'>x</a>] in <b>feed.php</b><br />\n"

    assert only(warning + rss(entry())).headline == "A headline"
    assert only(warning + rss(entry()) + b"\n<!-- made -- by us -->\n").headline == "A headline"


@pytest.mark.parametrize(
    "document",
    [
        b"<html><body><textarea>" + rss(entry()) + b"</textarea></body></html>",
        json_feed().replace(b"[]", b"7") + rss(entry()),
        b"<!doctype html><p>Write it like this:</p>" + rss(entry()),
        b"<title>Feeds</title><p>" + rss(entry()),
        b"<div><textarea>" + rss(entry()) + b"</textarea></div>",
        b"<script>var a='" + rss(entry()) + b"'</script><p>x",
        b"<p>Example feed:</p><pre>" + rss(entry()),
        b"<p>Example feed: " + rss(entry()) + b"</p>",
        b"<br />\n<b>Warning</b>: x<br />\n" + rss(entry())[:-10],
        b'<br />\n<b>Warning</b>: x<br />\n<?xml version="1.0"?><urlset></urlset>',
    ],
)
def test_a_feed_within_something_else_is_none(document: bytes) -> None:
    with pytest.raises(ParseError):
        read(document)


@pytest.mark.parametrize("end", [b"<item>", b"A headline", b"</rss>"])
def test_a_feed_that_is_cut_off_before_its_first_entry_is_an_error(end: bytes) -> None:
    whole = rss("" if end == b"</rss>" else entry())

    with pytest.raises(ParseError, match="cut off"):
        read(whole[: whole.index(end)])


@pytest.mark.parametrize(
    "end",
    ["Other words", "<![CDATA[Other", "<title>Tw", "<link>", "https://news.exa", "</descr", "]]>"],
)
@pytest.mark.parametrize("write", [rss, atom])
def test_an_entry_that_is_cut_off_waits_for_the_whole_document(
    end: str, write: Callable[..., bytes]
) -> None:
    inner = (
        "<title>{}</title><link>https://news.example/{}</link><id>{}</id>"
        "<description><![CDATA[Other words</item> of <item> it]]></description>"
    )
    whole = write(inner.format("One", 1, 1), inner.format("Two", 2, 2))
    at = whole.rindex(end.encode())

    assert [item.headline for item in items(whole[: at + len(end)])] == ["One"]
    assert len(items(whole)) == 2
    assert {item.headline for item in items(whole[: whole.rindex(b"</")])} == {"One", "Two"}


@pytest.mark.parametrize("text", ["<description><![CDATA[</rss>", "<description>&amp;<!-- </rss> "])
def test_an_end_that_is_only_quoted_does_not_count(text: str) -> None:
    with pytest.raises(ParseError, match="cut off"):
        read(f"<rss version='2.0'><channel><title>News</title>{text}".encode())


@pytest.mark.parametrize(
    ("sound", "flawed"),
    [
        (b"<channel>", b"<channel><!-- made -- by us -->"),
        (b"</rss>", b"</rss>\n<!-- cached -- by us -->"),
        (b"All of it", b"All <br> of it"),
        (b'version="2.0"', b"version=2.0"),
        (b'version="2.0"', b'version="2.0" version="2.0"'),
        (b"</channel>", b""),
        (b"</rss>", b"</RSS >"),
    ],
)
def test_a_whole_feed_without_entries_may_have_a_flaw(sound: bytes, flawed: bytes) -> None:
    found = read(rss().replace(sound, flawed))

    assert (found.title, found.items) == ("News", ())


def test_json_may_begin_with_white_space() -> None:
    assert only(b"\n\n  " + json_feed({"id": "1", "title": "T"})).headline == "T"


@pytest.mark.parametrize("body", [b"", b" \n\t ", b"\xef\xbb\xbf"])
def test_only_white_space_is_no_feed(body: bytes) -> None:
    with pytest.raises(NotAFeed):
        read(body)


def test_plain_text_content_is_no_markup() -> None:
    item = only(json_feed({"id": "1", "title": "T", "content_text": "5 < 6 & <i>not</i> slanted"}))

    assert item.summary == "5 < 6 & <i>not</i> slanted"
    assert item.summary_html == ""  # it would say no more


def atom03(content: str) -> bytes:
    return (
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>News</title>'
        '<link rel="alternate" type="text/html" href="https://news.example/"/>'
        f"<entry><id>1</id><title>T</title><issued>2025-08-12T10:00:00Z</issued>{content}</entry></feed>"
    ).encode()


@pytest.mark.parametrize(
    "content",
    [
        f'<content type="text/html" mode="escaped">{escaped("<p>Words</p>")}</content>',
        '<content type="application/xhtml+xml" mode="xml">'
        '<p xmlns="http://www.w3.org/1999/xhtml">Words</p></content>',
        f'<content type="text/html" mode="base64">{base64.b64encode(b"<p>Words</p>").decode()}'
        "</content>",
    ],
)
def test_atom_03_content_modes(content: str) -> None:
    found = read(atom03(content))

    assert found.format == "atom03"
    assert found.items[0].summary == "Words"
    assert found.items[0].published_at is not None


def test_rdf_items_stand_outside_the_channel() -> None:
    found = read(rdf("<title>A</title>", "<title>B</title>"))

    assert found.format == "rss10"
    assert [item.headline for item in found.items] == ["B", "A"]  # oldest first, as without dates
    assert found.items[1].url == "https://news.example/1"


def test_rss_items_may_stand_outside_the_channel() -> None:
    body = (
        b'<rss version="0.91"><channel><title>News</title></channel>'
        b"<item><title>A</title><link>https://news.example/a</link></item></rss>"
    )

    assert only(body).headline == "A"


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("<author>mail@news.example (Jane Doe)</author>", "Jane Doe"),
        ("<author>Jane Doe</author>", "Jane Doe"),
        ("<author>Jane Doe &lt;mail@news.example&gt;</author>", "Jane Doe"),
        ("<author>Jane @janedoe</author>", "Jane @janedoe"),
        ("<author>mail@news.example</author>", ""),
        ("<dc:creator>&lt;a href='x'&gt;Jane&lt;/a&gt; Doe</dc:creator>", "Jane Doe"),
        ("<dc:creator><![CDATA[Jane Doe]]></dc:creator>", "Jane Doe"),
        ("<dc:creator>Jane</dc:creator><dc:creator>John</dc:creator>", "Jane, John"),
        ("<dc:creator>Jane</dc:creator><dc:creator>Jane</dc:creator>", "Jane"),
        (
            "<dc:creator>Jane</dc:creator><author>mail@news.example (John Roe)</author>",
            "Jane, John Roe",
        ),
        (
            "<author>a@paper.media (Jane)</author><author>b@paper.online (John)</author>",
            "Jane, John",
        ),
        ("<author>mail@news.museum</author><dc:creator>Jane</dc:creator>", "Jane"),
        ("<author>John &lt;j@news.agency&gt;</author><dc:creator>Jane</dc:creator>", "John, Jane"),
        ("<itunes:author>Jane Doe</itunes:author>", "Jane Doe"),
    ],
)
def test_authors_of_items(person: str, name: str) -> None:
    assert only(rss(entry(more=person))).author == name


@pytest.mark.parametrize(
    "person",
    [
        "<managingEditor>mail@news.example (Jane Doe)</managingEditor>",
        "<webMaster>mail@news.example (Jane Doe)</webMaster>",
        "<itunes:owner><itunes:name>Jane Doe</itunes:name></itunes:owner>",
        "<dc:creator>Jane Doe</dc:creator>",
    ],
)
def test_items_inherit_the_feeds_author(person: str) -> None:
    assert only(rss(entry(), channel=person)).author == "Jane Doe"


def test_atom_entries_inherit_the_feeds_author() -> None:
    feed = "<author><name>Jane Doe</name><email>j@news.example</email></author>"
    own = "<author><name>John</name></author><author><name>Joan</name></author>"

    assert only(atom("<id>1</id><title>T</title>", feed=feed)).author == "Jane Doe"
    assert only(atom(f"<id>1</id><title>T</title>{own}", feed=feed)).author == "John, Joan"


def test_json_feed_authors_of_both_versions() -> None:
    one = {"id": "1", "title": "T", "author": {"name": "Jane"}}
    many = {"id": "1", "title": "T", "authors": [{"name": "Jane"}, {"name": "John"}, {"url": "x"}]}

    assert only(json_feed(one, minor=0)).author == "Jane"
    assert only(json_feed(many)).author == "Jane, John"
    assert only(json_feed({"id": "1", "title": "T"}, authors=[{"name": "Joe"}])).author == "Joe"


def test_entries_inherit_the_feeds_language() -> None:
    assert only(rss(entry(), channel="<language>ur</language>")).language == "ur"
    assert only(json_feed({"title": "T"}, language="ur-PK")).language == "ur-PK"
    own = {"title": "T", "language": "hi"}
    assert only(json_feed(own, language="ur-PK")).language == "hi"


def test_a_language_of_the_entry_goes_first() -> None:
    entry_in_urdu = '<id>1</id><title xml:lang="ur">T</title>'

    body = atom(entry_in_urdu).replace(b"<feed ", b'<feed xml:lang="en" ')

    assert only(body).language == "ur"
    assert read(body).language == "en"


@pytest.mark.parametrize("tag", ["not a language", "<script>", "e", "x" * 40, "en-us-"])
def test_what_is_no_language_is_left_out(tag: str) -> None:
    channel = f"<language>{escaped(tag)}</language>"

    assert read(rss(entry(), channel=channel)).language == ""


@pytest.mark.parametrize(
    ("source", "publisher"),
    [
        ('<source url="https://dawn.example/rss">Dawn</source>', "Dawn"),
        ("<source>Dawn</source>", "Dawn"),
        ('<source url="https://dawn.example/rss"/>', "News of the World"),
        ("<source/>", "News of the World"),
        ("", "News of the World"),
    ],
)
def test_sources_give_what_they_have(source: str, publisher: str) -> None:
    assert only(rss(entry(more=source))).publisher == publisher


def test_atom_sources_name_the_publisher() -> None:
    source = "<source><id>x</id><title>Dawn</title></source>"

    assert only(atom(f"<id>1</id><title>T</title>{source}")).publisher == "Dawn"


def test_xml_base_is_honoured() -> None:
    link = '<link href="a"/>'
    body = atom(f"<id>1</id><title>T</title>{link}").replace(
        b"<feed ", b'<feed xml:base="https://other.example/news/" '
    )

    assert only(body).url == "https://other.example/news/a"


def test_a_hostile_xml_base_is_not() -> None:
    body = atom('<id>1</id><title>T</title><link href="a"/>').replace(
        b"<feed ", b'<feed xml:base="javascript:alert(1)//" '
    )

    found = only(body).url
    assert found is None or found.startswith("https://")


def test_content_location_changes_neither_links_nor_guids() -> None:
    headers = {"content-location": "https://elsewhere.example/x/"}
    body = rss("<title>T</title><link>a</link><guid>abc/1</guid>", site="")

    item = only(body, headers=headers, url="https://news.example/feed")

    assert item.url == "https://news.example/a"
    assert item.guid == "abc/1"


def test_a_feed_from_a_file_has_no_relative_links() -> None:
    body = rss("<title>T</title><link>a</link>", site="")

    assert only(body, url="file:///srv/feed.xml").url is None


@pytest.mark.parametrize(
    "bad",
    [
        entry("Bad", "http://[::1", "<guid>\ud83d</guid>".encode("utf-8", "replace").decode()),
        "<title>Bad</title><pubDate>99999999999999999999</pubDate>",
        '<title>Bad</title><enclosure url="x" length="' + "9" * 5000 + '"/>',
        "<title>Bad</title><link>https://news.example:99999999/</link>",
        "<title>Bad &#xD800; &#x110000;</title>",
    ],
)
def test_one_bad_entry_does_not_lose_the_others(bad: str) -> None:
    found = items(rss(entry("Good", "https://news.example/good"), bad))

    assert "Good" in {item.headline for item in found}
    assert len(found) == 2


def test_lone_surrogates_and_huge_numbers_in_json() -> None:
    body = b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b",".join(
        (
            b'{"id":"1","title":"Bad \\ud800 one"}',
            b'{"id":' + b"9" * 5000 + b',"title":"Number"}',
            b'{"id":"3","title":"Good"}',
            b'["no","object"]',
        )
    )

    found = items(body + b"]}")

    assert {item.headline for item in found} == {"Bad one", "Number", "Good"}


def test_a_challenge_page_is_named() -> None:
    page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"

    with pytest.raises(NotAFeed, match="Cloudflare"):
        read(page)


@pytest.mark.parametrize(
    "text",
    [
        "<![CDATA[&lt;p&gt;Police &lt;a href='/b'&gt;said&lt;/a&gt; so&lt;/p&gt;]]>",
        escaped(escaped("<p>Police <a href='/b'>said</a> so</p>")),
    ],
)
def test_markup_that_was_escaped_once_too_often_is_markup(text: str) -> None:
    item = only(rss(entry(more=f"<description>{text}</description>")))

    assert item.summary == "Police said so"
    assert item.summary_html == (
        '<p>Police <a href="https://news.example/b" rel="noopener noreferrer nofollow">said</a>'
        " so</p>"
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("The &amp;lt;dialog&amp;gt; element", ""),
        ("Fish &amp;lt; chips &amp;amp; peas", ""),
        ("&lt;p&gt;Turn &amp;lt;b&amp;gt;it&amp;lt;/b&amp;gt; on&lt;/p&gt;",
         "<p>Turn &lt;b&gt;it&lt;/b&gt; on</p>"),
    ],
)  # fmt: skip
def test_what_is_escaped_as_it_should_be_is_text(text: str, html: str) -> None:
    assert only(rss(entry(more=f"<description>{text}</description>"))).summary_html == html


def test_a_comma_behind_the_last_entry_of_a_list_is_passed_over() -> None:
    body = (
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": ['
        b'{"id": "1", "title": "Rain, ] and }, \\",", "url": "https://news.example/1", },\n ]}'
    )

    assert only(body).headline == 'Rain, ] and }, ",'
