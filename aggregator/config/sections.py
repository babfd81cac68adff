"""Collects everything that is wrong with one file, and reads its sections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from aggregator.config.document import Fields, Listing, Node, Place, Scalar
from aggregator.config.fields import Bad, quoted
from aggregator.config.schema import Key
from aggregator.errors import ConfigError, Problem

MOST = 100  # a file of ten thousand mistakes needs no ten thousand lines


class Problems(Struct):
    """The problems of one file, in the order of finding."""

    path: str
    found: list[Problem] = field(default_factory=list)

    def add(self, place: Place, key: str, message: str, hint: str = "") -> None:
        """Notes one problem."""
        self.found.append(Problem(self.path, place.line, place.column, key, message, hint))

    def bad(self, place: Place, key: str, error: Bad) -> None:
        """Notes what a converter refused."""
        self.add(error.place or place, key + error.path, error.message, error.hint)

    def raise_any(self) -> None:
        """Raises ConfigError with all problems by line, if there are any."""
        if self.found:
            ordered = sorted(self.found, key=lambda problem: (problem.line, problem.column))
            raise ConfigError(tuple(ordered[:MOST]))


def read_section(
    node: Node, keys: Mapping[str, Key], *, where: str, problems: Problems
) -> dict[str, Any]:
    """The values of a section by attribute; absent keys are absent, wrong ones are noted."""
    if not isinstance(node, Fields):
        problems.add(node.place, where, "must be a map of settings", f"known are {_list(keys)}")
        return {}
    values: dict[str, Any] = {}
    for name, value in node.entries:
        key = keys.get(name.text)
        if key is None:
            unknown_key(name, keys, where=where, problems=problems)
            continue
        try:
            values[key.attribute] = key.convert(value)
        except Bad as error:
            problems.bad(value.place, f"{where}.{name.text}".lstrip("."), error)
    return values


def members(node: Node | None, *, where: str, problems: Problems) -> tuple[Fields, ...]:
    """The maps of a list; anything else is noted."""
    if node is None:
        return ()
    if not isinstance(node, Listing):
        empty = isinstance(node, Scalar) and node.is_null
        message = "has no value" if empty else "must be a list"
        problems.add(node.place, where, message, "write one '- ...' per entry, or []")
        return ()
    result: list[Fields] = []
    for index, value in enumerate(node.values):
        if isinstance(value, Fields):
            result.append(value)
        else:
            problems.add(value.place, f"{where}[{index}]", "must be a map of settings")
    return tuple(result)


def unknown_key(name: Scalar, known: Iterable[str], *, where: str, problems: Problems) -> None:
    """Notes a key that does not exist, with the nearest that does."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for this message

    names = list(known)
    (near,) = get_close_matches(name.text, names, n=1, cutoff=0.0)
    likely = get_close_matches(name.text, [near], cutoff=0.5)
    hint = f"did you mean {near!r}?" if likely else f"nearest is {near!r} of {_list(names)}"
    place = f"{where}.{name.text}" if where else name.text
    problems.add(name.place, quoted(place)[1:-1], "unknown key", hint)


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
