"""The words of a search: as a query for the index, and their places in a text. Pure.

Words are split nearly as FTS5's tokenizer `unicode61` does, without case and accents; only the
index decides what is found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

MAX_TERMS = 32
MAX_TERM = 100  # characters
BEFORE, AFTER = 12, 24  # words of an excerpt around the first match

_WORD = re.compile(r"[^\W_]+")


def forms(query: str) -> tuple[str, ...]:
    """The query in the syntax of FTS5, the strictest form first; empty if it has no words.

    As a phrase in the headline, in the headline, anywhere. Each word is quoted, without characters
    that FTS5 or UTF-8 refuse.
    """
    clean = query.replace("\0", " ").encode("utf-8", "ignore").decode("utf-8")
    words = [word[:MAX_TERM].replace('"', " ") for word in clean.split()[:MAX_TERMS]]
    words = [word for word in words if any(char.isalnum() for char in word)]
    if not words:
        return ()
    everywhere = " AND ".join(f'"{word}"' for word in words)
    found = (f'headline : "{" ".join(words)}"', f"headline : ({everywhere})", everywhere)
    return found if len(words) > 1 else found[1:]


def parted(found: Sequence[str]) -> tuple[str, ...]:
    """The forms of a query, each without what the closer one before it finds."""
    return (*found[:1], *(f"({form}) NOT ({closer})" for closer, form in pairwise(found)))


def folded(text: str) -> str:
    """The text without case and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def closeness(query: str, headline: str) -> int:
    """2 if the headline contains the query's words as a phrase, 1 if it contains all; else 0."""
    wanted, said = _WORD.findall(folded(query)), _WORD.findall(folded(headline))
    if not wanted or not set(wanted) <= set(said):
        return 0
    if f" {' '.join(wanted)} " in f" {' '.join(said)} ":
        return 2
    return 1


def excerpt(query: str, text: str) -> str:
    """Some words of a text around the first match, else its beginning."""
    wanted = set(_WORD.findall(folded(query)))
    words = text.split()
    at = next(
        (at for at, word in enumerate(words) if not wanted.isdisjoint(_WORD.findall(folded(word)))),
        0,
    )
    start = max(at - BEFORE, 0)
    end = at + AFTER
    return ("… " if start else "") + " ".join(words[start:end]) + (" …" if end < len(words) else "")
