"""Proxies as they are written in a configuration and in an environment."""

from __future__ import annotations

import pytest

from aggregator.network import Proxies, Proxy, is_this_machine, parse_proxy, proxies_of


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy:3128", Proxy("http", "proxy", 3128)),
        ("HTTP://Squid_1.lan./", Proxy("http", "squid_1.lan", 80)),
        ("socks5://127.0.0.1", Proxy("socks5", "127.0.0.1", 1080)),
        ("socks5h://[::1]:9050", Proxy("socks5", "::1", 9050)),
        ("http://me:p%40ss%3A@h:1", Proxy("http", "h", 1, "me", "p@ss:")),
        ("socks5://me%3A@h:1", Proxy("socks5", "h", 1, "me:")),
        ("http://bücher.example:8080", Proxy("http", "xn--bcher-kva.example", 8080)),
    ],
)
def test_a_proxy_is_read(url: str, proxy: Proxy) -> None:
    assert parse_proxy(url) == proxy


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "not an http:// or socks5://"),
        ("proxy:3128", "not an http:// or socks5://"),
        ("http:proxy", "not an http:// or socks5://"),
        ("https://me:s3cret@proxy:3128", "not an http:// or socks5://"),
        ("socks4://proxy", "not an http:// or socks5://"),
        ("http://", "host or port is malformed"),
        ("http://me:s3cret@:80", "host or port is malformed"),
        ("http://[::1", "host or port is malformed"),
        ("http://me:s3cret@h:s3cret", "host or port is malformed"),
        ("http://h:99999", "host or port is malformed"),
        ("http://1.2.3", "host or port is malformed"),
        ("http://0x7f.1", "host or port is malformed"),
        ("http://[fe80::1%25eth0]:80", "host or port is malformed"),
        ("http://a..b", "host or port is malformed"),
        ("http://h%0d%0a:80", "host or port is malformed"),
        ("http://h:0", "port 0"),
        ("http://h/path", "a path"),
        ("http://h?s3cret", "a path"),
        ("http://h\r\nX: y", "a space or another character"),
        ("http://me:s3 cret@h", "a space or another character"),
        (f"socks5://me:{'s3cret' * 50}@h", "longer than 255 bytes"),
        ("http://:s3cret@h", "empty"),
        ("http://me%3As3cret@h", "a colon"),
    ],
)
def test_what_is_no_proxy_is_told_without_a_secret(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        parse_proxy(url)
    assert "s3cret" not in str(caught.value)


def test_credentials_stand_in_no_repr() -> None:
    proxies = proxies_of("http://user5:s3cret@[::1]:3128", {})

    assert "Proxy(http://[::1]:3128)" in repr(proxies)
    assert repr(proxies.http) == "Proxy(http://[::1]:3128)"
    assert "s3cret" not in repr(proxies)
    assert "user5" not in repr(proxies)


A, B = Proxy("http", "a", 80), Proxy("socks5", "b", 1080)


@pytest.mark.parametrize(
    ("environ", "http", "https"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://a"}, None, A),
        ({"HTTP_PROXY": "a:80", "HTTPS_PROXY": "socks5://b"}, A, B),
        ({"https_proxy": "a", "HTTPS_PROXY": "socks5://b"}, None, A),
        ({"ALL_PROXY": "socks5://b", "http_proxy": "a"}, A, B),
        ({"https_proxy": "", "all_proxy": "socks5://b"}, B, B),
    ],
)
def test_the_environment_names_proxies(
    environ: dict[str, str], http: Proxy | None, https: Proxy | None
) -> None:
    found = proxies_of("Environment", environ)

    assert found.proxy_for("http", "x.example", 80) == http
    assert found.proxy_for("https", "x.example", 443) == https
    assert found.proxy_for("http", "127.0.0.5", 80) is None


def test_a_variable_that_names_no_proxy_is_named() -> None:
    with pytest.raises(ValueError, match=r"takes HTTPS_PROXY .*, which is not an http") as caught:
        proxies_of("environment", {"HTTPS_PROXY": "https://me:s3cret@h"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("exceptions", "host", "port", "is_direct"),
    [
        ("*", "a.example", 80, True),
        ("example.org", "example.org", 80, True),
        ("example.org", "feeds.example.org", 80, True),
        (".Example.org", "feeds.example.org", 80, True),
        ("*.example.org.", "feeds.example.org", 80, True),
        ("example.org", "badexample.org", 80, False),
        ("a.example b.example", "b.example", 80, True),
        ("a.example, b.example", "b.example", 80, True),
        ("example.org:8080", "example.org", 8080, True),
        ("example.org:8080", "example.org", 80, False),
        ("10.0.0.0/8", "10.9.8.7", 80, True),
        ("10.0.0.0/8", "11.9.8.7", 80, False),
        ("10.0.0.1", "10.0.0.1", 80, True),
        ("10.0.0.1:81", "10.0.0.1", 80, False),
        ("[fd00::1]:80", "fd00::1", 80, True),
        ("fd00::/8", "fd12::9", 80, True),
        ("fd00::1", "fd00::1", 443, True),
        ("10.0.0.0/99", "10.0.0.1", 80, False),
        ("nonsense", "10.0.0.1", 80, False),
        (".", "a.example", 80, False),
        (":80", "a.example", 80, False),
        ("", "a.example", 80, False),
        ("*.Bücher.example:80", "www.xn--bcher-kva.example", 80, True),
        ("bü_\u2028\u00ad*.example", "a.example", 80, False),
        ("", "localhost", 80, True),
        ("", "::1", 80, True),
    ],
)
def test_no_proxy_lists_names_addresses_and_networks(
    exceptions: str, host: str, port: int, *, is_direct: bool
) -> None:
    found = proxies_of("environment", {"HTTP_PROXY": "a", "NO_PROXY": exceptions})

    assert (found.proxy_for("http", host, port) is None) is is_direct


def test_a_proxy_that_is_written_serves_everything_and_none_nothing() -> None:
    assert proxies_of("http://a", {"NO_PROXY": "*"}).proxy_for("https", "127.0.0.1", 80) == A
    assert proxies_of("None", {"ALL_PROXY": "http://a"}) == Proxies()


def test_this_machine_is_known_by_its_loopback_names() -> None:
    hosts = ("localhost", "127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "localhost.example")

    assert [is_this_machine(host) for host in hosts] == [True, True, True, True, False, False]
