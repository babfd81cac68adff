"""The words of a search: as the index takes them, and where they are in a text. Pure.

Texts are read here nearly as FTS5's tokenizer `unicode61` reads them, without case and accents;
the index alone decides what is found.
"""

from __future__ import annotations

import re
import unicodedata

MAX_TERMS = 32
MAX_TERM = 100  # characters
BEFORE, AFTER = 12, 24  # words of an excerpt around the first that was searched for

_WORD = re.compile(r"[^\W_]+")


def forms(query: str) -> tuple[str, ...]:
    """The query as FTS5 takes it, the closest form first; none where it has no words.

    Side by side in the headline, in the headline, anywhere. Each word is a quoted phrase, without
    what FTS5 or UTF-8 refuse.
    """
    clean = query.replace("\0", " ").encode("utf-8", "ignore").decode("utf-8")
    words = [word[:MAX_TERM].replace('"', " ") for word in clean.split()[:MAX_TERMS]]
    words = [word for word in words if any(char.isalnum() for char in word)]
    if not words:
        return ()
    everywhere = " AND ".join(f'"{word}"' for word in words)
    found = (f'headline : "{" ".join(words)}"', f"headline : ({everywhere})", everywhere)
    return found if len(words) > 1 else found[1:]


def folded(text: str) -> str:
    """The text without case and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def closeness(query: str, headline: str) -> int:
    """2: the query's words are side by side in the headline; 1: all are in it; else 0."""
    wanted, said = _WORD.findall(folded(query)), _WORD.findall(folded(headline))
    if not wanted or not set(wanted) <= set(said):
        return 0
    if f" {' '.join(wanted)} " in f" {' '.join(said)} ":
        return 2
    return 1


def excerpt(query: str, text: str) -> str:
    """Some words of a text around the first that was searched for, else its beginning."""
    wanted = set(_WORD.findall(folded(query)))
    words = text.split()
    at = next(
        (at for at, word in enumerate(words) if not wanted.isdisjoint(_WORD.findall(folded(word)))),
        0,
    )
    start = max(at - BEFORE, 0)
    end = at + AFTER
    return ("… " if start else "") + " ".join(words[start:end]) + (" …" if end < len(words) else "")
