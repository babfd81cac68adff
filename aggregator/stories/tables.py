"""Reads the tables of words, `data/*.toml`, by way of JSON.

`tomllib` goes through them sign by sign, for 10 ms: much of a run that finds a few news. They hold
one key a line, with texts, numbers and lists of texts, which JSON writes in the same way.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

_COMMENT = re.compile(r'#[^"\n]*$', re.M)  # at the end of a line; marks with a # are in quotes
_LAST_COMMA = re.compile(r",\s*\]")
_SECTION = re.compile(r"^\[(\w+)\]$", re.M)
_KEY = re.compile(r"^([\w-]+) = ", re.M)


def read_table(name: str) -> dict[str, Any]:
    """The content of `data/NAME.toml`. Raises ValueError where JSON could not hold it."""
    lines = (DATA / f"{name}.toml").read_text("utf-8").split("\n")
    text = "\n".join([line for line in lines if not line.startswith("#")])
    outside, *sections = _SECTION.split(_LAST_COMMA.sub("]", _COMMENT.sub("", text)))
    found = _keys(outside)
    for section, rows in zip(sections[::2], sections[1::2], strict=True):
        found[section] = _keys(rows)
    return found


def _keys(rows: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("{" + _KEY.sub(r',"\1":', rows).strip()[1:] + "}")
    return found
