"""HTTP: hangs and broken framing."""
# ruff: noqa: E501 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import item, rss, server

G = "http"
TIMEOUT = (
    "rejected by a total deadline (not only a per-read timeout); other feeds are fetched meanwhile"
)
server("http-hang-accept", G, TIMEOUT, "error", "hang", args={"send": ""}, items=0)
server(
    "http-hang-headers",
    G,
    TIMEOUT,
    "error",
    "hang",
    args={"send": "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"},
    items=0,
)
server(
    "http-hang-body",
    G,
    TIMEOUT,
    "error",
    "raw_then_hang",
    args={
        "head": 'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: 5000\r\n\r\n<?xml version="1.0"?><rss>'
    },
    items=0,
)
server("http-slow-headers", G, TIMEOUT, "error", "drip", args={"part": "headers"}, items=0)
server("http-slow-body", G, TIMEOUT, "error", "drip", args={"part": "body"}, items=0)
server("http-slow-chunks", G, TIMEOUT, "error", "drip", args={"part": "chunks"}, items=0)
server("http-1xx-endless", G, TIMEOUT, "error", "endless_1xx", items=0, max_s=30, max_mb=60)
server("http-close-at-once", G, "rejected: connection closed", "error", "close", items=0)
server("http-reset", G, "rejected: connection reset", "error", "reset", args={"send": ""}, items=0)
server(
    "http-reset-midbody",
    G,
    "rejected; earlier items of the feed stay as they were",
    "error",
    "reset",
    args={
        "send": 'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: 9000\r\n\r\n<?xml version="1.0"?><rss version="2.0"><channel><item><title>half'
    },
    items=0,
)
server(
    "http-length-long",
    G,
    "rejected as incomplete (body shorter than Content-Length)",
    "error",
    "raw",
    args={
        "head": "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: 99999\r\n",
        "feed": True,
        "no_length": True,
    },
    items=0,
)
server(
    "http-length-short",
    G,
    "rejected, or the part up to Content-Length is parsed and flagged as broken",
    "either",
    "raw",
    args={
        "head": "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: 300\r\n",
        "feed": True,
        "no_length": True,
    },
)
server(
    "http-length-negative",
    G,
    "rejected",
    "either",
    "raw",
    args={"head": "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n", "feed": True, "no_length": True},
)
server(
    "http-length-garbage",
    G,
    "rejected",
    "either",
    "raw",
    args={"head": "HTTP/1.1 200 OK\r\nContent-Length: 12abc\r\n", "feed": True, "no_length": True},
)
server(
    "http-length-huge-int",
    G,
    "rejected; a 5,000-digit number does not raise past the fetcher",
    "either",
    "raw",
    args={
        "head": "HTTP/1.1 200 OK\r\nContent-Length: @9x5000@\r\n",
        "feed": True,
        "no_length": True,
    },
)
server(
    "http-length-twice",
    G,
    "rejected",
    "either",
    "raw",
    args={
        "head": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n",
        "feed": True,
        "no_length": True,
    },
)
server(
    "http-length-and-chunked",
    G,
    "chunked wins or rejected",
    "either",
    "raw",
    args={
        "head": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "feed": True,
        "chunked": True,
        "no_length": True,
    },
)
server(
    "http-chunk-size-garbage",
    G,
    "rejected",
    "error",
    "raw_bytes",
    args={
        "data": "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n<rss/>\r\n0\r\n\r\n"
    },
    items=0,
)
server(
    "http-chunk-size-huge",
    G,
    "rejected",
    "error",
    "raw_bytes",
    args={
        "data": "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\n<rss/>\r\n"
    },
    items=0,
    max_mb=60,
)
server(
    "http-chunk-truncated",
    G,
    "rejected as incomplete",
    "error",
    "raw_bytes",
    args={
        "data": "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n<?xml version='1.0'?><rss version='2.0'><channel>\r\n"
    },
    items=0,
)
server(
    "http-chunk-trailer-flood",
    G,
    "rejected or stored; memory bounded",
    "either",
    "trailer_flood",
    max_mb=60,
    max_s=30,
)
server(
    "http-status-garbage",
    G,
    "rejected",
    "error",
    "raw_bytes",
    args={"data": "HTTP/1.1 abc nope\r\n\r\n"},
    items=0,
)
server(
    "http-status-999",
    G,
    "rejected with the status named",
    "error",
    "steps",
    args={"steps": [{"status": 999, "feed": "s999"}]},
    items=0,
)
server(
    "http-status-000",
    G,
    "rejected",
    "error",
    "raw",
    args={"head": "HTTP/1.1 000 Zero\r\nContent-Type: text/xml\r\n", "feed": True},
    items=0,
)
server(
    "http-0.9",
    G,
    "rejected: no status line",
    "error",
    "raw_bytes",
    args={"data": rss(item())},
    items=0,
)
server(
    "http-icy",
    G,
    "rejected",
    "error",
    "raw_bytes",
    args={"data": "ICY 200 OK\r\nicy-name: x\r\n\r\n"},
    items=0,
)
server(
    "http-binary-headers",
    G,
    "rejected or stored; no UnicodeDecodeError",
    "either",
    "raw",
    args={
        "head": "HTTP/1.1 200 \u00d6K\r\nX-\u00e9: \u00ff\u0001\u007f\r\nContent-Type: application/rss+xml\r\n",
        "feed": True,
    },
)
server(
    "http-header-fold",
    G,
    "rejected or stored",
    "either",
    "raw",
    args={
        "head": 'HTTP/1.1 200 OK\r\nETag: "a\r\n b"\r\nContent-Type: application/rss+xml\r\n',
        "feed": True,
    },
)
server(
    "http-bare-lf",
    G,
    "rejected or stored",
    "either",
    "raw",
    args={"head": "HTTP/1.1 200 OK\nContent-Type: application/rss+xml\n", "feed": True},
)
server(
    "http-101",
    G,
    "rejected",
    "error",
    "raw_bytes",
    args={
        "data": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n\x81\x05hello"
    },
    items=0,
)
