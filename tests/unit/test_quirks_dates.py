"""Dates in the many ways in which feeds write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.parsing.dates import parse_date
from tests.documents import atom, entry, json_feed, only, rdf, rss


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type] # parts are ints


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Mon, 26 Sep 2022 1:55 PM EST", utc(2022, 9, 26, 18, 55)),
        ("Aug 12, 2025 07:02:38 PM", utc(2025, 8, 12, 19, 2, 38)),
        ("Aug 12, 2025 10:57 a.m.", utc(2025, 8, 12, 10, 57)),
        ("12:00 am, 12 August 2025", utc(2025, 8, 12)),
        ("August 12, 2025 12:30 p.m. PKT", utc(2025, 8, 12, 7, 30)),
        ("August 12, 2025 at 3pm", utc(2025, 8, 12, 15)),
        ("2025-08-12 02:15:00 PM", utc(2025, 8, 12, 14, 15)),
        ("2025-08-12T12:15am", utc(2025, 8, 12, 0, 15)),
        ("2025-08-12 02:15 pm PKT", utc(2025, 8, 12, 9, 15)),
    ],
)
def test_twelve_hour_clocks(text: str, instant: datetime) -> None:
    assert parse_date(text) == instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Tue, 12 Aug 2025 10:00:00 PKT", utc(2025, 8, 12, 5)),
        ("Tue, 12 Aug 2025 10:00:00 (PKT)", utc(2025, 8, 12, 5)),
        ("Tue, 12 Aug 2025 10:00:00 IST", utc(2025, 8, 12, 4, 30)),
        ("Tue, 12 Aug 2025 10:00:00 America/Los_Angeles", utc(2025, 8, 12, 17)),
        ("2025-01-12 10:00:00 Europe/Brussels", utc(2025, 1, 12, 9)),
        ("2025-08-12 10:00 Asia/Karachi", utc(2025, 8, 12, 5)),
        ("Tue, 12 Aug 2025 10:00:00 GMT-07:00", utc(2025, 8, 12, 17)),
        (
            "Tue Aug 12 2025 10:00:00 GMT+0000 (Coordinated Universal Time)",
            utc(2025, 8, 12, 10),
        ),
        ("Tue Aug 12 10:00:00 PKT 2025", utc(2025, 8, 12, 5)),
        ("Tue, 12 Aug 2025 10:00:00 ET", utc(2025, 8, 12, 14)),
        ("Tue, 12 Aug 2025 10:00:00 Atlantis/Poseidonis", utc(2025, 8, 12, 10)),
        ("Tue, 12 Aug 2025 10:00:00 America/Argentina", utc(2025, 8, 12, 10)),
        ("Tue, 12 Aug 2025 10:00:00 XYZ", utc(2025, 8, 12, 10)),
        ("Tue, 12 Aug 2025 10:00:00 UTC+5", utc(2025, 8, 12, 5)),
    ],
)
def test_zone_names(text: str, instant: datetime) -> None:
    assert parse_date(text) == instant


@pytest.mark.parametrize("text", ["1520932969", "1520932969.25", "1520932969000"])
def test_unix_time_as_text(text: str) -> None:
    assert parse_date(text) == utc(2018, 3, 13, 9, 22, 49)
    assert only(rss(f"<title>T</title><pubDate>{text}</pubDate>")).published_at == utc(
        2018, 3, 13, 9, 22, 49
    )


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-08-12T10:00:00-05:00Z", utc(2025, 8, 12, 15)),
        ("2025-08-12T10:00:00-13:00", utc(2025, 8, 12, 10)),
        ("2025-08-12T10:00:00+15:00", utc(2025, 8, 12, 10)),
        ("Tue, 12 Aug 2025 10:00:00 +9999", utc(2025, 8, 12, 10)),
    ],
)
def test_strange_offsets(text: str, instant: datetime) -> None:
    assert parse_date(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "Di, 12 Aug 2025",
        "Dienstag, 12. August 2025",
        "mar., 12 août 2025",
        "mardi 12 août 2025",
        "martes, 12 de agosto de 2025",
        "Tues, 12th August 2025",
        "August 12th, 2025",
        "12 اگست 2025",
        "۱۲ اگست ۲۰۲۵",
        "12 अगस्त 2025",
    ],
)
def test_names_of_months_and_days(text: str) -> None:
    assert parse_date(text) == utc(2025, 8, 12)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Thurs, 16th Feb 2023", utc(2023, 2, 16)),
        ("Thur, 23rd Nov 2023", utc(2023, 11, 23)),
        ("1er janvier 2024", utc(2024, 1, 1)),
        ("Sa, 03 Mär 2024", utc(2024, 3, 3)),
        ("12 août 2025 à 14h30", utc(2025, 8, 12, 14, 30)),
        ("12. August 2025, 10 Uhr", utc(2025, 8, 12, 10)),
    ],
)
def test_abbreviations_and_ordinals(text: str, instant: datetime) -> None:
    assert parse_date(text) == instant


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("09/15/2014 4:20 pm PST", utc(2014, 9, 16, 0, 20)),
        ("10/30/23", utc(2023, 10, 30)),
        ("Fri, 26/06/2020", utc(2020, 6, 26)),
        ("30.10.23", utc(2023, 10, 30)),
        ("Nov. 2020", utc(2020, 11, 1)),
        ("08/12/2025", utc(2025, 8, 12)),
        ("Mon, 08/12/2025", utc(2025, 12, 8)),
        ("Tue, 08/12/2025", utc(2025, 8, 12)),
        ("Sun, 08/12/2025", utc(2025, 8, 12)),
        ("12-08-2025 10:00", utc(2025, 8, 12, 10)),
        ("2025/08/12 10:00:00", utc(2025, 8, 12, 10)),
        ("2025-8-5 9:05:01", utc(2025, 8, 5, 9, 5, 1)),
        ("12 Aug 25", utc(2025, 8, 12)),
        ("Ausgabe 3/7/1 vom 12.08.2025", utc(2025, 8, 12)),
        ("v1.5.2, 12/08/2025", utc(2025, 12, 8)),
        ("3.10.2 2025-08-05", utc(2025, 8, 5)),
        ("No. 100/12/2025 of 2025-08-05", utc(2025, 8, 5)),
        ("Vol 2.3.4 - August 12, 2025", utc(2025, 8, 12)),
    ],
)
def test_slashes_dots_and_short_years(text: str, instant: datetime) -> None:
    assert parse_date(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "2 hours ago",
        "0000-00-00T00:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01T00:00:00Z",
        "31 Feb 2025",
        "2025-08-32",
        "-62135596801",
        "-0044-03-15T00:00:00Z",
        "12345-01-01T00:00:00Z",
        "9" * 30,
        "nan",
        "inf",
        "0x7E9",
        "12:30 PM",
        "Aug 12",
        "12",
        "2025-08-12T25:00:00Z",
        "Tue, 12 Aug 2025 10:00:75 GMT",
        "100/100/100",
        "1234567890123456",
        "Tue, 12 Xyz 2025 10:00:00 GMT",
        " " * 200,
        "1 Jan 2025 " * 50,
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["", "garbage", "-62135596801", "9999999999999"])
def test_items_with_impossible_dates_are_kept_undated(text: str) -> None:
    item = only(rss(f"<title>T</title><pubDate>{text}</pubDate>"))

    assert item.published_at is None


def test_dates_in_the_future_are_kept_as_given() -> None:
    item = only(rss("<title>T</title><pubDate>Sat, 12 Aug 2045 10:00:00 GMT</pubDate>"))

    assert item.published_at == utc(2045, 8, 12, 10)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("20250812", utc(2025, 8, 12)),
        ("20250812T100000Z", utc(2025, 8, 12, 10)),
        ("20250812100000", utc(2025, 8, 12, 10)),
        ("2025-08-12T10:00Z", utc(2025, 8, 12, 10)),
        ("2025-08-12 10:00:00.123 +05:00", utc(2025, 8, 12, 5)),
        ("Sat, 31 Dec 2016 23:59:60 GMT", utc(2016, 12, 31, 23, 59, 59)),
        ("Tue, 12 Aug 2025 24:00:00 GMT", utc(2025, 8, 13)),
        ("1 Sept 1999 10:00:00", utc(1999, 9, 1, 10)),
    ],
)
def test_other_spellings_of_dates(text: str, instant: datetime) -> None:
    assert parse_date(text) == instant


def test_dates_that_feedparser_would_invent_stay_unknown() -> None:
    for text in ("2025-W33-2T10:00:00Z", "-0044-03-15", "-62135596801"):
        assert only(rss(f"<title>T</title><pubDate>{text}</pubDate>")).published_at is None


def test_dates_of_every_format_are_read() -> None:
    when = utc(2025, 8, 12, 10)

    assert only(rss(entry())).published_at == when
    assert only(rdf("<title>T</title><dc:date>2025-08-12T10:00:00Z</dc:date>")).published_at == when
    assert (
        only(json_feed({"title": "T", "date_published": "2025-08-12T10:00:00Z"})).published_at
        == when
    )
    both = "<published>2025-08-12T10:00:00Z</published><updated>2025-08-13T10:00:00Z</updated>"
    item = only(atom(f"<id>1</id><title>T</title>{both}"))
    assert (item.published_at, item.updated_at) == (when, utc(2025, 8, 13, 10))


def test_an_atom_entry_with_only_updated_was_published_then() -> None:
    item = only(atom("<id>1</id><title>T</title><updated>2025-08-12T10:00:00Z</updated>"))

    assert item.published_at == utc(2025, 8, 12, 10)
