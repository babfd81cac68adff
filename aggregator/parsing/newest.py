"""Selects the entries of a very long document that are read: the newest, wherever they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from aggregator.parsing.dates import parse_date
from aggregator.text import counted

MAX_ITEMS = 2000  # of one document; the rest is left out

_DATE = re.compile(
    rb"<(?:\w{1,20}:)?(?:pubDate|published|issued|date|updated|modified|created)(?:\s[^<>]*)?>"
    rb"\s*(?:<!\[CDATA\[)?([^<>]{4,100})",
    re.I,
)


def newest(dates: Sequence[datetime | None], limit: int = MAX_ITEMS) -> tuple[int, ...]:
    """The positions of the newest entries by date, in the order of the document.

    An entry without a date counts as old as the one before it. Among equal dates the first are
    chosen, or the last if the document is in ascending order; a document without dates is assumed
    to begin with the newest.
    """
    known = [date for date in dates if date is not None]
    if not known:
        return tuple(range(min(limit, len(dates))))
    at, filled = known[0], []
    for date in dates:
        at = date or at
        filled.append(at)
    later_first = -1 if known[0] < known[-1] else 1
    places = sorted(range(len(filled)), key=lambda place: later_first * place)
    places.sort(key=lambda place: filled[place], reverse=True)
    return tuple(sorted(places[:limit]))


def date_of(element: bytes) -> datetime | None:
    """The first date in an entry's element: a quick look, for comparison only."""
    found = _DATE.search(element)
    return parse_date(found.group(1).decode("utf-8", "replace").strip()) if found else None


def note(left_out: int) -> str:
    """The note about a document that was read in part."""
    were = counted(left_out, "was", "were")
    return f"only the newest {MAX_ITEMS} entries were read; {were} left out"
