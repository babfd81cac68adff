"""Serves an ASGI application on a socket, in the event loop of its caller.

Every connection takes one of the file descriptors that polling needs, too. The rate limit counts
requests only: an idle or vanished client would hold a descriptor for ever, and hundreds of them
would shut out everybody else. So connections have time limits, and a peer a limited number.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import resource
import socket
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from aggregator.errors import UsageError

_GRACE_S = 3
PATIENCE_S = 10.0  # for a whole request
_LOOKS = 60  # so many times as long an answer may take to be read
_MOST = 1000
_BACKLOG = 128


class Listener:
    """Serves from `start` to `stop`; signals stay with the owner of the loop.

    `per_peer`: how many connections one peer may have open, asked at each; 0: as many as it likes.
    """

    def __init__(
        self, app: ASGIApp, *, host: str, port: int, per_peer: Callable[[], int] = lambda: 0
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            number = error.errno or 0  # the library puts its own words behind the system's
            why = "no such host" if number < 0 else os.strerror(number)  # of getaddrinfo(3)
            if number == errno.EACCES:
                why = "only root may listen on this port"
            raise UsageError(
                f"cannot listen on {place}: {why}; choose another with --host, --port"
            ) from error
        # inherited by every connection: else a body waits 40 ms for the headers' acknowledgement
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                # over h11, the strict one, whatever else is installed
                http=partial(_Connection, per_peer=per_peer),  # type: ignore[arg-type]  # called
                log_config=None,
                log_level="error",  # its warnings are a line for each request that is none
                access_log=False,
                server_header=False,
                backlog=min(_BACKLOG, most_connections()),  # all taken in one step of the loop
                proxy_headers=False,  # the peer's address is the only one to believe
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        # uvicorn raises the signal again after its own shutdown: the process would end with 143
        self._server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]  # meant
        self._serving: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """`host:port` as bound; the port may have been chosen by the system."""
        host, port = self._socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def start(self) -> None:
        """Begins to answer; the socket listens already, so no connection is refused."""
        self._serving = asyncio.create_task(self._server.serve([self._socket]))

    async def stop(self) -> None:
        """Lets open answers end within a short grace, then closes."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving
        self._socket.close()


def most_connections() -> int:
    """How many may be open at once: at most a quarter of what this process may open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else min(_MOST, max(soft // 4, 1))


def most_of_peer(per_peer: int) -> int:
    """How many of them one peer may have: a quarter is left to others, unless none is set (0)."""
    most = most_connections()
    return most if per_peer == 0 else max(min(per_peer, most - most // 4), 1)


def network_of(address: str) -> str:
    """The peer that an address belongs to; of IPv6, a customer has a /64 at least (RFC 6177)."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((ip, 64), strict=False))


class _Connection(H11Protocol):
    """uvicorn's connection over h11, closed when the peer makes no progress."""

    _peer = ""
    _timer: asyncio.TimerHandle | None = None
    _seen: tuple[object, bool] = (None, True)  # at the last look: the request, and if it is done
    _looks = 0  # at the same state

    def __init__(self, *given: Any, per_peer: Callable[[], int], **named: Any) -> None:
        super().__init__(*given, **named)
        self._per_peer = per_peer

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its own
        """Takes the connection, or ends it at once where too many are open."""
        super().connection_made(transport)
        self._peer = network_of(self.client[0]) if self.client else ""
        of_peer = sum(getattr(one, "_peer", "") == self._peer for one in self.connections)
        if len(self.connections) > most_connections() or of_peer > most_of_peer(self._per_peer()):
            transport.abort()
        else:
            self._timer = self.loop.call_later(PATIENCE_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the timer with the connection."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        is_idle = getattr(self.cycle, "response_complete", True)  # no cycle: nothing asked yet
        state = (self.cycle, is_idle)
        self._looks = self._looks + 1 if state == self._seen else 0
        self._seen = state
        if self._looks >= (1 if is_idle else _LOOKS):
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(PATIENCE_S, self._look)
