"""Serves the packaged sample feeds on loopback, with validators, as a good publisher would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib.resources import files

TYPES = {
    ".rss": "application/rss+xml",
    ".atom": "application/atom+xml",
    ".json": "application/feed+json",
    ".rdf": "application/rdf+xml",
}
_LONGEST_REQUEST_S = 10


def sample_feeds() -> dict[str, bytes]:
    """The packaged documents by file name."""
    folder = files("aggregator.demo").joinpath("feeds")
    documents = (file for file in folder.iterdir() if file.name.endswith(tuple(TYPES)))
    return {file.name: file.read_bytes() for file in sorted(documents, key=lambda file: file.name)}


@asynccontextmanager
async def serving(documents: Mapping[str, bytes]) -> AsyncIterator[str]:
    """Serves the documents until the end of the block; yields `http://127.0.0.1:PORT/`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LONGEST_REQUEST_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(reply(head, documents))
                await writer.drain()
        except (
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ConnectionError,
            TimeoutError,
        ):
            return  # the other side went away or sent no request
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


def reply(head: bytes, documents: Mapping[str, bytes]) -> bytes:
    """The response to one request head: 200, 304 for a known ETag, or 404."""
    request, *lines = head.decode("latin-1").split("\r\n")
    name = request.split(" ")[1].lstrip("/") if request.count(" ") == 2 else ""
    fields = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    document = documents.get(name)
    if document is None:
        return _response("404 Not Found", b"no such feed\n", {"Content-Type": "text/plain"})
    etag = f'"{sha256(document).hexdigest()[:16]}"'
    headers = {"Content-Type": TYPES["." + name.rpartition(".")[2]], "ETag": etag}
    if fields.get("if-none-match") == etag:
        return _response("304 Not Modified", b"", headers)
    return _response("200 OK", document, headers)


def _response(status: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    named = {**headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body
