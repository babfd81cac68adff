"""Which word pieces of the base model are kept: their table is a good part of the file."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from aggregator.semantics.wordpiece import WordPiece, words_of

MOST = 22_000  # with six layers the file then has less than 20 MB
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def base_vocabulary(folder: Path) -> list[str]:
    """The word pieces of the base model in the order of their numbers, of its tokenizer.json."""
    numbers = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    return sorted(numbers, key=lambda piece: int(numbers[piece]))


def kept_pieces(vocabulary: Sequence[str], texts: Iterable[str], most: int = MOST) -> list[int]:
    """The numbers of the pieces to keep, ascending: a word of other pieces is cut finer.

    The special pieces come first, then ASCII, then what the texts need most often, then letters of
    other alphabets, lest their words all become one unknown, then the rest in the order of the
    vocabulary, which is that of its frequency.
    """
    pieces = WordPiece(vocabulary)
    seen: Counter[str] = Counter(word for text in texts for word in words_of(text))
    used: Counter[int] = Counter()
    for word, times in seen.items():
        for number in pieces.cut(word):
            used[number] += times

    def rank(number: int) -> tuple[int, int]:
        piece = vocabulary[number].removeprefix("##")
        if piece in SPECIAL or (len(piece) == 1 and piece.isascii()):
            return 0, number
        if used[number]:
            return 1, -used[number]
        return 2 if _is_letter(piece) else 3, number

    known = [at for at, piece in enumerate(vocabulary) if not piece.startswith("[unused")]
    return sorted(sorted(known, key=rank)[:most])


def _is_letter(piece: str) -> bool:
    """Whether this is one letter of an alphabet; ideographs are words, and too many."""
    return (
        len(piece) == 1 and piece.isalpha() and not unicodedata.name(piece, "CJK").startswith("CJK")
    )
