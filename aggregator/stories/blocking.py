"""Blocking keys, by which the stories worth comparing with an item are found."""

from __future__ import annotations

from hashlib import blake2b

from aggregator.stories.features import Features
from aggregator.stories.lexicon import lexicon

RARE_TERMS = 7  # with five, a tenth of the rewordings among 30,000 stories a week are missed
SAME_WORDS = 24.0  # weight of a shared wording: always compared
PREFIX_WORDS = 5  # words of a headline that a cut-off copy surely has


def keys(features: Features) -> tuple[str, ...]:
    """At most nine keys.

    Headlines of one story share a key: one of the rarest terms (`t:`, the rarest first), the first
    words (`p:`, for cut-off copies), or, for headlines with few rare terms, the wording (`f:`).
    Items of the same page are found by their address.
    """
    known = lexicon()
    idf, rarest = known.idf, known.rarest
    ranked = sorted([(-idf.get(term, rarest), term) for term in features.bag])[:RARE_TERMS]
    found = []
    if features.fingerprint and -sum([weight for weight, _ in ranked]) < SAME_WORDS:
        found.append("f:" + features.fingerprint)
    if len(features.words) >= PREFIX_WORDS:
        beginning = " ".join(features.words[:PREFIX_WORDS])
        found.append("p:" + blake2b(beginning.encode(), digest_size=8).hexdigest())
    found.extend(["t:" + term[:40] for _, term in ranked])
    return tuple(found)


def weight_of(key: str) -> float:
    """How much a shared key counts: the rarity of a term, and more for a wording."""
    if key[0] == "t":
        known = lexicon()
        return known.idf.get(key[2:], known.rarest)
    return SAME_WORDS / 2 if key[0] == "p" else SAME_WORDS
