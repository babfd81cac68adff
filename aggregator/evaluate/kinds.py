"""Labelled headlines through `kind_of`: how well each kind is recognised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aggregator.evaluate.measures import found_measures
from aggregator.evaluate.rows import Row, kind_of, summary_of, title_of
from aggregator.stories.kind_marks import Marks, shipped_marks
from aggregator.stories.kinds import KINDS, REPORT, decide


def kinds(rows: Sequence[Row], marks: Marks | None = None) -> dict[str, Any]:
    """How well the kinds found agree with the rows' `kind`, by the shipped marks or by others.

    Of each kind, and of all that is not a report together: precision, recall and F1; a kind that no
    row has and none was taken for is left out. Raises UsageError for rows without title, or with
    a kind that is none.
    """
    pairs = []
    for row in rows:
        found = decide(
            marks or shipped_marks(),
            title_of(row),
            summary=summary_of(row),
            url=str(row.get("url") or ""),
            publisher=str(row.get("publisher") or ""),
        )
        pairs.append((found.kind, kind_of(row)))
    return {
        "rows": len(pairs),
        "kinds": {
            kind: found_measures((said == kind, true == kind) for said, true in pairs)
            for kind in KINDS
            if any(kind in pair for pair in pairs)
        },
        "not_report": found_measures((said != REPORT, true != REPORT) for said, true in pairs),
    }
