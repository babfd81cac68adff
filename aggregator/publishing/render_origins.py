"""How many of an entry's sources are independent, and why, as safe text. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from msgspec import Struct

from aggregator.publishing.render_text import plain, publisher_of
from aggregator.stories.independence import coverage, independence, origin_in_words
from aggregator.views import PublishedEntry, PublishedSource

_COUNTRY = re.compile("[A-Za-z]{2}")  # a country code, shown in capitals (ISO 3166-1)


class Origins(Struct, frozen=True, gc=False):
    """Where the reports of a story come from."""

    reports: int
    independent: int
    first: str  # the publisher that reported first
    reasons: tuple[str, ...]  # for each source, why it may not be independent, or ""
    coverage: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]  # by label, most frequent first

    @property
    def in_words(self) -> str:
        """A sentence or two: 5 reports, 2 independent; first: Dawn."""
        if self.reports < 2:
            return ""
        counted = f"{self.reports} reports, {self.independent} independent; first: {self.first}."
        shown = [
            f"{label}: "
            + ", ".join(
                f"{value.upper() if _COUNTRY.fullmatch(value) else value} {number}"
                for value, number in values
            )
            for label, values in self.coverage
        ]
        return " ".join((counted, *(f"{text}." for text in shown)))


# Every format and page needs the origins of an entry, and comparing texts is half of its cost.
_known: WeakKeyDictionary[PublishedEntry, Origins] = WeakKeyDictionary()


def entry_origins(entry: PublishedEntry) -> Origins:
    """The origins of the sources that an entry lists; all its reports are counted.

    They are computed once for as long as the entry is in memory.
    """
    found = _known.get(entry)
    if found is None:
        _known[entry] = found = origins_of(entry.sources, unlisted=entry.unlisted)
    return found


def origins_of(sources: Sequence[PublishedSource], *, unlisted: int = 0) -> Origins:
    """The origins of sources in order of time; `unlisted`: further reports, only counted."""
    found = independence(sources)
    labels = coverage(source.labels for source in sources)
    return Origins(
        reports=len(sources) + unlisted,
        independent=found.independent,
        first=publisher_of(sources[0]) if sources else "",
        reasons=tuple(
            plain(said, limit=300) if (said := origin_in_words(sources, at, origin)) else ""
            for at, origin in enumerate(found.origins)
        ),
        coverage=tuple(
            (label, tuple((plain(value), count) for value, count in values.items()))
            for label, values in labels.items()
        ),
    )
