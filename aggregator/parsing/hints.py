"""Polling hints in a feed: RSS 2.0 ttl, skipHours and skipDays; the RSS 1.0 syndication module."""

from __future__ import annotations

import re

from aggregator.model import FeedHints
from aggregator.parsing.dates import parse_date
from aggregator.parsing.months import weekday_of

_MAX_HEAD = 100_000  # characters that are read
_TTL = re.compile(r"<ttl[^<>]{0,80}>\s*(\d{1,9})(?:\.\d*)?\s*</ttl>", re.I)
_SKIP_HOURS = re.compile(r"<skipHours[^<>]{0,80}>([^!]{0,4000}?)</skipHours>", re.I)
_HOUR = re.compile(r"<hour[^<>]{0,80}>\s*(\d{1,2})\s*</hour>", re.I)
_SKIP_DAYS = re.compile(r"<skipDays[^<>]{0,80}>([^!]{0,2000}?)</skipDays>", re.I)
_DAY = re.compile(r"<day[^<>]{0,80}>\s*([A-Za-z]{6,9})\s*</day>", re.I)
_PERIOD = re.compile(r"<(?:\w{1,20}:)?updatePeriod[^<>]{0,80}>\s*([a-z]{4,10})\s*</", re.I)
_FREQUENCY = re.compile(r"<(?:\w{1,20}:)?updateFrequency[^<>]{0,80}>\s*(\d{1,6})\s*</", re.I)
_BASE = re.compile(r"<(?:\w{1,20}:)?updateBase[^<>]{0,80}>([^<>]{1,60})</", re.I)
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

    Impossible values count as missing: hours beyond 24, a frequency of zero. Hour 24 is an old way
    to write 0. A list of all hours or all days is ignored.
    """
    # Some generators write every text as CDATA.
    head = head[:_MAX_HEAD].replace("<![CDATA[", "").replace("]]>", "")
    ttl = _TTL.search(head)
    hours_block, days_block = _SKIP_HOURS.search(head), _SKIP_DAYS.search(head)
    digits = _HOUR.findall(hours_block.group(1)) if hours_block else ()
    hours = {int(hour) % 24 for hour in digits if int(hour) <= 24}
    names = _DAY.findall(days_block.group(1)) if days_block else ()
    days = {day for name in names if (day := weekday_of(name.lower())) is not None}
    period, frequency = _PERIOD.search(head), _FREQUENCY.search(head)
    period_s = _PERIODS.get(period.group(1).lower(), 0) if period else 0
    times = int(frequency.group(1)) if frequency else 1
    return FeedHints(
        ttl_s=min(int(ttl.group(1)) * 60, _LONGEST_TTL_S) or None if ttl else None,
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(sorted(days)) if len(days) < 7 else (),
        update_every_s=max(1, period_s // times) if period_s and times else None,
        update_base=parse_date(base.group(1)) if (base := _BASE.search(head)) else None,
    )
