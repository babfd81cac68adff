"""Recognises entries that an earlier release stored under another identity or with another text.

A release with new parsing rules finds other identities, links and texts in documents that were
stored before. That is not news: such an entry keeps its stored identity and text until its source
changes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from aggregator.model import Item, ParsedFeed
from aggregator.storage import items
from aggregator.storage.items import SeenEntry
from aggregator.storage.store import Store


def recognised(
    store: Store, feed_id: int, parsed: ParsedFeed, seen: Mapping[str, SeenEntry]
) -> ParsedFeed:
    """The document with its entries under the identities by which the feed is known to list them.

    `seen`: what was seen of the document before, by identity. An entry is recognised by its
    element, if the same bytes were read before, or by the identity that an earlier release would
    have given it. The same bytes mean the same as before: text and date count as unchanged.
    """
    entries = _under_known_identities(parsed, seen)
    same = [item.identity for item in entries if _is_read(item, seen)]
    stored = items.by_identity(store, feed_id, identities=same) if same else {}
    unchanged = {
        identity: one
        for identity, known in stored.items()
        for one in known
        if one.item_id == seen[identity].item_id
        or (seen[identity].item_id is None and one.identity == identity)
    }
    return replace(
        parsed,
        items=tuple(
            replace(item, content_hash=before.content_hash, published_at=before.published_at)
            if (before := unchanged.get(item.identity))
            else item
            for item in entries
        ),
    )


def _under_known_identities(parsed: ParsedFeed, seen: Mapping[str, SeenEntry]) -> list[Item]:
    """The entries, each with an identity that no other entry of the document has."""
    unparsed = set(parsed.known)
    taken = {identity for identity, one in seen.items() if one.raw_hash in unparsed}
    taken.update(item.identity for item in parsed.items)
    found = {item.identity: item for item in parsed.items}
    by_hash = {one.raw_hash: identity for identity, one in seen.items() if one.raw_hash}

    def rename(item: Item, names: tuple[str, ...]) -> None:
        old = next((name for name in names if name in seen and name not in taken), None)
        if old is not None:
            taken.add(old)
            found[item.identity] = replace(item, identity=old)

    for item in parsed.items:
        if item.raw_hash in by_hash and not _is_read(item, seen):
            rename(item, (by_hash[item.raw_hash],))
    for item in parsed.items:
        if found[item.identity] is item and item.identity not in seen:
            rename(item, item.former_identities)
    return list(found.values())


def _is_read(item: Item, seen: Mapping[str, SeenEntry]) -> bool:
    """Whether the same bytes were read under the same identity before."""
    before = seen.get(item.identity)
    return before is not None and bool(item.raw_hash) and before.raw_hash == item.raw_hash
