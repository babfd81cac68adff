"""Dates as feeds write them. Years outside 1990 to 2100 are no dates of news.

Own parser, because others read `PKT` and `IST` as UTC, Unix times as years, and give up on
twelve-hour clocks, day-first dates and names of months in other languages.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from aggregator.parsing.months import month_of, plain, weekday_of
from aggregator.parsing.zones import named_zone, offset_zone

FIRST_YEAR, LAST_YEAR = 1990, 2100
_MAX_CHARACTERS = 100

# RFC 822 and RFC 3339: nearly all dates of nearly all feeds.
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3}, ?)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d)"
    r" (?:([+-]\d{4})|GMT|UTC|Z)"
)
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:(?:[Tt _]|T |(?<=\d{8}))(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d{1,9})?)?"
    r" ?(?:([+-]\d\d:?(?:\d\d)?)?[Zz]?| ?((?![ap]m\Z)[A-Za-z]{2,5}|[A-Za-z]+/[A-Za-z_/]+)))?",
    re.I,
)
_UNIX = re.compile(r"(\d{9,10})(?:\.\d{1,6})?|(\d{12,13})")
_CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2})(?:(?::|(?<=\d)h ?)(\d\d)(?::(\d\d)(?:[.,]\d+)?)?)?"
    r"(?:\s?([ap])\.?\s?m\b\.?|(?<=[:h]\d\d)|(?<=:\d\d[.,]\d\d\d)| ?uhr\b)",
    re.I,
)
_ZONE = re.compile(
    r"[\s,(]*(?:([a-z]{2,20}/[a-z_/+-]{2,40})|(?:gmt|utc|ut|z)?\s?([+-]\d{1,2}:?(?:\d\d)?)(?!\d)z?"
    r"|([a-z]{1,5})\b)",
    re.I,
)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,4})\s?([/.-])\s?(\d{1,2})\s?[/.-]\s?(\d{1,4})(?!\d)")
_WORD = re.compile(r"[^\W\d_][^\W\d_\u0900-\u097f]*[\u0900-\u097f]*|\d+", re.UNICODE)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|º|ª|\.)(?![a-z])")


@lru_cache(maxsize=256)  # an entry that was never updated has one date twice
def parse_date(text: str) -> datetime | None:
    """The UTC instant of a date; None if there is none or it lies outside 1990 to 2100.

    Takes RFC 822, RFC 3339 and ISO 8601, Unix seconds and milliseconds, and what people write:
    names of months in ten languages, ordinals, twelve-hour clocks, zone names, slashes (month
    first unless that cannot be, or the weekday says otherwise). Without a zone, or with an
    unknown or impossible one, the time is taken as UTC; without a time, as midnight.
    """
    if len(text) > _MAX_CHARACTERS * 4:
        return None
    text = " ".join(text.split())
    if not text or len(text) > _MAX_CHARACTERS:
        return None
    try:
        found = _by_standard(text) or _by_hand(text)
    except (ValueError, OverflowError):  # the 31st of February, hour 25
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _by_standard(text: str) -> datetime | None:
    match = _RFC822.fullmatch(text)
    if match:
        day, name, year, hour, minute, second, offset = match.groups()
        month = month_of(name.lower())
        if month is not None:
            zone = offset_zone(offset) if offset else UTC
            return _instant(
                (int(year), month, int(day)), (int(hour), int(minute), int(second)), zone
            )
    match = _UNIX.fullmatch(text)
    if match:
        seconds, milliseconds = match.groups()
        return datetime.fromtimestamp(int(seconds) if seconds else int(milliseconds) / 1000, UTC)
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month_digits, day, hour, minute, second, offset, name = match.groups()
    zone = offset_zone(offset) if offset else (named_zone(name) if name else None) or UTC
    date = (int(year), int(month_digits), int(day))
    return _instant(date, (int(hour or 0), int(minute or 0), int(second or 0)), zone)


def _by_hand(text: str) -> datetime | None:
    text = "".join(_ascii_digit(char) for char in text)
    rest, time, zone = _clock(text)
    named = _ORDINAL.sub(" ", _NUMBERS.sub(" ", rest).lower())  # a version is no day of a month
    words = [plain(word) for word in _WORD.findall(named)]
    weekdays = {day for day in map(weekday_of, words) if day is not None}
    date = _numeric_date(rest, weekdays) or _named_date(words)
    return None if date is None else _instant(date, time, zone)


def _ascii_digit(char: str) -> str:
    return str(int(char)) if char.isdecimal() and not char.isascii() else char


def _clock(text: str) -> tuple[str, tuple[int, int, int], tzinfo]:
    """The text without its time and zone, the time, the zone."""
    match = _CLOCK.search(text)
    if match is None:
        return text, (0, 0, 0), UTC
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    half = match.group(4)
    if half and hour <= 12:
        hour = hour % 12 + (12 if half in "pP" else 0)
    before, after = text[: match.start()], text[match.end() :]
    zone, end = _zone(after)
    return f"{before} {after[end:]}", (hour, minute, second), zone


def _zone(after: str) -> tuple[tzinfo, int]:
    match = _ZONE.match(after)
    if match is None:
        return UTC, 0
    city, offset, name = match.groups()
    if offset:
        return offset_zone(offset), match.end()
    zone = named_zone(city or name)
    return (UTC, 0) if zone is None else (zone, match.end())


def _numeric_date(text: str, weekdays: set[int]) -> tuple[int, int, int] | None:
    for match in _NUMBERS.finditer(text):
        first, mark, middle, last = match.groups()
        if len(first) > 2 and len(last) <= 2:
            return int(first), int(middle), int(last)
        if len(first) <= 2 and len(last) > 1:
            return _by_position(first, mark, middle, last, weekdays)
    return None  # numbers of versions and issues at most


def _by_position(
    first: str, mark: str, middle: str, last: str, weekdays: set[int]
) -> tuple[int, int, int]:
    """A date that ends with its year: the day first, or the month."""
    year = _full_year(last)
    day_first = (year, int(middle), int(first))
    month_first = (year, int(first), int(middle))
    if int(first) > 12 or (mark != "/" and int(middle) <= 12):
        return day_first
    if int(middle) > 12:
        return month_first
    if weekdays and datetime(*day_first, tzinfo=UTC).weekday() in weekdays:
        fits = datetime(*month_first, tzinfo=UTC).weekday() in weekdays
        return month_first if fits else day_first
    return month_first


def _named_date(words: list[str]) -> tuple[int, int, int] | None:
    months = [month for word in words if (month := month_of(word))]
    if not months:
        return None
    month = months[-1]  # "mar" is French for Tuesday, too, and then stands first
    numbers = [word for word in words if word.isdecimal() and len(word) <= 4]
    years = [int(word) for word in numbers if len(word) == 4]
    days = [word for word in numbers if len(word) <= 2]
    if years:
        return years[0], month, int(days[0]) if days else 1
    if len(days) == 2:
        return _full_year(days[1]), month, int(days[0])
    return None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < 70 else 1900)


def _instant(date: tuple[int, int, int], time: tuple[int, int, int], zone: tzinfo) -> datetime:
    hour, minute, second = time
    if second > 60:
        raise ValueError("no such second")
    ends_day = time == (24, 0, 0)
    local = datetime(*date, 0 if ends_day else hour, minute, min(second, 59), tzinfo=zone)
    if ends_day:
        local += timedelta(days=1)
    return local if zone is UTC else local.astimezone(UTC)
