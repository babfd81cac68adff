"""Finds the time of day in a date, and its zone.

Accepts `14:30`, `2:30 pm`, `오후 2:30`, `14h30`, `14.30`, `10 Uhr`, each with an optional zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, tzinfo

from msgspec import Struct

from aggregator.parsing.months import is_after_noon, words_of
from aggregator.parsing.zones import named_zone, offset_zone

# As in `dates`, expressions are strings.
_CLOCK = (
    r"(?i)(?<![\d:])(\d{1,2})"
    r"(?:(?::| ?h ?)(\d\d|\d(?=:\d))(?!\d)(?::(\d{1,2})(?!\d)(?:[.,]\d+)?)?)?"
    r"(?:\s?([ap])\.?\s?m\b\.?|(?(2)| ?(?:uhr\b|बजे|بجے)))"
)
_MARKED = r"(?i)(?<![\w.:/-])(\d{1,2})\.(\d\d)(?= ?(?:[ap]\.? ?m\b|uhr\b))"
# Could also be the end of a date, or a version: a time only if a date precedes it.
_DOTTED = r"(?<![\w.:/-])(\d{1,2})\.(\d\d)(?:\.(\d\d))?(?!\.?\d)"
_ZONE = (
    r"(?i)[\s,(]*(?:(?:uhr|hrs?|[^\x00-\x7f]\S{0,15})[\s,(]+){0,2}"
    r"(?:([a-z]{2,20}/[a-z_/+-]{2,40})|(?:gmt|utc|ut|z)?\s?([+-]\d{1,2}:?(?:\d\d)?)(?!\d)z?"
    r"|([a-z]{1,5}|мск)\b)"
)
# An offset with spaces in it, or with a dash as its sign: "- 0400", "+05 30". After a time without
# seconds, "– 16:00" is when something ends.
_LOOSE_OFFSET = r"(?i) ?(?:gmt|utc)? ?([+–—-]) ?((?:0\d|1[0-4])([: ]?)[0-5]\d)(?![\d:/.-])"


class Clock(Struct, frozen=True):
    """A time of day; `rest`: the text without it."""

    rest: str
    time: tuple[int, int, int] = (0, 0, 0)
    zone: tzinfo = UTC


def clock(text: str) -> Clock | None:
    """The time in a date, if it is marked by a colon, an h, or am and pm in any language."""
    text = re.sub(_MARKED, r"\1:\2", text)
    match = re.search(_CLOCK, text)
    return None if match is None else _read(text, match)


def dotted_clocks(text: str) -> Iterator[tuple[str, Clock]]:
    """Possible times written with a dot, each with the text before it."""
    for match in re.finditer(_DOTTED, text):
        yield text[: match.start()], _read(text, match)


def _read(text: str, match: re.Match[str]) -> Clock:
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    before, after = text[: match.start()], text[match.end() :]
    if hour <= 12:
        half = match[4] if match.re.groups > 3 else None  # only `_CLOCK` looks for it
        late = half in "pP" if half else is_after_noon(hour, words_of(before), words_of(after))
        hour = hour if late is None else hour % 12 + 12 * late
    zone: tzinfo = UTC
    end = 0
    loose = re.match(_LOOSE_OFFSET, after)
    if loose is not None and (match.group(3) is not None or not loose.group(3)):
        sign = "+" if loose.group(1) == "+" else "-"
        zone, end = offset_zone(sign + loose.group(2).replace(" ", "")), loose.end()
    elif found := re.match(_ZONE, after):
        city, offset, name = found.groups()
        known = offset_zone(offset) if offset else named_zone(city or name)
        if known is not None:
            zone, end = known, found.end()
    return Clock(f"{before} {after[end:]}", (hour, minute, second), zone)
