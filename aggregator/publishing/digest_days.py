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
        """The day that a time belongs to."""
        local = at.astimezone(self.zone).replace(tzinfo=None)
        return (local - timedelta(hours=self.closes.hour, minutes=self.closes.minute)).date()

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
