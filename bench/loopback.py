"""What servers for measurements share: many hosts on loopback, one answer for each request."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable

HOSTS = 250

Answer = Callable[[str], bytes]
"""From the head of a request to the bytes of its response; without any, the server hangs."""


class _Connection(asyncio.Protocol):
    """Answers requests in order."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._transport.write(self._answer(head.decode("latin-1")))


async def listen(
    answer: Answer, hosts: Iterable[str], port: int, context: ssl.SSLContext | None = None
) -> asyncio.Server:
    """Serves at these addresses, and at 127.0.0.1 for questions to the server itself.

    With a context, over TLS.
    """
    loop = asyncio.get_running_loop()
    addresses = sorted({*hosts, "127.0.0.1"})
    return await loop.create_server(
        lambda: _Connection(answer), addresses, port, backlog=1024, ssl=context
    )


def target_of(head: str) -> str:
    """The path and query of a request."""
    return head.partition("\r\n")[0].split(" ")[1]


def known_to(head: str) -> str:
    """The value of If-None-Match, or nothing."""
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "if-none-match":
            return value.strip()
    return ""


def json_answer(body: bytes) -> bytes:
    """A response of 200 with this body."""
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def host_of(number: int, *, net: int) -> str:
    """The address in 127.`net`.0.0/16 that feed `number` is asked at."""
    return f"127.{net}.{number % HOSTS // 50}.{number % 50 + 1}"
