"""Which cookies are kept within a poll, and where they go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetching.cookies import MOST_BYTES, MOST_COOKIES, Cookies
from aggregator.fetching.guard import check_url

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HERE = "https://feeds.example.org/news/feed?x=/y"


def sent(*set_cookies: str | bytes, at: str = HERE, to: str | None = None) -> str:
    """What is sent to a URL after another one set these cookies."""
    cookies = Cookies()
    values = [one.encode() if isinstance(one, str) else one for one in set_cookies]
    cookies.keep(check_url(at), [(b"Set-Cookie", value) for value in values], NOW)
    return cookies.header(check_url(at if to is None else to))


@pytest.mark.parametrize(
    ("cookies", "header"),
    [
        (["a=b"], "a=b"),
        (["a=b; Secure; HttpOnly; SameSite=Lax", "c=d"], "a=b; c=d"),
        ([' a = b c="d" ; path=/'], 'a=b c="d"'),
        (["a="], "a="),
        (["a=b=c"], "a=b=c"),
        (["a=ü"], "a=ü"),
        (["a=1", "b=2", "a=3"], "a=3; b=2"),
        (["a=1; path=/", "b=2; path=/news"], "b=2; a=1"),
        (["a=1", "a=2; path=/"], "a=1; a=2"),
        (["a=b; Domain=example.org"], "a=b"),
        (["a=b; Domain=.Feeds.Example.ORG"], "a=b"),
        (["a=b; domain="], "a=b"),
        (["a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], "a=b"),
        (["a=b; Max-Age=soon", "c=d; Expires=tomorrow"], "a=b; c=d"),
        (["a=b", "a=; Max-Age=0"], ""),
        (["a=b", "a=; Max-Age=-1"], ""),
        (["a=b", "a=; Expires=Thu, 01-Jan-1970 00:00:00 GMT"], ""),
        (["__Host-a=b; Secure; Path=/", "__Secure-c=d; Secure"], "__Secure-c=d; __Host-a=b"),
    ],
)
def test_cookies_are_kept_as_they_were_set(cookies: list[str], header: str) -> None:
    assert sent(*cookies) == header


@pytest.mark.parametrize(
    "cookie",
    [
        *("", "a", "=b", "; a=b", "a=b\x00", "a=b\x7fc", "a=b\r\nX: y", "a\x1b=b"),
        *("a=b; Domain=other.example", "a=b; Domain=example.or", "a=b; Domain=s.example.org"),
        *("a=b; Domain=xample.org", "a=b; Domain=x.feeds.example.org", "a=b; Domain=org.uk"),
        *("__Host-a=b; Secure", "__Host-a=b; Path=/", "__Host-a=b; Secure; Path=/news"),
        *("__HOST-a=b; Secure; Path=/; Domain=feeds.example.org", "__Secure-a=b"),
        *("a=b; path=/other", "a=b; path=/new", "a=b; path=/news/feed/", "a=b; path=/y"),
        f"a={'b' * 4096}",
        b"a=\xff",
    ],
)
def test_a_cookie_that_its_server_may_not_set_is_dropped(cookie: str | bytes) -> None:
    assert sent(cookie) == ""


def test_what_is_secure_is_not_set_in_the_open() -> None:
    assert (
        sent("a=b; secure", "__secure-c=d; secure", "e=f", at="http://feeds.example.org/") == "e=f"
    )


def test_an_address_has_no_domain_above_it() -> None:
    assert sent("a=b; Domain=113.5", "c=d; Domain=8.8.113.5", at="http://8.8.113.5/") == "c=d"


@pytest.mark.parametrize(
    "to",
    [
        "http://feeds.example.org/news/feed",
        "https://feeds.example.org:8443/news/feed",
        "https://example.org/news/feed",
        "https://a.feeds.example.org/news/feed",
        "https://feeds.example.org/",
        "https://feeds.example.org/newsletter",
    ],
)
def test_a_cookie_stays_with_origin_and_path(to: str) -> None:
    assert sent("a=b; Domain=example.org", to=to) == ""


@pytest.mark.parametrize(
    ("at", "to"),
    [("/news/feed", "/news"), ("/news/feed", "/news/b/c"), ("/feed", "/"), ("/", "/x?y")],
)
def test_a_path_is_that_of_the_folder(at: str, to: str) -> None:
    base = "https://feeds.example.org"

    assert sent("a=b; path=relative", at=base + at, to=base + to) == "a=b"


def test_cookies_are_bounded() -> None:
    many = sent(*(f"a{number}=b" for number in range(500)))
    large = sent(*(f"a{number}={'b' * 4000}" for number in range(9)))

    assert many.count("=") == MOST_COOKIES
    assert large.count("=") == 2
    assert sent(f"a={'b' * 4000}", f"c={'d' * 4000}", f"a={'e' * 4090}").startswith("a=e")


_BEGINNINGS = (b"", b"a=", b"a=b; path=/", b"a=b; domain=", b"a=b; expires=", b"__Host-a=b; ")


@given(st.lists(st.builds(bytes.__add__, st.sampled_from(_BEGINNINGS), st.binary(max_size=20))))
def test_any_cookies_are_read_and_fit_one_header(values: list[bytes]) -> None:
    header = sent(*values)

    assert not set(header) & {"\r", "\n", "\0"}
    assert len(header.encode()) <= MOST_BYTES


def test_what_was_kept_goes_on_where_a_poll_goes_on() -> None:
    cookies = Cookies()
    cookies.keep(check_url(HERE), [(b"Set-Cookie", b"a=b"), (b"Set-Cookie", b"c=d; path=/")], NOW)

    assert Cookies(cookies.all()).header(check_url(HERE)) == "a=b; c=d"
    assert Cookies(cookies.all()).all() == cookies.all()
