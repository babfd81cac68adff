"""One HTTP/1.1 connection, one request at a time: the only user of httptools (llhttp).

Does nothing on its own: no decoding of bodies, no redirects, no cookies, no retries. What the
server may make us hold is bounded: the head by `MOST_HEAD`, the body by how fast it is read.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import cast

import httptools

from aggregator.errors import NetworkFailure
from aggregator.fetching import tls

MOST_HEAD = 256 * 1024  # bytes of status lines and fields, interim responses (1xx) included
MOST_FIELDS = 2000  # some servers set hundreds of cookies
_MOST_WAITING = 256 * 1024  # bytes of a body that wait to be read; then the server must wait
_ALTERED = b"\x7f"  # stands for NUL: no printable character, so what holds it is not sent back
_SWITCHING = 101

Fields = Sequence[tuple[bytes, bytes]]


class Connection(asyncio.BufferedProtocol):
    """`request`, then read `chunks`; when `is_reusable`, `request` again.

    `buffer`: where the system puts what comes; all connections of one event loop may share it.
    Without it asyncio would map a quarter of a megabyte for each piece, and give it back.
    `to_proxy`: it leads to a proxy that reads requests, whose fault it is where no head comes.
    """

    def __init__(self, buffer: memoryview, *, to_proxy: bool = False) -> None:
        self._buffer = buffer
        self._to_proxy = to_proxy
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._parser: httptools.HttpResponseParser  # of the response to the last `request`
        self._error: NetworkFailure | None = None
        self._fields: list[tuple[bytes, bytes]] = []
        self._body: deque[bytes] = deque()
        self._head_size = 0  # bytes that came before the head was whole
        self._fields_size = 0
        self._waiting = 0
        self._is_active = False
        self._has_head = False
        self._is_interim = False
        self._is_whole = False
        self._ends_with_connection = False
        self._keeps_open = False
        self._is_paused = False
        self.status = 0
        self.was_answered = False  # at least one byte came after the last `request`

    @property
    def fields(self) -> Fields:
        """The response's header fields as they came."""
        return self._fields

    @property
    def is_reusable(self) -> bool:
        """Whether the response is whole, the connection kept, and nothing more was sent."""
        return self._is_whole and self._keeps_open and self._transport is not None

    async def request(self, request: bytes) -> None:
        """Sends a request and returns when the head of its response is here.

        Raises NetworkFailure.
        """
        if self._transport is None:
            raise NetworkFailure(self._closed(), kind="connect")
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(  # as browsers read, all of them harmless to us
            lenient_headers=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )
        self._fields = []
        self._body.clear()
        self._head_size = self._fields_size = self._waiting = 0
        self._has_head = self._is_whole = self._keeps_open = self.was_answered = False
        self._is_active = True
        self._transport.write(request)
        while not self._has_head:
            await self._wait()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes; raises NetworkFailure when it ends too early."""
        while True:
            while self._body:
                chunk = self._body.popleft()
                self._waiting -= len(chunk)
                yield chunk
            if self._is_whole:
                return
            self._resume()
            await self._wait()

    def close(self) -> None:
        """Ends the connection at once."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    async def _wait(self) -> None:
        """Waits until something came; raises what went wrong."""
        if self._error is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._error is not None and not self._body:
            raise self._error

    def _resume(self) -> None:
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

    def _misread(self) -> None:
        """The parser gave up: on the response, or on something that follows it."""
        if self._is_whole:
            self._keeps_open = False
        else:
            self._fail("malformed HTTP response")

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, detail: str, *, kind: str = "protocol") -> None:
        """Ends the request and the connection."""
        if self._error is None:
            is_proxys = self._to_proxy and not self._has_head
            self._error = NetworkFailure(detail, kind="proxy" if is_proxys else kind)
        self.close()
        self._wake()

    def _closed(self) -> str:
        return f"the {'proxy' if self._to_proxy else 'server'} closed the connection"

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what comes next."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes from the server; what comes unasked spoils the connection."""
        if not self._is_active or self._is_whole or self._error is not None:
            self.close()
            return
        data = bytes(self._buffer[:nbytes])
        self.was_answered = True
        if not self._has_head:
            self._head_size += len(data)
            if b"\0" in data:  # a fault of some servers (RFC 9110 section 5.5)
                head, end, rest = data.partition(b"\r\n\r\n")
                data = head.replace(b"\0", _ALTERED) + end + rest
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("malformed HTTP response")
        except httptools.HttpParserError:
            self._misread()
        if not self._has_head and self._head_size > MOST_HEAD:
            self._fail("the response header is too large")

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed, by whichever side."""
        self._transport = None
        if not self._is_active or self._is_whole or self._error is not None:
            return
        if isinstance(exc, ssl.SSLError):
            self._fail(tls.broken(exc), kind="tls")
        elif isinstance(exc, OSError) and exc.errno:
            self._fail(os.strerror(exc.errno).lower(), kind="connect")
        elif not self._has_head:
            self._fail(self._closed(), kind="connect")
        elif self._ends_with_connection:
            self._is_whole = True
            self._wake()
        else:
            self._fail("incomplete response body")

    # what the parser calls

    def on_message_begin(self) -> None:
        """The first byte of a message; after the response, one that nobody asked for."""
        if self._is_whole:
            self._keeps_open = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field (or one of the trailer, which is not looked at)."""
        if self._has_head:
            return
        self._fields.append((name, value.strip(b" \t")))
        self._fields_size += len(name) + len(value)
        if len(self._fields) > MOST_FIELDS or self._fields_size > MOST_HEAD:
            raise ValueError("too many fields")  # the parser stops with it

    def on_headers_complete(self) -> None:
        """The head is here; interim responses (RFC 9110 section 15.2) are passed over."""
        if self._is_whole:
            return
        self.status = self._parser.get_status_code()
        self._is_interim = 100 <= self.status < 200
        if self.status == _SWITCHING:
            raise ValueError("nobody asked to switch protocols")
        if self._is_interim:
            self._fields = []
            return
        names = {name.lower() for name, _ in self._fields}
        self._ends_with_connection = names.isdisjoint({b"content-length", b"transfer-encoding"})
        self._has_head = True
        self._wake()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if self._is_whole:
            return
        self._body.append(body)
        self._waiting += len(body)
        if self._waiting > _MOST_WAITING and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        """The message is whole."""
        if self._is_whole:
            return
        if self._is_interim:
            self._is_interim = False
            return
        self._is_whole = True
        self._keeps_open = self._parser.should_keep_alive()
        self._resume()  # else the next response would never come, nor word of a close
        self._wake()
