"""Text as it may leave the house: safe for XML and terminals, on one line, with a direction."""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b

# What XML 1.0 forbids (section 2.2), C1 controls, lone surrogates, noncharacters, and the
# bidirectional overrides and isolates that make a headline read as something else.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069"
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff"
    "\U0005fffe\U0005ffff\U0006fffe\U0006ffff\U0007fffe\U0007ffff\U0008fffe\U0008ffff"
    "\U0009fffe\U0009ffff\U000afffe\U000affff\U000bfffe\U000bffff\U000cfffe\U000cffff"
    "\U000dfffe\U000dffff\U000efffe\U000effff\U000ffffe\U000fffff\U0010fffe\U0010ffff]"
)
# Characters without width that carry no meaning in a headline (and may hide a message in it).
# U+200C and U+200D stay: Urdu and Hindi spell with them.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)
# Accents without end; no script stacks more than four.
_PILE = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4})"
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_LINE_BREAKS = re.compile("[\r\n\u0085\u2028\u2029\t]")


def xml_safe(text: str) -> str:
    """The text without characters that XML 1.0 forbids or that no feed text should carry."""
    # All of them count as not printable in Unicode, so most texts need no closer look, and most
    # others are not printable for their line breaks alone.
    if text.isprintable() or text.replace("\n", " ").replace("\xa0", " ").isprintable():
        return text
    return _UNSAFE.sub("", text)


def is_plain(text: str) -> bool:
    """Whether the text is in the form of `one_line`; a quick look that knows ASCII only."""
    # Space is all the white space that printable ASCII can hold.
    spaced = "  " in text or text[:1] == " " or text[-1:] == " "
    return text.isascii() and text.isprintable() and not spaced


def one_line(text: str, *, limit: int = 1000) -> str:
    """Safe text on one line, single spaces, no invisible characters, at most `limit` characters."""
    if len(text) > limit * 8:
        text = text[: limit * 8]  # a headline of megabytes is not read to its end
    if len(text) <= limit and is_plain(text):
        return text
    if not text.isprintable():
        # NEL is white space, too, and would be gone with the other C1 controls
        text = _INVISIBLE.sub("", _UNSAFE.sub("", text.replace("\x85", " ")))
    if not text.isascii():
        text = _PILE.sub(r"\1", text.replace("\u034f", ""))
    line = " ".join(text.split())
    return line if len(line) <= limit else cut(line, limit)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where one ends near, marked with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    if space > limit // 2:
        head = head[:space]
    while head and unicodedata.combining(head[-1]):
        head = head[:-1]
    return head.rstrip(" ,;:–—-") + "…"


def text_hash(*texts: str) -> str:
    """A hash of texts in order; the same on every machine."""
    return blake2b("\x00".join(texts).encode("utf-8", "replace"), digest_size=16).hexdigest()


def printable(text: str, *, limit: int = 200) -> str:
    """Text from outside for a log line, an error message or a terminal: one line, no controls."""
    return one_line(_LINE_BREAKS.sub(" ", text), limit=limit)


def direction(text: str) -> str:
    """`rtl` or `ltr`, after the first strong character (Unicode UAX 9, rules P2 and P3)."""
    for char in text[:500]:
        kind = unicodedata.bidirectional(char)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return "ltr"
