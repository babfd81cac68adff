"""Lexicons: those that ship with the package, what a query changes of them, and their terms.

A lexicon file holds sections: `[name]`, then one term a line (see `terms.read_term`); `<other>`
takes over another lexicon, `#` begins a comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from aggregator.topics import raw
from aggregator.topics.raw import Path, QueryError
from aggregator.topics.terms import Term, TermError, read_term

Lexicons = Mapping[str, tuple[str, ...]]


def shipped() -> dict[str, tuple[str, ...]]:
    """All shipped lexicons: name -> lines (terms and `<names>`)."""
    found: dict[str, tuple[str, ...]] = {}
    for file in sorted((FilePath(__file__).parent / "lexicons").iterdir(), key=str):
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


def change_lexicons(node: Any, lexicons: dict[str, tuple[str, ...]]) -> None:
    """Makes of `lexicons` (name -> lines) what the `lexicons` key of a query says of them.

    docs/topics.md describes `add`, `drop` and `use`. Raises QueryError, which names the node.
    """
    if not isinstance(node, Mapping):
        raise QueryError(("lexicons",), "is not a mapping", "write `name: [term, term]`")
    written: list[tuple[str, Path]] = []
    for name, value in node.items():
        path: Path = ("lexicons", name)
        if not isinstance(value, Mapping):
            terms = raw.strings(value, path)
            written.extend((line, (*path, at)) for at, line in enumerate(terms))
            lexicons[name] = terms
            continue
        # `{use: [...], add: [...], drop: [...]}`; `use` is the lexicon's old self by default
        raw.mapping(value, path, keys=("use", "add", "drop"))
        if "use" in value:
            used = raw.strings(value["use"], (*path, "use"))
            written.extend((f"<{other}>", (*path, "use", at)) for at, other in enumerate(used))
        else:
            spelt_out(name, path, lexicons)
            used = (name,)
        lines: list[str] = []
        for other in used:
            lines.extend(lexicons.get(name, ()) if other == name else (f"<{other}>",))
        dropped = raw.strings(value.get("drop", []), (*path, "drop"))
        if dropped:
            lines = list(spell_out(name, {**lexicons, name: tuple(lines)}))
        for at, line in enumerate(dropped):
            if line not in lines:
                hint = raw.nearest(line, lines, kind="terms")
                raise QueryError((*path, "drop", at), "is not in this lexicon", hint)
            lines.remove(line)
        added = raw.strings(value.get("add", []), (*path, "add"))
        written.extend((line, (*path, "add", at)) for at, line in enumerate(added))
        lexicons[name] = (*lines, *added)
    for line, place in written:  # once all names are known
        check_line(line, place, lexicons)


def spelt_out(name: str, path: Path, lexicons: Lexicons) -> tuple[str, ...]:
    """The terms of the lexicon that the node at `path` names. Raises QueryError for no such."""
    if name not in lexicons:
        hint = raw.nearest(name, lexicons, kind="lexicons")
        raise QueryError(path, f"no lexicon is named {name}", hint)
    return spell_out(name, lexicons)


def check_line(line: str, path: Path, lexicons: Lexicons) -> None:
    """Raises QueryError for what is neither a term nor the `<name>` of a lexicon."""
    name = reference(line)
    if name is not None:
        spelt_out(name, path, lexicons)
    else:
        valid_term(line, path)


def valid_term(line: str, path: Path) -> Term:
    """The term that the node at `path` writes. Raises QueryError where it can never be found."""
    if line.startswith("<") or line.endswith(">"):
        hint = f"for a lexicon, write <{line.strip('<>')}>"
        raise QueryError(path, "is neither a term nor a lexicon", hint)
    try:
        return read_term(line)
    except TermError as error:
        raise QueryError(path, f"cannot be a term: {error}", "see docs/topics.md, Terms") from None
