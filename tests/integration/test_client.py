"""One request against servers that behave badly."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.errors import (
    BadStatus,
    BlockedAddress,
    DeadlineExceeded,
    FetchError,
    NetworkFailure,
    TooLarge,
    TooManyRedirects,
)
from aggregator.fetching.client import Client
from aggregator.model import FeedState, NotModified, Response
from aggregator.polling.poll import request_for
from aggregator.settings import FeedSource
from tests.servers import Reply, Request, Talk, WebServer, running, talking

BODY = b"<rss version='2.0'/>"


def source_at(url: str, **settings: object) -> FeedSource:
    given = {"allow_private_networks": True, "timeout_s": 3.0, "max_bytes": 5000} | settings
    return FeedSource("News", url, key=url, **given)  # type: ignore[arg-type]


def get(
    source: FeedSource,
    state: FeedState | None = None,
    *,
    lookup: Callable[[str], tuple[str, ...]] | None = None,
) -> Response | NotModified:
    async def ask() -> Response | NotModified:
        client = Client("aggregator/0") if lookup is None else Client("aggregator/0", lookup=lookup)
        async with client:
            return await client.get(request_for(source, state))

    return asyncio.run(ask())


def body_of(answer: Response | NotModified) -> bytes:
    assert isinstance(answer, Response)
    return answer.body


def with_raw_server(
    talk: Talk, *, polls: int = 1, **settings: object
) -> tuple[list[Response | NotModified], int]:
    """Polls a server that says exactly what `talk` writes; also how many connections it took."""

    async def run() -> tuple[list[Response | NotModified], int]:
        answers = []
        async with talking(talk) as server, Client("aggregator/0") as client:
            source = source_at(f"http://127.0.0.1:{server.port}/feed", **settings)
            for _ in range(polls):
                answers.append(await client.get(request_for(source)))
                await asyncio.sleep(0.05)
        return answers, server.connections

    return asyncio.run(run())


def answer(body: bytes = BODY, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)


def test_p28_a_connection_is_used_again() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer())

    answers, connections = with_raw_server(talk, polls=3)

    assert [body_of(one) for one in answers] == [BODY] * 3
    assert connections == 1


def test_a_connection_on_which_something_came_unasked_is_not_used_again() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer() + answer(b"poison"))

    answers, connections = with_raw_server(talk, polls=2)

    assert [body_of(one) for one in answers] == [BODY] * 2
    assert connections == 2


def test_a_body_after_a_304_is_cut_off() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nstray")
        await writer.drain()

    with pytest.raises(NetworkFailure, match="304 Not Modified to an unconditional"):
        with_raw_server(talk)


def test_p28_a_slow_drip_ends_at_the_total_deadline() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
        for _ in range(1000):
            writer.write(b"x")
            await asyncio.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"0\.5 s"):
        with_raw_server(talk, timeout_s=0.5)
    assert time.monotonic() - started < 40  # the drip takes 50


@pytest.mark.usefixtures("one_network")
def test_p28_the_deadline_goes_on_after_the_wait_for_another_host(web: WebServer) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(20)

    async def wait_for_host(host: str) -> None:
        assert host == "127.0.0.1"
        await asyncio.sleep(0.3)

    async def run() -> None:
        async with talking(talk) as server, Client("aggregator/0") as client:
            there = Reply(status=302, headers={"Location": f"http://127.0.0.1:{server.port}/"})
            with running("127.0.0.2") as first:
                request = request_for(source_at(first.serve("/", there), timeout_s=1.5))
                await client.get(request, wait_for_host=wait_for_host)

    started = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"1\.5 s"):
        asyncio.run(run())
    assert 1.75 < time.monotonic() - started < 19


@pytest.mark.usefixtures("one_network")
def test_what_was_waited_for_a_turn_is_no_time_of_the_server(web: WebServer) -> None:
    async def wait_for_host(host: str) -> None:
        await asyncio.sleep(0.4)

    async def run() -> Response | NotModified:
        async with Client("aggregator/0") as client:
            with running("127.0.0.2") as first:
                there = Reply(status=302, headers={"Location": web.serve("/feed", Reply(BODY))})
                request = request_for(source_at(first.serve("/", there)))
                return await client.get(request, wait_for_host=wait_for_host)

    started = time.monotonic()
    response = asyncio.run(run())
    assert response.elapsed_s < time.monotonic() - started - 0.39


@pytest.mark.parametrize("head", [b"", b"Content-Encoding: gzip\r\n"])
def test_p28_an_endless_body_ends_at_the_limit(head: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        packer = gzip.compress(b"x" * 100_000)
        for _ in range(10_000):
            writer.write(packer if head else b"x" * 1000)
            await writer.drain()

    with pytest.raises(TooLarge, match="larger than 5000 bytes"):
        with_raw_server(talk)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 12\r\n\r\n"
        + gzip.compress(BODY, mtime=0)[:12],  # a time in it would name another test
    ],
)
def test_a_broken_answer_is_a_failure_of_the_network(raw: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()

    with pytest.raises(NetworkFailure) as caught:
        with_raw_server(talk)
    assert caught.value.kind in ("connect", "protocol")


def test_a_declared_length_above_the_limit_is_not_read(web: WebServer) -> None:
    with pytest.raises(TooLarge):
        get(source_at(web.serve("/feed", b"x" * 5001)))


@pytest.mark.parametrize("status", [206, 300, 400, 401, 404, 410, 429, 500, 503])
def test_a_status_without_a_feed_is_named(web: WebServer, status: int) -> None:
    with pytest.raises(BadStatus, match=f"HTTP {status}") as caught:
        get(source_at(web.serve("/feed", Reply(BODY, status, {"X-Why": "so"}))))
    assert caught.value.headers["x-why"] == "so"


def test_no_content_is_no_feed() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    with pytest.raises(BadStatus, match="HTTP 204"):
        with_raw_server(talk)


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": to})


def test_a_challenge_that_comes_with_a_status_is_named(web: WebServer) -> None:
    reply = Reply(status=403, headers={"cf-mitigated": "challenge"})

    with pytest.raises(BadStatus, match="HTTP 403, a Cloudflare browser challenge"):
        get(source_at(web.serve("/feed", reply)))


@pytest.mark.parametrize(
    "to",
    [
        "file:///etc/passwd",
        "ftp://news.example.com/",
        "javascript:alert(1)",
        "data:text/xml,<rss/>",
        "http://localhost/",
        "http://127.1/",
        "http://[::1",
        "http://[::ffff:127.0.0.1]/",
        "//10.0.0.1/",
        "http://user:secret@news.example.com/",
        "http://news example.com/a",
        "http://127.0.0.1 /a b",
        "",
    ],
)
def test_a_redirect_to_where_nothing_may_be_asked_is_refused(web: WebServer, to: str) -> None:
    with pytest.raises(FetchError) as caught:
        get(source_at(web.serve("/feed", redirect(to))))
    assert caught.value.kind in ("blocked", "redirect")
    assert len(web.requests) == 1


@pytest.mark.parametrize(
    ("to", "asked"),
    [
        ("/new feed.xml", "/new%20feed.xml"),
        ("  /new feed.xml ", "/new%20feed.xml"),
        ("new feed/a b.xml?q=x y", "/new%20feed/a%20b.xml?q=x%20y"),
        ("/new%20feed.xml", "/new%20feed.xml"),
        ("/new\tfeed.xml", "/newfeed.xml"),
        ("{base}/new feed.xml#top", "/new%20feed.xml"),
        ('/"new" <feed>.xml', "/%22new%22%20%3Cfeed%3E.xml"),
    ],
)
def test_a_redirect_may_hold_spaces_and_is_asked_as_browsers_do(
    web: WebServer, to: str, asked: str
) -> None:
    web.serve(asked.partition("?")[0], BODY)
    moved = redirect(to.format(base=web.base), 301)

    answer = get(source_at(web.serve("/feed", moved)))

    assert body_of(answer) == BODY
    assert web.requests[-1].path == asked
    assert answer.permanent_url == web.base + asked


def test_a_redirect_to_another_private_origin_is_refused(web: WebServer) -> None:
    with running() as other:
        with pytest.raises(BlockedAddress):
            get(source_at(web.serve("/feed", redirect(other.serve("/feed", BODY)))))
        assert other.requests == []


def test_a_private_feed_needs_the_setting(web: WebServer) -> None:
    with pytest.raises(BlockedAddress, match="allow_private_networks"):
        get(source_at(web.serve("/feed", BODY), allow_private_networks=False))
    assert web.requests == []


@pytest.mark.parametrize("addresses", [("10.0.0.5",), ("127.0.0.1", "::1"), ("::ffff:10.0.0.1",)])
def test_a_name_that_leads_to_a_private_address_is_refused(addresses: tuple[str, ...]) -> None:
    source = source_at("http://rebind.example.org/", allow_private_networks=False)

    with pytest.raises(BlockedAddress, match="not public"):
        get(source, lookup=lambda host: addresses)


def test_p28_a_name_is_looked_up_once_for_all_feeds_of_a_host(web: WebServer) -> None:
    port = web.base.rpartition(":")[2]
    web.serve("/feed", BODY)
    asked: list[str] = []

    def lookup(host: str) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    async def poll_all() -> None:
        async with Client("aggregator/0", lookup=lookup) as client:
            source = source_at(f"http://news.example.org:{port}/feed")
            await asyncio.gather(*(client.get(request_for(source)) for _ in range(5)))

    asyncio.run(poll_all())

    assert asked == ["news.example.org"]
    assert len(web.requests) == 5


def test_a_name_without_addresses_is_a_dns_failure() -> None:
    def lookup(host: str) -> tuple[str, ...]:
        raise OSError("no such name")

    with pytest.raises(NetworkFailure) as caught:
        get(source_at("http://news.example.org/"), lookup=lookup)
    assert caught.value.kind == "dns"


def test_proxies_of_the_environment_are_not_used(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert body_of(get(source_at(web.serve("/feed", BODY)))) == BODY


def test_a_closed_port_is_named_as_such() -> None:
    with pytest.raises(NetworkFailure, match="refused") as caught:
        get(source_at("http://127.0.0.1:1/"))
    assert caught.value.kind == "connect"


def test_a_feeds_own_header_takes_the_place_of_ours_in_whatever_letters() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer())
        await writer.drain()

    with_raw_server(talk, headers=(("user-agent", "Other/1"), ("ACCEPT", "text/xml")))

    lines = [line.lower() for line in heads[0].split(b"\r\n")]
    assert [line for line in lines if line.startswith(b"user-agent:")] == [b"user-agent: other/1"]
    assert [line for line in lines if line.startswith(b"accept:")] == [b"accept: text/xml"]


def test_credentials_and_headers_stay_with_their_origin(web: WebServer) -> None:
    port = web.base.rpartition(":")[2]
    web.serve("/start", redirect("/same"))
    web.serve("/same", redirect(f"http://feeds.example.org:{port}/other"))
    web.serve("/other", BODY)
    url = f"http://reader:s3cret@127.0.0.1:{port}/start"
    source = source_at(url, headers=(("X-Token", "t0ken"),))

    with pytest.raises(BlockedAddress):  # the other host leads to loopback
        get(source, lookup=lambda host: ("127.0.0.1",))

    assert [request.path for request in web.requests] == ["/start", "/same"]
    for request in web.requests:
        assert request.headers["authorization"] == "Basic cmVhZGVyOnMzY3JldA=="
        assert request.headers["x-token"] == "t0ken"


def test_a_circle_of_redirects_is_seen(web: WebServer) -> None:
    web.serve("/b", redirect("/a"))

    with pytest.raises(TooManyRedirects, match="redirect loop"):
        get(source_at(web.serve("/a", redirect("/b"))))
    assert len(web.requests) == 2


def test_an_unbroken_chain_of_permanent_redirects_is_told(web: WebServer) -> None:
    web.serve("/c", BODY)
    web.serve("/b", redirect("/c", 308))
    moved = get(source_at(web.serve("/a", redirect("/b", 301))))
    web.serve("/b", redirect("/c", 302))
    half = get(source_at(web.base + "/a"))

    assert moved.permanent_url == web.base + "/c"
    assert half.permanent_url == web.base + "/b"


def test_a_gzip_body_is_decoded(web: WebServer) -> None:
    def packed(request: Request) -> Reply:
        return Reply(gzip.compress(BODY), headers={"Content-Encoding": "gzip"})

    assert body_of(get(source_at(web.serve("/feed", packed)))) == BODY


@pytest.mark.parametrize(
    "coding",
    [None, "identity", "none", "utf-8", "aws-chunked", "text/xml", "gzip, aws-chunked", "gzip"],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_body_is_gzip_where_it_begins_so_whatever_its_header_says(
    web: WebServer, coding: str | None, packed: bool
) -> None:
    headers = {} if coding is None else {"Content-Encoding": coding}
    reply = Reply(gzip.compress(BODY) if packed else BODY, headers=headers)

    assert body_of(get(source_at(web.serve("/feed", reply)))) == BODY


@pytest.mark.parametrize("coding", ["", "none", "utf-8"])
def test_gzip_without_a_word_of_it_has_the_same_limits(web: WebServer, coding: str) -> None:
    bomb = Reply(gzip.compress(b"\0" * 5001), headers={"Content-Encoding": coding})
    cut = Reply(gzip.compress(BODY)[:-4], headers={"Content-Encoding": coding})

    with pytest.raises(TooLarge):
        get(source_at(web.serve("/bomb", bomb)))
    with pytest.raises(NetworkFailure, match="truncated gzip"):
        get(source_at(web.serve("/cut", cut)))


def test_a_local_file_is_read_under_the_same_limits(tmp_path: Path) -> None:
    path = tmp_path / "my feed.xml"
    path.write_bytes(BODY)
    source = source_at(path.as_uri())

    first = get(source)
    state = FeedState(1, source.key, "News", etag=dict(first.headers)["etag"])

    assert body_of(first) == BODY
    assert isinstance(get(source, state), NotModified)
    path.write_bytes(b"x" * 5001)
    with pytest.raises(TooLarge):
        get(source)
    with pytest.raises(NetworkFailure, match="not a regular file"):
        get(source_at(tmp_path.as_uri()))
    with pytest.raises(NetworkFailure, match="cannot be opened"):
        get(source_at((tmp_path / "none").as_uri()))
