"""Whether the members of a story still belong together: average linkage over their scores."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from aggregator.stories.compare import Comparisons, Member
from aggregator.stories.scorer import log_odds

PART_BELOW = 0.6  # mean score of two groups that are no longer held to be one story


def parts(members: Sequence[Member], comparisons: Comparisons) -> tuple[tuple[Member, ...], ...]:
    """The members in groups that tell one story each, the core's group first.

    Groups join, the most alike first, for as long as the mean log-odds of all pairs between them
    is that of `PART_BELOW` or more (Sokal and Michener, 1958: group averages). That is less than
    joining asks of a core, since here every pair has a say.
    """
    pairs = list(combinations(range(len(members)), 2))
    found = comparisons([(members[a], members[b]) for a, b in pairs])
    odds = {pair: log_odds(one.score) for pair, one in zip(pairs, found, strict=True)}
    groups: list[tuple[int, ...]] = [(at,) for at in range(len(members))]
    least = log_odds(PART_BELOW)
    while len(groups) > 1:
        best, a, b = max((_mean(odds, a, b), a, b) for a, b in combinations(groups, 2))
        if best < least:
            break
        groups = [one for one in groups if one not in (a, b)] + [tuple(sorted((*a, *b)))]
    groups.sort(key=lambda group: (-sum(members[at].core for at in group), -len(group), group))
    return tuple(tuple(members[at] for at in group) for group in groups)


def _mean(odds: dict[tuple[int, int], float], a: tuple[int, ...], b: tuple[int, ...]) -> float:
    return sum(odds[min(x, y), max(x, y)] for x in a for y in b) / (len(a) * len(b))
