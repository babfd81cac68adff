"""Which entries of an endless document are read: the newest, wherever they stand in it."""

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
    """The places of the newest entries, in the order of the document, by their dates.

    An entry without a date is as old as the one before it. Of equal dates the first are taken,
    or the last where the document ascends; without any dates it is taken to begin with the newest.
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
    """The first date that an entry's element gives; a quick look, for comparing entries."""
    found = _DATE.search(element)
    return parse_date(found.group(1).decode("utf-8", "replace").strip()) if found else None


def note(left_out: int) -> str:
    """What is said of a document that was read in part."""
    were = counted(left_out, "was", "were")
    return f"only the newest {MAX_ITEMS} entries were read; {were} left out"
