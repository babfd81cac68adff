"""Text cut into words the way topics read them: spelling variants folded, boundaries kept.

Hyphens, slashes and quotes part words, a possessive 's is dropped, dotted acronyms are joined
("U.S.-Pakistan" reads US, Pakistan) and "US$" is a word of its own. So is a dash or a bar between
spaces: no phrase reaches over it ("... to Pakistan - Times of India"). Accents of Latin letters,
Arabic vowel signs and letter variants, zero-width joiners and the Devanagari nukta are folded,
so that one spelling of a term finds them all. Where a script is written without spaces, each
letter, with its combining marks, is a word (`unspaced`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from aggregator.topics import unspaced

# Persian and Urdu keyboards write letters that look the same with different code points.
_ARABIC = str.maketrans("يىكهةۃۀھؤأإٱآئۓۂ", "ییکہہہہہواااایےہ")
_DROPPED = "\u0640\u200b\u200c\u200d\u200e\u200f\u00ad\ufeff\u093c"
_FOLD: Mapping[int, int | str | None] = {
    **_ARABIC,
    **dict.fromkeys(map(ord, _DROPPED)),
    **dict.fromkeys(range(0x0300, 0x0370)),  # combining accents, left over by NFKD
    **dict.fromkeys(range(0x064B, 0x0660)),  # Arabic vowel signs, hamza above and below
    0x0670: None,
    **dict.fromkeys(range(0x0610, 0x061B)),
    **dict.fromkeys(range(0x06D6, 0x06DD)),
    **dict.fromkeys(map(ord, "ʼ’‘´′"), "'"),
    **dict.fromkeys(map(ord, "“”"), '"'),
    **dict.fromkeys(map(ord, "–—"), "-"),
    ord("…"): " ",
}
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# Vowel signs of many scripts are no \w for `re`, but belong to the word; "_" is \w and does not.
_SIGNS = unspaced.SIGNS + "".join(
    chr(code) for code in range(0x0900, 0x0E00) if unicodedata.category(chr(code)).startswith("M")
)
_WORD = re.compile(
    rf"((?:[A-Za-z]\.)+[A-Za-z](?!\w)\.?|US\$|[\w{_SIGNS}]+|(?<=\s)[-|](?=\s))"
    r"(?:'[sS](?!\w))?"
)
_PLAIN_WORD = re.compile(  # the same for ASCII without "_", in three quarters of the time
    r"([A-Za-z]\.(?:[A-Za-z]\.)*[A-Za-z](?![A-Za-z0-9])\.?|US\$|[A-Za-z0-9]+|(?<=\s)[-|](?=\s))"
    r"(?:'[sS](?![A-Za-z0-9]))?"
)
SHOUT = 3  # other words in capitals beside the one in question
SHOUTED_WORD = 4


def normal(text: str) -> str:
    """The text with its spelling variants folded; case is kept."""
    if text.isascii():
        return text
    return _NOT_ASCII.sub(lambda found: _folded(found[0]), text.replace("`", "'"))


@lru_cache(maxsize=4096)  # the signs and accented letters of one language, or words of a script
def _folded(run: str) -> str:
    """Folds what is between ASCII characters; those make no difference to it."""
    return unicodedata.normalize("NFKD", run.translate(_FOLD)).translate(_FOLD)


def words(text: str, limit: int | None = None) -> list[str]:
    """The first `limit` words as written, dotted acronyms joined and in capitals.

    Three letters of a script without spaces count as a word.
    """
    if limit is not None:
        text = text[: limit * 12]  # words of a headline have 6 letters on average
    if text.isascii() and text.replace(" ", "").isalnum():
        return text.split()[:limit]  # as most terms are; the rest would find the same
    plain = normal(text).replace("_", " ")
    found: list[str]
    if plain.isascii():
        found = _PLAIN_WORD.findall(plain)[:limit]
    else:
        parted = unspaced.parted(plain)
        found = _WORD.findall(parted)
        found = found[:limit] if parted is plain else unspaced.first_words(found, limit)
    if "." in text:
        return [word.replace(".", "").upper() if "." in word else word for word in found]
    return found


def is_shouted(written: list[str], start: int, end: int) -> bool:
    """Whether words `start` to `end` (exclusive) are in a run of capitals: case says nothing.

    So many others it takes, and one of four letters: "US, UK, EU, UAE" is a list of acronyms.
    """
    first, last = start, end
    while first > 0 and written[first - 1].isupper():
        first -= 1
    while last < len(written) and written[last].isupper():
        last += 1
    others = written[first:start] + written[end:last]
    return len(others) >= SHOUT and any(len(word) >= SHOUTED_WORD for word in others)
