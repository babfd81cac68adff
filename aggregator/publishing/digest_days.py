"""The days of digests: which a story belongs to, when one is closed, which a mail covers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from aggregator.settings import PublishSettings

_DAY = timedelta(days=1)


class DigestCalendar(Struct, frozen=True):
    """Days that end at the time `closes` of the next day, in a time zone.

    With `closes` at midnight they are the calendar days of the zone; with 06:00, the night belongs
    to the day before.
    """

    zone: tzinfo
    closes: time

    def day_of(self, at: datetime) -> date:
        """The day that a time belongs to: the first that is not closed then."""
        local = at.astimezone(self.zone).replace(tzinfo=None)
        day = (local - timedelta(hours=self.closes.hour, minutes=self.closes.minute)).date()
        # when clocks change, `closes` comes twice, or not at all
        while self.closed_at(day - _DAY) > at:
            day -= _DAY
        while self.closed_at(day) <= at:
            day += _DAY
        return day

    def closed_at(self, day: date) -> datetime:
        """When the digest of a day is closed."""
        return datetime.combine(day + _DAY, self.closes, tzinfo=self.zone)

    def last_closed(self, now: datetime) -> str:
        """The last day that is over (YYYY-MM-DD)."""
        return (self.day_of(now) - _DAY).isoformat()

    def digest_of(self, at: datetime, *, closed: str) -> str:
        """The digest for a story of this time: that of its day, or the first that is still open.

        `closed`: the last day (YYYY-MM-DD) whose digest is closed, "" if there is none.
        """
        own = self.day_of(at).isoformat()
        return max(own, (date.fromisoformat(closed) + _DAY).isoformat()) if closed else own


def digest_calendar(settings: PublishSettings) -> DigestCalendar:
    """The calendar of `publish.digest_zone` and `publish.digest_at`."""
    closes = time.fromisoformat(settings.digest_at)
    if settings.digest_zone == "UTC":
        return DigestCalendar(UTC, closes)
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - slow to load, and mostly not needed

    return DigestCalendar(ZoneInfo(settings.digest_zone), closes)


MOST = 7  # periods that are sent late after a time without runs; more would not be news
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
