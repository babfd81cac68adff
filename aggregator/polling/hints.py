"""Applies the polling hints of a document: ttl, skipHours, skipDays, sy:updatePeriod.

Pure. RSS 2.0 (https://www.rssboard.org/rss-specification) and the RSS 1.0 syndication module.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from aggregator.model import FeedHints

_HOUR = timedelta(hours=1)


def later(now: datetime, *, seconds: float, longest: timedelta) -> datetime:
    """`now` plus the wait, but at most `longest`, rounded down to the second."""
    if seconds > longest.total_seconds():
        return (now + longest).replace(microsecond=0)
    return now + timedelta(seconds=seconds)


def document_wait(hints: FeedHints, now: datetime, longest: timedelta) -> tuple[datetime, str]:
    """The time until which `ttl` and `sy:` ask us to wait, and the name of the hint.

    At most `longest` away, since a request for a year is usually a mistake. Skipped hours and days
    are not included: they say *when*, not how long (`out_of_hours`).
    """
    until, reason = now, ""
    if hints.ttl_s is not None and hints.ttl_s > 0:
        until, reason = later(now, seconds=hints.ttl_s, longest=longest), "ttl"
    if hints.update_every_s is not None and hints.update_every_s > 0:
        wait_s: float = min(hints.update_every_s, 10**9)
        if hints.update_base is not None:  # when the feed is first updated
            every = timedelta(seconds=wait_s)
            since = (now - hints.update_base) % every  # never negative: Python's modulo
            wait_s = (every - since).total_seconds()
        slot = later(now, seconds=wait_s, longest=longest)
        if slot > until:
            until, reason = slot, "sy:updatePeriod"
    return until, reason


def is_skipped(hints: FeedHints, at: datetime) -> bool:
    """Whether the document asks not to be polled in this hour or on this day (GMT).

    A list of all 24 hours or all 7 days would mean never, and is ignored.
    """
    if not hints.skip_hours and not hints.skip_days:
        return False
    hours = {hour % 24 for hour in hints.skip_hours}  # 24 is midnight in old feeds
    days = set(hints.skip_days)
    return (len(hours) < 24 and at.hour in hours) or (len(days) < 7 and at.weekday() in days)


def out_of_hours(hints: FeedHints, at: datetime) -> datetime:
    """`at`, or the start of the first later hour that is not skipped."""
    if not is_skipped(hints, at):
        return at
    hour = at.replace(minute=0, second=0, microsecond=0)
    while is_skipped(hints, hour):  # terminates: some hour of some day is allowed
        hour += _HOUR
    return hour
