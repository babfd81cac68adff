"""What a feed asks of those who poll it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.model import FeedHints
from aggregator.parsing.xmlfeed import read_hints
from tests.documents import entry, json_feed, rdf, read, rss


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ("<ttl>60</ttl>", 3600),
        ("<ttl> 60 </ttl>", 3600),
        ("<ttl>1.5</ttl>", 60),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>999999999</ttl>", 366 * 86_400),
        ("<ttl>9999999999999</ttl>", None),
        ("", None),
    ],
)
def test_ttl_is_minutes(head: str, seconds: int | None) -> None:
    assert read_hints(head).ttl_s == seconds


def hours(*given: object) -> str:
    return "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in given) + "</skipHours>"


def test_hours_to_skip() -> None:
    assert read_hints(hours(23, 0, "07", 7)).skip_hours == (0, 7, 23)


def test_hour_24_is_midnight_and_later_ones_are_none() -> None:
    assert read_hints(hours(24, 25, 99, "x")).skip_hours == (0,)


def test_skipping_every_hour_or_day_means_nothing() -> None:
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    block = "<skipDays>" + "".join(f"<day>{day}</day>" for day in days) + "</skipDays>"

    assert read_hints(hours(*range(24))).skip_hours == ()
    assert read_hints(block).skip_days == ()


def test_days_to_skip_are_read_in_the_languages_of_dates() -> None:
    head = "<skipDays><day>Samstag</day><day>domenica</day></skipDays>"

    assert read_hints(head).skip_days == (5, 6)


def test_hints_that_are_written_as_cdata_count() -> None:
    found = read_hints(
        "<ttl><![CDATA[60]]></ttl>"
        "<skipHours><hour><![CDATA[3]]></hour></skipHours>"
        "<sy:updatePeriod><![CDATA[ daily ]]></sy:updatePeriod>"
    )

    assert found == FeedHints(ttl_s=3600, skip_hours=(3,), update_every_s=86_400)


def test_days_to_skip() -> None:
    head = "<skipDays><day>Sunday</day><day>saturday</day><day>Funday</day></skipDays>"

    assert read_hints(head).skip_days == (5, 6)


@pytest.mark.parametrize(
    ("period", "frequency", "seconds"),
    [
        ("hourly", "1", 3600),
        ("hourly", "2", 1800),
        ("Daily", "", 86_400),
        ("weekly", "7", 86_400),
        ("monthly", "1", 2_592_000),
        ("yearly", "1", 31_536_000),
        ("hourly", "0", None),
        ("hourly", "999999", 1),
        ("fortnightly", "1", None),
    ],
)
def test_syndication_module(period: str, frequency: str, seconds: int | None) -> None:
    head = f"<sy:updatePeriod>{period}</sy:updatePeriod>"
    if frequency:
        head += f"<sy:updateFrequency>{frequency}</sy:updateFrequency>"

    assert read_hints(head).update_every_s == seconds


def test_the_base_of_the_updates_is_a_date() -> None:
    head = "<sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>"

    assert read_hints(head).update_base == datetime(2000, 1, 1, 12, tzinfo=UTC)
    assert read_hints("<sy:updateBase>x</sy:updateBase>").update_base is None


def test_hints_are_read_before_and_after_the_items() -> None:
    body = rss(entry(), channel="<ttl>30</ttl>").replace(
        b"</channel>", hours(3).encode() + b"</channel>"
    )

    assert read(body).hints == FeedHints(ttl_s=1800, skip_hours=(3,))


def test_hints_of_items_are_not_the_feeds() -> None:
    assert read(rss(entry(more="<ttl>30</ttl>"))).hints == FeedHints()


def test_a_feed_without_items_may_have_hints() -> None:
    assert read(rss(channel="<ttl>30</ttl>")).hints.ttl_s == 1800


def test_hints_of_rdf_and_of_broken_documents() -> None:
    channel = "<sy:updatePeriod>hourly</sy:updatePeriod>"
    broken = rss(entry(), channel="<ttl>30</ttl>").replace(b"</channel></rss>", b"")

    assert read(rdf("<title>A</title>", channel=channel)).hints.update_every_s == 3600
    assert read(broken).hints.ttl_s == 1800


def test_json_feeds_give_no_hints() -> None:
    assert read(json_feed({"title": "T"})).hints == FeedHints()
