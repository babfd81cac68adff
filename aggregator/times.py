"""Times as text: in the database, in feeds and for people. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import to_builtins

_SECOND = timedelta(seconds=1)


def time_text(at: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ` of an aware time; fractions of a second are cut off."""
    text: str = to_builtins(at if at.tzinfo is UTC else at.astimezone(UTC))  # RFC 3339
    return f"{text[:19]}Z"


def to_text(at: datetime | None) -> str | None:
    """The `time_text` of a time that may be missing."""
    return None if at is None else time_text(at)


def to_time(text: str | None) -> datetime | None:
    """The aware UTC time that `to_text` wrote."""
    return None if text is None else datetime.fromisoformat(text)


def minute_text(at: datetime) -> str:
    """A UTC time for people: to the minute, with its zone."""
    return at.strftime("%Y-%m-%d %H:%M UTC")


def rounded_up(at: datetime) -> datetime:
    """The time, rounded up to a whole second.

    The database keeps whole seconds, and nobody may be asked too early.
    """
    return at if at.microsecond == 0 else at.replace(microsecond=0) + _SECOND
