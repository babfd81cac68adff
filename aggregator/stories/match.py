"""Decide which story an item belongs to: layers from identity to re-wording, each with evidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.model import Assignment, Evidence, Rejection
from aggregator.settings import StorySettings
from aggregator.stories.features import Features
from aggregator.stories.lexicon import lexicon

MAX_REJECTED = 3


@dataclass(frozen=True, slots=True)
class Member:
    """An item as the matcher sees it."""

    item_id: int
    features: Features
    at: datetime | None = None  # None: no usable date, hence no window and no date evidence
    feed_id: int = 0
    identity: str = ""
    canonical_url: str | None = None
    publisher: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A story as the matcher sees it, by at most eight distinct variants."""

    story_id: int
    members: tuple[Member, ...]
    first_at: datetime | None = None
    last_at: datetime | None = None
    size: int = 1  # items in the story


@dataclass(frozen=True, slots=True)
class Matcher:
    """The shipped setting: thresholds and window."""

    window: timedelta = timedelta(days=7)
    same_url_window: timedelta = timedelta(hours=48)
    join: float = 0.6
    related: float = 0.35
    signals: tuple[str, ...] = field(default=())


def load_matcher(settings: StorySettings) -> Matcher:
    """The matcher with the shipped thresholds and the configured window."""
    return Matcher(window=settings.window)


@dataclass(frozen=True, slots=True)
class _Verdict:
    story_id: int
    rule: str
    score: float
    vetoes: tuple[str, ...]
    signals: dict[str, float | int | str | bool]


def overlap(a: Features, b: Features) -> float:
    """Shared rarity over the rarity of the lighter side, 0..1."""
    idf, rarest = lexicon().idf, lexicon().rarest
    shared = sum(idf.get(term, rarest) for term in a.bag & b.bag)
    lighter = min(a.weight, b.weight)
    return shared / lighter if lighter else 0.0


def _outside(member: Member, candidate: Candidate, window: timedelta) -> bool:
    if member.at is None or candidate.first_at is None or candidate.last_at is None:
        return False
    return member.at > candidate.last_at + window or member.at < candidate.first_at - window


def _vetoes(a: Features, b: Features) -> tuple[str, ...]:
    found = []
    if a.places and b.places and a.places.isdisjoint(b.places):
        found.append("veto_place")
    if a.countries - b.countries and b.countries - a.countries:
        found.append("veto_counterparty")
    if a.opinion != b.opinion:
        found.append("veto_opinion")
    if a.reaction != b.reaction:
        found.append("veto_reaction")
    if (a.recurring or b.recurring) and a.fingerprint != b.fingerprint:
        found.append("veto_recurring")
    if a.dates and b.dates and a.dates.isdisjoint(b.dates):
        found.append("veto_date")
    if a.years and b.years and a.years.isdisjoint(b.years):
        found.append("veto_date")
    return tuple(found)


def _starts(cut: Features, full: Features) -> bool:
    """Whether a cut-off headline is the beginning of another; its last word may be cut, too."""
    head = cut.words[:-1] if len(cut.words) > 4 else cut.words
    return cut.truncated and len(head) >= 4 and full.words[: len(head)] == head


def _compare(a: Member, b: Member, matcher: Matcher) -> tuple[str, float]:
    """The rule that holds between two items, and how sure it is."""
    if a.features.fingerprint and a.features.fingerprint == b.features.fingerprint:
        recurring = a.features.recurring or len(a.features.bag) < 3
        return ("exact", 0.5) if recurring else ("exact", 1.0)
    if _starts(a.features, b.features) or _starts(b.features, a.features):
        return "truncated", 0.97
    score = overlap(a.features, b.features)
    heavier = max(a.features.weight, b.features.weight)
    lighter = min(a.features.weight, b.features.weight)
    score *= (lighter / heavier) ** 0.5 if heavier else 0.0
    if a.canonical_url and a.canonical_url == b.canonical_url and score >= 0.2:
        gap = abs(a.at - b.at) if a.at and b.at else timedelta(0)
        if gap <= matcher.same_url_window:
            return "same_url", max(score, 0.9)
    return "reworded", score


def _judge(member: Member, candidate: Candidate, matcher: Matcher) -> _Verdict | None:
    if _outside(member, candidate, matcher.window):
        return None
    best: _Verdict | None = None
    for other in candidate.members:
        rule, score = _compare(member, other, matcher)
        if score < 0.2:
            continue
        vetoes = () if rule in ("exact", "truncated") else _vetoes(member.features, other.features)
        if best is None or (not vetoes, score) > (not best.vetoes, best.score):
            signals: dict[str, float | int | str | bool] = {"item": other.item_id}
            best = _Verdict(candidate.story_id, rule, score, vetoes, signals)
    return best


def decide(
    member: Member,
    candidates: Sequence[Candidate],
    *,
    matcher: Matcher,
    apart: Collection[int] = frozenset(),
    together: int | None = None,
) -> Assignment:
    """The story that an item joins, with the evidence; None for a new story.

    `apart` are stories that a correction forbids, `together` is the one that a correction
    demands. Candidates may come in any order.
    """
    verdicts = [
        verdict
        for candidate in candidates
        if candidate.story_id not in apart
        and (verdict := _judge(member, candidate, matcher)) is not None
    ]
    verdicts.sort(key=lambda verdict: (bool(verdict.vetoes), -verdict.score, verdict.story_id))
    if together is not None:
        evidence = Evidence("correction", 1.0, "an editor's correction joins these items")
        return Assignment(together, evidence, rejected=_rejected(verdicts, matcher, {together}))
    joined = [one for one in verdicts if not one.vetoes and one.score >= matcher.join]
    if not joined:
        evidence = Evidence("new", 0.0, "no story in the window is similar enough")
        return Assignment(None, evidence, rejected=_rejected(verdicts, matcher, set()))
    best = joined[0]
    also = tuple(one.story_id for one in joined[1:] if one.score >= 0.9)
    evidence = Evidence(best.rule, round(best.score, 4), "", best.signals)
    rejected = _rejected(verdicts, matcher, {best.story_id, *also})
    return Assignment(best.story_id, evidence, also, rejected)


def _rejected(
    verdicts: Sequence[_Verdict], matcher: Matcher, taken: Collection[int]
) -> tuple[Rejection, ...]:
    rest = sorted(
        (one for one in verdicts if one.story_id not in taken),
        key=lambda one: (-one.score, one.story_id),
    )
    return tuple(
        Rejection(one.story_id, round(one.score, 4), one.vetoes, one.score >= matcher.related)
        for one in rest[:MAX_REJECTED]
    )
