"""HTML from outside."""

from __future__ import annotations

import pytest

from aggregator.html import PageLink, cut_html, escape, page_links, sanitise, to_text

REL = ' rel="noopener noreferrer nofollow"'


def test_text_level_markup_stays() -> None:
    html = "<p>a <b>b</b> <em>c</em></p><ul><li>d</li></ul><blockquote>e</blockquote>"

    assert sanitise(html) == html


def test_links_tell_nothing_to_the_page_they_lead_to() -> None:
    assert sanitise('<a href="https://n.example/">x</a>') == (
        f'<a href="https://n.example/"{REL}>x</a>'
    )


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "jav&#x09;ascript:alert(1)",
        "java&#1;script:alert(1)",
        "&#1;javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "/relative",
        "//n.example/",
        "&#x6A;avascript&colon;alert(1)",
    ],
)
def test_links_of_other_schemes_lose_their_target(href: str) -> None:
    assert sanitise(f'<a href="{href}">x</a>') == f"<a{REL}>x</a>"


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        "<svg><script>alert(1)</script></svg>",
        "<iframe src='x'>y</iframe>",
        "<img src='https://t.example/1.gif' width=1 height=1>",
        "<!-- note -->",
        "<!--><img src=x onerror=alert(1)>",
        "<form><input><button>Go</button></form>",
        "<video poster=javascript:1>x</video>",
        "<nav>Home</nav><footer>Us</footer>",
        "<figcaption>A caption</figcaption>",
        "<?php echo 1 ?>",
        "<p ",
    ],
)
def test_what_is_no_text_goes_with_its_content(html: str) -> None:
    assert sanitise(html).replace("<p></p>", "") == ""


def test_handlers_styles_and_classes_go() -> None:
    assert sanitise('<p onclick="x" style="y" class="z" id="w">a</p>') == "<p>a</p>"


def test_other_blocks_become_paragraphs() -> None:
    assert sanitise("<div>a</div><h2>b</h2>") == "<p>a</p><p>b</p>"


def test_controls_go_also_where_they_are_written_as_references() -> None:
    assert sanitise("a\x01b\u202ec") == "abc"
    assert "\x02" not in sanitise("a &#2; b")
    assert "\u202e" not in sanitise("a &#x202E; b")


def test_plain_text_is_itself() -> None:
    assert sanitise(" 5 > 4 ") == "5 &gt; 4"


def test_an_attribute_that_hides_a_script_behind_a_control_is_judged_without_it() -> None:
    assert "script" not in sanitise('<a href="java\x01script:alert(1)">x</a>')


@pytest.mark.parametrize(
    "html",
    [
        '<div><p>a<a href="https://n.example/?a=1&b=2">b</a><p>c &lt;script&gt; &amp;amp;</div>',
        "5\xa0> 4",  # a space that a parser of HTML writes as a reference
        "5\xa04",
        "<b>5\xa0> 4</b>",
        "5&nbsp;4 > 3",
    ],
)
def test_sanitising_twice_changes_nothing(html: str) -> None:
    assert sanitise(sanitise(html)) == sanitise(html)


def test_markup_that_is_nested_without_end_loses_its_tags() -> None:
    assert sanitise("<div>" * 10_000 + "deep") == "deep"
    assert sanitise("<b>" * 10_000 + "deep" + "</b>" * 10_000) == "deep"


