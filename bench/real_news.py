"""Headlines as people read them, from labelled data where that is at hand.

The rows of a directory's `general_*.jsonl`, `real.jsonl` and `stream.jsonl.gz` are dealt out in the
order of their dates, so that feeds report one event at about the same time, as in life. Their days
are not kept: the farm dates its items itself, two days of a feed, which is as dense as news is.
"""

from __future__ import annotations

import gzip
import json
import random
from html import escape
from pathlib import Path

from bench.made_up_news import News

WORDS = 40  # of a summary, where a row has none


class RealNews:
    """What each feed reports, the same for everybody who asks."""

    def __init__(self, directory: Path, feeds: int) -> None:
        rows = [
            json.loads(line)
            for path in (*sorted(directory.glob("general_*.jsonl")), directory / "real.jsonl")
            for line in path.read_text("utf-8").splitlines()
        ]
        with gzip.open(directory / "stream.jsonl.gz", "rt", encoding="utf-8") as stream:
            rows += map(json.loads, stream)
        rows.sort(key=lambda row: (row["date"], row["title"]))
        self._rows = [(row["title"], row.get("summary") or "") for row in rows]
        self._feeds = feeds
        self._made_up = News()

    def report(self, feed: int, count: int, rng: random.Random) -> tuple[str, str]:
        """Headline and summary, escaped for XML, of the item `count` of a feed.

        Raises SystemExit when the rows are used up: one told twice would be not news.
        """
        place = (count - 1) * self._feeds + feed
        if place >= len(self._rows):
            raise SystemExit(
                f"{len(self._rows)} headlines are too few: ask for fewer feeds or items"
            )
        title, summary = self._rows[place]
        return escape(title), escape(summary or " ".join(self._made_up.words(rng, WORDS)))
