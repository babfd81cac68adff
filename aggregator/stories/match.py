"""Decides which story an item belongs to, by wording or else by score, with evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.model import Assignment, Evidence, Rejection
from aggregator.stories.compare import SURE, Comparison, Comparisons, Matcher, Member, by_wording
from aggregator.stories.features import Features
from aggregator.stories.overlap import LEAST_CONTAINED, promising
from aggregator.stories.scorer import combined
from aggregator.stories.signals import named
from aggregator.text import cut

MAX_REJECTED = 3
MAX_SCORED = 3  # candidate stories that are scored
MERGE_COMPARED = 4  # members of each side that are compared before two stories are merged
MERGE_LEAST = 0.35  # their combined score for a merge, if an item belongs to both stories
CORE_LEAST = 0.9  # score from which an item becomes part of the core, by which others join


class Candidate(Struct, frozen=True):
    """A story as the matcher sees it, by at most eight distinct variants."""

    story_id: int
    members: tuple[Member, ...]
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def core(self) -> tuple[Member, ...]:
        """The core members; all members if there are none."""
        return tuple([one for one in self.members if one.core]) or self.members

    def is_within(self, window: timedelta, at: datetime | None) -> bool:
        """Whether an item of this time is within the window; undated items always are."""
        if at is None or self.first_at is None or self.last_at is None:
            return True
        return self.first_at - window <= at <= self.last_at + window


class _Verdict(Struct, frozen=True):
    """The result of comparing an item with a story."""

    story_id: int
    score: float
    best: Comparison
    like: Member
    agreeing: int
    compared: int


def is_core(features: Features, assignment: Assignment) -> bool:
    """Whether an item becomes part of the core of its story.

    Not if it joins narrowly, or is not a report, unless it opens the story.
    """
    if assignment.story_id is None:
        return True
    return features.kind.is_report and assignment.evidence.score >= CORE_LEAST


def _by_wording(member: Member, candidate: Candidate, matcher: Matcher) -> _Verdict | None:
    """The verdict if a member has the same words, else None."""
    best, like = None, member
    fingerprint, truncated = member.features.fingerprint, member.features.truncated
    for other in candidate.members:
        theirs = other.features
        if theirs.fingerprint != fingerprint and not (truncated or theirs.truncated):
            continue  # the usual case: neither the same words nor their beginning
        found = by_wording(member, other, matcher)
        if found is not None and (best is None or found.score > best.score):
            best, like = found, other
    if best is None:
        return None
    return _Verdict(candidate.story_id, best.score, best, like, agreeing=1, compared=1)


def _by_score(
    member: Member, candidates: Sequence[Candidate], comparisons: Comparisons
) -> list[_Verdict]:
    """The verdicts on the most promising stories, by the members of their cores."""
    ranked: list[tuple[float, int, int, list[Member]]] = []  # promise, story, size of its core
    for one in candidates:
        core = one.core
        most, shares = promising(member, core)
        if most > 0:
            alike = [
                other for other, share in zip(core, shares, strict=True) if share >= LEAST_CONTAINED
            ]
            ranked.append((-most, one.story_id, len(core), alike))
    ranked.sort(key=lambda one: one[:2])
    ranked = ranked[:MAX_SCORED]
    # all at once, so that the model runs once
    found = iter(comparisons([(member, other) for *_, alike in ranked for other in alike]))
    verdicts = []
    for _, story_id, size, alike in ranked:
        compared = [(next(found), other) for other in alike]
        best, like = max(compared, key=lambda one: one[0].score)
        scores = [one.score for one, _ in compared]
        scores += [0.0] * (size - len(scores))
        agreeing = len([one for one in scores if one >= 0.5])
        verdicts.append(_Verdict(story_id, combined(scores), best, like, agreeing, len(scores)))
    return verdicts


def decide(
    member: Member,
    candidates: Sequence[Candidate],
    comparisons: Comparisons,
    *,
    apart: Collection[int] = frozenset(),
    together: int | None = None,
) -> Assignment:
    """The story that an item joins, with the evidence; None for a new story.

    `apart`: stories that a correction excludes; `together`: the one that a correction demands. The
    order of the candidates does not matter.
    """
    matcher = comparisons.matcher
    eligible = [
        candidate
        for candidate in candidates
        if candidate.story_id not in apart and candidate.is_within(matcher.window, member.at)
    ]
    verdicts = [
        verdict
        for candidate in eligible
        if (verdict := _by_wording(member, candidate, matcher)) is not None
    ] or _by_score(member, eligible, comparisons)
    verdicts.sort(key=lambda one: (-one.score, one.story_id))
    if together is not None:
        evidence = Evidence("correction", 1.0, "an editor's correction joins these items")
        return Assignment(together, evidence, rejected=_rejected(verdicts, {together}))
    joined = [one for one in verdicts if one.score >= matcher.scorer.join]
    if not joined:
        evidence = Evidence("new", 0.0, "no story in the window is similar enough")
        return Assignment(None, evidence, rejected=_rejected(verdicts, set()))
    also: tuple[int, ...] = ()
    if len(joined) > 1 and member.features.kind.is_report:
        # it also belongs to these stories; they are merged if their cores agree
        by_id = {candidate.story_id: candidate for candidate in candidates}
        first, *others = (by_id[one.story_id] for one in joined)
        also = tuple(one.story_id for one in others if agree(first, one, comparisons))
    rejected = _rejected(verdicts, {joined[0].story_id, *also})
    return Assignment(joined[0].story_id, _evidence(joined[0]), also, rejected)


def agree(a: Candidate, b: Candidate, comparisons: Comparisons) -> bool:
    """Whether two stories are one by the scores of their cores."""
    scores = comparisons.scores(
        [(one, other) for one in a.core[:MERGE_COMPARED] for other in b.core[:MERGE_COMPARED]]
    )
    return combined(scores) >= MERGE_LEAST


def _evidence(verdict: _Verdict) -> Evidence:
    best = verdict.best
    signals: dict[str, float | int | str | bool] = {
        "item": verdict.like.item_id,
        "agreeing": verdict.agreeing,
        "compared": verdict.compared,
    }
    signals.update(_signals(best))
    like = f"“{cut(verdict.like.features.core, 120)}”"
    detail = {
        "exact": f"the same words as {like}",
        "truncated": f"one is the cut-off beginning of the other: {like}",
        "same_url": f"the same page as {like}, and the headlines agree",
    }.get(best.rule, f"other words for {like}")
    if verdict.compared > 1 and best.rule not in SURE:
        detail += f"; {verdict.agreeing} of {verdict.compared} wordings agree"
    return Evidence(best.rule, round(verdict.score, 4), detail, signals)


def _signals(found: Comparison) -> Mapping[str, float]:
    """The signals by name; with the lexical score and the logit, if the model read the pair."""
    signals = dict(named(found.values)) if found.values else {}
    if found.lexical is not None and found.logit is not None:
        signals |= {"lexical": round(found.lexical, 3), "model": round(found.logit, 3)}
    return signals


def as_evidence(like: Member, found: Comparison) -> dict[str, float | int | str | bool]:
    """A comparison as evidence: the other item, its headline, the signals."""
    return {"item": like.item_id, "like": like.features.core, **_signals(found)}


def _rejected(verdicts: Sequence[_Verdict], taken: Collection[int]) -> tuple[Rejection, ...]:
    """The likeliest of the other stories, and at most one to which a veto applies."""
    rest = [one for one in verdicts if one.story_id not in taken]
    rest.sort(key=lambda one: (bool(one.best.vetoes), -one.score, one.story_id))
    scored = len([one for one in rest if not one.best.vetoes])
    rest = rest[: scored + 1]
    return tuple(
        Rejection(
            one.story_id,
            round(one.score, 4),
            one.best.vetoes,
        )
        for one in rest[:MAX_REJECTED]
    )
