"""Exchanges on one connection, with servers that say exactly what a test writes."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import suppress
from pathlib import Path

import pytest

from aggregator.errors import FetchError, NetworkFailure
from aggregator.fetching import transport as transport_module
from aggregator.fetching.connection import MOST_FIELDS, MOST_HEAD
from aggregator.fetching.guard import check_url, origin_of
from aggregator.fetching.resolver import Resolver
from aggregator.fetching.transport import Transport
from tests.servers import Talk, talking

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def exchanges(
    talk: Talk,
    count: int = 1,
    *,
    headers: dict[str, str] | None = None,
    form: bytes | None = None,
    pause_s: float = 0.0,
    scheme: str = "http",
) -> tuple[list[tuple[int, dict[str, str], bytes]], int]:
    """What `count` requests brought, and on how many connections."""

    async def run() -> tuple[list[tuple[int, dict[str, str], bytes]], int]:
        transport = Transport(Resolver(lambda host: (host,)))
        found = []
        async with talking(talk) as server, asyncio.timeout(60):
            url = f"{scheme}://127.0.0.1:{server.port}/feed?q=1"
            target = check_url(url, own=origin_of(url))
            try:
                for _ in range(count):
                    async with transport.request(target, headers or {}, body=form) as answer:
                        body = b"".join([chunk async for chunk in answer.chunks])
                        found.append((answer.status, dict(answer.headers), body))
                    await asyncio.sleep(pause_s)
            finally:
                await transport.close()
        return found, server.connections

    return asyncio.run(run())


def saying(*parts: bytes) -> Talk:
    """Answers each request with the parts, one after another."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.01)

    return talk


def failure_of(talk: Talk) -> NetworkFailure:
    with pytest.raises(NetworkFailure) as caught:
        exchanges(talk)
    return caught.value


def test_a_request_is_what_was_asked_for_and_nothing_more() -> None:
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        asked.append(await reader.readexactly(3))
        writer.write(OK)
        await writer.drain()

    exchanges(talk, headers={"X-A": "\u00e9"}, form=b"a=b")

    line, host, *fields = asked[0].split(b"\r\n")
    assert line == b"POST /feed?q=1 HTTP/1.1"
    assert host.startswith(b"Host: 127.0.0.1:")
    assert fields == [b"X-A: \xc3\xa9", b"Content-Length: 3", b"", b""]
    assert asked[1] == b"a=b"


def test_a_host_header_of_the_configuration_replaces_ours() -> None:
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)

    exchanges(talk, headers={"host": "news.example.com"})

    assert asked[0].lower().count(b"host:") == 1
    assert b"host: news.example.com\r\n" in asked[0]


def test_a_header_that_is_more_than_one_line_is_not_sent() -> None:
    with pytest.raises(FetchError, match="line break"):
        exchanges(saying(OK), headers={"X-A": "1\r\nX-B: 2"})


def test_one_connection_serves_many_requests() -> None:
    found, connections = exchanges(saying(OK), 3)

    assert [body for _, _, body in found] == [b"ok"] * 3
    assert connections == 1


@pytest.mark.parametrize("is_read", [True, False])
def test_a_connection_serves_another_request_after_a_large_body(*, is_read: bool) -> None:
    body = b"x" * 400_000  # more than may wait to be read
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    sent = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(0)
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(whole)
            await writer.drain()
            sent.set()

    async def run() -> int:
        transport = Transport(Resolver(lambda host: (host,)))
        async with talking(talk) as server, asyncio.timeout(20):
            url = f"http://127.0.0.1:{server.port}/"
            target = check_url(url, own=origin_of(url))
            for _ in range(2):
                sent.clear()
                async with transport.request(target, {}) as answer:
                    await sent.wait()
                    await asyncio.sleep(0.1)  # all of it waits here
                    if is_read:
                        assert b"".join([chunk async for chunk in answer.chunks]) == body
            await transport.close()
            return server.connections

    assert asyncio.run(run()) == 1


def test_p28_a_connection_that_nobody_uses_is_closed_and_one_in_use_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "_KEEPALIVE_S", 1.5)
    monkeypatch.setattr(transport_module, "_SWEEP_S", 0.05)
    ended: list[str] = []
    both_ended = asyncio.Event()

    def until_closed(name: str) -> Talk:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(OK)
            except asyncio.IncompleteReadError:
                ended.append(name)
                if len(ended) == 2:
                    both_ended.set()

        return talk

    async def run() -> None:
        transport = Transport(Resolver(lambda host: (host,)))

        async def ask(port: int) -> None:
            url = f"http://127.0.0.1:{port}/"
            async with transport.request(check_url(url, own=origin_of(url)), {}) as answer:
                assert [chunk async for chunk in answer.chunks] == [b"ok"]

        async with (
            talking(until_closed("idle")) as idle,
            talking(until_closed("busy")) as busy,
            asyncio.timeout(60),
        ):
            await ask(idle.port)
            while not ended:
                await ask(busy.port)
                await asyncio.sleep(0.01)
            assert ended == ["idle"]
            assert (idle.connections, busy.connections) == (1, 1)
            await both_ended.wait()
            await ask(idle.port)
            assert idle.connections == 2
            await transport.close()

    asyncio.run(run())


