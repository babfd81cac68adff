"""Exponential back-off after failures of files, pings and notifications. Pure."""

from __future__ import annotations

from datetime import timedelta


def backoff(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """The wait after this many failures before the last one: `first`, twice that, and so on."""
    return min(first * (1 << min(failures, 20)), longest)
