"""POSTs to hubs and receivers, over loopback: sent once, guarded, with every limit."""

from __future__ import annotations

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest

from aggregator.errors import BlockedAddress, DeadlineExceeded, FetchError, NetworkFailure
from aggregator.fetching.client import Client, PostReply
from aggregator.fetching.guard import Origin, origin_of
from tests.certificates import sign
from tests.servers import Reply, Talk, WebServer, talking

DAY_S = 24 * 3600


def post(
    url: str,
    body: bytes = b"news",
    *,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 10.0,
    trusted: bool = True,
    own: Origin | None = None,
) -> PostReply:
    async def run() -> PostReply:
        async with Client("aggregator/0") as client:
            return await client.post(
                url, body, headers=headers or {}, timeout_s=timeout_s, trusted=trusted, own=own
            )

    return asyncio.run(run())


def post_to(talk: Talk, *, timeout_s: float = 10.0) -> PostReply:
    """Posts to a server that says exactly what `talk` writes."""

    async def run() -> PostReply:
        async with talking(talk) as server, Client("aggregator/0") as client:
            url = f"http://127.0.0.1:{server.port}/"
            return await client.post(url, b"x", headers={}, timeout_s=timeout_s, trusted=True)

    return asyncio.run(run())


def test_the_body_arrives_whole_with_who_sends_it(web: WebServer) -> None:
    url = web.serve("/hook", Reply(status=202))
    body = "Zwölf Boxkämpfer\r\n".encode() * 50_000

    assert post(f"{url}?a=b", body, headers={"Content-Type": "text/plain"}) == PostReply(202)

    (request,) = web.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=b", body)
    assert request.headers["user-agent"] == "aggregator/0"
    assert request.headers["content-type"] == "text/plain"
    assert {"accept", "cookie", "authorization"}.isdisjoint(request.headers)


def test_credentials_that_the_operator_wrote_are_sent(web: WebServer) -> None:
    url = web.serve("/hook", Reply()).replace("//", "//desk:p%40ss@")

    assert post(url).ok

    (request,) = web.requests
    pair = b64encode(b"desk:p@ss").decode()
    assert request.headers["authorization"] == f"Basic {pair}"
    assert "desk" not in request.headers["host"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(web: WebServer, status: int) -> None:
    elsewhere = web.serve("/elsewhere", Reply())
    url = web.serve("/hook", Reply(status=status, headers={"Location": elsewhere}))

    reply = post(url)

    assert (reply.status, reply.ok) == (status, False)
    assert not web.asked("/elsewhere")


def test_what_a_feed_named_is_guarded(web: WebServer) -> None:
    url = web.serve("/hub", Reply())

    with pytest.raises(BlockedAddress, match="allow_private_networks"):
        post(url, trusted=False)
    with pytest.raises(BlockedAddress):
        post(url, trusted=False, own=origin_of("http://127.0.0.1:1/"))
    with pytest.raises(BlockedAddress, match="credentials"):
        post(url.replace("//", "//a:b@"), trusted=False, own=origin_of(url))
    assert not web.requests
    assert post(url, trusted=False, own=origin_of(url)).ok  # the feed's own origin


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("600", 600.0),
        ("0", None),
        ("soon", None),
        ("99999999999999999999", 30.0 * DAY_S),
        ("Fri, 01 Jan 2199 00:00:00 GMT", 30.0 * DAY_S),
        ("Fri, 01 Jan 1999 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_told_within_reason(
    web: WebServer, header: str, seconds: float | None
) -> None:
    url = web.serve("/hook", Reply(status=503, headers={"Retry-After": header}))

    assert post(url) == PostReply(503, seconds)


def test_a_receiver_that_does_not_answer_costs_the_timeout() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client hangs up

    with pytest.raises(DeadlineExceeded, match=r"0\.3 s"):
        post_to(talk, timeout_s=0.3)


def test_a_receiver_that_drips_its_answer_costs_the_timeout() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for letter in "HTTP/1.1 200 OK\r\n" + "X-Slow: yes\r\n" * 100:
            writer.write(letter.encode())
            await asyncio.sleep(0.05)

    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        post_to(talk, timeout_s=0.3)
    assert time.monotonic() - started < 40  # the drip takes over 60


def test_an_endless_answer_is_not_read() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:  # until the client hangs up
            writer.write(b"10000\r\n" + bytes(0x10000) + b"\r\n")
            await writer.drain()

    assert post_to(talk) == PostReply(200)


def test_an_endless_head_is_refused() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: %s\r\n" % (b"x" * 10_000))
            await writer.drain()

    with pytest.raises(NetworkFailure) as caught:
        post_to(talk)
    assert caught.value.kind == "protocol"


def test_nothing_is_sent_twice() -> None:
    """A receiver that hangs up may have taken it: another try is the caller's to decide."""
    requests = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        if len(requests) == 1:
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
            await reader.read(1)  # the body
            await reader.read()

    async def run() -> None:
        async with talking(talk) as server, Client("aggregator/0") as client:
            url = f"http://127.0.0.1:{server.port}/"
            assert (await client.post(url, b"x", headers={}, trusted=True)).ok
            await client.post(url, b"x", headers={}, trusted=True)

    with pytest.raises(FetchError, match=r"closed the connection|reset"):
        asyncio.run(run())
    assert len(requests) == 2


def test_a_header_cannot_smuggle_another() -> None:
    with pytest.raises(FetchError, match="line break"):
        post("http://127.0.0.1:9/", headers={"X-Name": "a\r\nX-Other: b"})


def test_over_tls_only_to_whom_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = sign(tmp_path, "root", is_authority=True)
    server = sign(tmp_path, "server", root)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    taken = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        taken.append(await reader.readexactly(len(b"news")))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def run() -> PostReply:
        listening = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
        port = listening.sockets[0].getsockname()[1]
        async with listening, Client("aggregator/0") as client:
            return await client.post(
                f"https://127.0.0.1:{port}/hook", b"news", headers={}, trusted=True
            )

    with pytest.raises(NetworkFailure) as caught:
        asyncio.run(run())
    assert (caught.value.kind, taken) == ("tls", [])
    monkeypatch.setenv("SSL_CERT_FILE", str(root.certificate))
    assert asyncio.run(run()) == PostReply(200)
    assert taken == [b"news"]
