"""URLs and addresses that must never be asked."""

from __future__ import annotations

import re
from ipaddress import ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.errors import BlockedAddress
from aggregator.fetching import guard
from aggregator.fetching.guard import Origin, check_url, host_of, origin_of
from aggregator.hosts import is_public, literal


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://",
        "http:///path",
        "file:///etc/passwd",
        "ftp://news.example.com/feed",
        "data:text/xml,<rss/>",
        "gopher://news.example.com/",
        "//news.example.com/feed",
        "http://news.example.com/a b",
        "http://news.example.com/\r\nX: y",
        "http://news.example.com\\@127.0.0.1/",
        "http://[::1",
        "http://[nonsense]/",
        "http://[v1.a:b]/",
        "http://[fe80::1%25eth0]/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:a00:1::]/",
        "http://[2001:0:1234::1]/",
        "http://[2a00:1450::5efe:a00:1]/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://1.2.3.4.5/",
        "http://\uff11\uff10.0.0.1/",
        "http://10\u30020\u30020\u30021/",
        "http://169.254.169.254./",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://printer.local/",
        "http://x.home.arpa/",
        "http://metadata.google.internal/",
        "http://intranet/",
        "http://news.example.com:0/",
        "http://news.example.com:22/",
        "http://news.example.com:6379/",
        "http://news.example.com:99999/",
        "http://-news-.example.com/",
        "http://" + "a" * 64 + ".com/",
        "http://" + ".".join(["a" * 60] * 5) + "/",
        "http://news.example.com/" + "a" * 9000,
        "http://ne\u200bws..com/",
        "http://\u0661\u0662\ufffd.com/",
    ],
)
def test_a_url_that_must_not_be_asked_is_refused(url: str) -> None:
    with pytest.raises(BlockedAddress):
        check_url(url)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://News.Example.com", "https://news.example.com/"),
        ("https://news.example.com:443/feed", "https://news.example.com/feed"),
        ("http://news.example.com:8080/a?b=c&d=%20", "http://news.example.com:8080/a?b=c&d=%20"),
        ("https://m\u00fcnchen.example/\u00e9", "https://xn--mnchen-3ya.example/%C3%A9"),
        ("http://93.184.216.34/", "http://93.184.216.34/"),
        ("http://[2606:2800:220:1::1]/", "http://[2606:2800:220:1::1]/"),
    ],
)
def test_a_public_url_is_asked_in_its_one_spelling(url: str, asked: str) -> None:
    assert check_url(url).url == asked


def test_p26_a_fragment_is_never_sent_and_nothing_is_added() -> None:
    assert check_url("https://news.example.com/feed?x=1#top").path == "/feed?x=1"


def test_credentials_are_kept_apart_from_the_url() -> None:
    target = check_url("https://reader:p%40ss@news.example.com/feed")

    assert (target.user, target.password) == ("reader", "p@ss")
    assert "p@ss" not in target.url


def test_a_private_origin_is_open_to_its_own_feed_and_nothing_else_is() -> None:
    own = Origin("http", "127.0.0.1", 8000)

    assert check_url("http://127.0.0.1:8000/feed", own=own).is_own
    for other in ("http://127.0.0.1:8001/", "https://127.0.0.1:8000/", "http://127.0.0.2:8000/"):
        with pytest.raises(BlockedAddress):
            check_url(other, own=own)


def test_an_origin_prints_as_people_write_it() -> None:
    assert str(origin_of("HTTP://[2001:DB8::1]:80/x")) == "http://[2001:db8::1]"
    assert str(origin_of("https://news.example.com:8443/")) == "https://news.example.com:8443"
    assert origin_of("https://news.example.com:443/").authority == "news.example.com"


def test_the_host_of_what_has_none_is_the_text_itself() -> None:
    assert host_of("https://News.example.com/x") == "news.example.com"
    assert host_of("file:///x") == "file:///x"


def test_a_literal_is_told_from_a_name() -> None:
    assert literal("10.0.0.1") == ip_address("10.0.0.1")
    assert literal("::1") == ip_address("::1")
    assert literal("news.example.com") is None


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.255.255",
        "192.0.0.8", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1",
        "192.175.48.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::7f00:1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1",
        "2001:db8::1", "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "fe80::1%1",
        "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
    ],
)  # fmt: skip
def test_every_special_range_is_closed(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "172.32.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "64:ff9b::101:101",
        "::ffff:1.1.1.1",
    ],
)
def test_public_addresses_are_open(address: str) -> None:
    assert is_public(ip_address(address))


_PIECES = (
    *(
        "http://",
        "https://",
        "HTTP://",
        "//",
        "/",
        "?",
        "#",
        "@",
        ":",
        ".",
        "%",
        "%41",
        ";",
        "[",
        "]",
    ),
    *("a.example", "news.example.org", "127.0.0.1", "127.1", "0x7f", "::1", "xn--a", "A.example"),
    *("80", "0", "08", "8080", "65536", " ", "\n", "\\", "é", "~", "a", "q=1&b", "*", "|", "\x7f"),
)


def _read(url: str) -> object:
    guard.target_of.cache_clear()
    try:
        return guard.target_of(url)
    except BlockedAddress as error:
        return error.detail


@given(
    st.tuples(
        st.sampled_from(("http://", "https://")),
        st.lists(st.sampled_from(_PIECES), max_size=6).map("".join),
    ).map("".join)
)
@example("http://a.example/?")
@example("http://a.example/a?b?")
def test_the_short_way_for_usual_urls_leads_where_the_long_one_does(url: str) -> None:
    found = _read(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "_USUAL", re.compile("(?!)"))
        assert _read(url) == found


def test_a_usual_url_may_be_too_long_as_well() -> None:
    assert _read("http://a.example/" + "a" * guard.LONGEST_URL) == "the URL is too long"
