"""Times as text, in UTC and to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from aggregator.times import minute_text, rounded_up, to_text, to_time


def test_times_are_utc_text_to_the_second() -> None:
    at = datetime(2026, 3, 1, 17, 0, 5, 999, tzinfo=timezone(timedelta(hours=5)))

    assert to_text(at) == "2026-03-01T12:00:05Z"
    assert to_time("2026-03-01T12:00:05Z") == datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    assert (to_text(None), to_time(None)) == (None, None)


def test_the_text_of_a_time_has_four_digits_of_the_year_and_no_fraction() -> None:
    assert to_text(datetime(999, 1, 2, 3, 4, 5, tzinfo=UTC)) == "0999-01-02T03:04:05Z"
    assert to_text(datetime(2026, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC)) == "2026-03-01T23:59:59Z"


def test_people_are_shown_minutes_with_the_zone() -> None:
    assert minute_text(datetime(2026, 3, 1, 12, 0, 59, tzinfo=UTC)) == "2026-03-01 12:00 UTC"


def test_a_wait_ends_no_earlier_than_asked() -> None:
    whole = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)

    assert rounded_up(whole) == whole
    assert rounded_up(whole + timedelta(microseconds=1)) == whole + timedelta(seconds=1)
