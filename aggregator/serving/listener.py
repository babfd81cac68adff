"""An ASGI application on a socket, within an event loop that is somebody else's."""

from __future__ import annotations

import asyncio
import socket
from contextlib import nullcontext

import uvicorn
from starlette.types import ASGIApp

from aggregator.errors import UsageError

_GRACE_S = 3


class Listener:
    """Serves from `start` to `stop`; signals stay with the owner of the loop."""

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        self._socket = _bound(host, port)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="h11",  # the strict one, whatever else is installed
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # the peer's address is the only one to believe
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        # uvicorn raises the signal again after its own shutdown: the process would end with 143
        self._server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]
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


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another with --host, --port"
        ) from error
    # inherited by every connection: else a body waits 40 ms for the headers' acknowledgement
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
