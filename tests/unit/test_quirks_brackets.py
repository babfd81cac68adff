"""Words in angle brackets: markup where a format and HTML say so, else text."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.html import line_to_text, sanitise, to_text
from tests.documents import atom, entry, json_feed, only, rss

# What no HTML has, however often it is escaped.
NO_ELEMENTS = (
    "std::vector<int> in depth",
    "Map<String, List<Integer>> explained",
    "How Option<T> works",
    "A std::map<std::string, int> of words",
    "use <AnyObject> or </AnyObject>",
    "mail <jane@news.example> today",
    "see <https://news.example/a>",
    "<dsmirnov> good morning",
    "Result<(), Error> is enough",
    "Vec<Vec<u8>",
    "template<typename T>",
)
# Elements that are spoken of: nothing ends them.
MENTIONS = (
    "The <dialog> element",
    "What <script> does",
    "No more <table> for layout",
    "A <dialog open> from the start",
    "An <input> for everybody",
    "<main> and <article>",
    "List<Object> or List<Data>",
)
PAIRS = ("Turn <b>bold</b> on", "<i>No</i> markup", "a <br> b", "<p>One", "<em>cut o")


def escaped(text: str, times: int) -> str:
    for _ in range(times):
        text = html.escape(text, quote=False)
    return text


@pytest.mark.parametrize("title", [*NO_ELEMENTS, *MENTIONS, *PAIRS])
def test_what_a_format_calls_text_is_text(title: str) -> None:
    for kind in ("", ' type="text"', ' type="text/plain"'):
        found = atom(f"<id>1</id><title{kind}>{escaped(title, 1)}</title>")
        assert only(found).headline == title
        cdata = atom(f"<id>1</id><title{kind}><![CDATA[{title}]]></title>")
        assert only(cdata).headline == title
    assert only(json_feed({"id": "1", "title": title})).headline == title


@pytest.mark.parametrize("title", [*NO_ELEMENTS, *MENTIONS])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_is_no_markup_stays_in_html(title: str, times: int) -> None:
    body = escaped(title, times)

    assert only(rss(entry(body))).headline == title
    assert only(atom(f"<id>1</id><title type='html'>{body}</title>")).headline == title
    in_cdata = f"<![CDATA[{escaped(title, times - 1)}]]>"
    assert only(rss(entry(in_cdata))).headline == title


@pytest.mark.parametrize("text", [*NO_ELEMENTS, *MENTIONS, *PAIRS])
def test_texts_that_are_text_keep_their_brackets(text: str) -> None:
    in_json = only(json_feed({"id": "1", "title": "T", "content_text": text}))
    in_atom = only(atom(f"<id>1</id><title>T</title><summary>{escaped(text, 1)}</summary>"))

    assert in_json.summary == in_atom.summary == text


@pytest.mark.parametrize("text", [*NO_ELEMENTS, *MENTIONS])
def test_texts_in_html_keep_what_is_no_markup(text: str) -> None:
    body = f"<description>{escaped(text, 2)}</description>"
    assert only(rss(entry(more=body))).summary == text


@pytest.mark.parametrize("text", NO_ELEMENTS)
def test_what_names_no_element_is_text_in_html(text: str) -> None:
    assert to_text(f"<p>{text}</p>") == text
    assert to_text(sanitise(f"<p>{text}</p>")) == text


@pytest.mark.parametrize(
    "markup",
    [
        "a <o:p></o:p>word",
        "a <g-emoji alias='x'>word</g-emoji>",
        "a <FONT color=red>word</FONT>",
        "a <x-icon/>word",
        "a<br>word",
        "a <b>word",
        "a word</b>",
        "<blink>a</blink> word",
        "a <img src=x onerror=alert(1)> word",
        "a <script>alert(1)</script> word",
        "a <svg><path d='M0'/></svg> word",
        "a <!-- <int> --> word",
        "a word<script src",
    ],
)
def test_markup_is_still_markup(markup: str) -> None:
    assert only(rss(entry(f"<![CDATA[{markup}]]>"))).headline == "a word"


def test_a_text_that_is_escaped_without_end_is_defused() -> None:
    title = "&" + "amp;" * 12 + "lt;b>"

    assert "&" not in only(json_feed({"id": "1", "title": title})).headline


def test_names_in_json_are_text() -> None:
    item = {"id": "1", "title": "T", "author": {"name": "Jane <T> Doe & Co"}}

    assert only(json_feed(item, minor=0)).author == "Jane <T> Doe & Co"


WORDS = st.text(st.sampled_from("ab <>/&;:=\"'-!lt"), max_size=60)


@given(WORDS)
def test_what_is_left_of_any_text_is_inert(text: str) -> None:
    left = re.findall(r"<[^>]*>", sanitise(text, "https://news.example/"))

    assert not [tag for tag in left if not re.fullmatch(r"</?(?:b|a)>|<a [^<>]*rel=[^<>]*>", tag)]


@given(
    st.text(st.sampled_from("ab <>tlint,"), max_size=40).map(lambda text: " ".join(text.split()))
)
def test_text_stays_itself_in_json(text: str) -> None:
    item = only(
        json_feed({"id": "1", "url": "https://news.example/1", "title": f"T {text}".strip()})
    )

    assert item.headline == f"T {text}".strip()


@given(WORDS)
def test_reading_a_line_again_changes_no_more_than_markup(text: str) -> None:
    once = line_to_text(text)

    assert line_to_text(html.escape(html.escape(once, quote=False), quote=False)) == line_to_text(
        html.escape(once, quote=False)
    )
