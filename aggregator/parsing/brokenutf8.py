"""UTF-8 with bytes that are not UTF-8: decoded run by run, not for the document as a whole.

Such bytes come from text that was pasted from elsewhere or cut off within a character, and from
programs that mix files in two character sets.
"""

from __future__ import annotations

import re

# Python decodes each byte that is not UTF-8 as a lone surrogate (PEP 383), which UTF-8 never has.
_STRAY = re.compile("[\udc80-\udcff]+")
# The first bytes of dashes and quotes, of €, of ™, of emoji.
_CUT_SIGNS = (b"\xe2\x80", b"\xe2\x82", b"\xe2\x84", b"\xf0\x9f")
# A character beyond 16 bits as Java and MySQL may write it: each half of its UTF-16 form (CESU-8).
_HALVES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_NEVER = b"\xff"  # in no text; marks an end, or what could not be read
# Two or three bytes of a single-byte character set that are UTF-8 by chance ("É»", or "é »" with a
# no-break space as in French) make one letter of a script to which its neighbours do not belong.
_FOREIGN = "\u0180-\u1fff\u2300-\ud7ff\ue000-\uffff"
# Compiled only when needed, by `re`: so large a class takes 10 ms, which runs of 304s need not pay.
_CHANCE = f"(?<![{_FOREIGN}])[{_FOREIGN}](?![{_FOREIGN}])"
_LAST_LATIN = "\u024f"


class BrokenUtf8:
    """A document in which some bytes are not UTF-8.

    `sound`: how many characters beyond ASCII are in UTF-8; `broken`: how many bytes are not UTF-8.
    """

    def __init__(self, body: bytes) -> None:
        body = _HALVES.sub(_joined, body)
        self._text = body.decode("utf-8", "surrogateescape")
        self.broken = sum(map(len, _STRAY.findall(self._text)))
        ascii_only = len(self._text.encode("ascii", "ignore"))
        self.sound = len(self._text) - ascii_only - self.broken

    def read_as(self, codec: str) -> str:
        """The text with its stray bytes decoded by a codec, or dropped.

        Pieces of characters are dropped: bytes after a letter that is not Latin, and the first
        bytes of a letter, dash, quote or emoji whose other bytes are missing.
        """
        text = self._text
        if self.broken >= self.sound:
            text = re.sub(
                _CHANCE, lambda match: match[0].encode().decode("ascii", "surrogateescape"), text
            )

        def read(match: re.Match[str]) -> str:
            before = match.string[max(match.start() - 1, 0) : match.start()]
            after = match.string[match.end() : match.end() + 1]
            data = match[0].encode("utf-8", "surrogateescape").replace(_NEVER, b"")
            if before > _LAST_LATIN and before.isalnum():
                return ""
            is_first_of_two = len(data) == 1 and 0xC2 <= data[0] < 0xDF  # "ß" ends words
            is_cut = is_first_of_two and before.islower() and not after.isalpha()
            if is_cut or data.startswith(_CUT_SIGNS):
                return ""
            return data.decode(codec, "ignore")

        return _STRAY.sub(read, text)


def _joined(halves: re.Match[bytes]) -> bytes:
    units = halves[0].decode("utf-8", "surrogatepass")
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le").encode()
