"""Text and links of published files are inert, and otherwise as their sources wrote them."""

from __future__ import annotations

import pytest

from aggregator.publishing.render_text import (
    attributes,
    excerpt,
    language_tag,
    plain,
    safe_url,
)


@pytest.mark.parametrize(
    "text",
    [
        "Pakistan, US hold talks",
        "Profit < loss & other sums",
        "R&D spending rises",
        "5 > 3, minister says",
        "اسلام آباد میں مذاکرات",
        "q&a",
    ],
)
def test_ordinary_headlines_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AT&amp;T sues", "AT&T sues"),
        ("It&#8217;s on", "It’s on"),
        ("Use <b>bold</b> now", "Use ‹b›bold‹/b› now"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "‹script›alert(1)‹/script›"),
        ("&amp;lt;img src=x&amp;gt;", "‹img src=x›"),
        ("ends in <", "ends in ‹"),
        ("a < script >", "a ‹ script ›"),
        ("a<!-- b -->", "a‹!-- b --›"),
        ("x &#x202e;txt", "x txt"),
        ("nul \x00 and \ud800 gone", "nul and gone"),
        ("two\nlines", "two lines"),
    ],
)
def test_what_a_reader_could_take_for_markup_loses_its_power(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_text_that_was_encoded_without_end_is_still_disarmed() -> None:
    deep = "<b>"
    for _ in range(30):
        deep = deep.replace("&", "&amp;").replace("<", "&lt;")

    assert "<" not in plain(deep)
    assert "&" not in plain(deep)


def test_an_excerpt_keeps_its_limit() -> None:
    text = "word " * 300

    assert len(excerpt(text, limit=100)) <= 100
    assert excerpt(text, limit=100).endswith("…")
    assert excerpt(text, limit=0) == ""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/x?y=1&z=%20#f", "https://a.example/x?y=1&z=%20#f"),
        ("https://a.example/%zz%?q=100%", "https://a.example/%25zz%25?q=100%25"),
        ("https://a.example/ü b?q=ö#ä", "https://a.example/%C3%BC%20b?q=%C3%B6#%C3%A4"),
        ("http://münchen.example", "http://xn--mnchen-3ya.example/"),
        ("https://user:secret@a.example:8443/x", "https://a.example:8443/x"),
        ("http://[2001:db8::1]/x", "http://[2001:db8::1]/x"),
        ('https://a.example/"onclick=x', "https://a.example/%22onclick=x"),
    ],
)
def test_web_links_are_written_as_plain_uris(url: str, shown: str) -> None:
    assert safe_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//a.example/x",
        "/x",
        "https://",
        "https://a.example:99999999/",
        "http://[::1",
        "https://a b.example/",
    ],
)
def test_what_is_no_web_link_is_dropped(url: str | None) -> None:
    assert safe_url(url) is None


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("en", "en"),
        ("en_US", "en-US"),
        (" ur ", "ur"),
        ("", ""),
        ("english please", ""),
        ("x", ""),
        ("English", ""),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("en-u", ""),
    ],
)
def test_language_tags_are_checked(said: str, tag: str) -> None:
    assert language_tag(said) == tag


def test_direction_and_language_stand_on_the_element() -> None:
    assert attributes("مذاکرات", language="ur") == ' dir="rtl" lang="ur"'
    assert attributes("talks", language="") == ' dir="ltr"'
