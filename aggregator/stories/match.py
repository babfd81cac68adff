"""Decide which story an item belongs to: layers from identity to re-wording, each with evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.model import Assignment, Evidence, Rejection
from aggregator.settings import StorySettings
from aggregator.stories.features import Features
from aggregator.stories.scorer import Scorer, combined, shipped_scorer
from aggregator.stories.screening import LEAST_CONTAINED, look, overlap
from aggregator.stories.signals import gap_hours, measure, named
from aggregator.stories.vetoes import vetoes
from aggregator.stories.wording import is_repeated, starts
from aggregator.text import cut

MAX_REJECTED = 3
MAX_SCORED = 3  # of the stories that an item is compared with
MERGE_COMPARED = 4  # members of each side that are compared before two stories become one
MERGE_LEAST = 0.5  # what they must score together
SURE = {"exact": 1.0, "truncated": 0.97}  # rules of wording and their scores


class Member(Struct, frozen=True):
    """An item as the matcher sees it."""

    item_id: int
    features: Features
    at: datetime | None = None  # None: no usable date, hence no window and no date evidence
    feed_id: int = 0
    identity: str = ""
    canonical_url: str | None = None
    publisher: str = ""
    url: str | None = None


class Candidate(Struct, frozen=True):
    """A story as the matcher sees it, by at most eight distinct variants."""

    story_id: int
    members: tuple[Member, ...]
    first_at: datetime | None = None
    last_at: datetime | None = None
    size: int = 1  # items in the story


class Matcher(Struct, frozen=True):
    """The shipped setting: the trained scorer and how far apart items of a story may be."""

    scorer: Scorer
    window: timedelta = timedelta(days=7)
    same_page_hours: float = 48.0  # live pages keep their URL while the event changes
    same_wording_hours: float = 72.0  # later, the same words may be news again
    same_issue_hours: float = 6.0  # a recurring title is one issue only so long


def load_matcher(settings: StorySettings) -> Matcher:
    """The matcher with the shipped scorer and the configured window."""
    return Matcher(scorer=shipped_scorer(), window=settings.window)


class Comparison(Struct, frozen=True):
    """What two items say about each other."""

    rule: str  # exact | truncated | same_url | reworded
    score: float  # 0..1; 0 with a veto
    vetoes: tuple[str, ...] = ()
    values: tuple[float, ...] = ()  # the signals; none where wording or a veto decided


_NOTHING = Comparison("reworded", -1.0)  # before anything was compared
Known = dict[tuple[int, int], Comparison]  # comparisons by the ids of two items, the lower first


class _Verdict(Struct, frozen=True):
    """What an item and a story say about each other."""

    story_id: int
    score: float
    best: Comparison
    like: Member
    agreeing: int
    compared: int


def measured(a: Member, b: Member) -> tuple[float, ...]:
    """The signals between two items, in the order of `signals.SIGNALS`."""
    publisher = a.publisher.casefold() == b.publisher.casefold()
    return measure(
        a.features,
        b.features,
        hours=gap_hours(a.at, b.at),
        same_publisher=publisher if a.publisher and b.publisher else None,
        same_page=a.canonical_url is not None and a.canonical_url == b.canonical_url,
    )


def _same_words(a: Member, b: Member, matcher: Matcher) -> str | None:
    """`exact` or `truncated`, where the wording alone says that two items are one story."""
    hours = gap_hours(a.at, b.at) or 0.0
    if hours > matcher.same_wording_hours:
        return None
    one, other = a.features, b.features
    if one.fingerprint and one.fingerprint == other.fingerprint:
        if is_repeated(a, b, hours):
            return None
        says_much = len(one.bag) >= 3 and not one.recurring
        return "exact" if says_much or hours <= matcher.same_issue_hours else None
    if starts(one, other) or starts(other, one):
        return "truncated"
    return None


def _worded(a: Member, b: Member, matcher: Matcher) -> Comparison | None:
    wording = _same_words(a, b, matcher)
    return None if wording is None else Comparison(wording, SURE[wording])


def compare(a: Member, b: Member, matcher: Matcher) -> Comparison:
    """Everything two items say about each other; the same in both directions."""
    if worded := _worded(a, b, matcher):
        return worded
    hours = gap_hours(a.at, b.at)
    found = vetoes(a.features, b.features, hours)  # a fifth of the time that measuring takes
    same_words = a.features.fingerprint and a.features.fingerprint == b.features.fingerprint
    if same_words and is_repeated(a, b, hours):
        found = (*found, "veto_repeated")
    if found:
        return Comparison("reworded", 0.0, found)
    values = measured(a, b)
    rule = "reworded"
    same_page = a.canonical_url is not None and a.canonical_url == b.canonical_url
    if same_page and (hours or 0.0) <= matcher.same_page_hours:
        rule = "same_url"
    return Comparison(rule, matcher.scorer.score(values), values=values)


def nearest(
    member: Member, others: Sequence[Member], matcher: Matcher
) -> tuple[Member, Comparison] | None:
    """The one of the others that is most alike, and what the two say about each other.

    For people: what a veto keeps apart is measured, too.
    """
    found = [(other, compare(member, other, matcher)) for other in others]
    if not found:
        return None
    other, best = max(
        found, key=lambda one: (one[1].score, overlap(member.features, one[0].features)[1])
    )
    return other, replace(best, values=measured(member, other)) if best.vetoes else best


def _outside(member: Member, candidate: Candidate, window: timedelta) -> bool:
    if member.at is None or candidate.first_at is None or candidate.last_at is None:
        return False
    return member.at > candidate.last_at + window or member.at < candidate.first_at - window


def _by_wording(member: Member, candidate: Candidate, matcher: Matcher) -> _Verdict | None:
    """One member with the same words is enough."""
    best, like = None, member
    fingerprint, truncated = member.features.fingerprint, member.features.truncated
    for other in candidate.members:
        theirs = other.features
        if theirs.fingerprint != fingerprint and not (truncated or theirs.truncated):
            continue  # most: neither the same words nor the beginning of them
        found = _worded(member, other, matcher)
        if found is not None and (best is None or found.score > best.score):
            best, like = found, other
    if best is None:
        return None
    return _Verdict(candidate.story_id, best.score, best, like, agreeing=1, compared=1)


def _most_promising(
    member: Member, candidates: Sequence[Candidate]
) -> list[tuple[Candidate, list[float]]]:
    """The stories that are worth the scorer's time, and how far each member contains the item."""
    ranked: list[tuple[float, int, Candidate, list[float]]] = []
    for one in candidates:
        most, shares = look(member, one.members)
        if most > 0:
            ranked.append((-most, one.story_id, one, shares))
    ranked.sort(key=lambda one: one[:2])
    return [(one, shares) for _, _, one, shares in ranked[:MAX_SCORED]]


