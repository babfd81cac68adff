"""Bodies that may be in gzip, decoded under a limit: what comes out is bounded, whatever goes in.

Pure. What a body begins with decides whether it is gzip: servers say so of plain text, and send
gzip without a word. All members are read (RFC 1952 section 2.2); a truncated body is an error;
what follows the last member is ignored, as gzip itself does.
"""

from __future__ import annotations

import zlib

from aggregator.errors import NetworkFailure, TooLarge
from aggregator.parsing.charset import codec_of
from aggregator.text import printable

_GZIP_CODINGS = (["gzip"], ["x-gzip"])  # RFC 9110 section 8.4.1.3
# What servers write as a content coding of bodies that have none.
_NO_CODINGS = frozenset(
    {
        *("", "identity", "none", "null", "no", "off", "plain", "text", "raw", "binary", "xml"),
        *("7bit", "8bit", "chunked", "aws-chunked"),
    }
)
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 31  # zlib's window bits for "gzip header and trailer"


def check_codings(header: str) -> None:
    """Raises NetworkFailure for a Content-Encoding that was not offered, or for several (P27).

    Names of character sets and media types say nothing about a coding.
    """
    codings = [
        coding
        for coding in (name.strip().lower() for name in header.split(","))
        if coding not in _NO_CODINGS
        and "/" not in coding
        and codec_of(coding.removeprefix("charset=")) is None
    ]
    if codings and codings not in _GZIP_CODINGS:
        shown = printable(", ".join(codings), limit=60)
        raise NetworkFailure(
            f"unsupported content encoding {shown!r}; only gzip is supported", kind="protocol"
        )


class Inflater:
    """Takes a body piece by piece; holds at most `max_bytes` of decoded text."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._decoder: zlib._Decompress | None = None
        self._decoded = bytearray()
        self._head = b""  # of a member that is not yet long enough to be recognised
        self._members = 0
        self._is_plain = False

    def feed(self, data: bytes) -> None:
        """Decodes a piece; raises TooLarge at the limit and NetworkFailure on broken gzip."""
        data = self._head + data
        self._head = b""
        while data:
            if self._is_plain:
                self._keep(data)
                return
            decoder = self._decoder or self._begin(data)
            if decoder is None:
                return
            data = self._inflate(decoder, data)

    def finish(self) -> bytes:
        """The whole body; raises NetworkFailure when it ends within a member."""
        if self._head and not self._members:
            self._keep(self._head)
        if self._decoder is not None:
            raise NetworkFailure("truncated gzip body", kind="protocol")
        return bytes(self._decoded)

    def _begin(self, data: bytes) -> zlib._Decompress | None:
        """Starts a member; None when there is none (yet)."""
        if not _GZIP_MAGIC.startswith(data[:2]):
            if self._members:
                return None  # padding or garbage after the last member
            self._is_plain = True
            self._keep(data)
            return None
        if len(data) < len(_GZIP_MAGIC):
            self._head = data
            return None
        self._decoder = zlib.decompressobj(_GZIP)
        return self._decoder

    def _inflate(self, decoder: zlib._Decompress, data: bytes) -> bytes:
        """Decodes into the current member and returns what follows it."""
        try:
            room = self._max_bytes - len(self._decoded)
            self._keep(decoder.decompress(data, room + 1))
        except zlib.error as error:
            raise NetworkFailure("corrupt gzip body", kind="protocol") from error
        if not decoder.eof:
            return decoder.unconsumed_tail
        self._members += 1
        self._decoder = None
        return decoder.unused_data

    def _keep(self, data: bytes) -> None:
        self._decoded += data
        if len(self._decoded) > self._max_bytes:
            raise TooLarge(f"the body is larger than {self._max_bytes} bytes")
