"""Write `aggregator/parsing/data/calendar_names.txt`: month names in the languages of the world.

    pip install '.[names]'
    python -m bench.calendar_names > aggregator/parsing/data/calendar_names.txt

Babel (Unicode CLDR) is asked here and nowhere else: installed it weighs more than all of this
project, and a reader of feeds needs 6 KB of it. Where two languages give one name to two months
(`listopad` is November in Polish and October in Croatian) the first of LANGUAGES has it.
"""

from __future__ import annotations

import sys
from textwrap import wrap

from babel import Locale

from aggregator.parsing.months import first_month_of, words_of

LANGUAGES = """
    en de fr es it pt nl tr ur hi ru uk be bg mk pl cs sk hr sr sr_Latn bs sl hu ro sq el sv da nb
    nn is fi et lv lt ca gl ar ar_SY ar_DZ ar_MA fa ps ckb he az kk ky uz tg tk ka hy bn mr ne pa
    gu ta te kn ml si th lo km my id ms fil sw am
"""
_ARTICLES = frozenset({"d", "de"})  # Catalan: "de gener", "d'abril"
_PREFIXES = {"he": "ב"}  # "in", which dates write to the name
_LEAST_LATIN = 3  # letters; shorter ones are words of other languages
_HEAD = """\
Names of months beyond those of `months.py`, in the form of `months.words_of`: a paragraph for each
month, and a comma between two names. Facts of the Unicode CLDR, written by
`bench/calendar_names.py`: mend that, not this.
"""


def names_by_month() -> list[set[str]]:
    """The plain names of the twelve months that `months.first_month_of` does not know."""
    months: dict[str, int] = {}
    for language in LANGUAGES.split():
        for widths in Locale.parse(language).months.values():
            for width in ("wide", "abbreviated"):
                for month, name in widths.get(width, {}).items():
                    plain = " ".join(word for word in words_of(name) if word not in _ARTICLES)
                    for spelling in (plain, _PREFIXES.get(language, "") + plain):
                        if _is_name(spelling):
                            months.setdefault(spelling, month)
    return [{name for name, at in months.items() if at == month} for month in range(1, 13)]


def _is_name(plain: str) -> bool:
    is_short = plain.isascii() and len(plain) < _LEAST_LATIN
    has_digits = any(char.isdigit() for char in plain)
    return bool(plain) and not is_short and not has_digits and first_month_of(plain) is None


def source(months: list[set[str]]) -> str:
    """The file's text."""
    parts = [_HEAD]
    for names in months:
        rows = wrap(", ".join(sorted(names)), width=92, break_long_words=False)
        parts.append("\n".join([*rows, ""]))
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(source(names_by_month()))
