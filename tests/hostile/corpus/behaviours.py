"""What the server does for the cases of kind `server`: one function per behaviour."""
# ruff: noqa: E501, UP031, PLR0917 - one signature for all; bytes as they are sent
# mypy: ignore-errors

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
import zlib

from tests.hostile.corpus.builders import MB, RSS_T, item, rss
from tests.hostile.corpus.cases_size import XML_PRE


async def _steps(server, case, args, n, req, reader, writer):
    steps = args["steps"]
    step = steps[min(n, len(steps) - 1)]
    headers = {"Content-Type": RSS_T}
    headers.update({k: server.subst(v, req) for k, v in step.get("headers", {}).items()})
    if step.get("set_cookies"):
        headers["Set-Cookie"] = [
            "c%d=%s; Path=/" % (i, "v" * 20) for i in range(step["set_cookies"])
        ]
    body = (
        server.subst(step["text"], req).encode()
        if "text" in step
        else server.small_feed(step["feed"], case.id)
        if "feed" in step
        else b""
    )
    return await server.reply(writer, step.get("status", 200), headers, body)


async def _redirect(server, case, args, n, req, reader, writer):
    headers = {} if args["to"] is None else {"Location": server.subst(args["to"], req)}
    return await server.reply(writer, args.get("status", 302), headers, b"moved")


async def _redirect_loop(server, case, args, n, req, reader, writer):
    other = "/b" if not req.path.endswith("/b") else ""
    return await server.reply(
        writer, 302, {"Location": "%s/c/%s%s" % (server.base, case.id, other)}
    )


async def _redirect_growing(server, case, args, n, req, reader, writer):
    return await server.reply(writer, 302, {"Location": "%s%s/x" % (server.base, req.path)})


def _raw_head(server, args, body):
    head = server.subst(args["head"])
    if args.get("chunked"):
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    eol = "\r\n" if "\r\n" in head else "\n"
    if not args.get("no_length"):
        head += "Content-Length: %d%s" % (len(body), eol)
    return server.encode(head + "Connection: close" + eol + eol) + body


async def _raw(server, case, args, n, req, reader, writer):
    await server.send(
        writer,
        _raw_head(server, args, server.small_feed("raw " + case.id) if args.get("feed") else b""),
    )
    return False


async def _raw_bytes(server, case, args, n, req, reader, writer):
    await server.send(writer, server.encode(server.subst(args["data"])))
    return False


async def _raw_then_hang(server, case, args, n, req, reader, writer):
    await server.send(writer, server.encode(server.subst(args["head"])))
    await _wait_for_client(server, reader)
    return False


