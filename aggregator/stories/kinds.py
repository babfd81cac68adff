"""The kind of piece under a headline: a report of an event, or something else about it."""

from __future__ import annotations

from itertools import chain
from math import exp, fsum

from msgspec import Struct

from aggregator.stories.kind_marks import (
    PARTS,
    Marks,
    kinds_by_hand,
    runs_in,
    shipped_marks,
    words_of_parts,
)

REPORT = "report"
# All kinds besides reports, from `data/kinds.toml`.
OTHER_KINDS = tuple(kinds_by_hand())
KINDS = (REPORT, *OTHER_KINDS)
_MOST_EVIDENCE = 3


class HeadlineKind(Struct, frozen=True):
    """The kind of a piece; `evidence`: the marks that counted most, empty for a report."""

    kind: str  # one of KINDS
    probability: float  # that it is not a report
    evidence: tuple[str, ...]  # "headline: what to know", "section: opinion"

    @property
    def is_report(self) -> bool:
        """Whether the piece reports what happened."""
        return self.kind == REPORT


def kind_of(
    headline: str, *, summary: str = "", url: str = "", publisher: str = ""
) -> HeadlineKind:
    """The kind of a piece by its headline, the beginning of its summary and its URL's sections.

    `publisher`: stripped from the end of the headline. Pure; accepts any text.
    """
    return decide(shipped_marks(), headline, summary=summary, url=url, publisher=publisher)


def decide(
    marks: Marks, headline: str, *, summary: str = "", url: str = "", publisher: str = ""
) -> HeadlineKind:
    """`kind_of` with other marks than the shipped ones."""
    parts = words_of_parts(headline, summary=summary, url=url, publisher=publisher)
    found = [
        (part, runs_in(words, marks.parts[part])) for part, words in zip(PARTS, parts, strict=True)
    ]
    # fsum, because sets have no order, which must not matter
    log_odds = fsum(chain((marks.bias,), *[runs.values() for _, runs in found]))
    probability = 1.0 / (1.0 + exp(-log_odds)) if log_odds > -40.0 else 0.0
    if probability < marks.threshold:
        return HeadlineKind(REPORT, probability, ())
    ranked = sorted(
        ((weight, part, run) for part, runs in found for run, weight in runs.items() if weight > 0),
        key=lambda one: (-one[0], one[1], one[2]),
    )
    evidence = tuple(f"{part}: {run}" for _, part, run in ranked[:_MOST_EVIDENCE])
    leanings = {kind: [bias] for kind, bias in marks.kinds_bias.items()}
    for part, runs in found:
        for run in runs:
            for kind, weight in marks.parts[part].kinds[run].items():
                leanings[kind].append(weight)
    likeliest = max(leanings, key=lambda kind: fsum(leanings[kind]))  # the first of equals
    return HeadlineKind(likeliest, probability, evidence)
