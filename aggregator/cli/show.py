"""How results look: JSON as one document, tables for people, nothing that drives a terminal."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import asdict

from aggregator.text import printable
from aggregator.times import minute_text, time_text

WIDTH = 80  # characters of a line of text


def as_document(value: Any) -> None:
    """Prints exactly one JSON document, in UTF-8 whatever the locale."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=_plain)
    click.echo(text.encode(errors="backslashreplace"))


def _plain(value: Any) -> Any:
    if isinstance(value, Struct):
        return asdict(value)
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, Path):
        return str(value)
    return list(value)


def line(text: str = "", *, bold: bool = False, dim: bool = False, indent: int = 0) -> None:
    """Prints one line; text from outside must have gone through `safe`."""
    styled = click.style(text, bold=bold or None, dim=dim or None) if bold or dim else text
    click.echo(" " * indent + styled)


def note(text: str) -> None:
    """One line for people on stderr, so that stdout holds results alone.

    Where nobody reads it any more, or a disk behind it is full, it is lost, and the work goes on.
    """
    try:
        click.echo(text, err=True)
    except OSError:  # what is left in the stream would fail again at the end of the process
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - stays open until the process ends


def paragraph(text: str, *, indent: int = 0, first: str = "") -> None:
    """Prints text from outside on lines of `WIDTH` characters; `first` begins the first."""
    lines = textwrap.wrap(
        safe(text, limit=10_000), WIDTH - indent, break_long_words=False, break_on_hyphens=False
    )
    for number, one in enumerate(lines or [""]):
        before = first if first and number == 0 else " " * indent
        click.echo(f"{before}{one}".rstrip())


def safe(value: Any, *, limit: int = 300) -> str:
    """Any value as text for a terminal: one line, no control characters."""
    return "" if value is None else printable(str(value), limit=limit)


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, width: int = 60) -> None:
    """Aligned columns; cells are cut at `width` characters."""
    cells = [[safe(cell, limit=width) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    for number, row in enumerate((headings, *cells)):
        aligned = (cell.ljust(size) for cell, size in zip(row, widths, strict=True))
        line("  ".join(aligned).rstrip(), bold=number == 0)


def duration(seconds: float) -> str:
    """A length of time for people: `1 s` at least, or minutes, or hours and minutes."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{max(round(seconds), 1)} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def when(at: datetime | None) -> str:
    """A time for people: to the minute, with its zone."""
    return "never" if at is None else minute_text(at)


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr while it is a terminal; elsewhere None.

    The bar is moved by calling it with (done, total).
    """
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def move(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield move