async def _wait_for_client(server, reader):
    """Wait until the client goes away or the cap is reached."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(reader.read(1), server.cap_seconds)


async def _hang(server, case, args, n, req, reader, writer):
    if args["send"]:
        await server.send(writer, server.encode(args["send"]))
    await _wait_for_client(server, reader)
    return False


async def _close(server, case, args, n, req, reader, writer):
    return False


async def _reset(server, case, args, n, req, reader, writer):
    if args["send"]:
        await server.send(writer, server.encode(args["send"]))
        await asyncio.sleep(0.05)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def _drip(server, case, args, n, req, reader, writer):
    body = server.small_feed("drip") + b" " * 100_000
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
    if args["part"] == "headers":
        data = server.encode(head + "".join("X-%d: y\r\n" % i for i in range(100_000)))
    elif args["part"] == "body":
        await server.send(writer, server.encode(head + "Content-Length: %d\r\n\r\n" % len(body)))
        data = body
    else:
        await server.send(writer, server.encode(head + "Transfer-Encoding: chunked\r\n\r\n"))
        data = b""
    end = time.monotonic() + server.cap_seconds
    i = 0
    while time.monotonic() < end:
        await server.send(writer, data[i : i + 1] if data else b"1\r\n%c\r\n" % body[i])
        i += 1
        await asyncio.sleep(0.25)
    return False


async def _endless(server, case, args, n, req, reader, writer):
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
    chunked = args["chunked"]
    await server.send(
        writer,
        server.encode(
            head
            + ("Transfer-Encoding: chunked\r\n\r\n" if chunked else "Connection: close\r\n\r\n")
        ),
    )

    async def out(data):
        await server.send(writer, b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)

    start = rss("@@").split("@@")[0].encode()
    await out(XML_PRE if args["what"] == "text" else start)
    sent, i, end = 0, 0, time.monotonic() + server.cap_seconds
    while sent < server.cap_bytes and time.monotonic() < end:
        if args["what"] == "items":
            data = "".join(
                item("Endless %d" % k, "http://example.com/e/%d" % k, "e%d" % k)
                for k in range(i, i + 200)
            ).encode()
            i += 200
        else:
            data = (b"A" if args["what"] == "text" else b" ") * 65536
        await out(data)
        sent += len(data)
        await asyncio.sleep(0)
    return False


async def _endless_gzip(server, case, args, n, req, reader, writer):
    z = zlib.compressobj(9, zlib.DEFLATED, 31)
    first = z.compress(XML_PRE) + z.flush(zlib.Z_FULL_FLUSH)
    block = z.compress(b"A" * MB) + z.flush(zlib.Z_FULL_FLUSH)
    await server.send(
        writer,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
    )
    await server.send(writer, b"%x\r\n%s\r\n" % (len(first), first))
    sent, end = 0, time.monotonic() + server.cap_seconds
    while sent < server.cap_bytes and time.monotonic() < end:
        await server.send(writer, b"%x\r\n%s\r\n" % (len(block), block))
        sent += len(block)
        await asyncio.sleep(0.001)
    return False


async def _endless_headers(server, case, args, n, req, reader, writer):
    await server.send(writer, b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n")
    block = b"".join(b"X-Pad-%d: %s\r\n" % (i, b"v" * 200) for i in range(200))
    sent, end = 0, time.monotonic() + server.cap_seconds
    while sent < server.cap_bytes and time.monotonic() < end:
        await server.send(writer, block)
        sent += len(block)
        await asyncio.sleep(0)
    return False


async def _endless_1xx(server, case, args, n, req, reader, writer):
    end = time.monotonic() + server.cap_seconds
    while time.monotonic() < end:
        await server.send(
            writer, b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" * 10
        )
        await asyncio.sleep(0.02)
    return False


async def _trailer_flood(server, case, args, n, req, reader, writer):
    body = server.small_feed("trailers")
    await server.send(
        writer,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n"
        % (len(body), body),
    )
    block = b"X-T: %s\r\n" % (b"v" * 1000) * 64
    sent = 0
    while sent < min(server.cap_bytes, 16 * MB):
        await server.send(writer, block)
        sent += len(block)
    await server.send(writer, b"\r\n")
    return False


async def _poison(server, case, args, n, req, reader, writer):
    good = server.small_feed("honest item")
    bad = server.small_feed("poisoned item")
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n"
    await server.send(writer, head % len(good) + good + head % len(bad) + bad)
    return True


async def _stray_304(server, case, args, n, req, reader, writer):
    if n == 0:
        return await server.reply(
            writer, 200, {"Content-Type": RSS_T, "ETag": '"s"'}, server.small_feed("kept", case.id)
        )
    bad = server.small_feed("stray")
    await server.send(
        writer,
        b'HTTP/1.1 304 Not Modified\r\nETag: "s"\r\nContent-Length: %d\r\n\r\n' % len(bad) + bad,
    )
    return True


async def _etag_churn(server, case, args, n, req, reader, writer):
    return await server.reply(
        writer,
        200,
        {"Content-Type": RSS_T, "ETag": '"n%d"' % n},
        server.small_feed("same body", case.id),
    )


async def _guid_churn(server, case, args, n, req, reader, writer):
    body = rss(
        item("Stable headline about the dialogue", "http://example.com/stable", "guid-%d" % n)
    ).encode()
    return await server.reply(writer, 200, {"Content-Type": RSS_T}, body)


async def _title_churn(server, case, args, n, req, reader, writer):
    body = rss(
        item("Live: talks in Islamabad, update %d" % n, "http://example.com/live", "live")
    ).encode()
    return await server.reply(writer, 200, {"Content-Type": RSS_T}, body)


async def _flood(server, case, args, n, req, reader, writer):
    body = rss(
        *[
            item(
                "Flood %d number %d" % (n, i),
                "http://example.com/fl/%d/%d" % (n, i),
                "fl-%d-%d" % (n, i),
            )
            for i in range(200)
        ]
    ).encode()
    return await server.reply(writer, 200, {"Content-Type": RSS_T}, body)


async def _shuffle(server, case, args, n, req, reader, writer):
    words = [
        "trade deal signed",
        "border crossing reopens",
        "cricket tour announced",
        "flood relief arrives",
        "airport expansion begins",
    ]
    order = [(i + 2 * n) % 5 for i in range(5)]
    body = rss(
        *[
            item("Report on %s" % words[i], "http://example.com/sh/%d" % i, "sh-%d" % i)
            for i in order
        ]
    ).encode()
    return await server.reply(writer, 200, {"Content-Type": RSS_T}, body)


BEHAVIOURS = {
    "steps": _steps,
    "redirect": _redirect,
    "redirect_loop": _redirect_loop,
    "redirect_growing": _redirect_growing,
    "raw": _raw,
    "raw_bytes": _raw_bytes,
    "raw_then_hang": _raw_then_hang,
    "hang": _hang,
    "close": _close,
    "reset": _reset,
    "drip": _drip,
    "endless": _endless,
    "endless_gzip": _endless_gzip,
    "endless_headers": _endless_headers,
    "endless_1xx": _endless_1xx,
    "trailer_flood": _trailer_flood,
    "poison": _poison,
    "stray_304": _stray_304,
    "etag_churn": _etag_churn,
    "guid_churn": _guid_churn,
    "title_churn": _title_churn,
    "flood": _flood,
    "shuffle": _shuffle,
}
