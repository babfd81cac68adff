"""A search as somebody asks for it: words and filters, from an address or a command line. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict

from aggregator.config.document import Bad
from aggregator.config.fields import read_seconds
from aggregator.errors import UsageError
from aggregator.views import SearchFilter

MOST_QUERY = 200  # characters of each part
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LONGEST_S = 36_500 * 86_400


class SearchRequest(Struct, frozen=True):
    """What is searched for, as it was written; an empty filter lets everything through."""

    q: str = ""
    topic: str = ""
    source: str = ""  # a feed or a publisher
    label: str = ""  # NAME=VALUE
    since: str = ""  # a day (YYYY-MM-DD), or an age such as 7d
    until: str = ""  # the same; a day counts as a whole
    sort: str = ""  # "best": closest matches first; else the newest

    @property
    def parameters(self) -> str:
        """What is not empty as the query of an address, always in the same order."""
        return urlencode(
            {name: value for name, value in asdict(self).items() if value}, errors="replace"
        )

    @property
    def best_first(self) -> bool:
        """Whether the closest matches come first."""
        return self.sort == "best"

    def among(self, now: datetime) -> SearchFilter:
        """The filters as values. Raises UsageError for one that cannot be read."""
        label, _, value = self.label.partition("=")
        if self.label and not (label and value):
            raise UsageError(
                f"{self.label!r} is not a label with a value; write one such as country=pk"
            )
        return SearchFilter(
            topic=self.topic or None,
            source=self.source or None,
            label=(label, value) if self.label else None,
            since=_moment(self.since, now) if self.since else None,
            until=_moment(self.until, now, whole_day=True) if self.until else None,
        )


def _moment(text: str, now: datetime, *, whole_day: bool = False) -> datetime:
    try:
        if _DAY.fullmatch(text):
            start = datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
            return start + timedelta(days=1) if whole_day else start
        return now - timedelta(seconds=read_seconds(text, least=1, most=_LONGEST_S))
    except (Bad, ValueError, OverflowError) as error:
        raise UsageError(
            f"{text!r} is neither a day nor an age; write one such as 2026-03-02 or 7d"
        ) from error
