"""Chooses the lead of a story: the item whose headline and link readers see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.stories.features import Features


class LeadCandidate(Struct, frozen=True):
    """An item of a story that could lead it."""

    item_id: int
    headline: str
    features: Features
    rank: int = 0  # of its feed: the higher-ranked publisher leads
    own_site: bool = False  # the item's URL is on its own feed's site
    has_url: bool = True
    at: datetime | None = None


class PublishedLead(Struct, frozen=True):
    """The lead as readers know it."""

    item_id: int
    headline: str


def choose_lead(
    candidates: Sequence[LeadCandidate], *, published: PublishedLead | None = None
) -> LeadCandidate:
    """The item that leads a story; raises ValueError if there are none.

    A published lead stays, unless its headline was cut off and there is a complete one. A source
    that corrects its own headline keeps the lead.
    """
    if not candidates:
        raise ValueError("a story without items has no lead")
    best = min(candidates, key=_order)
    if published is None:
        return best
    current = next((one for one in candidates if one.item_id == published.item_id), best)
    return best if current.features.truncated and not best.features.truncated else current


def _order(one: LeadCandidate) -> tuple[object, ...]:
    trusted = one.own_site or one.rank > 0
    words = len(one.features.words)
    return (
        not trusted,  # a feed must not speak for another outlet
        one.features.truncated,
        one.features.shouting,
        -one.rank,
        not one.has_url,
        words < 4,
        not one.features.kind.is_report,
        one.at.isoformat() if one.at else "9999",
        one.item_id,
    )
