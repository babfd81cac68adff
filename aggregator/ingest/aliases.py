"""Entries that are stored under another identity, or with another text, than they read as today.

A release with new rules of reading finds other identities, links and texts in documents that it
has stored. That is no news: such an entry keeps the identity and the text that it has until its
source changes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from aggregator.model import Item, ParsedFeed
from aggregator.storage import items
from aggregator.storage.store import Store


def recognised(store: Store, feed_id: int, parsed: ParsedFeed) -> ParsedFeed:
    """The document with its entries under the identities that the feed showed them with.

    An entry is known by its element, which was read before byte for byte, or by what an earlier
    release would have called it. The same bytes say what they said: their text counts as
    unchanged.
    """
    known = _known(store, feed_id, parsed.items)
    if not known:
        return parsed
    entries = _under_known_identities(parsed.items, known)
    same = [
        item.identity
        for item in entries
        if item.raw_hash and item.raw_hash == known.get(item.identity)
    ]
    stored = items.by_identity(store, feed_id, identities=same) if same else {}
    return replace(
        parsed,
        items=tuple(
            replace(item, content_hash=stored[item.identity].content_hash)
            if item.identity in stored
            else item
            for item in entries
        ),
    )


def _known(store: Store, feed_id: int, entries: Sequence[Item]) -> dict[str, str]:
    """Identity -> raw hash, of entries that the feed showed before and that may be these."""
    raw_hashes = [item.raw_hash for item in entries if item.raw_hash]
    identities = [
        name
        for item in entries
        if item.former_identities
        for name in (item.identity, *item.former_identities)
    ]
    if not raw_hashes and not identities:
        return {}
    return items.seen_as(store, feed_id, raw_hashes=raw_hashes, identities=identities)


def _under_known_identities(entries: Sequence[Item], known: Mapping[str, str]) -> list[Item]:
    """`known`: identity -> raw hash. No identity is given to two entries."""
    by_hash = {raw_hash: identity for identity, raw_hash in known.items() if raw_hash}
    taken = {item.identity for item in entries}
    found = []
    for item in entries:
        names = (by_hash.get(item.raw_hash, ""), *item.former_identities)
        old = next((name for name in names if name in known and name not in taken), None)
        if old is None or item.identity in known:
            found.append(item)
        else:
            taken.add(old)
            found.append(replace(item, identity=old))
    return found
