"""Finds the time of day in a date, and its zone.

Accepts `14:30`, `2:30 pm`, `오후 2:30`, `14h30`, `14.30`, `10 Uhr`, each with an optional zone:
`PKT`, `EDT`, `Asia/Karachi`, `+05:00`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, timedelta, timezone, tzinfo

from msgspec import Struct

from aggregator.parsing.months import is_after_noon, words_of

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

# Minutes east of Greenwich. Ambiguous names have their usual meaning in English-language news: IST
# is India's, BST Britain's, GST the Gulf's, CST and EST are American (RFC 822).
_MINUTES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "uct": 0,
    "bst": 60, "west": 60, "cet": 60, "mez": 60, "wat": 60, "met": 60,
    "cest": 120, "mesz": 120, "eet": 120, "cat": 120, "sast": 120,
    "eest": 180, "msk": 180, "мск": 180, "eat": 180, "trt": 180, "ast": -240, "adt": -180,
    "irst": 210, "gst": 240, "azt": 240, "get": 240, "aft": 270,
    "pkt": 300, "uzt": 300, "tjt": 300, "mvt": 300,
    "ist": 330, "slst": 330, "npt": 345, "bdt": 360, "kgt": 360, "mmt": 390,
    "ict": 420, "wib": 420, "hkt": 480, "sgt": 480, "myt": 480, "pht": 480, "awst": 480,
    "wita": 480, "jst": 540, "kst": 540, "wit": 540, "acst": 570, "aest": 600, "acdt": 630,
    "aedt": 660, "nzst": 720, "nzdt": 780,
    "nst": -210, "ndt": -150, "brt": -180, "art": -180, "clt": -240,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360,
    "pst": -480, "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "sst": -660,
}  # fmt: skip
_REGIONS = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
_CITY = re.compile(r"[A-Za-z]{2,20}/[A-Za-z_+-]{2,30}(?:/[A-Za-z_+-]{2,30})?")
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")
_WEST_MOST, _EAST_MOST = timedelta(hours=-12), timedelta(hours=14)


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


def named_zone(name: str) -> tzinfo | None:
    """The zone for an abbreviation or an Area/City name; None for any other word."""
    minutes = _MINUTES.get(name.lower())
    if minutes is not None:
        return timezone(timedelta(minutes=minutes))
    key = _REGIONS.get(name.lower()) or (name if _CITY.fullmatch(name) else None)
    if key is None:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few dates name a city

    try:
        return ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        return None


def offset_zone(text: str) -> tzinfo:
    """The zone for `+0530`, `-07:00` or `+5`; UTC for offsets that no place on Earth has."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return UTC
    sign, hours, minutes = match.groups("0")
    offset = timedelta(hours=int(sign + hours), minutes=int(sign + minutes))
    return timezone(offset) if _WEST_MOST <= offset <= _EAST_MOST else UTC
