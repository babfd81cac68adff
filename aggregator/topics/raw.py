"""Reads nodes of a raw query, which is what YAML or JSON left: strings, lists, mappings.

Every fault names the node by its path, so that the configuration can show line and column.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Path = tuple[str | int, ...]


class QueryError(ValueError):
    """A query that cannot be used: where (a path into the raw query), what, and what to do."""

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        place = ".".join(str(part) for part in path)
        super().__init__(": ".join(part for part in (place, message) if part))
        self.path = path
        self.message = message
        self.hint = hint


def nearest(word: str, known: Iterable[str], *, kind: str) -> str:
    """A hint that names the nearest known word, or all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"{kind}: {', '.join(names)}" if names else f"there are no {kind}"


def mapping(node: Any, path: Path, *, keys: Iterable[str]) -> Mapping[str, Any]:
    """A mapping that has no other keys than `keys`."""
    if not isinstance(node, Mapping):
        raise QueryError(path, "is not a mapping", "write `key: value` lines")
    for key in node:
        if key not in keys:
            raise QueryError(
                (*path, key), "unknown key", nearest(str(key), keys, kind="valid keys")
            )
    return node


def strings(node: Any, path: Path) -> tuple[str, ...]:
    """A list of strings; a single string is a list of one."""
    if isinstance(node, str):
        node = [node]
    if not isinstance(node, Sequence):
        raise QueryError(path, "is not a list of terms", "write [one, two]")
    for at, item in enumerate(node):
        if not isinstance(item, str):
            raise QueryError((*path, at), "is not a term", "quote it, if it is meant as text")
    return tuple(node)


def rows(node: Any, path: Path) -> Sequence[Any]:
    """A list of anything."""
    if isinstance(node, str) or not isinstance(node, Sequence):
        raise QueryError(path, "is not a list", "write `- ` before each row")
    return node


def number(node: Any, path: Path, *, least: float = -1000.0, most: float = 1000.0) -> float:
    """A number between `least` and `most`."""
    try:
        value = float(node)
    except (TypeError, ValueError):
        raise QueryError(path, "is not a number", "write a number such as 2 or 0.5") from None
    if not least <= value <= most:
        raise QueryError(path, f"is not between {least:g} and {most:g}")
    return value


def count(node: Any, path: Path) -> int:
    """A whole number from 1."""
    value = number(node, path, least=1)
    if value != int(value):
        raise QueryError(path, "is not a whole number", "write a number such as 5")
    return int(value)


def text(node: Any, path: Path) -> str:
    """A single string."""
    if not isinstance(node, str):
        raise QueryError(path, "is not text", "write it in quotes")
    return node


def choice(node: Any, path: Path, *, of: tuple[str, ...]) -> str:
    """One of the words in `of`."""
    if node not in of:
        raise QueryError(path, "is not a valid value", nearest(str(node), of, kind="valid values"))
    return str(node)
