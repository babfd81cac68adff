"""Exponential back-off after failures of files, pings, notifications and mails. Pure."""

from __future__ import annotations

from datetime import timedelta

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)  # for what others are sent
MAX_ATTEMPTS = 20  # at a notification or a mail


def backoff(
    failures: int, *, first: timedelta = FIRST_WAIT, longest: timedelta = LONGEST_WAIT
) -> timedelta:
    """The wait after this many failures before the last one: `first`, twice that, and so on."""
    return min(first * (1 << min(failures, 20)), longest)
