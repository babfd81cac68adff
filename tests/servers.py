"""A web server on loopback that answers what a test says and records what it was asked."""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names are lower-case."""

    method: str
    path: str  # with the query
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; Content-Length is added."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Talk: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What a server says on one connection, byte by byte."""
Answer: TypeAlias = Reply | Callable[[Request], Reply]


def document(body: bytes | str, *, etag: str = "", content_type: str = "application/xml") -> Answer:
    """A feed document; with an ETag, it is answered with 304 to those who have it."""
    data = body.encode() if isinstance(body, str) else body

    def answer(request: Request) -> Reply:
        headers = {"Content-Type": content_type}
        if etag:
            headers["ETag"] = etag
            if request.headers.get("if-none-match") == etag:
                return Reply(status=304, headers=headers)
        return Reply(data, headers=headers)

    return answer


class WebServer:
    """Answers by path (the query aside); unknown paths are 404. Use `running`."""

    def __init__(self, base: str) -> None:
        self.base = base  # http://127.0.0.1:PORT
        self.requests: list[Request] = []
        self._answers: dict[str, Answer] = {}

    def serve(self, path: str, answer: Answer | bytes | str) -> str:
        """Answers `path` so from now on; returns its URL."""
        self._answers[path] = document(answer) if isinstance(answer, (bytes, str)) else answer
        return self.base + path

    def asked(self, path: str) -> list[Request]:
        """The requests for a path, oldest first."""
        return [request for request in self.requests if request.path.partition("?")[0] == path]

    def reply_to(self, request: Request) -> Reply:
        """Records the request and returns its answer."""
        self.requests.append(request)
        answer = self._answers.get(request.path.partition("?")[0], Reply(b"nothing here", 404))
        return answer if isinstance(answer, Reply) else answer(request)


def serve_documents(web: WebServer, folder: Path) -> dict[Path, str]:
    """Serves every feed document of a folder, by its name; returns where each stands."""
    urls = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix != ".tsv":
            kind = "application/feed+json" if path.suffix == ".json" else "application/xml"
            reply = Reply(path.read_bytes(), headers={"Content-Type": kind})
            urls[path] = web.serve(f"/{path.name}", reply)
    return urls


@contextmanager
def held(reply: Reply) -> Iterator[tuple[Callable[[Request], Reply], threading.Event]]:
    """An answer that is given when the event is set, at the latest at the end."""
    let_go = threading.Event()

    def answer(request: Request) -> Reply:
        let_go.wait(60)
        return reply

    try:
        yield answer, let_go
    finally:
        let_go.set()


@dataclass(slots=True)
class RawServer:
    """Says what a test writes; use `talking`."""

    port: int = 0
    connections: int = 0


@asynccontextmanager
async def talking(talk: Talk) -> AsyncIterator[RawServer]:
    """A server on a free port of loopback, for one event loop; who hangs up early ends `talk`."""
    raw = RawServer()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    raw.port = server.sockets[0].getsockname()[1]
    try:
        yield raw
    finally:
        server.close()


class _Http(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error: tests read what is written to stderr."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


@contextmanager
def running(host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """A server on a free port, stopped at the end; with a context, it speaks TLS."""
    servers: list[WebServer] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            reply = servers[0].reply_to(request)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD" and reply.status != 304:
                self.wfile.write(reply.body)

        do_GET = do_HEAD = do_POST = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Silence: tests look at `requests`."""

    http = _Http((host, 0), Handler)
    http.daemon_threads = True
    if context is not None:
        http.socket = context.wrap_socket(
            http.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "http" if context is None else "https"
    servers.append(WebServer(f"{scheme}://{host}:{http.server_address[1]}"))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield servers[0]
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
