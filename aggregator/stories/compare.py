"""Compare two items: identity of wording, vetoes, the lexical score, and where that is unsure the
model's reading of both headlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.settings import StorySettings
from aggregator.stories.features import Features
from aggregator.stories.likeness import gap_hours
from aggregator.stories.overlap import overlap
from aggregator.stories.scorer import Scorer, shipped_scorer
from aggregator.stories.signals import measure
from aggregator.stories.vetoes import vetoes
from aggregator.stories.wording import SAYS_MUCH, is_repeated, starts

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
    core: bool = True  # of its story: others join because of it


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
    lexical: float | None = None  # the score before the model was asked; None: it was not
    logit: float | None = None  # the model's; None: it was not asked, or has not answered yet


# The model's logits of pairs; None for a pair that it reads later.
Reader = Callable[[Sequence[tuple[Member, Member]]], Sequence[float | None]]


def compare(a: Member, b: Member, matcher: Matcher) -> Comparison:
    """What two items say about each other by their words alone; the same in both directions."""
    if worded := by_wording(a, b, matcher):
        return worded
    hours = gap_hours(a.at, b.at)
    found = vetoes(a.features, b.features, hours)  # a fifth of the time that measuring takes
    if _is_one_wording(a, b) and is_repeated(a, b, hours):
        found = (*found, "veto_repeated")
    if found:
        return Comparison("reworded", 0.0, found)
    values = measured(a, b)
    rule = "reworded"
    if same_page(a, b) and (hours or 0.0) <= matcher.same_page_hours:
        rule = "same_url"
    return Comparison(rule, matcher.scorer.score(values), values=values)


class Comparisons:
    """The comparisons of a batch: each is made once, and unsure ones go to the model together.

    They hold for as long as no headline changes.
    """

    def __init__(self, matcher: Matcher, read: Reader | None = None) -> None:
        self.matcher = matcher
        self._read = read
        self._known: dict[tuple[int, int], Comparison] = {}

    def __call__(self, pairs: Sequence[tuple[Member, Member]]) -> list[Comparison]:
        """What each of these pairs says; the order of pairs and sides makes no difference."""
        known = self._known
        keyed = [(pair_of(a, b), a, b) for a, b in pairs]
        unsure: dict[tuple[int, int], tuple[Member, Member]] = {}
        low, high = self.matcher.scorer.unsure
        for key, a, b in keyed:
            if key not in known:
                found = known[key] = compare(a, b, self.matcher)
                if self._read is not None and found.values and low <= found.score <= high:
                    unsure[key] = (a, b)
        if unsure and self._read is not None:
            for key, logit in zip(unsure, self._read(list(unsure.values())), strict=True):
                if logit is not None:
                    lexical = known[key].score
                    score = self.matcher.scorer.with_model(lexical, logit)
                    known[key] = replace(known[key], score=score, lexical=lexical, logit=logit)
        return [known[key] for key, _, _ in keyed]


def pair_of(a: Member, b: Member) -> tuple[int, int]:
    """The ids of two items, the lower first: one name for both directions."""
    return (a.item_id, b.item_id) if a.item_id < b.item_id else (b.item_id, a.item_id)


def measured(a: Member, b: Member) -> tuple[float, ...]:
    """The signals between two items, in the order of `signals.table`."""
    publisher = a.publisher.casefold() == b.publisher.casefold()
    return measure(
        a.features,
        b.features,
        hours=gap_hours(a.at, b.at),
        same_publisher=publisher if a.publisher and b.publisher else None,
        same_page=same_page(a, b),
    )


def same_page(a: Member, b: Member) -> bool:
    """Whether both lead to one address."""
    return a.canonical_url is not None and a.canonical_url == b.canonical_url


def by_wording(a: Member, b: Member, matcher: Matcher) -> Comparison | None:
    """The comparison where the wording alone says that two items are one story, else None."""
    hours = gap_hours(a.at, b.at) or 0.0
    if hours > matcher.same_wording_hours:
        return None
    one, other = a.features, b.features
    if _is_one_wording(a, b):
        says_much = len(one.bag) >= SAYS_MUCH and not one.recurring
        if is_repeated(a, b, hours) or not (says_much or hours <= matcher.same_issue_hours):
            return None
        return Comparison("exact", SURE["exact"])
    if starts(one, other) or starts(other, one):
        return Comparison("truncated", SURE["truncated"])
    return None


def _is_one_wording(a: Member, b: Member) -> bool:
    return bool(a.features.fingerprint) and a.features.fingerprint == b.features.fingerprint


def nearest(
    member: Member, others: Sequence[Member], comparisons: Comparisons
) -> tuple[Member, Comparison] | None:
    """The one of the others that is most alike, and what the two say about each other.

    For people: what a veto keeps apart is measured, too.
    """
    found = list(zip(others, comparisons([(member, other) for other in others]), strict=True))
    if not found:
        return None
    other, best = max(
        found, key=lambda one: (one[1].score, overlap(member.features, one[0].features)[1])
    )
    return other, replace(best, values=measured(member, other)) if best.vetoes else best
