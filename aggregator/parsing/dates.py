"""Parses dates as feeds write them. Years outside 1990 to 2100 are not accepted.

We need our own parser, because others read `PKT` and `IST` as UTC and Unix times as years, and fail
on twelve-hour clocks, day-first dates, and month names in other languages.
"""

from __future__ import annotations

import html as entities
import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from aggregator.parsing.clock import Clock, clock, dotted_clocks, named_zone, offset_zone
from aggregator.parsing.months import first_month_of, month_in, weekday_of, words_of

FIRST_YEAR, LAST_YEAR = 1990, 2100
_MAX_CHARACTERS = 100

# RFC 822 and RFC 3339: nearly all dates of nearly all feeds.
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3}, ?)?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d)"
    r" (?:([+-]\d{4})|GMT|UTC|Z)"
)
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:(?:[Tt _]|T |(?<=\d{8}))(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?"
    r" ?(?:([+-]\d\d:?(?:\d\d)?)?[Zz]?| ?((?![ap]m\Z)[A-Za-z]{2,5}|[A-Za-z]+/[A-Za-z_/]+)))?",
    re.I,
)
_UNIX = re.compile(r"(\d{9,10})(?:\.\d+)?|(\d{12,13})")
# The rest is for few dates, and compiled when one comes (see `text`).
_NUMBERS = r"(?<!\d)(\d{1,4})\s?([/.-])\s?(\d{1,2})\s?[/.-]\s?(\d{1,4})(?!\d)"
_ORDINAL = r"(?<=\d)(?:st|nd|rd|th|er|o|a|\.)(?![a-z])"
# Chinese, Japanese, Korean; the day may be missing, as may minutes and seconds.
_EASTERN_DATE = (
    r"(?:(令和|平成|民[國国]) ?(元|\d{1,3})|(\d{4})) ?[年년] ?(\d{1,2}) ?[月월]"
    r"(?: ?(\d{1,2}) ?[日号號일])?"
)
_YEARS_BEFORE = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911}  # Japan's eras, Taiwan's
_EASTERN_TIME = r"(\d{1,2}) ?[時时点點시](?: ?(\d{1,2}) ?[分분](?: ?(\d{1,2}) ?[秒초])?)?"
_HAN_DIGITS = "〇一二三四五六七八九十"
_HAN_NUMBER = f"[{_HAN_DIGITS}零]+(?= ?[年月日])"
# Vietnamese numbers its months, too: "20 tháng 11, 2026".
_COUNTED_MONTH = r"(?i)(\d{1,2}) th(?:áng|g)\.? (\d{1,2}),? (?:năm )?(\d{4})"
# No country that uses the Arabic script puts the month first.
_ARABIC_SLASH = r"(?<=\d)\s?/\s?(?=\d)"
_ARABIC = "[\u0600-\u06ff\u200f]"
_BUDDHIST_YEARS = 543  # ahead of the common era (Thailand)
_BUDDHIST_SHORT = 43  # the same of years without a century
_THAI = "[\u0e00-\u0e7f]"
_TAG = r"<[^<>]*>"
_DATETIME = r"""(?i)<time\b[^<>]*\bdatetime\s*=\s*["']([^"'<>]{4,100})["']"""
# Hyphens and minus signs that word processors and style guides use for "-".
_SIGNS = str.maketrans("\u2010\u2011\u2012\u2212\ufe63\uff0d\uff0b", "------+")
_DASHES = str.maketrans("–—", "--")  # only in ISO 8601: elsewhere a dash may mean "until"
_UNSEEN = "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"


@lru_cache(maxsize=256)  # an entry that was never updated has the same date twice
def parse_date(text: str) -> datetime | None:
    """The UTC instant of a date; None if there is none, or it is outside 1990 to 2100.

    Accepts RFC 822, RFC 3339 and ISO 8601, Unix seconds and milliseconds, and what people write:
    month names in seventy languages, `2026年3月2日`, ordinals, twelve-hour clocks, zone names,
    slashes (month first, unless that is impossible, or the weekday or script says otherwise). A
    time without a zone, or with an unknown or impossible one, counts as UTC; a date without a time,
    as midnight. Years of Japanese and Taiwanese eras are converted; Persian and Islamic years are
    not: they are out of range, so that such an entry has no date.
    """
    if len(text) > _MAX_CHARACTERS * 4:
        return None
    if "<" in text or "&" in text:
        text = entities.unescape(text)  # `<time datetime="...">Fri, 20/11</time>`
        precise = re.search(_DATETIME, text)
        text = precise[1] if precise and parse_date(precise[1]) else re.sub(_TAG, " ", text)
    if not text.isascii():
        # converts digits, signs and slashes to those of ASCII dates
        if re.search(_ARABIC, text):
            text = re.sub(_ARABIC_SLASH, ".", re.sub(_UNSEEN, "", text))
        text = unicodedata.normalize("NFKC", re.sub(_UNSEEN, "", text).translate(_SIGNS))
        text = "".join(str(int(char)) if char.isdecimal() else char for char in text)
        text = re.sub(_HAN_NUMBER, lambda number: str(_counted(number[0])), text)
        text = re.sub(_EASTERN_DATE, _with_hyphens, text)
        text = re.sub(
            _EASTERN_TIME, lambda time: "{}:{:0>2}:{:0>2} ".format(*time.groups("0")), text
        )
    text = " ".join(text.split())
    if not text or len(text) > _MAX_CHARACTERS:
        return None
    try:
        found = _by_standard(text)
        if found is None:  # as people write dates
            text = re.sub(_COUNTED_MONTH, r" \3-\2-\1 ", text)
            # `14.30` is a time if a date precedes it; otherwise it is part of the date
            dotted = (time for before, time in dotted_clocks(text) if _date(before))
            timed = clock(text) or next(dotted, None) or Clock(text)
            date = _date(timed.rest)
            found = None if date is None else _instant(date, timed.time, timed.zone)
    except (ValueError, OverflowError):  # the 31st of February, hour 25
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _counted(number: str) -> int:
    """The value of a number in Chinese digits: `二〇二六`, `二十一`."""
    tens, ten, ones = number.replace("零", "〇").rpartition("十")
    if not ten:
        return int("".join(str(_HAN_DIGITS.index(digit)) for digit in ones))
    return (_counted(tens) if tens else 1) * 10 + (_counted(ones) if ones else 0)


