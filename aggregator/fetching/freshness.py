"""What response headers say about time: freshness lifetimes and Retry-After.

Pure. Everything here was written by a server and may be nonsense: what cannot be read counts as
not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

LONGEST_RETRY_AFTER = timedelta(days=30)  # 10^20 seconds is a mistake, not a wish
_DELTA = "[0-9]+"
# A server and its proxy say one each: values between commas, of which dates hold one.
_VALUES = r"\s*((?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,)?[^,]*)(?:,|\Z)"
# Some servers separate by semicolons or spaces: what they ask for is plain all the same.
_MAX_AGE = re.compile(
    r'(?:^|[,;\s])max-age\s*=\s*"?([0-9]+)"?(?:[,;\s]|$)', re.ASCII | re.IGNORECASE
)
_NO_CACHE = re.compile(r"(?:^|[,;\s])no-(?:cache|store)(?:[,;=\s]|$)", re.IGNORECASE)
_MOST_DIGITS = 12  # 30,000 years; int() of thousands of digits raises


def lifetime_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds for which the response is fresh (RFC 9111 section 4.2.1), None when not said.

    `max-age` less `Age`; without it, `Expires` relative to `Date`. `s-maxage` is for shared
    caches, and `no-cache` says that asking again at any time is welcome. A `Date` in the future
    changes nothing, since only the difference counts.
    """
    control = headers.get("cache-control", "")
    if _NO_CACHE.search(control):
        return None
    found = _MAX_AGE.search(control)
    if found:
        age = headers.get("age", "").strip()
        return max(0.0, _whole(found[1]) - (_whole(age) if re.fullmatch(_DELTA, age) else 0.0))
    expires = parse_http_date(headers.get("expires", ""))
    if expires is None:
        return None
    date = parse_http_date(headers.get("date", "")) or now
    return max(0.0, (expires - date).total_seconds())


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for (RFC 9110 section 10.2.3), None when not said.

    A date counts from our clock or from the response's own `Date`, whichever asks for more, so
    that a wrong clock on either side cannot shorten the wait. Zero and the past ask for nothing.
    Of several values the longest wait counts.
    """
    if "retry-after" not in headers:  # as nearly always
        return None
    longest = 0.0
    for value in map(str.strip, re.findall(_VALUES, headers["retry-after"])):
        if re.fullmatch(_DELTA, value):
            longest = max(longest, _whole(value))
        elif (until := parse_http_date(value)) is not None:
            date = parse_http_date(headers.get("date", "")) or now
            longest = max(longest, (until - min(now, date)).total_seconds())
    return longest or None


def parse_http_date(text: str) -> datetime | None:
    """The time of an HTTP date, None when it cannot be read."""
    if not text or len(text) > 100:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to load; max-age is usual

    try:
        at = parsedate_to_datetime(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _whole(digits: str) -> float:
    return float(int(digits)) if len(digits) <= _MOST_DIGITS else 10.0**_MOST_DIGITS
