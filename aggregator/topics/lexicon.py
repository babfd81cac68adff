"""The lexicons that ship with the package, and how names of lexicons become terms.

A lexicon file holds sections: `[name]`, then one term a line (see `terms.read_term`); `<other>`
takes over another lexicon, `#` begins a comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

Lexicons = Mapping[str, tuple[str, ...]]


def shipped() -> dict[str, tuple[str, ...]]:
    """All shipped lexicons: name -> lines (terms and `<names>`)."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted((Path(__file__).parent / "lexicons").iterdir(), key=str):
        found.update(read_lexicons(file.read_text(encoding="utf-8")))
    return found


def read_lexicons(text: str) -> dict[str, tuple[str, ...]]:
    """The sections of one lexicon file."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        body = line.partition("#")[0].strip()
        if body.startswith("["):
            current = sections.setdefault(body.strip("[]"), [])
        elif body:
            current.append(body)
    return {name: tuple(lines) for name, lines in sections.items()}


def reference(line: str) -> str | None:
    """The name in `<name>`, or None for a term."""
    if line.startswith("<") and line.endswith(">"):
        return line[1:-1].strip()
    return None


def spell_out(name: str, lexicons: Lexicons) -> tuple[str, ...]:
    """The terms of a lexicon, those of the lexicons it takes over included.

    A name that is nowhere adds nothing; a lexicon that takes over itself is read once.
    """
    terms: dict[str, None] = {}
    waiting, seen = [name], {name}
    while waiting:
        for line in lexicons.get(waiting.pop(0), ()):
            other = reference(line)
            if other is None:
                terms[line] = None
            elif other not in seen:
                seen.add(other)
                waiting.append(other)
    return tuple(terms)
