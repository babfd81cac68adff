"""Texts as word pieces: the input of the cross-encoder. Pure.

The rules are those of uncased BERT: words in lower case without accents, punctuation by itself,
then the longest pieces that the vocabulary knows (Wu et al., 2016, arXiv:1609.08144, section 4.1;
Devlin et al., 2019).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

MAX_PIECES = 31  # of one side: its headline, and as much of its summary as fits
MAX_READ = 600  # characters of a text that are read at all
MAX_WORD = 40  # characters; a longer word is unknown
_START, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"


class Text(NamedTuple):
    """One side of a pair: a headline, and the summary where the feed gives one."""

    headline: str
    summary: str = ""


class PairInput(NamedTuple):
    """A pair as the model reads it: piece numbers, and 0 or 1 for the side of each."""

    ids: tuple[int, ...]
    sides: tuple[int, ...]


def words_of(text: str) -> list[str]:
    """The words and marks of a text, in lower case and without accents."""
    plain = unicodedata.normalize("NFD", text[:MAX_READ].lower())
    spaced = []
    for char in plain:
        category = unicodedata.category(char)
        if category == "Mn" or (category[0] == "C" and char not in "\t\n\r"):
            continue
        is_ideograph = (
            "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" or char >= "\U00020000"
        )
        spaced.append(f" {char} " if is_ideograph or category[0] in "PS" else char)
    return "".join(spaced).split()


class WordPiece:
    """A vocabulary, and how texts are cut into its pieces, `most` of a side."""

    def __init__(self, vocabulary: Sequence[str], most: int = MAX_PIECES) -> None:
        self._most = most
        self._number: Mapping[str, int] = {piece: at for at, piece in enumerate(vocabulary)}
        self.cut = lru_cache(maxsize=4096)(self._cut_word)
        self._side = lru_cache(maxsize=1024)(self._cut_text)  # an item is in many pairs
        self._start, self._end = self._number[_START], self._number[_END]
        self._stop = self._number["."]

    def pair(self, a: Text, b: Text) -> PairInput:
        """Both sides in one input; which of them comes first makes no difference."""
        first, second = (self._side(one) for one in sorted((a, b)))
        ids = (self._start, *first, self._end, *second, self._end)
        return PairInput(ids, (0,) * (len(first) + 2) + (1,) * (len(second) + 1))

    def _cut_text(self, text: Text) -> tuple[int, ...]:
        """The pieces of a headline and, behind a full stop, those of its summary that fit."""
        pieces = self._pieces(text.headline)
        if text.summary and len(pieces) < self._most - 1:
            pieces += [self._stop, *self._pieces(text.summary)]
        return tuple(pieces[: self._most])

    def _pieces(self, text: str) -> list[int]:
        found: list[int] = []
        for word in words_of(text):
            found += self.cut(word)
            if len(found) >= self._most:
                break
        return found

    def _cut_word(self, word: str) -> tuple[int, ...]:
        """The longest pieces first, from the left; a word that cannot be cut is one unknown."""
        unknown = (self._number[_UNKNOWN],)
        if len(word) > MAX_WORD:
            return unknown
        found, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else f"##{word[start:end]}"
                if piece in self._number:
                    found.append(self._number[piece])
                    start = end
                    break
            else:
                return unknown
        return tuple(found)
