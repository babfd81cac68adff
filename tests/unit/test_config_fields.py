"""One kind of setting at a time: what is taken and what is said otherwise."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import fields, schema
from aggregator.config.document import Bad, Node, Scalar, read
from aggregator.config.fields import Convert

UNCLEAN = "contains control characters, line breaks or runs of spaces; write it on one line"


def node(text: str) -> Node:
    document = read(f"key: {text}\n").root
    assert document is not None
    value = document.get("key")  # type: ignore[union-attr] # a map by construction
    assert value is not None
    return value


def complaint(convert: Convert, text: str) -> str:
    with pytest.raises(Bad) as caught:
        convert(node(text))
    return f"{caught.value.message}; {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("1.5m", 90), ("2h", 7200), ("7d", 604_800), ("1w", 604_800), ("10 M", 600)],
)
def test_durations_have_units(text: str, seconds: float) -> None:
    assert fields.seconds(0, 10**6)(node(text)) == seconds
    assert fields.duration(0, 10**6)(node(text)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("30", '"30" has no unit; write 30s, 30m, 30h or 30d'),
        ("30x", '"30x" has an unknown unit; use s, m, h, d or w, as in 30m'),
        ("soon", '"soon" is not a duration; write 30s, 30m, 2h or 7d'),
        ("1:30", '"1:30" is not a duration; write 30s, 30m, 2h or 7d'),
        ("-5m", '"-5m" is not a duration; write 30s, 30m, 2h or 7d'),
        (".inf", '".inf" is not a duration; write 30s, 30m, 2h or 7d'),
        ("0s", '"0s" is out of range; write a time from 1s to 1d'),
        ("99999999999999999999999d",
         '"99999999999999999999999d" is out of range; write a time from 1s to 1d'),
        ("[1s]", "a list where a single value belongs; "),
        ("{a: 1s}", "a map where a single value belongs; "),
        ("", "has no value; write one, or remove the line to take the default"),
    ],
)  # fmt: skip
def test_other_durations_are_refused(text: str, told: str) -> None:
    assert complaint(fields.duration(1, 86_400), text) == told


@pytest.mark.parametrize(
    ("text", "size"),
    [("10MB", 10_000_000), ("1.5 kb", 1500), ("1MiB", 2**20), ("900000B", 900_000)],
)
def test_sizes_have_units(text: str, size: int) -> None:
    assert fields.size(1000, 10**9)(node(text)) == size


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10", '"10" has no unit; write 10KB or 10MB'),
        ("10TB", '"10TB" has an unknown unit; use KB, MB, GB, KiB, MiB or GiB'),
        ("big", '"big" is not a size; write 500KB or 10MB'),
        ("1B", '"1B" is out of range; write a size from 1000 to 1000000000 bytes'),
    ],
)
def test_other_sizes_are_refused(text: str, told: str) -> None:
    assert complaint(fields.size(1000, 10**9), text) == told


def test_whole_numbers_keep_their_bounds() -> None:
    convert = fields.whole(-5, 10)

    assert (convert(node("-5")), convert(node("10")), convert(node("010"))) == (-5, 10, 10)
    assert complaint(convert, "11") == '"11" is out of range; write a number from -5 to 10'
    assert complaint(convert, "1.5") == '"1.5" is not a whole number; write one from -5 to 10'
    assert complaint(convert, "1" + "0" * 20).startswith('"1000')


def test_flags_are_true_or_false() -> None:
    spoken = ("on", "On", "off", "OFF", "true", "True", "false", "FALSE")
    assert [fields.switch(node(word)) for word in spoken] == [True, True, False, False] * 2
    for word in ("yes", "no", "1", "auto"):
        assert complaint(fields.switch, word).startswith(f'"{word}" is neither on nor off')
    assert (fields.flag(node("true")), fields.flag(node("False"))) == (True, False)
    assert complaint(fields.flag, "yes").startswith('"yes" is neither true nor false')


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('""', "is empty; write some text"),
        ("' '", "is empty; write some text"),
        ("xxxxxxxxxxx", "has 11 characters; write at most 10"),
        ('"a\\nb"', UNCLEAN),
        ('"\\e[2Jx"', UNCLEAN),
        ('"\\u202ex"', UNCLEAN),
        ('"\\u1ab0"', "contains no visible characters; write some text"),
        ('"\\u3164"', "contains no visible characters; write some text"),
        ('"\\u200b\\ufe0f"', "contains no visible characters; write some text"),
    ],
)  # fmt: skip
def test_text_is_one_clean_line(written: str, told: str) -> None:
    assert complaint(fields.text(limit=10), written) == told


def test_text_is_no_markup() -> None:
    told = "contains what looks like an HTML tag; write plain text"

    assert complaint(fields.text(), "'A <b>bold</b> name'") == told
    assert fields.text()(node("'1 < 2 > 0, <3'")) == "1 < 2 > 0, <3"


def test_text_is_trimmed() -> None:
    assert fields.text()(node("' Dawn '")) == "Dawn"


def test_lists_convert_each_value_and_point_at_the_wrong_one() -> None:
    convert = fields.list_of(fields.one_of(("atom", "rss")))

    assert convert(node("[rss, atom]")) == ("rss", "atom")
    assert complaint(convert, "atom").startswith("must be a list")
    assert complaint(convert, "[atom, atom]") == '"atom" appears twice; '
    with pytest.raises(Bad) as caught:
        convert(node("[atom, pdf]"))
    assert caught.value.place is not None
    assert caught.value.place.column == 13


def test_commands_are_lists_of_words() -> None:
    assert fields.argv(node("[notify-send, --, x y]")) == ("notify-send", "--", "x y")
    assert complaint(fields.argv, "notify-send x").startswith("must be a list of words")
    assert complaint(fields.argv, "[]").startswith("must be a list of words")


@pytest.mark.parametrize(
    "url", ["https://a.example/x?y=1&z=%20#f", "http://u:p@h.example:8080/", "https://[::1]/", "http://münchen.example/ä"]
)  # fmt: skip
def test_web_addresses_are_kept_as_written(url: str) -> None:
    assert fields.check_url(url) == url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://a b/", "a URL cannot hold ' '; write it percent-encoded, as %20"),
        ("http://a/\r\nX: 1", "a URL cannot hold '\\r'; write it percent-encoded, as %0D"),
        ("http://a\\b/", "a URL cannot hold '\\\\'; write it percent-encoded, as %5C"),
        ("http://[::1", "is a URL whose host or port is malformed; write https://host/path"),
        ("http://u:secret@exa\u2100mple.example/",
         "is a URL whose host or port is malformed; write https://host/path"),
        ("http://h:99999/", "is a URL whose host or port is malformed; write https://host/path"),
        ("http://h:0/", "is a URL with port 0; remove the port"),
        ("http:///x", "is a URL without a host; write https://host/path"),
        ("ftp://h/x", 'has the scheme "ftp"; write https://host/path'),
        ("javascript:alert(1)", 'has the scheme "javascript"; write https://host/path'),
        ("feed:https://h/x", 'has the scheme "feed"; write https://h/x'),
        ("FEED://h/x", 'has the scheme "feed"; write http://h/x'),
        ("pcast://h/x", 'has the scheme "pcast"; write http://h/x'),
        ("feed://u:secret@h/x", 'has the scheme "feed"; write https://host/path'),
        ("www.dawn.com", "has no scheme; write https://host/path"),
    ],
)  # fmt: skip
def test_other_addresses_are_refused_without_showing_secrets(url: str, told: str) -> None:
    with pytest.raises(Bad) as caught:
        fields.check_url(url)

    assert f"{caught.value.message}; {caught.value.hint}" == told


def test_base_urls_end_in_a_slash() -> None:
    assert fields.base_url(node("https://n.example/sub")) == "https://n.example/sub/"
    assert fields.base_url(node("https://n.example/")) == "https://n.example/"
    for wrong in ("https://n.example/?a=1", "https://u:p@n.example/", "'https://n.example/#x'"):
        assert complaint(fields.base_url, wrong).startswith("must be a plain address")


@pytest.mark.parametrize("written", ["mailto:me@news.example", "https://news.example/about"])
def test_contacts_are_addresses_or_urls(written: str) -> None:
    assert fields.contact(node(written)) == written


def test_other_contacts_are_refused_with_what_to_write() -> None:
    assert complaint(fields.contact, "me@news.example").endswith("write mailto:me@news.example")
    assert complaint(fields.contact, "me").endswith("write mailto:you@example.org or a URL")


def test_clocks_and_languages_have_forms() -> None:
    assert fields.time_of_day(node("06:30")) == "06:30"
    assert complaint(fields.time_of_day, "24:00").startswith('"24:00" is not a time of day')
    assert fields.language(node("ur-PK")) == "ur-PK"
    assert complaint(fields.language, "urdu!").startswith('"urdu!" is not a language tag')


def test_zones_come_from_the_iana_data_base() -> None:
    assert schema.time_zone(node("Asia/Karachi")) == "Asia/Karachi"
    for wrong in ("Mars/Base", "../etc/passwd", "/etc/localtime"):
        assert "is not a time zone" in complaint(schema.time_zone, wrong)


@pytest.mark.parametrize(
    "name",
    [
        "index",
        "Feeds",
        "stories",
        "search",
        "healthz",
        "metrics",
        "news-digest",
        "news-2025-08",
        "News-2025-08-31",
    ],
)
def test_names_of_other_published_files_are_no_topics(name: str) -> None:
    assert "another published file" in complaint(schema.topic_name, name)


@pytest.mark.parametrize("name", ["../x", "a/b", "-x", "x" * 61, "ünsafe", "a b", "a.b"])
def test_topic_names_are_safe_file_names(name: str) -> None:
    assert "cannot be a file name" in complaint(schema.topic_name, f"'{name}'")


def test_headers_are_checked_by_name() -> None:
    assert schema.headers(node("{X-Key: a, Accept-Language: ur}")) == (
        ("X-Key", "a"),
        ("Accept-Language", "ur"),
    )
    assert complaint(schema.headers, "x").startswith("must be a map")
    assert complaint(schema.headers, "{'a b': x}").startswith('"a b" is not a header name')
    assert complaint(schema.headers, "{Host: x}").startswith("Host is set by the fetcher itself")
    assert complaint(schema.headers, "{X-A: [x]}").startswith("the value of X-A: a list")


def test_queries_are_maps() -> None:
    assert complaint(schema.query, "x").startswith("must be a map")


@pytest.mark.parametrize(
    ("length_s", "words"),
    [(0, "0s"), (90, "90s"), (120, "2m"), (7200, "2h"), (172_800, "2d"), (0.1, "0.1s")],
)
def test_bounds_are_told_in_the_largest_unit(length_s: float, words: str) -> None:
    assert fields.in_words(length_s) == words


def test_values_in_messages_are_short_and_clean() -> None:
    value: Any = fields.quoted("x\x1b[2J" + "y" * 1000)

    assert "\x1b" not in value
    assert len(value) <= 62


def test_scalars_are_what_a_single_value_is() -> None:
    one = node("x")
    assert isinstance(one, Scalar)
    assert fields.scalar(one) == "x"


def _checked(url: str) -> str:
    try:
        return fields.check_url(url)
    except Bad as error:
        return error.message


@given(st.sampled_from(("http://", "https://")), st.text(st.characters(max_codepoint=0xA0)))
def test_the_short_way_for_usual_urls_leads_where_the_long_one_does(scheme: str, rest: str) -> None:
    for url in (f"{scheme}{rest}", f"{scheme}a.example/{rest}", f"{scheme}a.example:80/{rest}"):
        found = _checked(url)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fields, "_USUAL_URL", re.compile("(?!)"))
            assert _checked(url) == found
