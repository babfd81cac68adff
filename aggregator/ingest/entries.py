"""Stores the entries of a document: new and changed items, and which entries were seen.

A feed that brings thousands of new items with each poll would fill the disk and slow down every
later step, so there is a limit to what it may store in a day. Items beyond it wait: they are not
recorded as seen, and the feed is requested without validators until all are stored. A feed's first
document is exempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from aggregator.ingest.edits import SOON, Edit, settle
from aggregator.ingest.recognition import FoundItem, KnownItems, recognise, renamed
from aggregator.model import Item, KnownItem, ParsedFeed, PollResult
from aggregator.settings import FeedSource
from aggregator.storage import feeds, items, polls
from aggregator.storage.items import Revision, SeenEntry
from aggregator.storage.store import Store


class _Sorted(Struct, frozen=True):
    """The entries of a document as new or known, by the identity that the document gives them."""

    new: dict[str, Item]
    changed: tuple[tuple[KnownItem, Edit], ...]
    found: dict[str, FoundItem]
    waiting: frozenset[str] = frozenset()  # beyond what the feed may store today

    def without(self, items: frozenset[str]) -> _Sorted:
        """The same without these new items (identities), which wait for another poll."""
        waiting = frozenset(
            identity for identity, item in self.new.items() if item.identity in items
        )
        if not waiting:
            return self
        return replace(
            self,
            new={identity: item for identity, item in self.new.items() if identity not in waiting},
            found={identity: one for identity, one in self.found.items()
                   if identity not in waiting},
            waiting=waiting,
        )  # fmt: skip


def write_entries(
    store: Store, result: PollResult, parsed: ParsedFeed, now: datetime
) -> PollResult:
    """Stores a feed's document, within the caller's transaction; returns the poll as stored.

    A date that lies in the future counts as missing: the item would be outside of every window.
    Raises BadRow for refused rows.
    """
    source, state = result.source, result.state
    dated = (
        replace(item, published_at=None)
        if item.published_at is not None and item.published_at > now + SOON
        else item
        for item in parsed.items
    )
    parsed = replace(parsed, items=tuple(dated))
    seen = items.seen_entries(store, state.feed_id, parsed)
    parsed = _recognised(store, state.feed_id, parsed, seen)
    entries = _sort_entries(store, state.feed_id, parsed, seen)
    waiting = _waiting(store, source, state.feed_id, new=tuple(entries.new.values()), now=now)
    entries = entries.without(waiting)
    items.insert_items(store, state.feed_id, items=tuple(entries.new.values()), now=now)
    items.update_items(store, [(known, edit.item) for known, edit in entries.changed], now=now)
    items.note_earlier(
        store,
        [(known.item_id, *part) for known, edit in entries.changed for part in edit.replaced],
    )
    item_ids = {identity: one.item.item_id for identity, one in entries.found.items()
                if one.item.identity != identity}  # fmt: skip
    again = {item.identity: identity for identity, item in entries.new.items()
             if item.identity != identity}  # fmt: skip
    ids = items.ids_of(store, state.feed_id, identities=again) if again else {}
    item_ids |= {again[identity]: item_id for identity, item_id in ids.items()}
    items.note_aliases(store, state.feed_id, aliases=item_ids.items())
    # the reasons, where it had to be decided which item an entry is
    decided: list[Revision] = []
    edited = {known.item_id for known, _ in entries.changed}
    for identity, one in entries.found.items():
        reasons = one.verdict.reasons
        if one.verdict.is_new:
            decided.append(Revision(item_ids[identity], "new", reasons, one.item.item_id))
        elif one.is_moved:
            decided.append(Revision(one.item.item_id, "moved", reasons))
        elif reasons and one.item.item_id in edited:
            decided.append(Revision(one.item.item_id, "edit", reasons))
    items.note_revisions(store, decided, now=now)
    present = {identity: one for identity, one in _to_note(parsed, seen, item_ids).items()
               if identity not in entries.waiting}  # fmt: skip
    items.write_seen(store, state.feed_id, present=present, left=_gone(parsed, seen), now=now)
    feeds.save_description(store, state.feed_id, parsed=parsed)
    if waiting:  # a 304 would hide them
        state = replace(state, etag=None, last_modified=None, validators_url=None, body_hash=None)
    if entries.new:
        state = replace(state, last_new_at=now)
    return replace(result, state=state, new=len(entries.new), updated=len(entries.changed))


def _waiting(
    store: Store, source: FeedSource, feed_id: int, *, new: Sequence[Item], now: datetime
) -> frozenset[str]:
    """The identities of the oldest of these items, beyond what the feed may still store today."""
    stored = polls.stored_since(store, feed_id, now - timedelta(days=1)) if new else None
    room = len(new) if stored is None else max(source.items_a_day - stored, 0)
    oldest = datetime.min.replace(tzinfo=now.tzinfo)
    newest_first = sorted(new, key=lambda item: item.published_at or oldest, reverse=True)
    waiting = newest_first[room:]
    polls.note_waiting(store, feed_id, len(waiting))
    return frozenset(item.identity for item in waiting)


def _sort_entries(
    store: Store, feed_id: int, parsed: ParsedFeed, seen: dict[str, SeenEntry]
) -> _Sorted:
    """Separates new entries from known ones, and finds what changed in those."""
    entries = {item.identity: item for item in parsed.items}
    known_items = _known_items(store, feed_id, parsed, entries=entries, seen=seen)
    found = recognise(entries, known_items)
    known = {one.item.item_id: (one.item, entries[identity])
             for identity, one in found.items() if not one.verdict.is_new}  # fmt: skip
    altered = {
        item_id: pair for item_id, pair in known.items()
        if pair[0].content_hash != pair[1].content_hash
        or pair[0].published_at != pair[1].published_at
    }  # fmt: skip
    earlier = items.earlier(store, tuple(altered)) if altered else {}
    edits = [(pair[0], settle(*pair, earlier[item_id])) for item_id, pair in altered.items()]
    new = {}
    for identity, item in entries.items():
        if identity not in found:
            if identity not in seen:
                new[identity] = item
        elif found[identity].verdict.is_new:
            new[identity] = renamed(item)
    return _Sorted(new, tuple((one, edit) for one, edit in edits if edit), found)


def _known_items(
    store: Store,
    feed_id: int,
    parsed: ParsedFeed,
    *,
    entries: Mapping[str, Item],
    seen: Mapping[str, SeenEntry],
) -> KnownItems:
    """The stored items with the identities of a document or with its pages."""
    own: dict[str, tuple[KnownItem, ...]] = {}
    for identity, known in items.by_identity(store, feed_id, identities=entries).items():
        # Of several, the last one that was seen under it comes first; if unknown, the oldest.
        last_seen = seen.get(identity)
        last = last_seen.item_id if last_seen and last_seen.item_id else known[-1].item_id
        own[identity] = tuple(sorted(known, key=lambda one: one.item_id != last))
    unlike = {
        identity: item
        for identity, item in entries.items()
        if all(one.content_hash != item.content_hash for one in own.get(identity, ()))
    }
    again = {renamed(item).identity: identity for identity, item in unlike.items()
             if identity in own}  # fmt: skip
    for identity, known in items.by_identity(store, feed_id, identities=again).items():
        own[again[identity]] += known
    urls = {item.canonical_url for item in unlike.values() if item.canonical_url}
    others = items.by_page(store, feed_id, urls=urls) if urls else ()
    left: tuple[KnownItem, ...] = ()
    if unlike.keys() - own.keys() or any(one.canonical_url is None for one in unlike.values()):
        went = _gone(parsed, seen)
        if not parsed.is_delta and not any(one.is_present for one in seen.values()):
            went = items.last_left(store, feed_id)  # the last document was empty
        gone = items.by_identity(store, feed_id, identities=went)
        left = tuple({one.item_id: one for known in gone.values() for one in known}.values())
        bare = (*left, *(one for known in own.values() for one in known))
        others += tuple({one.item_id: one for one in bare if one.canonical_url is None}.values())
    # those of entries that are in the document, unchanged, and were not parsed again
    raw = set(parsed.known)
    unparsed = {identity: one.item_id for identity, one in seen.items() if one.raw_hash in raw}
    noted = set(unparsed.values())
    held = frozenset(one.item_id for one in (*others, *left)
                     if one.item_id in noted or unparsed.get(one.identity, 0) is None)  # fmt: skip
    return KnownItems(own, others, left, held, parsed.is_delta)


def _to_note(
    parsed: ParsedFeed, seen: Mapping[str, SeenEntry], item_ids: Mapping[str, int]
) -> dict[str, SeenEntry]:
    """The entries of the document whose `seen` row is missing or out of date."""
    present = {
        item.identity: SeenEntry(item.raw_hash, True, item_ids.get(item.identity))
        for item in parsed.items
    }
    known = set(parsed.known)
    for identity, one in seen.items():
        if one.raw_hash in known and identity not in present:
            present[identity] = SeenEntry(one.raw_hash, True, one.item_id)
    return {identity: one for identity, one in present.items() if seen.get(identity) != one}


def _gone(parsed: ParsedFeed, seen: Mapping[str, SeenEntry]) -> tuple[str, ...]:
    """The entries that were in the last document and are not in this one."""
    if parsed.is_delta:
        return ()
    here, known = {item.identity for item in parsed.items}, set(parsed.known)
    return tuple(
        identity
        for identity, one in seen.items()
        if one.is_present and identity not in here and one.raw_hash not in known
    )


def _recognised(
    store: Store, feed_id: int, parsed: ParsedFeed, seen: Mapping[str, SeenEntry]
) -> ParsedFeed:
    """The document with its entries under the identities by which the feed is known to list them.

    A release with new parsing rules finds other identities, links and texts in documents that were
    stored before. That is not news: such an entry keeps its stored identity and text until its
    source changes it.

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