def _with_hyphens(match: re.Match[str]) -> str:
    era, counted, year, month, day = match.groups()
    if era:  # the first year is written 元
        year = _YEARS_BEFORE[era] + int(counted.replace("元", "1"))
    return f" {year}-{month}-{day or 1} "


def _by_standard(text: str) -> datetime | None:
    match = _RFC822.fullmatch(text)
    if match:
        day, name, year, hour, minute, second, offset = match.groups()
        month = first_month_of(name.lower())
        if month is not None:
            zone = offset_zone(offset) if offset else UTC
            return _instant(
                (int(year), month, int(day)), (int(hour), int(minute), int(second)), zone
            )
    match = _UNIX.fullmatch(text)
    if match:
        seconds, milliseconds = match.groups()
        return datetime.fromtimestamp(int(seconds) if seconds else int(milliseconds) / 1000, UTC)
    match = _ISO.fullmatch(text.translate(_DASHES) if "T" in text else text)
    if match is None:
        return None
    year, month_digits, day, hour, minute, second, offset, name = match.groups()
    zone = offset_zone(offset) if offset else (named_zone(name) if name else None) or UTC
    date = (int(year), int(month_digits), int(day))
    return _instant(date, (int(hour or 0), int(minute or 0), int(second or 0)), zone)


def _date(text: str) -> tuple[int, int, int] | None:
    """Year, month and day in a text without a time."""
    words = words_of(
        re.sub(_ORDINAL, " ", re.sub(_NUMBERS, " ", text).lower())  # a version is not a day
    )
    weekdays = {day for day in map(weekday_of, words) if day is not None}
    return _numeric_date(text, weekdays) or _named_date(words)


def _numeric_date(text: str, weekdays: set[int]) -> tuple[int, int, int] | None:
    """A date that begins with the year, or ends with it and begins with day or month."""
    for match in re.finditer(_NUMBERS, text):
        first, mark, middle, last = match.groups()
        if len(first) > 2 and len(last) <= 2:
            return int(first), int(middle), int(last)
        if len(first) > 2 or len(last) == 1:
            continue  # perhaps the number of a version or issue
        year = _full_year(last)
        day_first = (year, int(middle), int(first))
        month_first = (year, int(first), int(middle))
        if int(first) > 12 or (mark != "/" and int(middle) <= 12):
            return day_first
        if int(middle) > 12 or not weekdays:
            return month_first
        fits_day_first = datetime(*day_first, tzinfo=UTC).weekday() in weekdays
        fits_month_first = datetime(*month_first, tzinfo=UTC).weekday() in weekdays
        return day_first if fits_day_first and not fits_month_first else month_first
    return None


def _named_date(words: list[str]) -> tuple[int, int, int] | None:
    month = month_in(words)
    if month is None:
        return None
    numbers = [word for word in words if word.isdecimal() and len(word) <= 4]
    years = [int(word) for word in numbers if len(word) == 4]
    days = [word for word in numbers if len(word) <= 2]
    if years:
        return years[0], month, int(days[0]) if days else 1
    if len(days) == 2:
        year = _full_year(days[1])
        if any(re.match(_THAI, word) for word in words) and year - _BUDDHIST_SHORT >= FIRST_YEAR:
            year -= _BUDDHIST_SHORT
        return year, month, int(days[0])
    return None


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:
        return year
    return year + (2000 if year < 70 else 1900)


def _instant(date: tuple[int, int, int], time: tuple[int, int, int], zone: tzinfo) -> datetime:
    hour, minute, second = time
    if date[0] - _BUDDHIST_YEARS >= FIRST_YEAR:
        date = (date[0] - _BUDDHIST_YEARS, *date[1:])
    if second > 60:
        raise ValueError("no such second")
    ends_day = time == (24, 0, 0)
    local = datetime(*date, 0 if ends_day else hour, minute, min(second, 59), tzinfo=zone)
    if ends_day:
        local += timedelta(days=1)
    return local if zone is UTC else local.astimezone(UTC)
