"""Which wordings report one story: average linkage over their scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import combinations, product

from aggregator.stories.compare import Comparisons, Member
from aggregator.stories.overlap import LEAST_CONTAINED, may_be_one_wording, overlap
from aggregator.stories.scorer import AGAINST, combined, log_odds

GROUP_LEAST = 0.5  # mean score at which a group takes in more: every pair of the two has a say
OTHER_LEAST = 0.85  # what a piece that is no report must score against the reports of a group

Group = tuple[Member, ...]
_Scores = dict[tuple[int, int], float]  # both ways round, of pairs that share enough


def grouped(held: Sequence[Group], comparisons: Comparisons) -> tuple[Group, ...]:
    """Wordings in groups of one story each; those of one of the `held` groups stay together.

    Groups join, the most alike first, for as long as the mean log-odds of all pairs between them
    reach what is asked (Sokal and Michener, 1958: group averages). Reports come first; a piece that
    is no report then joins the reports that it is most like, and so never connects two of them.
    The order of groups and members makes no difference, except between equals.
    """
    pairs = [
        (one, other)
        for a, b in combinations(held, 2)
        for one, other in product(a, b)
        if overlap(one.features, other.features)[0] >= LEAST_CONTAINED
        or may_be_one_wording(one.features, other.features)
    ]
    scores: _Scores = {}
    for (a, b), one in zip(pairs, comparisons(pairs), strict=True):
        scores[a.item_id, b.item_id] = scores[b.item_id, a.item_id] = one.score
    reports = [group for group in held if _has_report(group)]
    join = comparisons.matcher.scorer.join
    groups = _joined(reports, scores, (join, GROUP_LEAST))
    others: list[Group] = []
    for group in held:
        if _has_report(group):
            continue
        scored = [(_heard(group, one, scores), at) for at, one in enumerate(groups)]
        best, at = max(scored, default=(0.0, 0))
        if best >= OTHER_LEAST:
            groups[at] = (*groups[at], *group)
        else:
            others.append(group)
    return (*groups, *_joined(others, scores, (OTHER_LEAST, OTHER_LEAST)))


def _has_report(group: Group) -> bool:
    return any(member.features.kind.is_report for member in group)


def _heard(group: Group, reports: Group, scores: _Scores) -> float:
    """What one piece scores against a group's reports, or the surest of several of one piece."""
    clear = [member for member in reports if member.features.kind.is_report]
    return max(
        combined([scores.get((one.item_id, other.item_id), 0.0) for other in clear])
        for one in group
    )


def _joined(held: Iterable[Group], scores: _Scores, least: tuple[float, float]) -> list[Group]:
    """Average linkage. `least`: the score asked of two wordings, and the mean of larger groups."""
    groups = dict(enumerate(held))
    pair, larger = map(log_odds, least)
    above = _above(groups, scores)  # group -> other -> sum over their pairs
    ranked: list[tuple[float, int, int]] = []

    def rank(a: int, b: int) -> None:
        one, other = len(groups[a]), len(groups[b])
        mean = log_odds(AGAINST) + above[a][b] / (one * other)
        spare = mean - (pair if one == other == 1 else larger)
        if spare >= 0:
            heappush(ranked, (-spare, a, b))

    for a, others in above.items():
        for b in others:
            if a < b:
                rank(a, b)
    while ranked:
        _, a, b = heappop(ranked)
        if a not in groups or b not in groups:
            continue
        both_of = len(above)  # a new number, so that what was ranked of either is void
        groups[both_of] = (*groups.pop(a), *groups.pop(b))
        above[both_of] = {}
        for c in (above[a].keys() | above[b].keys()) & groups.keys():
            total = above[a].get(c, 0.0) + above[b].get(c, 0.0)
            above[both_of][c] = above[c][both_of] = total
            rank(c, both_of)
    return list(groups.values())


def _above(groups: Mapping[int, Group], scores: _Scores) -> dict[int, dict[int, float]]:
    """How far the log-odds between groups are above those of pairs that nothing connects."""
    found: dict[int, dict[int, float]] = {at: {} for at in groups}
    least = log_odds(AGAINST)
    for a, b in combinations(groups, 2):
        known = [
            log_odds(score) - least
            for one, other in product(groups[a], groups[b])
            if (score := scores.get((one.item_id, other.item_id))) is not None
        ]
        if any(known):
            found[a][b] = found[b][a] = sum(known)
    return found
