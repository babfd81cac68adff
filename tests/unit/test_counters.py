"""What pages count and stamp in texts: it is no news."""

from __future__ import annotations

import pytest

from aggregator.stories.counters import differ_in_counters


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("3 hours ago", "4 hours ago"),
        ("Posted 35 minutes ago by Jane", "Posted 1 hour ago by Jane"),
        ("5m ago", "2h ago"),
        ("just now", "2 minutes ago"),
        ("vor 3 Stunden", "vor einer Stunde"),
        ("il y a 3 heures", "il y a 5 heures"),
        ("hace 3 horas", "hace 1 hora"),
        ("3 ore fa", "4 ore fa"),
        ("3 часа назад", "5 часов назад"),
        ("3 saat önce", "4 saat önce"),
        ("3 jam yang lalu", "4 jam lalu"),
        ("3 घंटे पहले", "1 घंटा पहले"),
        ("3 گھنٹے پہلے", "4 گھنٹے قبل"),
        ("قبل 3 ساعات", "قبل 5 ساعات"),
        ("৩ ঘণ্টা আগে", "৪ ঘণ্টা আগে"),
        ("3小时前", "5小时前"),
        ("3時間前", "5分前"),
        ("3시간 전", "5시간 전"),
        ("3 ชั่วโมงที่แล้ว", "4 ชั่วโมงที่แล้ว"),
        ("1,204 views · 3 min", "1.2K views · 3 min"),
        ("12 comments", "1 comment"),
        ("Read by 12 people so far", "Read by 15 people so far"),
        ("3 posts - 2 participants", "5 posts - 3 participants"),
        ("Points: 12 # Comments: 5", "Points: 18 # Comments: 9"),
        ("阅读 1234", "阅读 1300"),
        ("조회수: 12", "조회수: 20"),
        ("Просмотров: 12", "Просмотров: 20"),
        ("Updated 12:04", "Updated 12:34"),
        ("Fire in Hull (updated 12:04 GMT)", "Fire in Hull (updated 12:34 GMT)"),
        ("Updated: March 1, 2026 12:04 pm IST", "Updated: March 2, 2026 01:34 pm IST"),
        (
            "Last updated on 1st March 2026 at 12:04 PKT",
            "Last updated on 2nd March 2026 at 9:04 PKT",
        ),
        ("Stand: 12.04 Uhr", "Stand: 13.04 Uhr"),
        ("Published 1/3/2026", "Published 2/3/2026"),
        ("更新 2026年3月1日", "更新 2026年3月2日"),
        ("12:04 更新", "13:04 更新"),
    ],
)
def test_ages_readers_and_updates_are_no_news(before: str, after: str) -> None:
    assert differ_in_counters(before, after)
    assert differ_in_counters(
        f"Police closed the bridge. {before}", f"Police closed the bridge. {after}"
    )
    assert not differ_in_counters(f"Police closed it. {before}", f"Police opened it. {after}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("5 killed in blast", "6 killed in blast"),
        ("Fund buys 500 shares", "Fund buys 600 shares"),
        ("Index gains 512 points", "Index gains 530 points"),
        ("Khan wins by 500 votes", "Khan wins by 600 votes"),
        ("Updated toll: 5 dead", "Updated toll: 6 dead"),
        ("Updated 12:04: 5 dead", "Updated 12:34: 6 dead"),
        ("The Post published 12 photos", "The Post published 14 photos"),
        ("Company posted 5.2 billion", "Company posted 5.6 billion"),
        ("il y a 3 morts", "il y a 5 morts"),
        ("Magnitude 5.1", "Magnitude 5.2"),
        ("No figure", "None at all"),
        ("3 hours ago", "3 hours ago"),
    ],
)
def test_all_else_is_news(before: str, after: str) -> None:
    assert not differ_in_counters(before, after)
