"""Bodies that may be in gzip, decoded under a limit: what comes out is bounded, whatever goes in.

Pure. What a body begins with decides whether it is gzip: servers say so of plain text, and send
gzip without a word. All members are read (RFC 1952 section 2.2); a truncated body is an error;
what follows the last member is ignored, as gzip itself does.
"""

from __future__ import annotations

import zlib

from aggregator.errors import NetworkFailure, TooLarge
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
    names = (name.strip().lower() for name in header.split(","))
    codings = [coding for coding in names if coding not in _NO_CODINGS and "/" not in coding]
    if not codings or codings in _GZIP_CODINGS:
        return
    from aggregator.parsing.charset import codec_of  # noqa: PLC0415 - few send a character set here

    codings = [name for name in codings if codec_of(name.removeprefix("charset=")) is None]
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
            if self._decoder is None:
                if not _GZIP_MAGIC.startswith(data[:2]):
                    if self._members:
                        return  # padding or garbage after the last member
                    self._is_plain = True
                    continue
                if len(data) < len(_GZIP_MAGIC):
                    self._head = data
                    return
                self._decoder = zlib.decompressobj(_GZIP)
            try:
                room = self._max_bytes - len(self._decoded)
                self._keep(self._decoder.decompress(data, room + 1))
            except zlib.error as error:
                raise NetworkFailure("corrupt gzip body", kind="protocol") from error
            if not self._decoder.eof:
                data = self._decoder.unconsumed_tail
            else:
                data = self._decoder.unused_data  # what follows this member
                self._members += 1
                self._decoder = None

    def finish(self) -> bytes:
        """The whole body; raises NetworkFailure when it ends within a member."""
        if self._head and not self._members:
            self._keep(self._head)
        if self._decoder is not None:
            raise NetworkFailure("truncated gzip body", kind="protocol")
        return bytes(self._decoded)

    def _keep(self, data: bytes) -> None:
        self._decoded += data
        if len(self._decoded) > self._max_bytes:
            raise TooLarge(f"the body is larger than {self._max_bytes} bytes")
