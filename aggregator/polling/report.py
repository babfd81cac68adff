"""The results of a run in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from aggregator.model import PollError, PollResult

if TYPE_CHECKING:
    from aggregator.ingest.assign import AssignReport
    from aggregator.ingest.stored_stories import Filled


class FetchReport(Struct, frozen=True):
    """The numbers of a run. feeds = fetched + not_modified + unchanged + failed + skipped."""

    feeds: int
    fetched: int
    not_modified: int
    unchanged: int
    failed: int
    skipped: int
    items: int
    new_items: int
    updated_items: int
    new_stories: int
    merged_items: int
    on_topic: int
    seconds: float
    errors: tuple[tuple[str, PollError], ...]  # name of the feed and its error, by name
    filled: tuple[Filled, ...] = ()  # topics that judged what was stored before


class Tally:
    """Counts the polls of a run."""

    def __init__(self) -> None:
        self.skipped = 0
        self.outcomes = {"fetched": 0, "not_modified": 0, "unchanged": 0, "failed": 0}
        self.items = self.new = self.updated = 0
        self.errors: list[tuple[str, PollError]] = []

    @property
    def polled(self) -> int:
        """How many feeds were polled."""
        return sum(self.outcomes.values())

    def add(self, result: PollResult) -> None:
        """Counts one poll."""
        self.outcomes[result.outcome] += 1
        self.items += result.items
        self.new += result.new
        self.updated += result.updated
        if result.error is not None:
            self.errors.append((result.source.name, result.error))

    def report(self, assigned: AssignedRun, seconds: float) -> FetchReport:
        """The numbers of the run, with those of matching."""
        return FetchReport(
            feeds=self.polled + self.skipped,
            skipped=self.skipped,
            items=self.items,
            new_items=self.new,
            updated_items=self.updated,
            new_stories=assigned.new_stories,
            merged_items=assigned.merged_items,
            on_topic=len(assigned.on_topic - assigned.gone),
            seconds=seconds,
            errors=tuple(sorted(self.errors, key=itemgetter(0))),
            filled=assigned.filled,
            **self.outcomes,
        )


class AssignedRun(Struct, frozen=True):
    """The results of matching over all batches of a run."""

    assigned: int = 0
    new_stories: int = 0
    merged_items: int = 0
    on_topic: frozenset[int] = frozenset()
    rules: Mapping[str, int] = field(default_factory=dict)  # items by the rule that decided
    gone: frozenset[int] = frozenset()  # stories merged into others, which are on topic instead
    filled: tuple[Filled, ...] = ()  # topics that judged what was stored before

    def plus(self, report: AssignReport) -> AssignedRun:
        """The results with another batch."""
        return AssignedRun(
            self.assigned + report.assigned,
            self.new_stories + report.new_stories,
            self.merged_items + report.merged_items,
            self.on_topic | report.on_topic,
            Counter(self.rules) + Counter(report.rules),
            self.gone | report.gone,
            self.filled,
        )
