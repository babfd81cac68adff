"""How close an item is to stories that it does not belong to: what links between stories rest on.

Steps of one saga, an event and the reactions to it, an explainer and its event share their
rare terms, whatever keeps them from being one story; so those are asked, never a pair's score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aggregator.stories.overlap import HasTerms, overlap

LEAST_CLOSE = 0.12  # below it, what two wordings share is chance
MOST_NOTED = 4  # stories that are kept as close to one item; more of them crowd out better links


def closeness(terms: HasTerms, wordings: Iterable[HasTerms]) -> float:
    """How close a headline is to a story: the mean cosine to its wordings, 0 to 1."""
    found = [overlap(terms, one)[1] for one in wordings]
    return sum(found) / len(found) if found else 0.0


def closest(found: Mapping[int, float]) -> dict[int, float]:
    """Of stories by their closeness to an item: the few that are worth noting, closest first."""
    ranked = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return {story_id: close for story_id, close in ranked[:MOST_NOTED] if close >= LEAST_CLOSE}
