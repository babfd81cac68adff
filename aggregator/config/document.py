"""YAML text -> nodes that know their line and column; every scalar stays the text it was.

Built from the parser's events, not by a loader: nothing is executed, resolved or expanded,
`country: no` and `12:30` stay what was written, and depth is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import yaml
from msgspec import Struct

from aggregator.text import printable

MAX_BYTES = 10_000_000
MAX_DEPTH = 30
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times faster
_NULLS = ("", "~", "null", "Null", "NULL")


class Place(Struct, frozen=True):
    """Where something is in the file, counted from 1."""

    line: int
    column: int


class Scalar(Struct, frozen=True):
    """A single value as text; `is_null` for an empty value, `~` and `null` without quotes."""

    text: str
    place: Place
    last_line: int
    is_null: bool = False


class Listing(Struct, frozen=True):
    """A YAML list."""

    values: tuple[Node, ...]
    place: Place
    last_line: int
    is_flow: bool = False  # written as [a, b]


class Fields(Struct, frozen=True):
    """A YAML map, in its order."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place
    last_line: int
    is_flow: bool = False  # written as {a: b}

    def get(self, key: str) -> Node | None:
        """The node of a key, or None."""
        for name, node in self.entries:
            if name.text == key:
                return node
        return None


Node: TypeAlias = Scalar | Listing | Fields


class Document(Struct, frozen=True):
    """A file's content; `repeated`: keys that their map has had before, and where it had them."""

    root: Node | None
    repeated: tuple[tuple[Scalar, Place], ...] = ()


class Bad(Exception):
    """What cannot be used, with what to write; `place` where it is not the node's own.

    `path` leads from the setting to the part of it that is meant, as in `[0].any`.
    """

    def __init__(
        self, message: str, hint: str = "", *, place: Place | None = None, path: str = ""
    ) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.path = path
        self.message = message
        self.hint = hint
        self.place = place


def decode(data: bytes) -> str:
    """The file's text. Raises Bad when it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        raise Bad(f"the file has more than {MAX_BYTES // 1_000_000} MB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        hint = "save the file in the encoding UTF-8"
        raise Bad("not UTF-8 text", hint, place=Place(line, column)) from error


def read(text: str) -> Document:
    """The document; its root is None when the text is empty.

    Raises Bad for bad syntax, anchors, aliases, tags, several documents, keys that are
    not plain text, and nesting deeper than `MAX_DEPTH`.
    """
    root: Node | None = None
    repeated: list[tuple[Scalar, Place]] = []
    try:
        events = iter(_LOADER(text).get_event, None)
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                root = _node(event, events, repeated, 0)
            elif isinstance(event, yaml.DocumentStartEvent) and root is not None:
                hint = "keep one document in a file"
                raise Bad("a second document", hint, place=_place(event))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(1, 1) if mark is None else Place(mark.line + 1, mark.column + 1)
        problem = error.problem or error.context or "not YAML"
        hint = "look at the line for a missing colon, quote or indentation"
        if "\\t" in problem or "tab" in problem or "cannot start any token" in problem:
            hint = "indent with spaces, not tabs; quote values that begin with a special character"
        raise Bad(f"not YAML: {problem}", hint, place=place) from error
    except yaml.YAMLError as error:  # the reader's: a character that YAML forbids
        forbidden = (
            Place(number, column)
            for number, line in enumerate(text.splitlines(), 1)
            for column, char in enumerate(line, 1)
            if not char.isprintable() and char not in "\t\ufeff"
        )
        message, place = "a control character, which YAML forbids", next(forbidden, Place(1, 1))
        raise Bad(message, "remove it", place=place) from error
    return Document(root, tuple(repeated))


def plain(node: Node) -> Any:
    """Strings, lists and dicts."""
    match node:
        case Scalar():
            return node.text
        case Listing():
            return [plain(value) for value in node.values]
        case Fields():
            return {key.text: plain(value) for key, value in node.entries}


def place_of(node: Node, path: tuple[str | int, ...]) -> Place:
    """The place of the node that the path leads to, or of the last that exists on the way."""
    for part in path:
        child: Node | None = None
        if isinstance(node, Fields):
            child = node.get(str(part))
        elif isinstance(node, Listing) and isinstance(part, int) and part < len(node.values):
            child = node.values[part]
        if child is None:
            break
        node = child
    return node.place


def path_text(path: tuple[str | int, ...]) -> str:
    """The path as it is written after the name of a setting: `.rules[0].any`."""
    return printable(
        "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path), limit=60
    )


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _node(
    event: Any, events: Iterator[Any], repeated: list[tuple[Scalar, Place]], depth: int
) -> Node:
    """The node that begins with this event, of which there is no more than `MAX_DEPTH` around."""
    _refuse_marks(event)
    place = _place(event)
    if isinstance(event, yaml.ScalarEvent):
        end: Any = event.end_mark
        style = event.style
        is_block = style in ("|", ">")  # ends where the next line begins
        last_line = end.line + (0 if is_block and end.column == 0 else 1)
        return Scalar(event.value, place, last_line, not style and event.value in _NULLS)
    if depth == MAX_DEPTH:
        raise Bad(f"nested deeper than {MAX_DEPTH} levels", place=place)
    values: list[Node] = []
    while not isinstance(inner := next(events), yaml.CollectionEndEvent):
        values.append(_node(inner, events, repeated, depth + 1))
    is_flow = bool(event.flow_style)
    # a block's end mark is at the next token, after comments: the last value knows better
    end = inner.end_mark
    last_line = end.line + 1 if is_flow or not values else values[-1].last_line
    if isinstance(event, yaml.SequenceStartEvent):
        return Listing(tuple(values), place, last_line, is_flow)
    entries: list[tuple[Scalar, Node]] = []
    first: dict[str, Place] = {}
    for key, value in zip(values[::2], values[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise Bad("a key must be plain text", place=key.place)
        if key.text in first:
            repeated.append((key, first[key.text]))
        first.setdefault(key.text, key.place)
        entries.append((key, value))
    return Fields(tuple(entries), place, last_line, is_flow)


def _refuse_marks(event: Any) -> None:
    if event.anchor is not None:
        message, hint = "anchors (&name) are not accepted", "write the value out where it stands"
        if isinstance(event, yaml.AliasEvent):
            message, hint = "aliases (*name) are not accepted", "write the value out"
        raise Bad(message, hint, place=_place(event))
    if event.tag is not None:
        message = "tags (!name) are not accepted"
        raise Bad(message, "write plain values", place=_place(event))
