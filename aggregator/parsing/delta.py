"""Item-level delta: cuts items out of a document that were read in an earlier poll, byte for byte.

Most changed feeds have changed by a few items; reading the others again is most of the cost of an
update. The cut never changes the result: nothing is cut if the reading of an item could depend on
another one (repeated guids), or if items overlap (items within items).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from msgspec import Struct

from aggregator.parsing.identity import folded_guid
from aggregator.parsing.layout import Layout
from aggregator.urls import canonical

# Parts of a feed's own elements that change with every build, and that no item inherits.
_VOLATILE = re.compile(
    rb"<!--.{0,2000}?-->"
    rb"|<(lastBuildDate|pubDate|updated|modified|generator|ttl|docs|(?:dc|dcterms):(?:date|modified)"
    rb"|atom:updated|a10:updated|items|image|openSearch:\w+)(?:\s[^<>]*)?(?<!/)>.{0,50000}?</\1>",
    re.S,
)


class Cut(Struct, frozen=True):
    """A document to read, the raw hashes of its items, and those of the known items cut out."""

    document: bytes
    hashes: tuple[str, ...]
    known: tuple[str, ...] = ()


def cut_known(document: bytes, layout: Layout, *, context: str, known: frozenset[str]) -> Cut:
    """Cuts out the items whose raw hash is among `known`, and the layout's `drops`.

    The hash of an item covers its bytes, the feed's own elements (an item inherits author and
    language from them) and `context`, which is everything else that its reading depends on.
    """
    if layout.nested:
        return Cut(_without(document, layout.drops), ())
    first, last = layout.bounds or (len(document), len(document))
    around = _VOLATILE.sub(b"", document[:first]) + _VOLATILE.sub(b"", document[last:])
    salt = surroundings_hash(b" ".join(around.split()), context)
    hashes = [element_hash(document[item.start : item.end], salt) for item in layout.items]
    ranges = list(layout.drops)
    fresh, seen = hashes, list[str]()
    if (
        not known.isdisjoint(hashes)
        # without the others an item is read the same if no two have one identity
        and all_distinct([own_key(item.guid, item.link) for item in layout.items])
        # `feedburner:origLink` identifies an item, and is not the link of the layout
        and (b":origLink" not in document or all(item.guid for item in layout.items))
    ):
        fresh = []
        for item, raw_hash in zip(layout.items, hashes, strict=True):
            if raw_hash in known:
                seen.append(raw_hash)
                ranges.append((item.start, item.end))
            else:
                fresh.append(raw_hash)
    return Cut(_without(document, ranges), tuple(fresh), tuple(seen))


def own_key(guid: str, link: str) -> str:
    """What identifies an item on its own; "" if nothing does."""
    return folded_guid(guid) or canonical(link) or ""


def surroundings_hash(surroundings: bytes, context: str) -> bytes:
    """The key for `element_hash`: everything that the reading of all items depends on."""
    text = context.encode("utf-8", "replace") + b"\x00" + surroundings
    return blake2b(text, digest_size=16).digest()


def element_hash(element: bytes, surroundings: bytes) -> str:
    """The raw hash of an item: of its bytes and its surroundings."""
    return blake2b(element, digest_size=16, key=surroundings).hexdigest()


def all_distinct(keys: Sequence[str]) -> bool:
    """Whether every item has a key that no other item has."""
    return all(keys) and len(set(keys)) == len(keys)


def _without(document: bytes, ranges: Iterable[tuple[int, int]]) -> bytes:
    pieces, at = [], 0
    for start, end in sorted(ranges):
        if start > at:
            pieces.append(document[at:start])
        at = max(at, end)
    pieces.append(document[at:])
    return b"".join(pieces)
