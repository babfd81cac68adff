"""Labelled rows to fit and to measure the topic `us-pakistan-security` with.

Two kinds: headlines written for this project (`written.tsv`, `on_topic.txt`, `off_topic.txt`),
and labelled or unlabelled headlines kept beside the checkout in `shared/data`, which are not part
of it. Of the unlabelled stream, `stream_on_topic.txt` names by hash the few that do belong or are
borderline; every other title of it was read as off topic where a rule could let it in.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aggregator.model import TopicText

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared" / "data"
ON, BORDERLINE, OFF = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Row:
    """A text with its label: 2 belongs, 1 borderline (not counted), 0 does not."""

    text: TopicText
    label: int

    @property
    def digest(self) -> str:
        """How the row is named where its text must not be copied."""
        return sha256(self.text.headline.encode()).hexdigest()[:16]


def written() -> tuple[Row, ...]:
    """Headlines written to fit the weights; a third column is a summary."""
    lines = (HERE / "written.tsv").read_text(encoding="utf-8").splitlines()
    parts = (line.split("\t") for line in lines if line)
    return tuple(
        Row(TopicText(part[1], part[2] if len(part) > 2 else ""), int(part[0])) for part in parts
    )


def kept_aside() -> tuple[Row, ...]:
    """Headlines that are measured and never fitted to."""
    return tuple(
        Row(TopicText(line), label)
        for name, label in (("on_topic.txt", ON), ("off_topic.txt", OFF))
        for line in (HERE / name).read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )


def labelled(name: str) -> tuple[Row, ...]:
    """The rows of a labelled file of `shared/data`. Raises FileNotFoundError without it."""
    with (SHARED / name).open(encoding="utf-8") as lines:
        return tuple(_rows(lines))


def stream() -> tuple[Row, ...]:
    """The open stream: everything off topic but the rows named in `stream_on_topic.txt`."""
    named = {}
    for line in (HERE / "stream_on_topic.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            digest, label = line.split()
            named[digest] = int(label)
    with gzip.open(SHARED / "dedup" / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        return tuple(Row(row.text, named.get(row.digest, OFF)) for row in _rows(lines))


def _rows(lines: Iterator[str] | gzip.GzipFile) -> Iterator[Row]:
    for line in lines:
        row = json.loads(line)
        text = TopicText(
            row["title"], row.get("summary") or "", row.get("publisher") or "", row.get("url") or ""
        )
        yield Row(text, row.get("label", OFF))
