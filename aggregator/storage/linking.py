"""Which of the stories that are close to each other are linked as related."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

MOST_LINKS = 3  # of one story
_GROWTH = 0.55  # how much the sizes of both stories weigh: readers look for what many tell
_LARGE = 8  # items from which on a story counts as large
ROUNDS = 2  # each may choose again among what others leave; a third finds hardly any right link

Pair = tuple[int, int]  # ids of two stories, the lower first


def strength(close: float, items: int, others: int) -> float:
    """How strongly two stories of so many items are related; above 1 for large and close ones."""
    sizes: float = (min(items, _LARGE) * min(others, _LARGE)) ** _GROWTH
    return close * sizes


def links(strengths: Mapping[Pair, float]) -> frozenset[Pair]:
    """The pairs that are linked: each story by at most `MOST_LINKS`, so a link holds both ways.

    Two stories are linked where each is among the strongest of the other; then those that have
    links left choose once more among each other.
    """
    linked: set[Pair] = set()
    count: Counter[int] = Counter()
    for _ in range(ROUNDS):
        open_pairs = {
            pair: value
            for pair, value in strengths.items()
            if pair not in linked and all(count[one] < MOST_LINKS for one in pair)
        }
        strongest = _strongest(open_pairs, count)
        chosen = {(a, b) for a, b in open_pairs if b in strongest[a] and a in strongest[b]}
        linked |= chosen
        count.update(one for pair in chosen for one in pair)
    return frozenset(linked)


def _strongest(strengths: Mapping[Pair, float], count: Counter[int]) -> dict[int, Collection[int]]:
    """The stories that each would be linked with, as many as it has links left."""
    ranked: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for (a, b), value in strengths.items():
        ranked[a].append((-value, b))
        ranked[b].append((-value, a))
    return {
        story_id: [other for _, other in sorted(found)[: MOST_LINKS - count[story_id]]]
        for story_id, found in ranked.items()
    }
