"""Names of months and weekdays in the languages of the feeds that we know."""

from __future__ import annotations

import re
import unicodedata

# One line a month: English, German, French, Spanish, Italian, Portuguese, Dutch, Turkish, then
# Urdu and Hindi. Latin names are matched without accents, by themselves or cut to an
# abbreviation that no other month shares.
_MONTHS = (
    "january januar janner jan janvier janv enero gennaio gen janeiro januari ocak جنوری जनवरी",
    "february februar feb fevrier fevr febrero febbraio fevereiro fev februari subat فروری फरवरी",
    "march marz mar mars marzo marco maart mrt mrz maerz mart مارچ मार्च",
    "april apr avril avr abril abr aprile nisan اپریل अप्रैल",
    "may mai mayo maggio mag maio mei mayis مئی मई",
    "june juni jun juin junio giugno giu junho haziran جون जून",
    "july juli jul juillet juil julio luglio lug julho temmuz جولائی जुलाई",
    "august aug aout agosto ago ago augustus agustos اگست अगस्त",
    "september sep sept septembre septiembre settembre set setembro eylul ستمبر सितंबर",
    "october oktober oct okt octobre octubre ottobre ott outubro out ekim اکتوبر अक्टूबर",
    "november nov novembre noviembre novembro kasim نومبر नवंबर",
    "december dezember dec dez decembre diciembre dic dicembre dezembro aralik دسمبر दिसंबर",
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
_MONTH_OF = {name: at for at, names in enumerate(_MONTHS, start=1) for name in names.split()}
_WEEKDAY_OF = {name: at for at, names in enumerate(_WEEKDAYS) for name in names.split()}
_MARKS = re.compile("[\u0300-\u036f]")


def plain(text: str) -> str:
    """Lower case without accents: `Février` becomes `fevrier`."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def month_of(word: str) -> int | None:
    """1 to 12 for the plain name of a month."""
    return _MONTH_OF.get(word)


def weekday_of(word: str) -> int | None:
    """0 (Monday) to 6 for the plain name of a weekday."""
    return _WEEKDAY_OF.get(word)
