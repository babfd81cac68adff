"""The lexicons of one query: the shipped ones, and what its `lexicons` key makes of them.

`add`, `drop` and `use` are described in docs/topics.md. Every fault names its node.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aggregator.topics import raw
from aggregator.topics.lexicon import Lexicons, reference, spell_out
from aggregator.topics.raw import Path, QueryError
from aggregator.topics.terms import Term, TermError, read_term


def read_lexicons(node: Any, lexicons: dict[str, tuple[str, ...]]) -> None:
    """Reads a `lexicons` key into `lexicons` (name -> lines). Raises QueryError."""
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
