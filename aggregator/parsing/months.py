"""Names of months and weekdays, and words for am and pm, in the languages of feeds.

Names are looked up in the form that `words_of` returns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

# One line per month: English, German, French, Spanish, Italian, Portuguese, Dutch, Turkish, Urdu,
# Hindi, which are the languages of most feeds. `calendar_names.txt` has the others.
_MONTHS = (
    "january januar janner jan janvier janv enero gennaio gen janeiro januari ocak جنوری जनवरी",
    "february februar feb fevrier fevr febrero febbraio fevereiro fev februari subat فروری फरवरी",
    "march marz mar mars marzo marco maart mrt mrz maerz mart مارچ मार्च",
    "april apr avril avr abril abr aprile nisan اپریل अप्रैल",
    "may mai mayo maggio mag maio mei mayis مئی मई",
    "june juni jun juin junio giugno giu junho haziran جون जून",
    "july juli jul juillet juill juil julio luglio lug julho temmuz جولائی जुलाई",
    "august aug aout agosto ago ago augustus agustos اگست अगस्त",
    "september sep sept septembre septiembre settembre set setembro eylul ستمبر सितंबर सितम्बर",
    "october oktober oct okt octobre octubre ottobre ott outubro out ekim اکتوبر अक्टूबर अक्तूबर",
    "november nov novembre noviembre novembro kasim نومبر नवंबर नवम्बर",
    "december dezember dec dez decembre diciembre dic dicembre dezembro aralik دسمبر दिसंबर दिसम्बर",
)
# Monday first, as in `datetime.weekday`.
_WEEKDAYS = (
    "monday mon montag mo lundi lun lunes lunedi maandag ma",
    "tuesday tue tues dienstag di mardi mar martes martedi dinsdag",
    "wednesday wed weds mittwoch mi mercredi mer miercoles mercoledi woensdag wo",
    "thursday thu thur thurs donnerstag do jeudi jeu jueves giovedi donderdag",
    "friday fri freitag fr vendredi ven viernes venerdi vrijdag vr",
    "saturday sat samstag sonnabend sa samedi sam sabado sabato zaterdag za",
    "sunday sun sonntag so dimanche dim domingo domenica zondag zo",
)
# Korean, Chinese, Japanese; Greek, Turkish, Ukrainian, Russian, Bulgarian, Hungarian, German,
# French; Hindi, Bengali, Vietnamese, Thai; Arabic, Persian, Kurdish, Urdu.
_BEFORE_NOON = """
    오전, 새벽, 아침, 上午, 早上, 早晨, 清晨, 凌晨, 午前, πμ, π μ, öö, дп, утра, ночи, пр об,
    délelőtt, vormittags, morgens, du matin, पूर्वाह्न, सुबह, সকাল, ভোর, sáng, ก่อนเที่ยง, ص, صباحا, صباح,
    قبل الظهر, ق ظ, قبلازظهر, ب ن, صبح
"""
_AFTER_NOON = """
    오후, 저녁, 下午, 中午, 傍晚, 午後, 午后, 夕方, μμ, μ μ, ös, пп, дня, вечера, сл об,
    délután, nachmittags, abends, du soir, अपराह्न, दोपहर, शाम, দুপুর, বিকাল, বিকেল, সন্ধ্যা, chiều,
    tối, หลังเที่ยง, م, مساء, بعد الظهر, ب ظ, بعدازظهر, د ن, شام, دوپہر, سہ پہر
"""
_EVENING = 6  # the hour
_NIGHT = "밤, 晚上, रात, রাত, رات"  # until midnight, and after it
# Both as strings: few dates are read word by word.
# Marks that are often left out: accents, vowels and hamzas of the Arabic script, joiners.
_MARKS = "[\u0300-\u036f\u064b-\u065f\u0670\u200b-\u200f]"
# Letters for which keyboards of neighbouring languages have different characters.
_LETTERS = str.maketrans({"ı": "i", "ي": "ی", "ى": "ی", "ك": "ک"})
# A word includes vowel signs, which are not letters to `re`.
_WORD = r"\d+|[^\W\d_][^\s\d!-/:-@\[-`{-~·«»“”‘’„…،؛׳״।॰、。（）【】–—]*"


def words_of(text: str) -> list[str]:
    """Words and numbers in lower case without accents: `1er Février` becomes 1, er, fevrier."""
    plain = re.sub(_MARKS, "", unicodedata.normalize("NFKD", text.casefold()))
    return re.findall(_WORD, plain.translate(_LETTERS))


_FIRST_MONTH_OF = {name: at for at, names in enumerate(_MONTHS, start=1) for name in names.split()}
_WEEKDAY_OF = {name: at for at, names in enumerate(_WEEKDAYS) for name in names.split()}


@cache  # read on first use: few feeds need it
def other_months() -> Mapping[str, int]:
    """Names of months in other languages -> 1 to 12."""
    text = (Path(__file__).with_name("data") / "calendar_names.txt").read_text(encoding="utf-8")
    _, *months = text.split("\n\n")
    return {
        " ".join(name.split()): month
        for month, names in enumerate(months, start=1)
        for name in names.split(",")
    }


@cache
def _first_late_hours() -> Mapping[str, int]:
    """A word for a part of the day -> its first hour that is after noon."""
    return {
        " ".join(words_of(name)): first
        for names, first in ((_BEFORE_NOON, 13), (_AFTER_NOON, 0), (_NIGHT, _EVENING))
        for name in names.split(",")
    }


def first_month_of(word: str) -> int | None:
    """1 to 12 for a month name in one of the languages of most feeds."""
    return _FIRST_MONTH_OF.get(word)


def month_in(words: Sequence[str]) -> int | None:
    """1 to 12 for the month named in a date; the last one if there are several.

    Names in the languages of most feeds take precedence over others; names that may also be a
    weekday come last: "mar" is March, but also Tuesday in French and Romanian.
    """
    first = [word for word in words if word in _FIRST_MONTH_OF]
    surely = [_FIRST_MONTH_OF[word] for word in first if word not in _WEEKDAY_OF]
    others = other_months()
    found = surely or [others[name] for name in _names(words) if name in others]
    found = found or [_FIRST_MONTH_OF[word] for word in first]
    return found[-1] if found else None


def weekday_of(word: str) -> int | None:
    """0 (Monday) to 6 for the name of a weekday."""
    return _WEEKDAY_OF.get(word)


def is_after_noon(hour: int, before: Sequence[str], after: Sequence[str]) -> bool | None:
    """Whether the words beside an hour (0 to 12) mean pm (True) or am (False); None if neither.

    A single letter (Arabic) counts only after the time: before it, it is "A.D." of the year.
    """
    run_on = [word[-2:] for word in before[-1:]]  # Chinese: "星期五下午2:30"
    ahead = [name for name in [*_names(before[-2:]), *run_on] if len(name) > 1]
    beside = [*_names(after[:2]), *ahead]
    halves = _first_late_hours()
    first = next((halves[name] for name in beside if name in halves), None)
    return None if first is None else (hour % 12 if first == _EVENING else hour) >= first


def _names(words: Sequence[str]) -> list[str]:
    """The words, and all pairs of neighbouring words."""
    return [*map(" ".join, pairwise(words)), *words]
