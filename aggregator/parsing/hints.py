"""What a feed asks of those who poll it: RSS 2.0 ttl, skipHours, skipDays; RSS 1.0 syndication."""

from __future__ import annotations

import re

from aggregator.model import FeedHints
from aggregator.parsing.dates import parse_date

_MAX_HEAD = 100_000  # characters that are looked at
_TTL = re.compile(r"<ttl[^<>]{0,80}>\s*(\d{1,9})(?:\.\d*)?\s*</ttl>", re.I)
_SKIP_HOURS = re.compile(r"<skipHours[^<>]{0,80}>([^!]{0,4000}?)</skipHours>", re.I)
_HOUR = re.compile(r"<hour[^<>]{0,80}>\s*(\d{1,2})\s*</hour>", re.I)
_SKIP_DAYS = re.compile(r"<skipDays[^<>]{0,80}>([^!]{0,2000}?)</skipDays>", re.I)
_DAY = re.compile(r"<day[^<>]{0,80}>\s*([A-Za-z]{6,9})\s*</day>", re.I)
_PERIOD = re.compile(r"<(?:\w{1,20}:)?updatePeriod[^<>]{0,80}>\s*([a-z]{4,10})\s*</", re.I)
_FREQUENCY = re.compile(r"<(?:\w{1,20}:)?updateFrequency[^<>]{0,80}>\s*(\d{1,6})\s*</", re.I)
_BASE = re.compile(r"<(?:\w{1,20}:)?updateBase[^<>]{0,80}>([^<>]{1,60})</", re.I)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PERIODS = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 604_800,
    "monthly": 2_592_000,
    "yearly": 31_536_000,
}
_LONGEST_TTL_S = 366 * 86_400


def read_hints(head: str) -> FeedHints:
    """The hints in a feed's own elements (the document without its items).

    Impossible values count as absent: hours beyond 24, a frequency of zero. Hour 24 is an old
    way to write 0. If every hour or every day is to be skipped, the list means nothing.
    """
    # Some generators write every text as CDATA, and these elements hold nothing else.
    head = head[:_MAX_HEAD].replace("<![CDATA[", "").replace("]]>", "")
    ttl = _TTL.search(head)
    return FeedHints(
        ttl_s=min(int(ttl.group(1)) * 60, _LONGEST_TTL_S) or None if ttl else None,
        skip_hours=_skip_hours(head),
        skip_days=_skip_days(head),
        update_every_s=_update_every(head),
        update_base=parse_date(base.group(1)) if (base := _BASE.search(head)) else None,
    )


def _skip_hours(head: str) -> tuple[int, ...]:
    block = _SKIP_HOURS.search(head)
    if block is None:
        return ()
    hours = {int(digits) % 24 for digits in _HOUR.findall(block.group(1)) if int(digits) <= 24}
    return tuple(sorted(hours)) if len(hours) < 24 else ()


def _skip_days(head: str) -> tuple[int, ...]:
    block = _SKIP_DAYS.search(head)
    if block is None:
        return ()
    names = {name.lower() for name in _DAY.findall(block.group(1))}
    days = tuple(at for at, name in enumerate(_DAYS) if name in names)
    return days if len(days) < 7 else ()


def _update_every(head: str) -> int | None:
    period = _PERIOD.search(head)
    seconds = _PERIODS.get(period.group(1).lower()) if period else None
    if seconds is None:
        return None
    frequency = _FREQUENCY.search(head)
    times = int(frequency.group(1)) if frequency else 1
    return max(1, seconds // times) if times else None
