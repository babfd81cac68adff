"""Which day's digest covers a moment, and when a day's digest is closed. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from msgspec import Struct

from aggregator.settings import Config


class Calendar(Struct, frozen=True):
    """When a day's digest is closed."""

    zone: tzinfo
    closes: time

    def last_closed(self, now: datetime) -> date:
        """The last day that is over."""
        return day_of(now, zone=self.zone, closes=self.closes) - timedelta(days=1)

    def closed_at(self, day: str) -> datetime:
        """When the digest of a day (YYYY-MM-DD) was closed."""
        return end_of(date.fromisoformat(day), zone=self.zone, closes=self.closes)

    def day(self, at: datetime, *, closed: str) -> str:
        """The digest of a story of this time: its own day, or the first that is not yet out."""
        own = day_of(at, zone=self.zone, closes=self.closes).isoformat()
        if not closed:
            return own
        return max(own, (date.fromisoformat(closed) + timedelta(days=1)).isoformat())


def calendar(config: Config) -> Calendar:
    """The digest's calendar of a configuration."""
    return Calendar(_zone(config.publish.digest_zone), time.fromisoformat(config.publish.digest_at))


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - slow to load, and mostly not needed

    return ZoneInfo(name)


def day_of(at: datetime, *, zone: tzinfo, closes: time) -> date:
    """The day whose digest covers a moment; a day ends at `closes` of the next one.

    With `closes` at midnight this is the calendar day in the zone; at 06:00, what happens by
    night belongs to the day before.
    """
    local = at.astimezone(zone)
    shift = timedelta(hours=closes.hour, minutes=closes.minute)
    return (local.replace(tzinfo=None) - shift).date()


def end_of(day: date, *, zone: tzinfo, closes: time) -> datetime:
    """When the digest of a day is closed."""
    return datetime.combine(day + timedelta(days=1), closes, tzinfo=zone)
