"""Groups wordings into stories: average linkage over their scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import combinations, product

from aggregator.stories.compare import Comparisons, Member
from aggregator.stories.overlap import LEAST_CONTAINED, may_be_one_wording, overlap
from aggregator.stories.scorer import AGAINST, combined, log_odds

GROUP_LEAST = 0.5  # mean score of all pairs from which larger groups are joined
OTHER_LEAST = 0.8  # score from which a piece that is not a report joins the reports of a group

Group = tuple[Member, ...]
_Scores = dict[tuple[int, int], float]  # both ways round, of pairs that share enough


def grouped(fixed: Sequence[Group], comparisons: Comparisons) -> tuple[Group, ...]:
    """Wordings in groups of one story each; those of each `fixed` group stay together.

    Groups are joined, the most alike first, as long as the mean log-odds of all pairs between them
    reach the threshold (Sokal and Michener, 1958: group averages). Reports come first; a piece that
    is not a report then joins the most similar group of reports, so it never connects two groups.
    The order of groups and members makes no difference, except between equals.
    """
    pairs = [
        (one, other)
        for a, b in combinations(fixed, 2)
        for one, other in product(a, b)
        if overlap(one.features, other.features)[0] >= LEAST_CONTAINED
        or may_be_one_wording(one.features, other.features)
    ]
    scores: _Scores = {}
    for (a, b), score in zip(pairs, comparisons.scores(pairs), strict=True):
        scores[a.item_id, b.item_id] = scores[b.item_id, a.item_id] = score
    reports = [group for group in fixed if _has_report(group)]
    join = comparisons.matcher.scorer.join
    groups = _joined(reports, scores, (join, GROUP_LEAST))
    clear = [[member for member in group if member.features.kind.is_report] for group in groups]
    others: list[Group] = []
    for group in fixed:
        if _has_report(group):
            continue
        best, at = 0.0, 0  # of several wordings of a piece, the one with the highest score counts
        for number, members in enumerate(clear):
            for member in group:
                found = [scores.get((member.item_id, other.item_id), 0.0) for other in members]
                best, at = max((best, at), (combined(found), number))
        if best >= OTHER_LEAST:
            groups[at] = (*groups[at], *group)
        else:
            others.append(group)
    if len(others) > 1:
        others = _joined(others, scores, (OTHER_LEAST, OTHER_LEAST))
    return (*groups, *others)


def _has_report(group: Group) -> bool:
    return any(member.features.kind.is_report for member in group)


def _joined(fixed: Iterable[Group], scores: _Scores, least: tuple[float, float]) -> list[Group]:
    """Average linkage. `least`: the threshold for two wordings, and the mean for larger groups."""
    groups = dict(enumerate(fixed))
    pair, larger = map(log_odds, least)
    against = log_odds(AGAINST)
    # group -> other -> the sum, over all their pairs, of the log-odds minus those of pairs that
    # have nothing in common
    above: dict[int, dict[int, float]] = {at: {} for at in groups}
    group_of = {member.item_id: at for at, group in groups.items() for member in group}
    for (one, other), score in scores.items():
        if score > AGAINST and one in group_of and other in group_of:
            a, b = group_of[one], group_of[other]
            if a < b:
                total = above[a].get(b, 0.0) + (log_odds(score) - against)
                above[a][b] = above[b][a] = total
    ranked: list[tuple[float, int, int]] = []

    def rank(a: int, b: int) -> None:
        one, other = len(groups[a]), len(groups[b])
        mean = against + above[a][b] / (one * other)
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
        both_of = len(above)  # a new number, which invalidates the ranks of both
        groups[both_of] = (*groups.pop(a), *groups.pop(b))
        above[both_of] = {}
        for c in (above[a].keys() | above[b].keys()) & groups.keys():
            total = above[a].get(c, 0.0) + above[b].get(c, 0.0)
            above[both_of][c] = above[c][both_of] = total
            rank(c, both_of)
    return list(groups.values())