def test_many_elements_side_by_side_are_not_nested() -> None:
    assert sanitise("<br>" * 500 + "<p>a" * 500).count("<p>a</p>") == 500


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a</p><p>b</p>", "a b"),
        ("a<br>b<br/>c", "a b c"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ("a <b>b</b>c", "a bc"),
        ("Tom &amp; Co", "Tom & Co"),
        ("Tom &amp;amp; Co", "Tom & Co"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;x", "x"),
        ("&amp;lt;img src=x onerror=alert(1)&amp;gt;x", "x"),
        ("<script>alert(1)</script>x", "x"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("a\u00a0b&nbsp;c", "a b c"),
        ("R&D &such; AT&T", "R&D &such; AT&T"),
        ("&#0;a&#x1;&#99999999999;b", "\ufffda\ufffdb"),
        ("5 < 6 & 7", "5 < 6 & 7"),
        ("a &lt;/ b &lt;!-- c", "a"),
        ("a &lt;script", "a"),
        ("", ""),
    ],
)
def test_plain_text_of_html(html: str, text: str) -> None:
    assert to_text(html) == text


def test_markup_that_is_escaped_without_end_is_defused() -> None:
    text = "<script>alert(1)</script>"
    for _ in range(12):
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert not set("<&") & set(to_text(text))


@pytest.mark.parametrize(
    ("html", "limit", "shown"),
    [
        ("short", 10, "short"),
        ("<p>one two three</p>", 14, "<p>one two…"),
        ('<p>one <a href="https://n.example/">two</a>', 20, "<p>one…"),
        ("one &amp; two", 7, "one…"),
        ("unbreakable", 5, "unbre…"),
    ],
)
def test_html_is_cut_between_words_outside_of_tags(html: str, limit: int, shown: str) -> None:
    assert cut_html(html, limit) == shown


def test_plain_text_as_html() -> None:
    assert escape("5 < 6 & so\non") == "5 &lt; 6 &amp; so<br>on"


def test_links_of_a_page() -> None:
    page = (
        "<html><head><base href='/b/'><LINK REL='Alternate Stylesheet' TYPE=text/css HREF=x.css "
        "title='A &amp; B'><!-- <link href=no> --><script>'<a href=no>'</script></head>"
        "<body><a href='y?a=1&amp;b=2'>z</a><a name=q>r</a></body>"
    )

    assert page_links(page) == (
        PageLink("base", "/b/"),
        PageLink("link", "x.css", ("alternate", "stylesheet"), "text/css", "A & B"),
        PageLink("a", "y?a=1&b=2"),
        PageLink("a", ""),
    )


HIDDEN = {
    "selectors": "\ufe01\ufe02\ufe03",
    "supplementary selectors": "\U000e0141\U000e0142",
    "selectors written as references": "&#xfe01;&#xfe02;&#xe0141;",
    "one selector in each of many tags": "<b>\ufe00</b><b>\ufe0f</b><i>\ufe0e</i>",
    "letters of tags": "\U000e0042\U000e0075",
    "joiners": "\u200c\u200d\u200d\u200c",
    "graphemes joined": "\u034f\u034f\u034f",
    "operators of no width": "\u2061\u2062\u2063",
    "fillers of Hangul": "\u115f\u1160\u115f\u1160",
    "notes between lines": "\ufff9\ufffb",
    "shorthand": "\U0001bca0\U0001bca1",
}


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("around", ["{}", "<p>{}</p>", "<ul><li><em>{}</em></li></ul>"])
def test_no_message_hides_in_a_summary(name: str, around: str) -> None:
    shown = sanitise(around.format(f"Buy{HIDDEN[name]} this"))

    assert shown.replace("<b></b>", "").replace("<i></i>", "") == around.format("Buy this")


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>e" + "\u0301" * 900 + "</p>", "<p>e" + "\u0301" * 4 + "</p>"),
        ("<p>e" + "&#769;" * 900 + "</p>", "<p>e" + "\u0301" * 4 + "</p>"),
        ("<b>ก" + "\u0e47" * 900 + "</b>", "<b>ก" + "\u0e47" * 4 + "</b>"),
        ("漢" + "\u3099" * 900, "漢" + "\u3099" * 4),
        ("<p>Top\u3164\u3164\u3164news\u2800\u2800</p>", "<p>Top news </p>"),
        ("<p>of\uffa0\uffa0today\ufffc</p>", "<p>of today </p>"),
        ("<p>a" + "\u200b\u2060" * 400 + "b</p>", "<p>a\u200bb</p>"),
        ("<p>a&shy;&shy;&zwnj;&shy;b</p>", "<p>a\xadb</p>"),
    ],
)
def test_piles_and_runs_of_a_summary_are_bounded(html: str, shown: str) -> None:
    assert sanitise(html) == shown


@pytest.mark.parametrize(
    "html",
    [
        "<p>می\u200cخواهم</p>",
        "<p>❤️ 1️⃣ 👩\u200d🚀 葛\U000e0100城</p>",
        "<p>Donau\xaddampf\xadschiff ภาษา\u200bไทย</p>",
        "<p>קוד C++\u200e של \u200fאתמול</p>",
        "<p>بِسْمِ ٱللَّٰهِ ཧཱུྃ Việt Nam ᄒᅠ</p>",
    ],
)
def test_signs_that_scripts_need_stay_in_a_summary(html: str) -> None:
    assert sanitise(html) == html