def test_p28_a_connection_is_kept_for_those_who_want_it_and_the_one_unused_longest_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "MOST_KEPT", 2)
    wanted = {"127.0.0.1", "127.0.0.2", "127.0.0.3"}
    moved = b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"
    opened: list[asyncio.Task[None] | None] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(asyncio.current_task())
        with suppress(ConnectionError):
            while line := await reader.readline():
                if line.startswith(b"GET"):
                    writer.write(moved if b"/moved" in line else OK)
        writer.close()

    async def run() -> None:
        transport = Transport(Resolver(lambda host: (host,)), is_wanted=wanted.__contains__)
        server = await asyncio.start_server(talk, "0.0.0.0", 0)  # noqa: S104 - all of loopback
        port = server.sockets[0].getsockname()[1]

        async def new(last: int, path: str = "/", first_host: str = "") -> bool:
            """Whether the request needed a new connection."""
            before, url = len(opened), f"http://127.0.0.{last}:{port}{path}"
            target = check_url(url, own=origin_of(url))
            async with transport.request(target, {}, first_host=first_host) as answer:
                assert [chunk async for chunk in answer.chunks] in ([b"ok"], [])
            return len(opened) > before

        assert [await new(1), await new(1)] == [True, False]
        wanted.remove("127.0.0.1")
        assert [await new(1), await new(1)] == [False, True]  # closed: nobody else waits
        assert [await new(1, "/moved"), await new(1)] == [True, False]
        assert [await new(4, first_host="127.0.0.2"), await new(4)] == [True, False]
        wanted.add("127.0.0.1")
        assert [await new(1), await new(2), await new(1), await new(3)] == [True, True, False, True]
        assert [await new(1), await new(2)] == [False, True]
        await transport.close()
        server.close()
        await asyncio.gather(*filter(None, opened))

    asyncio.run(run())


def test_a_kept_connection_that_the_server_closed_costs_nothing() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)

    found, connections = exchanges(talk, 2, pause_s=0.1)

    assert len(found) == 2
    assert connections == 2


def test_a_kept_connection_that_breaks_at_the_request_is_replaced_once() -> None:
    asked = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        await reader.readuntil(b"\r\n\r\n")
        asked += 1
        writer.write(OK)
        if asked == 1:
            await reader.readuntil(b"\r\n\r\n")  # the second request is heard and not answered

    found, connections = exchanges(talk, 2)

    assert len(found) == 2
    assert connections == 2


def test_a_form_is_never_sent_on_a_connection_that_may_be_dead() -> None:
    _, connections = exchanges(saying(OK), 2, form=b"")

    assert connections == 2


def test_interim_responses_are_passed_over() -> None:
    early = b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nETag: "no"\r\n\r\n'

    found, _ = exchanges(saying(early * 3, early, OK))

    assert found == [(200, {"content-length": "2"}, b"ok")]


def test_a_switch_of_protocols_that_nobody_asked_for_is_refused() -> None:
    answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"

    assert failure_of(saying(answer)).kind == "protocol"


def test_a_body_may_end_with_the_connection() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nwhat")
        await asyncio.sleep(0.05)
        writer.write(b"ever")

    (found,), _ = exchanges(talk)

    assert found == (200, {}, b"whatever")


def test_a_large_body_waits_in_the_server_until_it_is_read() -> None:
    size = 8_000_000

    (found,), _ = exchanges(
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size, b"x" * size)
    )

    assert len(found[2]) == size


def test_a_chunked_body_is_put_together_and_its_trailer_left_out() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    rest = b"2;x=y\r\nde\r\n0\r\nETag: t\r\n\r\n"

    (found,), _ = exchanges(saying(head + b"3\r\nabc\r\n", rest))

    assert found == (200, {"transfer-encoding": "chunked"}, b"abcde")


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"Set-Cookie: a%d=b\r\n" % number for number in range(MOST_FIELDS + 1)),
        b"X-Long: " + b"x" * MOST_HEAD + b"\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: -5\r\n",
    ],
)
def test_a_head_beyond_all_measure_is_refused(head: bytes) -> None:
    assert failure_of(saying(b"HTTP/1.1 200 OK\r\n" + head + b"\r\nhello")).kind == "protocol"


def test_interim_responses_without_end_are_too_much_as_well() -> None:
    started = time.monotonic()

    assert (
        failure_of(saying(b"HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n" * 20_000)).kind == "protocol"
    )
    assert time.monotonic() - started < 30


def test_a_reset_is_named_as_such() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n")  # the rest stays unread: closing resets the connection
        writer.transport.abort()

    assert failure_of(talk).kind == "connect"


def test_a_server_without_tls_is_a_failure_of_tls() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(5)
        writer.write(OK)
        await writer.drain()

    with pytest.raises(NetworkFailure, match="TLS") as caught:
        exchanges(talk, scheme="https")
    assert caught.value.kind == "tls"


def test_a_certificate_of_nobody_is_refused(tmp_path: Path) -> None:
    subject = "/CN=localhost"
    pem = tmp_path / "own.pem"

    async def run() -> None:
        made = await asyncio.create_subprocess_exec(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", subject, "-keyout", str(pem), "-out", f"{pem}.crt"),
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert await made.wait() == 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{pem}.crt", pem)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        transport = Transport(Resolver(lambda host: (host,)))
        try:
            async with transport.request(check_url(url, own=origin_of(url)), {}):
                pass
        finally:
            await transport.close()
            server.close()

    with pytest.raises(NetworkFailure, match="TLS") as caught:
        asyncio.run(run())
    assert caught.value.kind == "tls"
