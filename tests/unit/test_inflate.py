"""gzip under a limit."""

from __future__ import annotations

import gzip
import zlib

import pytest

from aggregator.errors import NetworkFailure, TooLarge
from aggregator.fetching.inflate import Inflater, check_codings

TEXT = b"<rss>" + b"news " * 1000 + b"</rss>"


def inflate(data: bytes, *, max_bytes: int = 10_000, step: int = 7) -> bytes:
    inflater = Inflater(max_bytes)
    for start in range(0, len(data), step):
        inflater.feed(data[start : start + step])
    return inflater.finish()


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_a_body_in_pieces_is_read_whole(step: int) -> None:
    assert inflate(gzip.compress(TEXT), step=step) == TEXT


@pytest.mark.parametrize("step", [1, 3, 100_000])
def test_all_members_are_read(step: int) -> None:
    data = b"".join(gzip.compress(bytes((byte,))) for byte in TEXT[:50])

    assert inflate(data, step=step) == TEXT[:50]


def test_a_truncated_body_is_an_error() -> None:
    with pytest.raises(NetworkFailure, match="truncated gzip"):
        inflate(gzip.compress(TEXT)[:-4])


def test_broken_data_is_an_error() -> None:
    data = bytearray(gzip.compress(TEXT))
    data[15] ^= 0xFF

    with pytest.raises(NetworkFailure):
        inflate(bytes(data))


@pytest.mark.parametrize("tail", [b"\0" * 100, b"junk", b"\x1f"])
def test_what_follows_the_last_member_is_ignored(tail: bytes) -> None:
    assert inflate(gzip.compress(TEXT) + tail) == TEXT


@pytest.mark.parametrize("body", [b"", b"\x1f", b"<rss/>", b"{}"])
def test_a_plain_body_that_claims_to_be_gzip_is_taken_as_it_is(body: bytes) -> None:
    assert inflate(body) == body


def test_a_bomb_stops_at_the_limit() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(b"\0" * 50_000_000) + packer.flush()

    with pytest.raises(TooLarge, match="10000 bytes"):
        inflate(bomb, step=len(bomb))


def test_exactly_the_limit_is_allowed() -> None:
    assert len(inflate(gzip.compress(b"x" * 10_000))) == 10_000
    with pytest.raises(TooLarge):
        inflate(b"x" * 10_001)


@pytest.mark.parametrize(
    "header",
    [
        *("", "identity", "none", "None", "utf-8", "UTF8", "aws-chunked", "ISO-8859-1", "binary"),
        *("charset=utf-8", "application/xml", "text/xml, utf-8", "8bit", "windows-1251", "null"),
        *(
            "gzip",
            "x-gzip",
            "GZIP",
            "gzip, aws-chunked",
            "aws-chunked,gzip",
            "identity, gzip",
            ",gzip,",
        ),
    ],
)
def test_what_is_no_coding_and_gzip_are_read(header: str) -> None:
    check_codings(header)


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        *(("br", "'br'"), ("zstd", "'zstd'"), ("deflate", "'deflate'"), ("Compress", "'compress'")),
        *(("gzip, br", "'gzip, br'"), ("gzip, gzip", "'gzip, gzip'"), ("x\x1b[31m", r"'x\[31m'")),
        ("utf-8, dcz", "'dcz'"),
    ],
)
def test_other_codings_are_named(header: str, shown: str) -> None:
    with pytest.raises(NetworkFailure, match=f"encoding {shown}; only gzip"):
        check_codings(header)
