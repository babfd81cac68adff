"""Blocking keys: which stories are worth comparing with an item."""

from __future__ import annotations

from hashlib import blake2b

from aggregator.stories.features import Features
from aggregator.stories.lexicon import lexicon

RARE_TERMS = 7  # five lose a tenth of the re-wordings among 30,000 stories a week
PREFIX_WORDS = 5  # of a headline: what a cut-off copy surely has


def _short(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def keys(features: Features, *, canonical_url: str | None = None) -> tuple[str, ...]:
    """At most ten keys, the most telling first.

    Two headlines of one story share a key: the page (`u:`), the wording (`f:`), its first words
    (`p:`, for cut-off copies) or one of the rarest terms (`t:`, rarest first).
    """
    found = []
    if canonical_url:
        found.append("u:" + _short(canonical_url))
    if features.fingerprint:
        found.append("f:" + features.fingerprint)
    if len(features.words) >= PREFIX_WORDS:
        found.append("p:" + _short(" ".join(features.words[:PREFIX_WORDS])))
    idf, rarest = lexicon().idf, lexicon().rarest
    ranked = sorted(features.bag, key=lambda term: (-idf.get(term, rarest), term))
    found.extend("t:" + term[:40] for term in ranked[:RARE_TERMS])
    return tuple(found)
