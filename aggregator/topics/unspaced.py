"""Scripts that are written without spaces between words: Chinese, Japanese, Thai and neighbours.

Where words end there takes a dictionary to tell (UAX #29, section 4), so terms are found as
substrings: every letter, with its combining marks, is parted from the next. A cluster is
that of UAX #29 as far as these scripts need it: a letter, the signs on or below it, and in Khmer
and Burmese the letters that a stacker puts below it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_RANGES = (
    *((0x3005, 0x3007), (0x3021, 0x3029), (0x3038, 0x303B), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)),
    *((0xF900, 0xFAFF), (0x20000, 0x323AF)),  # Han, with its marks of repetition
    *((0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF)),
    *((0x3105, 0x312F), (0x31A0, 0x31BF)),  # Bopomofo, after the kana
    *((0x0E01, 0x0E4E), (0x0E80, 0x0ECE), (0x0EDC, 0x0EDF)),  # Thai, Lao
    *((0x1780, 0x17D3), (0x17D7, 0x17D7), (0x17DC, 0x17DD)),  # Khmer
    *((0x1000, 0x103F), (0x1050, 0x108F), (0x109A, 0x109F)),  # Burmese, Shan, Mon, Karen
    *((0xA9E0, 0xA9EF), (0xA9FA, 0xA9FE), (0xAA60, 0xAA76), (0xAA7A, 0xAA7F)),
)
_STACKERS = "\u1039\u17d2"
WORD = 3  # letters that stand for a word where words are counted


def _ranges(*, signs: bool) -> str:
    """The class of letters, or of their combining marks, for a pattern."""
    wide = (r for r in _RANGES if r[1] - r[0] > 0x200)  # Han has no signs
    parts = [] if signs else [f"{chr(first)}-{chr(last)}" for first, last in wide]
    for first, last in _RANGES:
        if last - first <= 0x200:
            for letter in map(chr, range(first, last + 1)):
                if unicodedata.category(letter).startswith("M") is signs:
                    parts.append(letter)
    return "".join(parts)


_LETTERS, SIGNS = _ranges(signs=False), _ranges(signs=True)
_FIRST = chr(min(first for first, _ in _RANGES))  # of both letters and signs
# Compiled by `re` when a text in such a script comes: classes of so many letters take their time.
_CLUSTER = f"[{_LETTERS}](?:[{_STACKERS}][{_LETTERS}]|[{SIGNS}])*"
_GAP = rf"(?<=[{_LETTERS}{SIGNS}])(?:[^\w{SIGNS}]|_)+(?=[{_LETTERS}])"
_VOICED = re.compile("[\u3040-\u30ff][\u3099\u309a]")  # NFKD parts the marks of voiced kana


@cache
def _letter() -> re.Pattern[str]:
    """One of these letters; most runs see none, and to compile it takes 2 ms."""
    return re.compile(f"[{_LETTERS}]")


def parted(text: str) -> str:
    """The text with spaces between the letters of such scripts, as it is where there are none.

    What is between two of them, a space or a sign, becomes a bar between spaces.
    """
    if max(text, default="") < _FIRST or not _letter().search(text):
        return text
    text = _VOICED.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)
    return re.sub(_CLUSTER, r" \g<0> ", re.sub(_GAP, " | ", text))


def is_unspaced(word: str) -> bool:
    """Whether a word is a letter of such a script."""
    return word >= _FIRST and bool(_letter().match(word))


def is_sign(word: str) -> bool:
    """Whether a word begins with a combining mark."""
    return word[0] in SIGNS


def first_words(found: list[str], limit: int | None) -> list[str]:
    """The first `limit` words, of which three letters of such a script count as one."""
    if limit is None:
        return found
    room = limit * WORD
    for at, word in enumerate(found):
        room -= 1 if is_unspaced(word) else WORD
        if room < 0:
            return found[:at]
    return found
