"""Conditional requests and negotiation as RFC 9110 has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aggregator.serving.conditional import (
    accepts_gzip,
    etag_matches,
    format_http_date,
    not_modified,
)

AT = datetime(2026, 3, 1, 9, 30, 15, 500, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "same"),
    [
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b" , W/"a","c"', True),
        ("*", True),
        (" * ", True),
        ('"b"', False),
        ("a", False),
        ("", False),
        ('"a', False),
        ('"x,"a""', False),
    ],
)
def test_entity_tags_are_compared_weakly_over_lists(sent: str, same: bool) -> None:
    assert etag_matches(sent, '"a"') is same


@pytest.mark.parametrize(
    ("tag", "since", "unchanged"),
    [
        ('"a"', None, True),
        ('"b"', "Sun, 01 Mar 2026 09:30:15 GMT", False),  # the tag wins
        (None, "Sun, 01 Mar 2026 09:30:15 GMT", True),
        (None, "Sun, 01 Mar 2026 09:30:14 GMT", False),
        (None, "Sun, 01 Mar 2026 09:30:16 -0000", True),
        (None, "yesterday", False),
        (None, "Sun, 01 Mar 99999999999999999999 09:30:15 GMT", False),
        (None, None, False),
    ],
)
def test_a_copy_is_good_by_tag_or_else_by_date(
    tag: str | None, since: str | None, unchanged: bool
) -> None:
    assert (
        not_modified(etag='"a"', modified=AT, if_none_match=tag, if_modified_since=since)
        is unchanged
    )


def test_without_a_date_of_our_own_dates_say_nothing() -> None:
    since = format_http_date(AT)

    assert not not_modified(etag='"a"', modified=None, if_none_match=None, if_modified_since=since)


def test_dates_are_written_in_gmt() -> None:
    there = AT.astimezone(timezone(timedelta(hours=5)))

    assert format_http_date(there) == "Sun, 01 Mar 2026 09:30:15 GMT"


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("br, GZIP", True),
        ("gzip;q=0", False),
        ("gzip; q=0.5", True),
        ("*", True),
        ("*;q=0", False),
        ("x-gzip", True),
        ("identity", False),
        ("gzip;q=high", False),
        ("gzip;level=1", True),
        ("", False),
    ],
)
def test_gzip_is_sent_to_those_who_take_it(header: str, taken: bool) -> None:
    assert accepts_gzip(header) is taken
