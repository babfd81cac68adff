"""Labelled rows: read from JSON Lines, and what they say, checked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from aggregator.errors import UsageError
from aggregator.stories.kinds import KINDS
from aggregator.text import one_line

Row = Mapping[str, Any]


def read_rows(file: Path, *needs: Callable[[Row], object]) -> list[dict[str, Any]]:
    """The rows of a JSON Lines file, each of which has what all of `needs` ask of it.

    These are functions of this module. Raises UsageError with file and line for what is no row, or
    lacks one of them.
    """
    rows = []
    # Lines of bytes: other characters end lines of text, too (U+2028), and occur in headlines.
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{file}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise UsageError(f"{file}:{number}: a row is an object, as {{...}}")
        try:
            for need in needs:
                need(row)
        except UsageError as error:
            raise UsageError(f"{file}:{number}: {error}") from None
        rows.append(row)
    return rows


def title_of(row: Row) -> str:
    """The headline. Raises UsageError without one, as the functions below do."""
    return one_line(str(_value(row, "title")))


def summary_of(row: Row) -> str:
    """The text under the headline, if any."""
    return one_line(str(row.get("summary") or ""))


def story_of(row: Row) -> Any:
    """The label of the row's story."""
    return _value(row, "story", "cluster")


def pair_of(row: Row) -> tuple[str, str]:
    """The two headlines of a pair."""
    return one_line(str(_value(row, "a"))), one_line(str(_value(row, "b")))


def same_of(row: Row) -> bool | None:
    """Whether a pair tells one event; None is not counted."""
    if row.get("same", "") is None:
        return None
    return bool(_one_of(row, "same", (0, 1)))


def label_of(row: Row) -> int:
    """2 on topic, 0 off topic, 1 not counted."""
    return int(_one_of(row, "label", (0, 1, 2)))


def kind_of(row: Row) -> str:
    """The kind of the headline."""
    return str(_one_of(row, "kind", KINDS))


def date_of(row: Row, name: str = "date") -> datetime | None:
    """The time of a row, without a zone in UTC; None if it has none."""
    text = row.get(name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(str(text))
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the latter: in UTC it is before the year 1
        raise UsageError(f"{name} {str(text)[:40]!r}: write it as 2025-08-12T19:40:00Z") from None


def dates_of(row: Row) -> tuple[datetime | None, datetime | None]:
    """The times of the two headlines of a pair."""
    return date_of(row, "date_a"), date_of(row, "date_b")


def _one_of(row: Row, name: str, allowed: tuple[object, ...]) -> Any:
    value = _value(row, name)
    if value not in allowed:
        shown = repr(value)[:40]
        raise UsageError(f"{name} {shown}: one of {', '.join(map(str, allowed))}")
    return value


def _value(row: Row, *names: str) -> Any:
    """A row's value under the first of these names that it has."""
    for name in names:
        if row.get(name) is not None:
            return row[name]
    near = get_close_matches(names[0], row, 1)
    hint = f"; is {near[0]!r} meant as that?" if near and near[0] not in names else ""
    raise UsageError(f"the row has no {' or '.join(names)}{hint}")
