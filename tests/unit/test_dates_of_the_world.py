"""Dates in the languages, signs and clocks of the world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.parsing.dates import parse_date
from aggregator.parsing.months import other_months


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type] # parts are ints


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20 14:30:00.364419679 +0200 CEST",
        "2026-11-20 14:30:00.364419679 +0200 CEST m=+0.000012",
        "2026-11-20 14:30:00.3 +0200 EET",
        "2026-11-20T14:30:00.36441967912345678+02:00",
        "Fri, 20 Nov 2026 14:30:00.3644196 +0200",
        "20.11.2026 14:30:00,364419 +02:00",
        "20 Nov 2026 14:30:00.364419679 CEST",
        "November 20, 2026 2:30:00.364419 PM +0200",
        "1795177800.364419679",
    ],
)
def test_fractions_of_a_second_may_have_any_length(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20, 12, 30)


@given(
    fraction=st.sampled_from(["", ".3", ",090"])
    | st.integers(1, 10**20).map(lambda digits: f".{digits}"),
    offset=st.sampled_from(["+0200", " +0200", " +02:00", " +0200 CEST", " CEST", " − 0200"]),
)
def test_no_fraction_hides_the_offset_after_it(fraction: str, offset: str) -> None:
    hour = 16 if "−" in offset else 12

    assert parse_date(f"Fri, 20 Nov 2026 14:30:00{fraction}{offset}") == utc(2026, 11, 20, hour, 30)
    assert parse_date(f"2026-11-20 14:30:00{fraction}{offset}") == utc(2026, 11, 20, hour, 30)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T14:30:00\u221204:00",
        "2026-11-20T14:30:00–04:00",
        "2026-11-20T14:30–04:00",
        "Fri, 20 Nov 2026 14:30:00 \u22120400",
        "Fri, 20 Nov 2026 14:30:00 –0400",
        "Fri, 20 Nov 2026 14:30:00 - 0400",
        "Fri, 20 Nov 2026 14:30:00 – 04:00",
        "Fri, 20 Nov 2026 14:30 - 0400",
        "Fri, 20 Nov 2026 14:30:00 —0400",
        "Fri, 20 Nov 2026 14:30:00 — 04:00",
        "2026-11-20T14:30:00—04:00",
        "Fri, 20 Nov 2026 14:30 GMT - 0400",
        "2026-11-20 14:30:00 \u20110400",
        "2026\u201011\u201020 14:30:00 \uff0d0400",
        "2026\u221211\u221220 2:30 pm - 0400",
        "Fri, 20 Nov 2026 14:30:00 -04 00",
        "20/11/2026 14:30:00 − 04 00",
        "2569-11-20T14:30:00-04:00",
        "Fri, 20 Nov 2569 14:30:00 -0400",
    ],
)
def test_whatever_stands_for_a_minus_is_the_sign_of_an_offset(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20, 18, 30)


@pytest.mark.parametrize("text", ["14:30:00 + 0530", "14:30:00 \uff0b05:30", "14:30 + 0530"])
def test_a_plus_may_stand_apart_too(text: str) -> None:
    assert parse_date(f"Fri, 20 Nov 2026 {text}") == utc(2026, 11, 20, 9)


@pytest.mark.parametrize(
    "text",
    [
        "20.11.2026, 14:30 Uhr MEZ",
        "20. November 2026 um 15:30 Uhr (MESZ)",
        "20 ноября 2026, в 16:30 МСК",
        "20 नवम्बर 2026, 07:00 PM IST",
    ],
)
def test_zones_stand_behind_words_and_in_other_scripts(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20, 13, 30)


@pytest.mark.parametrize(
    "text", ["2026-11-20 9:5:3", "20 Nov 2026 9:5:3 GMT", "11/20/2026 9:5:3 AM", "20.11.2026 9:5:3"]
)
def test_minutes_and_seconds_may_have_one_digit(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20, 9, 5, 3)


@pytest.mark.parametrize(
    "text",
    [
        "20 Nov 2026 14:30 – 16 30",
        "20 Nov 2026, 14:30 - 16:00",
        "20 Nov 2026 14:30–11:00",
        "20 Nov 2026 14:30—11:00",
        "20 Nov 2026 14:30:00 — Karachi",
        "2026-11-20 14:30 – 16:00",
        "20 Nov 14:30 - 2026",
        "20.11.2026 14:30:00 - 16:00:00",
        "14:30 - 20.11.2026",
        "20 Nov 2026 14:30 – Karachi",
    ],
)
def test_when_something_ends_is_no_offset(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20, 14, 30)


@pytest.mark.parametrize(
    "text",
    [
        "2026년 11월 20일 오후 2:30",
        "2026. 11. 20. 오후 2:30",
        "2026-11-20 오후 2시 30분",
        "2026年11月20日 下午2:30",
        "2026年11月20日星期五下午2点30分",
        "2026/11/20 下午 02:30:00",
        "2026年11月20日 午後2時30分",
        "2026/11/20(金) 午後2:30",
        "2026年11月20日14時30分00秒",
        "２０２６年１１月２０日　１４：３０",
        "20 Νοε 2026 2:30 μ.μ.",
        "20 نوفمبر 2026، 2:30 م",
        "20 نوفمبر 2026م 2:30 مساءً",
        "20 Kas 2026 2:30 ÖS",
        "20 tháng 11, 2026 2:30 chiều",
        "20 nov. 2026 2:30 p. m.",
        "20 ноября 2026, 2:30 дня",
        "2026. november 20. délután 2:30",
    ],
)
def test_afternoons_in_other_languages(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20, 14, 30)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026년 11월 20일 오전 12:30", 0),
        ("2026年11月20日 上午9:30", 9),
        ("2026年11月20日 午前9時30分", 9),
        ("2026年11月20日凌晨12:30", 0),
        ("2026年11月20日 中午12:30", 12),
        ("20 نوفمبر 2026 9:30 ص", 9),
        ("20 نوفمبر 2026م 9:30", 9),
        ("2026年11月20日 下午14:30", 14),
        ("20 Νοεμβρίου 2026 12:30 π.μ.", 0),
    ],
)
def test_mornings_in_other_languages(text: str, hour: int) -> None:
    assert parse_date(text) == utc(2026, 11, 20, hour, 30)


@pytest.mark.parametrize(
    "text",
    [
        "20 Nov 2026 14.30",
        "Fri, 20 Nov 2026 14.30.00",
        "20.11.2026 14.30",
        "20.11.26 14.30",
        "2026-11-20 14.30",
        "20 novembre 2026, ore 14.30",
        "20. marraskuuta 2026 klo 14.30",
        "fredag den 20. november 2026 kl. 14.30",
        "2026. november 20. 14.30",
        "Jumat, 20 November 2026 14.30 UTC",
        "20 Nov 2026 2.30 pm",
        "2.30 p.m., November 20, 2026",
        "20. November 2026, 14.30 Uhr",
        "Fri, 20 Nov 2026 19.30 PKT",
    ],
)
def test_a_time_may_be_written_with_a_dot(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20, 14, 30)


@pytest.mark.parametrize(
    "text",
    [
        "20.11.2026",
        "20.11.26",
        "2026.11.20",
        "20 Nov 2026 v2.30",
        "20 Nov 2026 1.10.2",
        "Vol 10.30 of 2026-11-20",
        "20 Nov 2026 00.00",
    ],
)
def test_a_dot_alone_makes_no_time(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20)


@pytest.mark.parametrize(
    "text",
    [
        *("20 ноября 2026", "Пт, 20 ноя 2026", "20 нояб. 2026 г.", "20-го ноября 2026 года"),
        *("20 листопада 2026 р.", "20 лист. 2026", "20 listopada 2026", "20 lis 2026"),
        *("20. listopadu 2026", "pátek 20. lis 2026", "2026. november 20.", "2026. nov. 20."),
        *("20 Kas 2026", "20 Kasım 2026 Cuma", "20 KASIM 2026", "20 نوفمبر 2026"),
        *("20 تشرين الثاني 2026", "٢٠ نوفمبر ٢٠٢٦", "20 نونبر 2026", "۲۰ نوامبر ۲۰۲۶"),
        *("20 ноември 2026", "20. studenoga 2026.", "20 noiembrie 2026", "20 Νοεμβρίου 2026"),
        *(
            "20. marraskuuta 2026",
            "2026 m. lapkričio 20 d.",
            "20. novembris 2026",
            "20 лістапада 2026",
        ),
        *("20 בנובמבר 2026", "20 ноябр, 2026", "20 Noyabr 2026", "20 ნოემბერი, 2026"),
        *("২০ নভেম্বর, ২০২৬", "२० नोव्हेंबर, २०२६", "20 நவம்பர், 2026", "20 నవంబర్, 2026"),
        *("20 พ.ย. 2026", "20 พฤศจิกายน 2569", "20 November 2026", "20 de novembre del 2026"),
        *("20 tháng 11, 2026", "20 thg 11 năm 2026", "ngày 20 tháng 11 năm 2026", "20 nëntor 2026"),
    ],
)
def test_months_in_other_languages(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2 Oca 2026", 1),
        ("2 Şub 2026", 2),
        ("2 Mar 2026 Pzt", 3),
        ("2 Ağu 2026", 8),
        ("2 Eyl 2026", 9),
        ("2 Ara 2026", 12),
        ("mar., 2 iun. 2026", 6),
        ("mar. 2 juin 2026", 6),
        ("2 mar 2026", 3),
        ("2 آب 2026", 8),
        ("2 أيار/مايو 2026", 5),
        ("2 mai 2026", 5),
        ("2 mája 2026", 5),
        ("2 czerwca 2026", 6),
        ("2. července 2026", 7),
    ],
)
def test_short_names_and_those_that_two_languages_share(text: str, month: int) -> None:
    assert parse_date(text) == utc(2026, month, 2)


def test_every_name_of_the_table_is_that_of_its_month() -> None:
    names = other_months()
    found = {name: parse_date(f"20 {name} 2026") for name in names}
    wanted = [utc(2026, month, 20) for month in names.values()]

    assert list(found.values()) == wanted
    assert len(found) > 900


@pytest.mark.parametrize(
    "text",
    [
        "2026年3月2日",
        "2026年03月02日",
        "2026 年 3 月 2 日",
        "2026年3月2日（月）",
        "2026年3月2號",
        "2026년 3월 2일",
        "2026년3월2일 월요일",
        "２０２６年３月２日",
        "05:00 2026年3月2日 PKT",
    ],
)
def test_dates_with_the_signs_for_year_month_and_day(text: str) -> None:
    assert parse_date(text) in (utc(2026, 3, 2), utc(2026, 3, 2, 5))


def test_a_month_without_a_day_begins_with_its_first() -> None:
    assert parse_date("2026年3月") == parse_date("2026년 3월") == utc(2026, 3, 1)


@pytest.mark.parametrize("text", ["02/03/2026 الاثنين", "٠٢/٠٣/٢٠٢٦", "02\u200f/03\u200f/2026"])
def test_arabic_script_puts_the_day_first(text: str) -> None:
    assert parse_date(text) == utc(2026, 3, 2)


@pytest.mark.parametrize("text", ["2026年13月2日", "2026年2月30日", "下午2:30", "20 Xyzember 2026"])
def test_what_is_no_date_in_any_language_is_none(text: str) -> None:
    assert parse_date(text) is None


@given(st.text(alphabet="0123456789 年月日時分.:-–−+/,TZ午後下오م\u200fпnoyabr", max_size=60))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    found = parse_date(text)

    assert found is None or found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("令和8年3月2日", (2026, 3, 2)),
        ("令和８年３月２日", (2026, 3, 2)),
        ("㋿8年3月2日(月)", (2026, 3, 2)),
        ("令和 8年 3月", (2026, 3, 1)),
        ("令和元年5月1日", (2019, 5, 1)),
        ("平成31年4月30日", (2019, 4, 30)),
        ("民國115年3月2日", (2026, 3, 2)),
        ("民国115年3月2日 14:30", (2026, 3, 2)),
    ],
)
def test_years_of_eras_are_read(text: str, date: tuple[int, int, int]) -> None:
    found = parse_date(text)

    assert found is not None
    assert (found.year, found.month, found.day) == date


@pytest.mark.parametrize(
    "text", ["۱۴۰۴/۱۲/۱۱", "11 اسفند 1404", "1447-09-13", "13 رمضان 1447", "令和80000年3月2日"]
)
def test_other_calendars_give_no_date(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    [
        '<time datetime="2026-11-20T14:30:00+02:00" class="datetime">Fri, 20/11 - 14:30</time>',
        "<time class='x' datetime = '2026-11-20T12:30:00Z' title='Friday, November 20, 2026 - 2 pm "
        "and so on, far beyond what a date may have'>Friday</time>",
        "<time datetime='soon'>Fri, 20 Nov 2026 14:30:00 +0200</time>",
        "<span>Fri, 11/20/2026 - 12:30</span>",
        "2026-11-20T14:30:00&#43;02:00",
        "Fri, 20 Nov 2026 14&#58;30&#58;00 &#x2B;0200",
        "20&nbsp;Nov&nbsp;2026 12:30",
    ],
)
def test_a_date_within_html_is_read(text: str) -> None:
    assert parse_date(text) == utc(2026, 11, 20, 12, 30)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("20 नवंबर 2026, सुबह 9:30 बजे", 9),
        ("20 नवंबर 2026 दोपहर 2:30", 14),
        ("20 नवंबर 2026 शाम 6:30 बजे", 18),
        ("20 नवंबर 2026 रात 9:30", 21),
        ("20 नवंबर 2026 रात 12:30", 0),
        ("20 नवंबर 2026 रात 1:30", 1),
        ("২০ নভেম্বর ২০২৬, বিকেল ৪:৩০", 16),
        ("২০ নভেম্বর ২০২৬ রাত ১১:৩০", 23),
        ("২০ নভেম্বর ২০২৬, দুপুর ১২:৩০", 12),
        ("20 نومبر 2026 سہ پہر 3:30", 15),
        ("20 نومبر 2026 رات 9:30 بجے", 21),
        ("2026年11月20日 晚上12:30", 0),
        ("2026年11月20日 晚上8:30", 20),
        ("2026년 11월 20일 밤 11:30", 23),
        ("20 नवंबर 2026, 11:30 अपराह्न PKT", 18),
        ("20 Nov 2026 20:00 hrs IST", 14),
        ("20.11.2026 15:30 Uhr MEZ", 14),
    ],
)
def test_parts_of_the_day_in_languages_of_south_and_east_asia(text: str, hour: int) -> None:
    assert parse_date(text) == utc(2026, 11, 20, hour, 30)


def test_an_hour_may_stand_alone_where_a_word_marks_it() -> None:
    assert parse_date("20 نومبر 2026 شام 6 بجے") == utc(2026, 11, 20, 18)
    assert parse_date("20 नवंबर 2026 सुबह 6 बजे") == utc(2026, 11, 20, 6)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("二〇二六年三月二日", utc(2026, 3, 2)),
        ("二零二六年十一月二十日", utc(2026, 11, 20)),
        ("二〇二六年三月三十一日 下午2:30", utc(2026, 3, 31, 14, 30)),
        ("2026年十月十日", utc(2026, 10, 10)),
        ("20 พ.ย. 69", utc(2026, 11, 20)),
        ("20 พฤศจิกายน 69 เวลา 14.30 น.", utc(2026, 11, 20, 14, 30)),
        ("20 พ.ย. 26", utc(2026, 11, 20)),
        ("20 Thg 11 2026 14:30", utc(2026, 11, 20, 14, 30)),
    ],
)
def test_numbers_of_chinese_digits_and_short_years_of_thailand(text: str, day: datetime) -> None:
    assert parse_date(text) == day
