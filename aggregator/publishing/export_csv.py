"""Cited stories as CSV (RFC 4180): a row for each report, without formulas. Pure.

A spreadsheet runs what begins like a formula, so such a cell gets an apostrophe before it, by
which spreadsheets tell text (OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Of the story and of the report; scripts count on the order, so new columns come last.
_STORY = ("id", "headline", "url", "published", "updated", "first_seen")
_SOURCE = (
    *("item", "feed", "publisher", "headline", "url", "published", "first_seen"),
    *("rule", "score", "reason", "origin"),
)
COLUMNS = (*(f"story_{key}" for key in _STORY), "topics", "reports", "independent", *_SOURCE)
# What Excel, LibreOffice and Google Sheets take for a formula, wide forms of East Asian keyboards
# among them. Where `;` parts columns, quoted cells are torn there: what follows begins a cell, too.
_FORMULA = re.compile(r"(^|;)(?=[\s\"']*[=+\-@＝＋－＠\t\r\n])")


def write(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A line of column names, then the rows of one story at a time."""
    yield _lines([COLUMNS])
    for story in records:
        shared = [story[key] for key in _STORY]
        shared += ["; ".join(f"{name} {score:g}" for name, score in story["topics"].items()),
                   story["reports"], story["independent"]]  # fmt: skip
        yield _lines([*shared, *(source[key] for key in _SOURCE)] for source in story["sources"])


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Any) -> str:
    """A value as a cell that no spreadsheet runs; empty where there is none."""
    return "" if value is None else _FORMULA.sub(r"\1'", str(value))
