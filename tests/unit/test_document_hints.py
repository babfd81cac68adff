"""ttl, skipHours, skipDays and sy:updatePeriod (P22)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.model import FeedHints
from aggregator.polling.schedule import document_wait, is_skipped, later, out_of_hours

WEEK = timedelta(days=7)
NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)  # a Monday


def test_p22_ttl_is_a_wait_and_its_cap_a_week() -> None:
    assert document_wait(FeedHints(ttl_s=600), NOW, WEEK) == (NOW + timedelta(minutes=10), "ttl")
    assert document_wait(FeedHints(ttl_s=10**14), NOW, WEEK) == (NOW + timedelta(days=7), "ttl")
    assert document_wait(FeedHints(ttl_s=-5), NOW, WEEK) == (NOW, "")


def test_p22_update_period_counts_from_its_base() -> None:
    base = datetime(2020, 1, 1, 6, 0, tzinfo=UTC)
    daily = FeedHints(update_every_s=86400, update_base=base)

    assert document_wait(daily, NOW, WEEK)[0] == NOW.replace(hour=6, minute=0) + timedelta(days=1)
    assert document_wait(FeedHints(update_every_s=3600), NOW, WEEK)[0] == NOW + timedelta(hours=1)
    assert document_wait(FeedHints(update_every_s=0), NOW, WEEK) == (NOW, "")


def test_p22_a_base_in_the_far_future_is_no_obstacle() -> None:
    base = datetime(9999, 12, 31, tzinfo=UTC)

    until, _ = document_wait(FeedHints(update_every_s=3600, update_base=base), NOW, WEEK)

    assert NOW < until <= NOW + timedelta(hours=1)


def test_p22_hours_are_gmt_and_24_is_midnight() -> None:
    assert is_skipped(FeedHints(skip_hours=(10,)), NOW)
    assert not is_skipped(FeedHints(skip_hours=(11,)), NOW)
    assert is_skipped(FeedHints(skip_hours=(24,)), NOW.replace(hour=0))


def test_p22_days_are_left_out_whole() -> None:
    weekend = FeedHints(skip_days=(5, 6))
    saturday = NOW + timedelta(days=5)

    assert out_of_hours(weekend, saturday) == datetime(2026, 3, 9, tzinfo=UTC)
    assert out_of_hours(weekend, NOW) == NOW


def test_p22_hours_and_days_together_may_span_a_week() -> None:
    hints = FeedHints(skip_hours=tuple(range(23)), skip_days=(0, 1, 2, 3, 4, 5))

    assert out_of_hours(hints, NOW) == datetime(2026, 3, 8, 23, tzinfo=UTC)


def test_p22_all_hours_or_all_days_skipped_is_no_hint() -> None:
    assert not is_skipped(FeedHints(skip_hours=tuple(range(24))), NOW)
    assert not is_skipped(FeedHints(skip_days=tuple(range(7))), NOW)


def test_a_wait_above_the_longest_is_cut_to_the_second_below() -> None:
    now = NOW.replace(microsecond=500)

    assert later(now, seconds=1e12, longest=timedelta(days=7)) == NOW + timedelta(days=7)
    assert later(now, seconds=1, longest=timedelta(days=7)) == now + timedelta(seconds=1)
