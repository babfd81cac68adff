"""Connections of peers that say nothing, or too little, end; those that ask are answered."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.errors import UsageError
from aggregator.serving import listener as module
from aggregator.serving.listener import Listener
from aggregator.serving.middleware import ResponseSettings, guarded

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        if scope["path"] == "/never":
            await receive()  # the empty body
            await receive()  # until the connection has ended
            return
        await asyncio.sleep(1.2 if scope["path"] == "/slow" else 0)
        await PlainTextResponse("hello")(scope, receive, send)
    else:
        for name in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{name}.complete"})


def meet(*talks: Talk, app: ASGIApp = hello, per_peer: int = 0) -> None:
    """Each talk on a connection of its own, all at once."""

    async def one(port: int, talk: Talk) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    async def live() -> None:
        listener = Listener(app, host="127.0.0.1", port=0, per_peer=lambda: per_peer)
        listener.start()
        port = int(listener.address.rpartition(":")[2])
        await asyncio.gather(*(one(port, talk) for talk in talks))
        await listener.stop()

    asyncio.run(live())


async def ended(reader: asyncio.StreamReader) -> bool:
    """Whether the server ends the connection."""
    try:
        async with asyncio.timeout(30):
            while await reader.read(1000):
                pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)


def test_a_kept_connection_is_answered_at_once() -> None:
    """Not after the 40 ms in which the reader's machine may put off an acknowledgement."""
    at_once: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REQUEST)
        await reader.readuntil(b"hello")
        for number in os.listdir("/dev/fd"):  # the server's end is in this process, too
            with (
                suppress(OSError),
                socket.fromfd(int(number), socket.AF_INET, socket.SOCK_STREAM) as one,
            ):
                if one.getpeername() == writer.get_extra_info("sockname"):
                    at_once.append(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    meet(talk)

    assert at_once == [1]


@pytest.mark.parametrize("said", [b"", b"GET / HTT", REQUEST + b"GET / HTT"])
def test_who_asks_nothing_more_is_left(said: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        assert await ended(reader)

    meet(talk)


def test_who_asks_is_answered_again_and_again_and_a_slow_answer_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 1.0)  # less than the slow answer

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(6):
            path = b"/slow" if number == 3 else b"/"
            writer.write(REQUEST.replace(b"/ ", path + b" ", 1))
            assert b"200 OK" in await reader.readuntil(b"hello")
            await asyncio.sleep(0.1)

    meet(talk)


def test_what_is_no_request_is_refused_and_fills_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x16\x03\x01 garbage\r\n\r\n")
        assert b" 400 " in await reader.readline()

    meet(talk)

    assert caplog.text == ""


def test_an_answer_that_nobody_reads_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOKS", 1)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REQUEST.replace(b"/ ", b"/never ", 1))
        assert await ended(reader)

    meet(talk)


def test_connections_beyond_the_number_are_ended_and_the_others_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 60)
    monkeypatch.setattr(module, "most_connections", lambda: 2)
    answered: list[bytes] = []
    met = asyncio.Barrier(4)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await met.wait()  # none ends before all are there
        writer.write(REQUEST)
        try:
            answered.append(await reader.readuntil(b"hello"))
        except (ConnectionError, asyncio.IncompleteReadError):
            answered.append(b"")
        await met.wait()

    meet(talk, talk, talk, talk)

    assert sorted(bool(answer) for answer in answered) == [False, False, True, True]


@pytest.mark.parametrize("said", [b"", b"GET / HTT", REQUEST, b"POST / HTTP/1.1\r\nHost: a\r\n"])
def test_connections_of_one_peer_shut_nobody_else_out(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 60)
    monkeypatch.setattr(module, "most_connections", lambda: 12)

    async def live() -> None:
        listener = Listener(hello, host="127.0.0.1", port=0, per_peer=lambda: 5)
        listener.start()
        port = int(listener.address.rpartition(":")[2])
        crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
        for _, writer in crowd:
            writer.write(said)
        others = [f"127.0.0.{number}" for number in (2, 3, 4)]
        for address in others:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(address, 0)
            )
            writer.write(REQUEST)
            assert await reader.readuntil(b"hello")
            writer.close()
        for _, writer in crowd:
            writer.close()
        await listener.stop()

    asyncio.run(live())


def test_a_peer_whose_connections_ended_may_open_others() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(REQUEST.replace(b"Host", b"Connection: close\r\nHost"))
        assert b"hello" in await reader.read()

    for _ in range(4):
        meet(talk, per_peer=1)


def test_how_many_connections_one_peer_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "most_connections", lambda: 100)

    assert [module.most_of_peer(number) for number in (0, 1, 50, 99, 1000)] == [100, 1, 50, 75, 75]
    monkeypatch.setattr(module, "most_connections", lambda: 1)
    assert module.most_of_peer(50) == 1


@pytest.mark.parametrize(
    ("address", "peer"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a socket", "a socket"),
    ],
)
def test_a_peer_is_an_address_or_a_network_of_ipv6(address: str, peer: str) -> None:
    assert module.network_of(address) == peer


def test_a_quarter_of_what_may_be_opened_is_for_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = iter([(1024, 4096), (1_000_000, -1), (-1, -1), (2, 2)])
    monkeypatch.setattr(resource, "getrlimit", lambda _: next(limits))

    assert [module.most_connections() for _ in range(4)] == [256, 1000, 1000, 1]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the path."""
    if scope["type"] == "http":
        await PlainTextResponse(f"<{scope['path']}>")(scope, receive, send)
    else:
        await hello(scope, receive, send)


def behind_the_guard(prefix: str = "") -> ASGIApp:
    return guarded(
        echo, settings=lambda: ResponseSettings(prefix, 0, noindex=False, page_policy="")
    )


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://news.example/a.atom", "/a.atom"),
        ("HTTPS://u@news.example:8443/stories/x.html?q=1", "/stories/x.html"),
        ("http://news.example", "/"),
        ("http://[::1]/a", "/a"),
        ("http://news.example/daily/a", "/a"),
        ("/http://a/b", "/http://a/b"),
    ],
)
def test_a_target_in_absolute_form_is_its_path(target: str, path: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        assert f"<{path}>".encode() in await reader.read()

    meet(talk, app=behind_the_guard("/daily"))


@pytest.mark.parametrize(
    ("fields", "is_closed"),
    [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", True),
        ("Transfer-Encoding: chunked\r\nContent-Length: 0", True),
        ("transfer-encoding: chunked\r\nCONTENT-LENGTH: 5", True),
        ("Transfer-Encoding: chunked", False),
    ],
)
def test_after_a_length_in_two_ways_nothing_more_is_read(fields: str, *, is_closed: bool) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        one = f"POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n0\r\n\r\n"
        writer.write(one.encode())
        said = await reader.readuntil(b"</>")
        assert (b"connection: close" in said) is is_closed
        if is_closed:
            assert await ended(reader)

    meet(talk, app=behind_the_guard())


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("127.0.0.1", "127.0.0.1:{port}: Address already in use"),
        ("host.invalid", "host.invalid:{port}: no such host"),
        ("192.0.2.1", "192.0.2.1:{port}: Cannot assign requested address"),
        ("2001:db8::1", "[2001:db8::1]:{port}: Cannot assign requested address"),
    ],
)
def test_an_address_that_cannot_be_had_is_told_in_plain_words(host: str, told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            Listener(hello, host=host, port=port)

    expected = f"cannot listen on {told.format(port=port)}; choose another with --host, --port"
    assert str(caught.value) == expected
