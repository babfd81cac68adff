"""What a page counts and stamps beside its news: readers, comments, its age, its last update. Pure.

Feeds copy it into texts and headlines, where it differs at each poll and tells no news.
"""

from __future__ import annotations

import re
from functools import cache

_NUMBER = r"(?<![\d.,])\d[\d.,]*+ ?(?:[km]\b ?)?"
_UNITS = (
    r"(?:s|m|h|d|w|secs?|mins?|hrs?|seconds?|minutes?|hours?|days?|weeks?|months?|years?"
    r"|heures?|jours?|semaines?|mois|ans?|sekunden?|minuten?|stunden?|tag(?:en)?|wochen?|monaten?"
    r"|segundos?|minutos?|horas?|d[ií]as?|semanas?|meses|minuti|ore|giorni|uur|dagen"
    r"|минут\w*|час\w*|дн\w*|день|dakika|saat|gün|menit|jam|hari|phút|giờ|ngày"
    r"|मिनट|घंट[ाे]|दिन|منٹ|گھنٹ[ےہ]|دن|دقيقة|دقائق|ساعة|ساعات|يوما?|أيام|دقیقه|ساعت|روز"
    r"|মিনিট|ঘ[ণন]্টা|দিন|分钟|分鐘|小时|小時|時間|[秒分天日]|초|분|시간|일|นาที|ชั่วโมง|วัน)"
)
_AGO = r"(?:ago|fa|geleden|назад|önce|(?:yang )?lalu|trước|पहले|पूर्व|پہلے|قبل|پیش|আগে|前|전|ที่แล้ว)"
_COUNTED = (
    r"(?:views?|reads|readers|comments?|replies|reply|likes?|upvotes?|retweets?|reposts?"
    r"|reactions?|participants?|downloads?|followers?|subscribers?)"
)
_LABELS = (
    r"(?:views?|reads?|hits|comments|replies|likes|shares|points|score|votes|upvotes|downloads"
    r"|просмотр\w*|комментари\w*|المشاهدات|مشاهدات)"
)
_STAMPED = (
    r"(?:(?:last )?(?:updated?|modified|edited|refreshed|posted|published)|mis à jour|actualizado"
    r"|aktualisiert|stand|aggiornato|обновлено|最終更新|更新|آخر تحديث|تحديث|अपडेटेड|अपडेट)"
)
_CLOCK = (
    r"(?:\d{1,2}(?::\d\d){1,2}(?: ?[ap]\.?m\b\.?)?|\d{1,2}\.\d\d ?(?:[ap]\.?m\b\.?|uhr|hrs)"
    r"|\d{1,2} ?[ap]m\b|\d{1,2}[时時]\d{1,2}分)"
    r"(?: ?(?:utc|gmt|ist|pkt|bst|cest|[ecp][ds]?t|uhr)\b)?"
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}(?:,? \d{{4}})?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    r"|\d{1,4}([./-])\d{1,2}\1\d{1,4}|\d{4}年\d{1,2}月\d{1,2}日)"
)
_AGE = (
    rf"(?:{_NUMBER}|\b(?:an?|one) ){_UNITS} ?{_AGO}(?![a-z])|\bjust now\b|\bmoments ago\b"
    rf"|\b(?:vor|hace|há|il y a|منذ|قبل) (?:{_NUMBER}|une? |einer ){_UNITS}\b"
)
_STAMP = (
    rf"(?<![^\W\d_]){_STAMPED}\W{{0,3}}(?:(?:at|on|um) )?(?:{_DATE}(?:\W{{1,3}}(?:at )?{_CLOCK})?"
    rf"|{_CLOCK})|{_CLOCK} ?更新"
)
_COUNTER = (
    rf"{_NUMBER}posts? - {_NUMBER}participants?\b|{_NUMBER}{_COUNTED}\b"
    rf"|\b(?:read|seen|viewed) by {_NUMBER}|\b{_LABELS} ?[:：(] ?{_NUMBER}"
    rf"|(?:조회수?|阅读量?|浏览|閲覧数) ?[:：(]? ?{_NUMBER}"
)


def differ_in_counters(text: str, other: str) -> bool:
    """Whether two lines are the same but for what a page counts or stamps in them."""
    if text == other or not (any(map(str.isdigit, text)) or any(map(str.isdigit, other))):
        return False
    return _news_of(text) == _news_of(other)


@cache
def _counted() -> tuple[re.Pattern[str], ...]:
    """The patterns, compiled when two lines differ in figures, which takes 4 ms."""
    return tuple(re.compile(pattern, re.I) for pattern in (_AGE, _STAMP, _COUNTER))


def _news_of(text: str) -> list[str]:
    for counted in _counted():
        text = counted.sub(" # ", text)
    return text.split()
