"""The days that a mail covers: one day, or a week from Monday to Sunday. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec import Struct

MOST = 7  # periods that are sent late after a time without runs; more would not be news

_DAY = timedelta(days=1)
_DAYS = {"day": 1, "week": 7}


class Period(Struct, frozen=True):
    """Days whose digests make one mail (YYYY-MM-DD)."""

    first: str
    last: str

    def days(self, among: Sequence[str]) -> tuple[str, ...]:
        """Those days of `among` that are in the period, in their order."""
        return tuple(day for day in among if self.first <= day <= self.last)


def last_closed(every: str, closed: str) -> Period:
    """The last `day` or `week` that is complete when the digest of the day `closed` is closed."""
    end = date.fromisoformat(closed)
    if every == "week":
        end -= _DAY * (end.isoweekday() % 7)  # to the Sunday before, or the day itself
    return _ending(every, end)


def periods_after(every: str, day: str, *, closed: str) -> tuple[Period, ...]:
    """The newest `MOST` of the complete periods that ended after `day`, oldest first."""
    found: list[Period] = []
    one = last_closed(every, closed)
    while one.last > day and len(found) < MOST:
        found.append(one)
        one = _ending(every, date.fromisoformat(one.first) - _DAY)
    return tuple(reversed(found))


def _ending(every: str, end: date) -> Period:
    first = end - _DAY * (_DAYS[every] - 1)
    return Period(first.isoformat(), end.isoformat())