def _by_score(
    member: Member,
    candidate: Candidate,
    shares: Sequence[float],
    matcher: Matcher,
    known: Known,
) -> _Verdict:
    """All members have a say; one at least contains enough of the item, see `_most_promising`."""
    best, like = _NOTHING, member
    scores: list[float] = []
    for other, contained in zip(candidate.members, shares, strict=True):
        score = 0.0
        if contained >= LEAST_CONTAINED:
            found = _recalled(member, other, matcher, known)
            score = found.score
            if score > best.score:
                best, like = found, other
        scores.append(score)
    agreeing = len([one for one in scores if one >= 0.5])
    return _Verdict(
        candidate.story_id, combined(scores), best, like, agreeing, compared=len(scores)
    )


def _recalled(a: Member, b: Member, matcher: Matcher, known: Known) -> Comparison:
    """A comparison, made once for two items."""
    pair = (a.item_id, b.item_id) if a.item_id < b.item_id else (b.item_id, a.item_id)
    found = known.get(pair)
    if found is None:
        found = known[pair] = compare(a, b, matcher)
    return found


def decide(
    member: Member,
    candidates: Sequence[Candidate],
    *,
    matcher: Matcher,
    apart: Collection[int] = frozenset(),
    together: int | None = None,
    known: Known | None = None,
) -> Assignment:
    """The story that an item joins, with the evidence; None for a new story.

    `apart` are stories that a correction forbids, `together` is the one that a correction
    demands. The order of the candidates does not matter. `known` holds comparisons made before
    and takes in new ones, for as long as no headline changes.
    """
    known = {} if known is None else known
    heard = [
        candidate
        for candidate in candidates
        if candidate.story_id not in apart and not _outside(member, candidate, matcher.window)
    ]
    verdicts = [
        verdict
        for candidate in heard
        if (verdict := _by_wording(member, candidate, matcher)) is not None
    ] or [
        _by_score(member, candidate, shares, matcher, known)
        for candidate, shares in _most_promising(member, heard)
    ]
    verdicts.sort(key=lambda one: (-one.score, one.story_id))
    if together is not None:
        evidence = Evidence("correction", 1.0, "an editor's correction joins these items")
        return Assignment(together, evidence, rejected=_rejected(verdicts, matcher, {together}))
    joined = [one for one in verdicts if one.score >= matcher.scorer.join]
    if not joined:
        evidence = Evidence("new", 0.0, "no story in the window is similar enough")
        return Assignment(None, evidence, rejected=_rejected(verdicts, matcher, set()))
    also = _also(joined, candidates, matcher, known)
    rejected = _rejected(verdicts, matcher, {joined[0].story_id, *also})
    return Assignment(joined[0].story_id, _evidence(joined[0]), also, rejected)


def _also(
    joined: Sequence[_Verdict], candidates: Sequence[Candidate], matcher: Matcher, known: Known
) -> tuple[int, ...]:
    """Further stories that the item belongs to as surely, if their members agree as well."""
    if len(joined) == 1:
        return ()
    by_id = {candidate.story_id: candidate for candidate in candidates}
    first = by_id[joined[0].story_id]
    return tuple(
        one.story_id for one in joined[1:] if _agree(first, by_id[one.story_id], matcher, known)
    )


def _agree(a: Candidate, b: Candidate, matcher: Matcher, known: Known) -> bool:
    scores = [
        _recalled(one, other, matcher, known).score
        for one in a.members[:MERGE_COMPARED]
        for other in b.members[:MERGE_COMPARED]
    ]
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
    return named(found.values) if found.values else {}


def told_of(like: Member, found: Comparison) -> dict[str, float | int | str | bool]:
    """A comparison as evidence: the other item, its headline, what was measured."""
    return {"item": like.item_id, "like": like.features.core, **_signals(found)}


def _rejected(
    verdicts: Sequence[_Verdict], matcher: Matcher, taken: Collection[int]
) -> tuple[Rejection, ...]:
    """The most likely of the other stories; of those that a veto keeps apart, one is enough."""
    rest = [one for one in verdicts if one.story_id not in taken]
    rest.sort(key=lambda one: (bool(one.best.vetoes), -one.score, one.story_id))
    scored = len([one for one in rest if not one.best.vetoes])
    rest = rest[: scored + 1]
    return tuple(
        Rejection(
            one.story_id,
            round(one.score, 4),
            one.best.vetoes,
            not one.best.vetoes and one.score >= matcher.scorer.related,
        )
        for one in rest[:MAX_REJECTED]
    )
