"""Lifetimes and Retry-After as servers write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.fetching.freshness import lifetime_s, parse_http_date, retry_after_s

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": 'private, MAX-AGE="60"'}, 60),
        ({"cache-control": "max-age=60", "age": "20"}, 40),
        ({"cache-control": "max-age=60", "age": "90"}, 0),
        ({"cache-control": "max-age=60", "age": "-5"}, 60),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "max-age=NaN, ,=,;"}, None),
        ({"cache-control": "max-age=60; public"}, 60),
        ({"cache-control": "public max-age=60 must-revalidate"}, 60),
        ({"cache-control": "max-age=60; no-cache"}, None),
        ({"cache-control": "max-age=60s"}, None),
        ({"cache-control": "s-maxage=60"}, None),
        ({"cache-control": "no-store"}, None),
        ({"cache-control": "no-cache", "expires": "Mon, 02 Mar 2026 12:00:00 GMT"}, None),
        ({"expires": "Mon, 02 Mar 2026 12:00:00 GMT"}, 7200),
        ({"expires": "0"}, None),
        ({"expires": "Mon, 02 Mar 2026 09:00:00 GMT"}, 0),
    ],
)
def test_lifetime_of_a_response(headers: dict[str, str], seconds: float | None) -> None:
    assert lifetime_s(headers, NOW) == seconds


def test_a_server_whose_clock_is_wrong_changes_nothing() -> None:
    headers = {"date": "Fri, 31 Dec 2099 00:00:00 GMT", "expires": "Fri, 31 Dec 2099 01:00:00 GMT"}

    assert lifetime_s(headers, NOW) == 3600


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", None),
        ("-100", None),
        ("120, 300", 300),
        ("120, soon", 120),
        ("120,", 120),
        (", 120", 120),
        ("120 s", None),
        ("Mon, 02 Mar 2026 10:02:00 GMT, Mon, 02 Mar 2026 10:05:00 GMT", 300),
        ("Monday, 02-Mar-26 10:05:00 GMT, Mon, 02 Mar 2026 10:02:00 GMT", 300),
        ("120, Mon, 02 Mar 2026 10:05:00 GMT", 300),
        ("Mon, 02 Mar 2026 10:02:00 GMT, 300", 300),
        ("Mon, 01 Jan 1990 00:00:00 GMT, 0", None),
        ("soon, maybe", None),
        ("1.5e3", None),
        ("", None),
        ("NaN", None),
        ("\u0661\u0662\u0660", None),
        ("9" * 5000, 10.0**12),
        ("Mon, 02 Mar 2026 10:02:00 GMT", 120),
        ("Mon, 01 Jan 1990 00:00:00 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)
def test_retry_after_in_all_spellings(value: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": value}, NOW) == seconds


def test_a_wrong_clock_on_either_side_cannot_shorten_the_wait() -> None:
    until = "Mon, 02 Mar 2026 11:00:00 GMT"
    behind = {"retry-after": until, "date": "Mon, 02 Mar 2026 09:00:00 GMT"}
    ahead = {"retry-after": until, "date": "Mon, 02 Mar 2026 10:50:00 GMT"}

    assert retry_after_s(behind, NOW) == 7200
    assert retry_after_s(ahead, NOW) == 3600


def test_dates_without_a_zone_are_utc_and_long_ones_are_not_read() -> None:
    assert parse_http_date("Mon, 02 Mar 2026 10:00:00") == NOW
    assert parse_http_date("Mon, 02 Mar 2026 12:00:00 +0200") == NOW
    assert parse_http_date("x" * 1000) is None
