"""Titles, and what stands in for them."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from aggregator.text import text_hash
from tests.documents import atom, entry, json_feed, only, rss


def title(text: str) -> str:
    return only(rss(entry(text))).headline


def test_without_a_title_the_text_gives_one_cut_at_a_word() -> None:
    words = "&lt;p&gt;" + "Several &lt;b&gt;words&lt;/b&gt; " * 30 + "&lt;/p&gt;"

    headline = only(
        rss(f"<link>https://n.example/1</link><description>{words}</description>")
    ).headline

    assert headline.startswith("Several words Several")
    assert headline.endswith(("Several…", "words…"))
    assert len(headline) <= 120


def test_with_only_a_url_the_url_is_the_title() -> None:
    item = only(rss("<title></title><link>https://news.example/1</link>"))

    assert item.headline == "https://news.example/1"


@pytest.mark.parametrize("times", [1, 2, 3])
def test_marks_of_sections_that_were_escaped_are_no_text(times: int) -> None:
    wrapped = "<![CDATA[Ferry <b>strike</b> ends]]>"
    for _ in range(times):
        wrapped = escape(wrapped)

    item = only(rss(entry(wrapped)))
    text = only(rss(entry("Other", more=f"<description>{wrapped}</description>")))

    assert item.headline == text.summary == "Ferry strike ends"
    assert title("A]]&gt; B") == "A]]> B"


NO_TITLES = (
    *("Untitled", "(no title)", "[No Title]", "— untitled —", "Untitled Post", "(kein Titel)"),
    *("Sans titre", "Sin título", "Без названия", "(بدون عنوان)", "無題", "无标题", "제목 없음"),
    *(".", "...", "-", "…", "???", "🔥🔥🔥", "News", "News of the World", "https://news.example/1"),
)


@pytest.mark.parametrize("given", NO_TITLES)
def test_a_title_that_says_nothing_is_no_title(given: str) -> None:
    words = "Ferry strike ends."
    documents = (
        rss(entry(given, more=f"<description>{words}</description>")),
        json_feed({"title": given, "url": "https://news.example/1", "content_text": words},
                  title="News"),
    )  # fmt: skip

    assert {only(document).headline for document in documents} == {words}
    assert only(rss(entry(given))).headline == given  # better than nothing
    if not given.startswith("https:"):
        bare = only(rss(f"<title>{given}</title><description>{words}</description>"))
        assert bare.former_identities == (f"text:{text_hash(given, words)}",)


@pytest.mark.parametrize("given", ["Untitled work by Klee sold", "None", "null", "2026"])
def test_words_of_a_title_are_one(given: str) -> None:
    more = "<description>Ferry strike ends.</description>"

    assert only(rss(entry(given, more=more))).headline == given


@pytest.mark.parametrize("name", ["dc", "media"])
def test_titles_of_other_namespaces_stand_in(name: str) -> None:
    assert only(rss(f"<{name}:title>Other</{name}:title>")).headline == "Other"


@pytest.mark.parametrize(
    "titles",
    [
        "<title>Own</title><dc:title>Dublin</dc:title><media:title>Media</media:title>",
        "<media:title>Media</media:title><dc:title>Dublin</dc:title><title>Own</title>",
        "<dc:title>Dublin</dc:title><title>Own</title><media:title>Media</media:title>",
    ],
)
def test_the_own_title_wins_in_any_order(titles: str) -> None:
    assert only(rss(titles)).headline == "Own"


def test_an_empty_own_title_does_not_beat_another() -> None:
    assert only(rss("<dc:title>Dublin</dc:title><title> </title>")).headline == "Dublin"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Tom &amp;amp; Co", "Tom & Co"),
        ("It&amp;#39;s", "It's"),
        ("It&amp;amp;#39;s", "It's"),
        ("A &amp;lt;b&amp;gt;bold&amp;lt;/b&amp;gt; word", "A bold word"),
        ("Tom &amp; Co", "Tom & Co"),
        ("R&amp;D up 5 &lt; 6", "R&D up 5 < 6"),
    ],
)
def test_double_escaped_titles_are_decoded(given: str, shown: str) -> None:
    assert title(given) == shown


@pytest.mark.parametrize(
    "markup",
    [
        "a <b>x</b> y",
        "<![CDATA[a <b>x</b> y]]>",
        "a &lt;b&gt;x&lt;/b&gt; y",
        "<![CDATA[<p>a x</p>]]> y",
    ],
)
def test_markup_in_titles_leaves_its_text(markup: str) -> None:
    assert title(markup) == "a x y"


@pytest.mark.parametrize(
    "inner",
    [
        '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <em>x</em></div></title>',
        '<title type="xhtml">a <em xmlns="http://www.w3.org/1999/xhtml">x</em></title>',
        '<title type="html">a &lt;em&gt;x&lt;/em&gt;</title>',
        "<title>a x</title>",
    ],
)
def test_atom_titles_of_all_types(inner: str) -> None:
    assert only(atom(f"<id>1</id>{inner}")).headline == "a x"


def test_an_empty_xhtml_title_falls_back_to_the_text() -> None:
    empty = '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"/></title>'

    assert only(atom(f"<id>1</id>{empty}<summary>The text</summary>")).headline == "The text"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("&#8217;tis &apos;so&#39;", "’tis 'so'"),
        ("caf&eacute;&nbsp;&hellip;", "café …"),
        ("broken &#xB; here", "broken here"),
        ("&#147;Quoted&#148;", "“Quoted”"),
        ("no &such; name", "no &such; name"),
        ("AT&T and R&D", "AT&T and R&D"),
    ],
)
def test_references_of_all_kinds(given: str, shown: str) -> None:
    assert title(given) == shown


def test_white_space_in_titles_becomes_single_spaces() -> None:
    assert title("\n  Two\n\tlines \r\n here  ") == "Two lines here"


def test_long_titles_are_cut_on_a_character() -> None:
    headline = title("é́" * 5_000)

    assert len(headline) <= 500
    assert headline.endswith("…")


@pytest.mark.parametrize(
    "headline",
    ["BREAKING: Talks resume", "Talks resume - Dawn.com", "Talks resume | Wire", "TALKS RESU..."],
)
def test_the_headline_stays_what_the_feed_said(headline: str) -> None:
    assert title(headline) == headline
    assert only(json_feed({"title": headline})).headline == headline


@pytest.mark.parametrize("glued", ["Talks resume - News", "Talks resume | news"])
def test_a_feeds_own_name_leaves_the_headline(glued: str) -> None:
    assert title(glued) == "Talks resume"
    assert only(json_feed({"title": glued})).headline == "Talks resume"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("It&rsquos &ldquofine&rdquo now &mdash or so&hellip", "It’s “fine” now — or so…"),
        ("Caf&eacute &copy 2026 R&D, Q&A, AT&T", "Café © 2026 R&D, Q&A, AT&T"),
        ("A&ndash=B &hellip; &rsquo;", "A&ndash=B … ’"),
    ],
)
def test_references_without_a_semicolon_are_read(given: str, shown: str) -> None:
    assert title(given) == title(f"<![CDATA[{given}]]>") == shown
    text = only(rss(entry(more=f"<description><![CDATA[{given}]]></description>")))
    assert text.summary == shown
    assert only(json_feed({"title": given})).headline == shown


@pytest.mark.parametrize("headline", ["Inside News", "- News", "News", "All-News"])
def test_a_name_that_is_part_of_the_headline_stays(headline: str) -> None:
    assert title(headline) == headline


@pytest.mark.parametrize(
    "title",
    [
        *("&#x3164;", "&#x2800;&#x2800;", "\uffa0 \u115f", "\ufe0f\U000e0101", "&amp;#x3164;"),
        *("\u2060\u200b", "\u1160", "&shy;", "\u180e", "\u034f", "\u17b4\u17b5", "\U000e0041"),
        *("&#x1D159;", "\U00013441 \U00013442"),
    ],
)
def test_a_title_that_nobody_sees_is_no_title(title: str) -> None:
    body = rss(f"<title>{title}</title><description>What happened.</description>")

    assert only(body).headline == "What happened."


def test_an_episode_has_the_title_of_its_own_vocabulary_where_it_has_no_other() -> None:
    own = "<itunes:title>The sea</itunes:title>"

    assert only(rss(f"{own}<guid>ep-1</guid>")).headline == "The sea"
    assert only(rss(f"<title>1: The sea</title>{own}<guid>ep-1</guid>")).headline == "1: The sea"


def test_a_source_that_is_the_title_is_no_publisher() -> None:
    source = '<source url="https://news.example/t/1.rss">{}</source>'

    thread = only(rss(entry("How to mend a bridge", more=source.format("How to mend a bridge"))))
    article = only(rss(entry("How to mend a bridge", more=source.format("Dawn"))))

    assert (thread.publisher, article.publisher) == (only(rss(entry())).publisher, "Dawn")
