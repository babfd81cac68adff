"""Feeds behind a real proxy, and proxies that answer whatever they like."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from aggregator.errors import BadStatus, BlockedAddress, FetchError, NetworkFailure
from aggregator.fetching.client import Client, PostReply, Request
from aggregator.model import NotModified, Response
from aggregator.network import Proxies, Route, parse_proxy
from tests.certificates import Signed, sign
from tests.proxies import LOGIN, RealProxy
from tests.servers import Reply, Talk, WebServer, running, talking

BODY = b"<rss version='2.0'/>"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SCHEMES = pytest.mark.parametrize("scheme", ["http", "socks5"])


def by(url: str, ca_file: Path | None = None) -> Route:
    proxy = parse_proxy(url)
    return Route(Proxies(proxy, proxy), ca_file)


def known_addresses_only(host: str) -> tuple[str, ...]:
    """Of a proxy; what lies behind it is not ours to look up."""
    return (str(ip_address(host)),)


async def ask(
    url: str, route: Route, *, times: int = 1, timeout_s: float = 5
) -> Response | NotModified:
    async with Client("aggregator/0", lookup=known_addresses_only) as client:
        for _ in range(times):
            answer = await client.get(Request(url, route=route, timeout_s=timeout_s))
    return answer


def get(url: str, route: Route) -> bytes:
    answer = asyncio.run(ask(url, route))
    assert isinstance(answer, Response)
    return answer.body


def failure(url: str, route: Route) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(url, route)
    return caught.value


def by_name(web: WebServer, path: str = "/feed") -> str:
    """The address under which only the proxy finds the server."""
    return web.base.replace("127.0.0.1", "feeds.example.org") + path


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    return sign(tmp_path_factory.mktemp("root"), "root", is_authority=True)


@pytest.fixture(scope="module")
def secure(root: Signed) -> Iterator[WebServer]:
    """A server with a certificate of an authority that only a `ca_file` makes known."""
    signed = sign(root.certificate.parent, "feeds", root, names="DNS:feeds.example.org")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    with running(context=context) as server:
        server.serve("/feed", Reply(BODY))
        yield server


@SCHEMES
@pytest.mark.parametrize("login", [None, LOGIN])
def test_an_http_feed_is_asked_by_its_name(
    proxy: RealProxy, web: WebServer, scheme: str, login: str | None
) -> None:
    web.serve("/feed", Reply(BODY))

    assert get(by_name(web, "/feed?a=b"), by(proxy.url(scheme, login))) == BODY

    (request,) = web.requests
    assert request.path == "/feed?a=b"
    assert request.headers["host"] == by_name(web, "").removeprefix("http://")
    assert "proxy-authorization" not in request.headers


@SCHEMES
def test_an_https_feed_is_asked_through_a_tunnel(
    proxy: RealProxy, secure: WebServer, root: Signed, scheme: str
) -> None:
    route = by(proxy.url(scheme, LOGIN), root.certificate)

    assert get(by_name(secure), route) == BODY
    assert secure.asked("/feed")[-1].headers.keys() == {
        *("host", "user-agent", "accept", "accept-encoding"),
    }


@SCHEMES
def test_a_tunnel_does_not_make_a_certificate_good(
    proxy: RealProxy, secure: WebServer, root: Signed, scheme: str
) -> None:
    other = by_name(secure).replace("feeds.", "other.")

    unknown = failure(by_name(secure), by(proxy.url(scheme)))
    elsewhere = failure(other, by(proxy.url(scheme), root.certificate))

    assert (unknown.kind, elsewhere.kind) == ("tls", "tls")
    assert "no authority known here" in unknown.detail
    assert "for other host names" in elsewhere.detail


@SCHEMES
@pytest.mark.parametrize("login", ["reader:wr0ng", "reader", None])
@pytest.mark.parametrize("target", ["http://feeds.example.org/", "https://feeds.example.org/"])
def test_a_login_that_is_refused_is_told_without_it(
    proxy: RealProxy, scheme: str, login: str | None, target: str
) -> None:
    error = failure(target, by(proxy.url(scheme, login or "").replace("//@", "//")))

    assert error.kind == "proxy"
    if login is not None:
        assert error.detail == "the proxy does not accept its user and password"
    elif scheme == "http":
        assert error.detail == "the proxy asks for a user and a password"
    else:
        assert error.detail == "the proxy closed the connection"  # without a word


@SCHEMES
def test_a_connection_through_a_proxy_is_kept(proxy: RealProxy, scheme: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)

    async def run() -> int:
        async with talking(talk) as server:
            url = f"http://feeds.example.org:{server.port}/"
            await ask(url, by(proxy.url(scheme)), times=3)
            return server.connections

    assert asyncio.run(run()) == 1


@SCHEMES
def test_a_server_that_the_proxy_cannot_reach_is_a_failure(proxy: RealProxy, scheme: str) -> None:
    route = by(proxy.url(scheme))

    assert isinstance(failure("https://feeds.example.org:1025/", route), NetworkFailure)


def test_a_proxy_that_is_not_there_is_named_as_the_fault() -> None:
    error = failure("https://feeds.example.org/", by("socks5://127.0.0.1:1"))

    assert (error.kind, error.detail) == ("proxy", "the proxy: connection refused")


def test_a_proxy_whose_name_does_not_resolve_says_nothing_about_the_feed() -> None:
    async def run() -> None:
        def lookup(host: str) -> tuple[str, ...]:
            raise OSError(host)

        async with Client("aggregator/0", lookup=lookup) as client:
            await client.get(Request("http://a.example/", route=by("http://proxy:3128")))

    with pytest.raises(NetworkFailure, match="proxy's host name does not resolve") as caught:
        asyncio.run(run())
    assert caught.value.kind == "proxy"


@SCHEMES
@pytest.mark.parametrize(
    "url",
    [
        "http://10.1.2.3/",
        "https://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost/",
        "http://printer.local/",
        "http://feeds.example.org:22/",
        "http://a.example\r\nX-Injected: 1/",
        "http://a.example%0d%0aX-Injected:1/",
    ],
)
def test_what_the_guard_refuses_reaches_no_proxy(scheme: str, url: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"never")

    async def run() -> int:
        async with talking(talk) as server:
            with pytest.raises(BlockedAddress):
                await ask(url, by(f"{scheme}://127.0.0.1:{server.port}"))
            return server.connections

    assert asyncio.run(run()) == 0


@SCHEMES
def test_a_redirect_into_a_private_network_is_refused(
    proxy: RealProxy, web: WebServer, scheme: str
) -> None:
    web.serve("/feed", Reply(status=302, headers={"Location": "http://10.1.2.3/"}))

    assert failure(by_name(web), by(proxy.url(scheme))).kind == "blocked"


def test_no_way_leads_from_https_to_http(proxy: RealProxy, secure: WebServer, root: Signed) -> None:
    there = {"Location": "http://feeds.example.org/feed"}
    secure.serve("/down", Reply(status=302, headers=there))

    error = failure(by_name(secure, "/down"), by(proxy.url("http"), root.certificate))

    assert error.kind == "redirect"
    assert "from https to http, where anybody on the way could read and change" in error.detail


def test_a_post_goes_by_the_proxy_unless_it_stays_on_this_machine(
    proxy: RealProxy, web: WebServer
) -> None:
    web.serve("/hook", Reply(status=204))

    async def post(route: Route, url: str) -> PostReply:
        async with Client("aggregator/0", route=route, lookup=known_addresses_only) as client:
            return await client.post(url, b"{}", headers={}, trusted=True)

    assert asyncio.run(post(by(proxy.url("http", LOGIN)), by_name(web, "/hook"))).ok
    assert asyncio.run(post(by("http://127.0.0.1:1"), f"{web.base}/hook")).ok
    with pytest.raises(NetworkFailure, match="the proxy: connection refused"):
        asyncio.run(post(by("http://127.0.0.1:1"), by_name(web, "/hook")))


# --- proxies made up for a test ------------------------------------------------------------


def hears(
    scheme: str, talk: Talk, url: str = "https://feeds.example.org/", *, timeout_s: float = 5
) -> FetchError:
    """The failure of a request by a proxy that talks so."""

    async def run() -> None:
        async with talking(talk) as server:
            route = by(f"{scheme}://user:pr0xy@127.0.0.1:{server.port}")
            await ask(url, route, timeout_s=timeout_s)

    with pytest.raises(FetchError) as caught:
        asyncio.run(run())
    assert "pr0xy" not in f"{caught.value!r} {caught.value.url}"
    return caught.value


def test_connect_says_host_port_and_login_and_nothing_of_the_feed() -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))

    hears("http", talk, "https://me:s3cret@feeds.example.org/path?query")

    assert heard == [
        b"CONNECT feeds.example.org:443 HTTP/1.1\r\nHost: feeds.example.org:443\r\n"
        b"Proxy-Authorization: Basic dXNlcjpwcjB4eQ==\r\n\r\n"
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "proxy: the proxy closed the connection"),
        (b"HTTP/1.1 200 OK\r\n", "proxy: the proxy closed the connection"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "connect: the server closed the connection"),
        (b"HTTP/1.0 200\r\nA: b\r\n\r\n", "connect: the server closed the connection"),
        (b"HTTP/1.1 200 OK\r\n\r\nunasked", "proxy: the proxy does not answer"),
        (b"HTTP/1.1 403 No\r\n\r\n", "proxy: the proxy refused the connection (HTTP 403)"),
        (b"HTTP/1.1 407 No\r\n\r\n", "proxy: the proxy does not accept its user and password"),
        (b"HTTP/1.1 502 No\r\n\r\n", "connect: could not be reached from the proxy (HTTP 502)"),
        (b"HTTP/1.1 503 No\r\n\r\n", "connect: could not be reached from the proxy (HTTP 503)"),
        (b"HTTP/1.1 504 No\r\n\r\n", "connect: could not be reached from the proxy (HTTP 504)"),
        (b"HTTP/1.1 100 Go\r\n\r\n", "proxy: the proxy refused the connection (HTTP 100)"),
        (b"HTTP/9.9 200 OK\r\n\r\n", "proxy: the proxy does not answer"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "proxy: the proxy does not answer"),
        (b"220 mail\r\n\r\n", "proxy: the proxy does not answer"),
        (b"\x1b[31m\0\r\n\r\n", "proxy: the proxy does not answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "proxy: the proxy does not answer"),
    ],
)
def test_whatever_a_proxy_answers_to_connect_is_told(said: bytes, told: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for start in range(0, len(said), 9_000):
            writer.write(said[start : start + 9_000])
            await writer.drain()
        writer.write_eof()
        await reader.read()

    error = hears("http", talk)

    assert f"{error.kind}: {error.detail}".startswith(told)


LOGGED_IN = b"\x05\x02\x01\x00"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "proxy: the proxy closed the connection"),
        (b"\x05", "proxy: the proxy closed the connection"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "proxy: the proxy does not answer"),
        (b"\x04\x00", "proxy: the proxy does not answer"),
        (b"\x05\x01", "proxy: the proxy does not answer"),
        (b"\x05\xff", "proxy: the proxy does not accept its user and password"),
        (b"\x05\x02\x01\x01", "proxy: the proxy does not accept its user and password"),
        (LOGGED_IN + b"\x05\x02\x00\x01", "proxy: the proxy does not allow"),
        (LOGGED_IN + b"\x05\x03\x00\x01", "connect: could not be reached from the proxy: network"),
        (LOGGED_IN + b"\x05\x04\x00\x01", "connect: could not be reached from the proxy: unknown"),
        (LOGGED_IN + b"\x05\x05\x00\x01", "connect: could not be reached from the proxy: conn"),
        (LOGGED_IN + b"\x05\x63\x00\x01", "proxy: the proxy refused the connection"),
        (LOGGED_IN + b"\x04\x00\x00\x01", "proxy: the proxy does not answer"),
        (LOGGED_IN + b"\x05\x00\x00\x09", "proxy: the proxy does not answer"),
        (LOGGED_IN + b"\x05\x00\x00\x03\xffshort", "proxy: the proxy closed the connection"),
        (LOGGED_IN + b"\x05\x00\x00\x01\0\0\0\0\0\0", "connect: the server closed"),
        (LOGGED_IN + b"\x05\x00\x00\x03\x01a\0\0", "connect: the server closed"),
        (LOGGED_IN + b"\x05\x00\x00\x04" + b"\0" * 18, "connect: the server closed"),
        (b"\x05\x00\x05\x00\x00\x01\0\0\0\0\0\0not TLS at all", "tls: TLS: it answers without"),
    ],
)
def test_whatever_a_socks_proxy_answers_is_told(said: bytes, told: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.write_eof()
        await reader.read()

    error = hears("socks5", talk)

    assert f"{error.kind}: {error.detail}".startswith(told)


@pytest.mark.parametrize(
    ("scheme", "url", "said"),
    [
        ("http", "http://feeds.example.org/", b""),
        ("http", "http://feeds.example.org/", b"HTTP/1.1 200 OK\r\n"),
        ("http", "https://feeds.example.org/", b""),
        ("http", "https://feeds.example.org/", b"HTTP/1.1 200 OK\r\n"),
        ("socks5", "http://feeds.example.org/", b""),
        ("socks5", "https://feeds.example.org/", b"\x05"),
        ("socks5", "https://feeds.example.org/", LOGGED_IN),
        ("socks5", "https://feeds.example.org/", LOGGED_IN + b"\x05\x00\x00\x01\0"),
    ],
)
def test_a_proxy_that_hangs_is_named_as_the_one_that_does_not_answer(
    scheme: str, url: str, said: bytes
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read()  # until it is given up
        await reader.read()

    error = hears(scheme, talk, url, timeout_s=0.1)

    assert (error.kind, error.detail) == ("proxy", "the proxy did not answer in time")


@pytest.mark.parametrize("url", ["http://feeds.example.org/", "https://feeds.example.org/"])
def test_who_ends_a_request_by_a_proxy_hears_nothing_of_the_proxy(url: str) -> None:
    async def run() -> None:
        asked = asyncio.Event()

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            await reader.read()

        async with talking(talk) as server:
            asking = asyncio.ensure_future(ask(url, by(f"http://127.0.0.1:{server.port}")))
            await asked.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    asyncio.run(run())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (b"", "proxy: the proxy closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-", "proxy: the proxy closed the connection"),
        (b"220 mail\r\n\r\n", "proxy: malformed HTTP response"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "proxy: the response header is too large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "protocol: incomplete response body"),
        (b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", "http: HTTP 502"),
    ],
)
def test_what_a_proxy_that_reads_requests_answers_is_told(said: bytes, told: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.write_eof()
        await reader.read()

    error = hears("http", talk, "http://feeds.example.org/")

    assert f"{error.kind}: {error.detail}" == told


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://a.example/", b"\x03\x09a.example\x00\x50"),
        ("https://93.184.215.14:8443/", b"\x01\x5d\xb8\xd7\x0e\x20\xfb"),
        (
            "https://[2606:2800:21f::1]/",
            b"\x04\x26\x06\x28\x00\x02\x1f" + b"\0" * 9 + b"\1\x01\xbb",
        ),
    ],
)
def test_socks_is_told_a_name_or_an_address(url: str, address: bytes) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(LOGGED_IN)
        heard.append(await reader.readexactly(4 + 12 + 3 + len(address)))

    hears("socks5", talk, url)

    assert heard == [b"\x05\x02\x00\x02\x01\x04user\x05pr0xy\x05\x01\x00" + address]


def test_a_407_is_the_proxys_where_it_reads_the_request_and_the_servers_where_not() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"GET http://feeds.example.org/a%20b?c HTTP/1.1\r\n" in head
        assert b"\r\nHost: feeds.example.org\r\n" in head
        assert head.count(b"Proxy-Authorization: Basic dXNlcjpwcjB4eQ==\r\n") == 1
        writer.write(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")

    assert hears("http", talk, "http://feeds.example.org/a%20b?c").kind == "proxy"

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x05\x00\x05\x00\x00\x01\0\0\0\0\0\0")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")

    assert isinstance(hears("socks5", server, "http://feeds.example.org/"), BadStatus)


def test_exceptions_are_asked_directly(web: WebServer) -> None:
    web.serve("/feed", Reply(BODY))
    dead = parse_proxy("http://127.0.0.1:1")
    route = Route(Proxies(dead, dead, ("127.0.0.0/8",)))

    async def run() -> Response | NotModified:
        async with Client("aggregator/0") as client:
            return await client.get(Request(f"{web.base}/feed", allow_private=True, route=route))

    assert asyncio.run(run()).url == f"{web.base}/feed"
