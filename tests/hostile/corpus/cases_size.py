"""Bodies, headers and fields that are too large, and bodies that inflate."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

import gzip
import struct
import zlib
from base64 import b64decode
from typing import Any

from tests.hostile.corpus.builders import MB, RSS_T, Env, feed, item, rss, server, stream

G = "size"
LIMIT = (
    "rejected with an error that names the size limit; memory stays bounded; other feeds unaffected"
)
XML_PRE = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>bomb</title><link>http://example.com/</link>'
    b"<description>d</description><item><title>bomb</title><link>http://example.com/bomb</link><guid>bomb</guid><description>"
)
XML_POST = b"</description></item></channel></rss>"


def _gzip_stream(total: int, wbits: int) -> bytes:
    """A deflate bomb (31: gzip, 15: zlib, -15: raw), made fast: one flushed block, repeated."""
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = b"A" * MB
    head = z.compress(XML_PRE) + z.flush(zlib.Z_FULL_FLUSH)
    body = z.compress(block) + z.flush(zlib.Z_FULL_FLUSH)
    data = head + body * (total // MB) + z.compress(XML_POST) + z.flush()
    if wbits < 0:
        return data
    size = len(XML_PRE) + total // MB * MB + len(XML_POST)
    check = zlib.crc32 if wbits > 15 else zlib.adler32
    value = check(XML_PRE)
    for _ in range(total // MB):
        value = check(block, value)
    value = check(XML_POST, value)
    if wbits > 15:
        return (
            b"\x1f\x8b\x08\0\0\0\0\0\x02\xff" + data + struct.pack("<II", value, size & 0xFFFFFFFF)
        )
    return b"\x78\xda" + data + struct.pack(">I", value)


_cache: dict[Any, bytes] = {}


def gzip_bomb(env=None, total=200 * MB) -> bytes:
    if ("gz", total) not in _cache:
        _cache["gz", total] = _gzip_stream(total, 31)
    return _cache["gz", total]


def nested_gzip(layers: int, total=200 * MB) -> bytes:
    data = gzip_bomb(total=total)
    for _ in range(layers - 1):
        data = gzip.compress(data, 9, mtime=0)
    return data


def zstd_bomb(env=None, total=200 * MB) -> bytes:
    """A hand-made Zstandard frame: a raw block, then run-length blocks of 128 KiB each."""
    out = [b"\x28\xb5\x2f\xfd", b"\x00", b"\x38"]  # magic; no content size; window 128 KiB

    def block(kind, size, payload, last=0):
        out.append(struct.pack("<I", (size << 3) | (kind << 1) | last)[:3] + payload)

    block(0, len(XML_PRE), XML_PRE)
    for _ in range(total // (128 * 1024)):
        block(1, 128 * 1024, b"A")
    block(0, len(XML_POST), XML_POST, last=1)
    return b"".join(out)


# 200 MiB of 'A' in the same feed, as Brotli (window 2^24): 300 bytes.
BROTLI_BOMB = b64decode(
    "z///fwBE3ZbqQxPMY2KqR8PRq1yDtjwOVPuS7qLugkSi3XgwgoElZLNt0uoovCeatUkbyvcpZ8+1DoWIe/WUk1jT"
    "cAJMGqLb9RexBdPW4NOug4K+BJLVMEUVdi7Ow4akatjrjn1N4ijgWHzQSIhntr9t/18Z////AZAAiMMC0L3/5///"
    "PwASAHFYALr3//z//wdAAiAOC0D3/p////8ASADEYQHo3v/z//8fAAmAOCwA3ft//v//AyABEIcFoHv/z///fwAk"
    "AOKwAHTv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+PwUCAAGI0y1G"
    "QmG0og8E1Z2nLBYdVgA/Jv6fSuzKav/xuyI8dURsiwEoohMB"
)

for _id, _enc, _mk in [
    ("size-gzip-bomb", "gzip", gzip_bomb),
    ("size-deflate-bomb", "deflate", lambda env: _gzip_stream(200 * MB, 15)),
    ("size-deflate-raw-bomb", "deflate", lambda env: _gzip_stream(200 * MB, -15)),
    ("size-br-bomb", "br", lambda env: BROTLI_BOMB),
    ("size-zstd-bomb", "zstd", zstd_bomb),
    ("size-gzip-nested", "gzip, gzip", lambda env: nested_gzip(2)),
    ("size-gzip-nested-10", ", ".join(["gzip"] * 10), lambda env: nested_gzip(10, 20 * MB)),
    ("size-gzip-nested-hidden", "gzip", lambda env: nested_gzip(2)),
    ("size-gzip-undeclared", "", gzip_bomb),
]:
    feed(
        _id,
        G,
        LIMIT,
        "error",
        _mk,
        headers={"Content-Encoding": _enc} if _enc else {},
        items=0,
        max_s=15,
        max_mb=120,
        ext="bin",
        ctype=RSS_T,
    )
feed(
    "size-gzip-100-codings",
    G,
    "a long list of content codings is refused",
    "error",
    lambda env: rss(item()).encode(),
    headers={"Content-Encoding": ", ".join(["gzip"] * 100)},
    items=0,
)
feed(
    "size-gzip-not-gzip",
    G,
    "declared gzip, body is plain: rejected with a clear error, or stored as plain",
    "either",
    rss(item("plain")),
    headers={"Content-Encoding": "gzip"},
    titles_if_any=["plain"],
)
feed(
    "size-gzip-truncated",
    G,
    "rejected: truncated",
    "either",
    lambda env: gzip.compress(rss(item("cut")).encode(), mtime=0)[:-40],
    headers={"Content-Encoding": "gzip"},
    ext="bin",
    ctype=RSS_T,
)
feed(
    "size-gzip-trailing-garbage",
    G,
    "item stored, or rejected",
    "either",
    lambda env: gzip.compress(rss(item("tail")).encode(), mtime=0) + b"\0" * 100 + b"junk",
    headers={"Content-Encoding": "gzip"},
    ext="bin",
    ctype=RSS_T,
)
feed(
    "size-gzip-members",
    G,
    "a body of many small gzip members: read whole and stored, or rejected",
    "either",
    lambda env: b"".join(gzip.compress(bytes([b]), mtime=0) for b in rss(item("members")).encode()),
    headers={"Content-Encoding": "gzip"},
    ext="bin",
    ctype=RSS_T,
    max_s=5,
)
feed(
    "size-unknown-coding",
    G,
    "rejected: unknown content coding",
    "either",
    rss(item()),
    headers={"Content-Encoding": "x-klingon"},
)
feed(
    "size-title-1mb",
    G,
    "stored with a bounded title (an upper limit the docs name)",
    "items",
    rss(item("T" * 1_000_000)),
    items=1,
    max_title=5000,
    max_s=10,
    max_mb=150,
)
feed(
    "size-title-words-1mb",
    G,
    "as size-title-1mb, 200,000 words: dedup stays fast",
    "items",
    rss(item("word " * 200_000), item("word " * 199_999 + "end", "http://example.com/2", "g2")),
    items=[1, 2],
    max_title=5000,
    max_s=10,
    max_mb=200,
)
feed(
    "size-guid-1mb",
    G,
    "stored (identity may be a hash) or skipped; the database index is not blown up",
    "either",
    rss(item(guid="g" * 1_000_000)),
    max_s=10,
    max_mb=150,
)
feed(
    "size-link-2mb",
    G,
    "stored without the link or skipped",
    "either",
    rss(item(link="http://example.com/" + "a" * 2_000_000)),
    big=True,
    max_s=10,
    max_mb=150,
)
feed(
    "size-author-1mb",
    G,
    "stored with a bounded author",
    "items",
    rss(item(extra="<dc:creator>%s</dc:creator>" % ("n" * 1_000_000))),
    items=1,
    max_s=10,
)
feed(
    "size-categories-50k",
    G,
    "stored with a bounded number of categories",
    "items",
    rss(item(extra="".join("<category>c%d</category>" % i for i in range(50_000)))),
    items=1,
    max_s=10,
    max_mb=200,
    big=True,
)
feed(
    "size-enclosures-10k",
    G,
    "stored with a bounded number of enclosures",
    "items",
    rss(
        item(
            extra='<enclosure url="http://example.com/a.mp3" length="1" type="audio/mpeg"/>'
            * 10_000
        )
    ),
    items=1,
    max_s=10,
    max_mb=200,
)
feed(
    "size-content-20mb",
    G,
    "rejected by the size limit, or stored with bounded content",
    "either",
    stream(lambda env: [XML_PRE] + [b"lorem ipsum " * 87_381] * 20 + [XML_POST]),
    big=True,
    max_s=20,
    max_mb=300,
)


def many_items(env: Env, n=100_000):
    head, tail = rss("@@").split("@@")
    yield head
    for start in range(0, n, 1000):
        yield "".join(
            item("Item number %d" % i, "http://example.com/n/%d" % i, "n%d" % i)
            for i in range(start, min(start + 1000, n))
        )
    yield tail


feed(
    "size-items-100k",
    G,
    "rejected by a limit, or the newest N stored; other feeds and the published feed are not swamped",
    "either",
    stream(many_items),
    big=True,
    items=[0, 100_000],
    max_s=60,
    max_mb=600,
)
feed(
    "size-items-500",
    G,
    "all stored or capped; polling twice adds nothing",
    "items",
    stream(lambda env: many_items(env, 500)),
    items=[1, 500],
    fetches=2,
    max_s=30,
    max_mb=300,
)
server(
    "size-endless-body",
    G,
    LIMIT,
    "error",
    "endless",
    args={"chunked": True, "what": "text"},
    items=0,
    max_s=30,
    max_mb=120,
)
server(
    "size-endless-items",
    G,
    LIMIT + " (or the first N items)",
    "either",
    "endless",
    args={"chunked": True, "what": "items"},
    max_s=60,
    max_mb=400,
)
server(
    "size-endless-close",
    G,
    LIMIT,
    "error",
    "endless",
    args={"chunked": False, "what": "spaces"},
    items=0,
    max_s=30,
    max_mb=120,
)
server("size-endless-gzip", G, LIMIT, "error", "endless_gzip", items=0, max_s=30, max_mb=120)
server(
    "size-length-10gb",
    G,
    "rejected at once by the declared length, or by the deadline",
    "error",
    "raw_then_hang",
    args={
        "head": "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: 10737418240\r\n\r\n<rss"
    },
    items=0,
    max_mb=60,
)
server(
    "size-header-1mb",
    G,
    "rejected or stored; memory bounded",
    "either",
    "raw",
    args={
        "head": "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nX-Big: @A1000000@\r\n",
        "feed": True,
    },
    max_mb=60,
)
server(
    "size-headers-10k",
    G,
    "rejected or stored; memory bounded",
    "either",
    "raw",
    args={"head": "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n@H10000@", "feed": True},
    max_mb=60,
)
server(
    "size-headers-endless",
    G,
    "rejected: header section too large",
    "error",
    "endless_headers",
    items=0,
    max_s=30,
    max_mb=60,
)
server(
    "size-reason-long",
    G,
    "rejected or stored",
    "either",
    "raw",
    args={"head": "HTTP/1.1 200 @A100000@\r\nContent-Type: application/rss+xml\r\n", "feed": True},
)
server(
    "size-etag-5k",
    G,
    "item stored; the ETag is sent back whole or not at all, never cut",
    "items",
    "steps",
    args={"steps": [{"headers": {"ETag": '"%s"' % ("e" * 5000)}, "feed": "etag5k"}]},
    items=1,
    fetches=2,
)
server(
    "size-cookie-flood",
    G,
    "item stored; cookies are neither kept nor sent back",
    "items",
    "steps",
    args={"steps": [{"set_cookies": 500, "feed": "cookies"}]},
    items=1,
    fetches=2,
    no_request_header=["cookie"],
)
