"""Which day's digest a story belongs to, and when the digest of a day is closed. Pure."""

from __future__ import annotations

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
