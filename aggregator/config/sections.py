"""Reads the sections of one file, and collects its problems and its secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from aggregator.config import schema
from aggregator.config.document import Bad, Fields, Listing, Node, Place, Scalar
from aggregator.config.fields import expand, quoted
from aggregator.config.schema import Key
from aggregator.errors import ConfigError, Problem
from aggregator.settings import TopicSettings

MOST = 100  # a file of ten thousand mistakes needs no ten thousand lines


class ConfigFile(Struct):
    """A file that is being read: what its values are read against, and what was found in it."""

    path: str
    folder: Path
    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)  # in the order of finding
    secrets: set[str] = field(default_factory=set)  # texts that are shown nowhere

    def problem(self, place: Place, key: str, message: str, hint: str = "") -> None:
        """Notes one problem."""
        self.problems.append(Problem(self.path, place.line, place.column, key, message, hint))

    def bad(self, place: Place, key: str, error: Bad) -> None:
        """Notes what a converter refused."""
        self.problem(error.place or place, key + error.path, error.message, error.hint)

    def raise_problems(self) -> None:
        """Raises ConfigError with all problems by line, if there are any."""
        if self.problems:
            ordered = sorted(self.problems, key=lambda problem: (problem.line, problem.column))
            raise ConfigError(tuple(ordered[:MOST]))

    def expand(self, value: str) -> str:
        """The value with its ${VARIABLES} filled in, each of which is a secret. Raises Bad."""
        filled, used = expand(value, self.environ)
        self.secrets.update(used)
        return filled

    def section(self, node: Node, keys: Mapping[str, Key], *, where: str) -> dict[str, Any]:
        """The values of a section by attribute; absent keys are absent, wrong ones are noted."""
        if not isinstance(node, Fields):
            known = f"choose from {', '.join(keys)}"
            self.problem(node.place, where, "must be a map of settings", known)
            return {}
        values: dict[str, Any] = {}
        for name, value in node.entries:
            if name.text not in keys:
                self.unknown_key(name, keys, where=where)
                continue
            attribute, convert = keys[name.text]
            try:
                values[attribute] = convert(value)
            except Bad as error:
                self.bad(value.place, f"{where}.{name.text}".lstrip("."), error)
        return values

    def members(
        self, section: str, node: Node | None
    ) -> Iterator[tuple[str, Fields, dict[str, Any]]]:
        """The maps of a list, each with its key and its values; anything else is noted."""
        if node is None:
            return
        if not isinstance(node, Listing):
            empty = isinstance(node, Scalar) and node.is_null
            message = "has no value" if empty else "must be a list"
            self.problem(node.place, section, message, "write one '- ...' per entry, or []")
            return
        keys = schema.keys_in(section)
        for index, member in enumerate(node.values):
            where = f"{section}[{index}]"
            if isinstance(member, Fields):
                yield where, member, self.section(member, keys, where=where)
            else:
                first = "url" if section == "feeds" else "name"
                hint = f"write '- {first}: ...'"
                self.problem(member.place, where, "must be a map of settings", hint)

    def unknown_key(self, name: Scalar, known: Iterable[str], *, where: str) -> None:
        """Notes a key that does not exist, with the nearest that does."""
        from difflib import get_close_matches  # noqa: PLC0415 - only for this message

        names = list(known)
        (near,) = get_close_matches(name.text, names, n=1, cutoff=0.0)
        likely = get_close_matches(name.text, [near], cutoff=0.5)
        hint = f"did you mean {near!r}?" if likely else f"nearest is {near!r} of {', '.join(names)}"
        key = f"{where}.{name.text}" if where else name.text
        self.problem(name.place, quoted(key)[1:-1], "unknown key", hint)


def check_topics(values: Mapping[str, Any], topics: Sequence[TopicSettings]) -> None:
    """Raises Bad where the `topics` of an entry name one that there is not."""
    known = sorted(topic.name for topic in topics)
    for name in values.get("topics", ()):
        if name not in known:
            raise Bad(f"names the unknown topic {name!r}", f"choose from {', '.join(known)}")
