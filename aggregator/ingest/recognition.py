"""Finds out which stored item each entry of a document is. Pure.

At most one entry is recognised as a stored item. Unchanged entries are found first, under their own
identity, then under another; then edited ones; then those with both a new identity and a new page.
So no news is lost or doubled by ids that are counted from the top, shared by all entries, or new in
every document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from aggregator.ingest.edits import SOON, differ_in_tokens, without_query
from aggregator.model import Item, KnownItem
from aggregator.stories.revisions import (
    EVENT_HOURS,
    Verdict,
    Version,
    judge,
    judge_moved,
    judge_replaced,
)
from aggregator.text import text_hash

LEAST_MOVED = 3  # headlines that come under new identities as they go: the site changed
MOST_JUDGED = 4  # items of one page that an entry is compared with word by word
_UNCHANGED = Verdict("same", ())
_MOVED = Verdict("same", ("the same page, headline and date or text under another identity",))


class FoundItem(Struct, frozen=True):
    """The stored item that an entry is, or whose identity it takes over if the verdict is `new`."""

    item: KnownItem
    verdict: Verdict
    is_moved: bool = False  # under another identity than before


class KnownItems(Struct, frozen=True):
    """The stored items of a feed that entries of a document may be.

    `own`: identity -> its items, the last one seen under it first; `others`: items of the same
    pages, and items without a page whose identities the document has or had; `gone`: items that
    left the document with this poll; `held`: items of unchanged entries, which are taken.
    """

    own: Mapping[str, tuple[KnownItem, ...]]
    others: Sequence[KnownItem] = ()
    gone: Sequence[KnownItem] = ()
    held: frozenset[int] = frozenset()
    is_delta: bool = False  # RFC 3229: nothing can be said to have gone


def recognise(entries: Mapping[str, Item], known_items: KnownItems) -> dict[str, FoundItem]:
    """Identity -> the item found; entries of which nothing is known are left out."""
    rounds = _Rounds(entries, known_items)
    found: dict[str, FoundItem] = {}
    taken = set(known_items.held)
    for candidates in (rounds.unchanged, rounds.identical, rounds.moved_whole,
                       rounds.edited, rounds.moved, rounds.replaced):  # fmt: skip
        for identity, entry in entries.items():
            if identity in found:
                continue
            for one in candidates(identity, entry, taken):
                if one.item.item_id not in taken:
                    found[identity] = one
                    taken.add(one.item.item_id)
                    break
    for identity, known in known_items.own.items():
        if identity not in found and known:
            verdict = _judged(known[0], entries[identity])
            if not verdict.is_new:  # but another entry of the document was recognised as it
                verdict = Verdict("new", ("another entry of the document tells that item",))
            found[identity] = FoundItem(known[0], verdict)
    return found


def renamed(item: Item) -> Item:
    """The item with an identity of its own, if its feed reused that of another item.

    It is derived from page, headline and date, so the same entry finds its item again.
    """
    said = text_hash(item.headline, item.canonical_url or "", str(item.published_at or ""))
    return replace(item, identity=f"{item.identity} ~{said}")


def version(item: KnownItem | Item) -> Version:
    """What an item says, for comparison. A date that cannot be true counts as missing."""
    at = item.published_at
    if isinstance(item, KnownItem) and at is not None and at > item.first_seen_at + SOON:
        at = None
    return Version(item.headline, item.canonical_url, at, item.summary, item.publisher)


class _Rounds:
    """The candidates for an entry, round by round."""

    def __init__(self, entries: Mapping[str, Item], known_items: KnownItems) -> None:
        self._known = known_items
        self._uses = Counter(item.canonical_url for item in entries.values())
        self._addresses = Counter(without_query(item.canonical_url) for item in entries.values())
        self._pages: dict[str | None, list[KnownItem]] = {}
        self._alike: dict[tuple[str | None, str], list[KnownItem]] = {}
        for known in known_items.others:
            self._pages.setdefault(known.canonical_url, []).append(known)
            self._alike.setdefault((known.canonical_url, known.headline), []).append(known)
        self._gone: dict[object, list[KnownItem]] = {}
        for known in known_items.gone:
            for mark in (known.headline, known.published_at):
                self._gone.setdefault(mark, []).append(known)
        own = known_items.own
        fresh = [entry.headline for identity, entry in entries.items() if identity not in own]
        back = [headline for headline in fresh if headline in self._gone]
        self._has_moved = len(set(back)) >= LEAST_MOVED and len(back) * 2 > len(fresh)

    def unchanged(self, identity: str, entry: Item, taken: set[int]) -> Iterator[FoundItem]:
        """Under its own identity, with the same content hash."""
        for known in self._known.own.get(identity, ()):
            if known.content_hash == entry.content_hash:
                yield FoundItem(known, _UNCHANGED)

    def identical(self, identity: str, entry: Item, taken: set[int]) -> Iterator[FoundItem]:
        """Under its own identity, with the same page and headline and date or text."""
        for known in self._known.own.get(identity, ()):
            if known.headline == entry.headline and _is_identical(known, entry):
                yield FoundItem(known, _UNCHANGED)

    def moved_whole(self, identity: str, entry: Item, taken: set[int]) -> Iterator[FoundItem]:
        """As `identical`, but under another identity, which has left the document.

        If other entries have the page, too, nothing but date or text tells them apart.
        """
        page = entry.canonical_url
        others = self._pages.get(page, ())
        is_shared = page is not None and (
            self._uses[page] > 1 or any(known.item_id in taken for known in others)
        )
        for known in self._alike.get((page, entry.headline), ()):
            if _is_certain(known, entry) or (not is_shared and _is_identical(known, entry)):
                yield FoundItem(known, _MOVED, is_moved=True)

    def edited(self, identity: str, entry: Item, taken: set[int]) -> Iterator[FoundItem]:
        """Under its own identity, edited."""
        own = self._known.own.get(identity, ())
        for known in own:
            if known.item_id not in taken:
                if known is own[0]:
                    verdict = _judged(known, entry)
                else:  # its identity has been used for another item since
                    verdict = judge_moved(version(known), version(entry), most_hours=EVENT_HOURS,
                                          first=known.first_headline or "")  # fmt: skip
                if not verdict.is_new:
                    yield FoundItem(known, verdict)

    def moved(self, identity: str, entry: Item, taken: set[int]) -> Iterator[FoundItem]:
        """Under another identity that has left the document, edited."""
        page = entry.canonical_url
        others = self._pages.get(page, [])
        free = [known for known in others if known.item_id not in taken]
        is_shared = (
            self._known.is_delta or self._uses[page] > 1 or len(free) < len(others) or page is None
        )
        if is_shared:
            free = [known for known in free if _is_certain(known, entry)]
        for known in free[:MOST_JUDGED]:
            verdict = judge_moved(version(known), version(entry), is_shared=is_shared,
                                  first=known.first_headline or "")  # fmt: skip
            if not verdict.is_new:
                yield FoundItem(known, verdict, is_moved=True)

    def replaced(self, identity: str, entry: Item, taken: set[int]) -> Iterator[FoundItem]:
        """Under another identity and with another page, both of which have left the document."""
        if identity in self._known.own:
            return
        marked = [*self._gone.get(entry.headline, ()), *self._gone.get(entry.published_at, ())]
        is_alone = self._addresses[without_query(entry.canonical_url)] == 1
        for known in marked[:MOST_JUDGED]:
            before, after = version(known), version(entry)
            first = known.first_headline or ""
            if is_alone and differ_in_tokens(before.page, after.page):
                verdict = judge_moved(replace(before, page=after.page), after, first=first)
            else:
                verdict = judge_replaced(before, after, first=first,
                                         is_one_of_many=self._has_moved)  # fmt: skip
            if not verdict.is_new:
                yield FoundItem(known, verdict, is_moved=True)


def _judged(known: KnownItem, entry: Item) -> Verdict:
    return judge(version(known), version(entry), first=known.first_headline or "")


def _is_identical(known: KnownItem, entry: Item) -> bool:
    return known.canonical_url == entry.canonical_url and (
        _is_certain(known, entry)
        or (known.published_at is None and entry.published_at is None
            and not (known.summary or entry.summary))
    )  # fmt: skip


def _is_certain(known: KnownItem, entry: Item) -> bool:
    """Whether date or text are the same."""
    if known.published_at is not None and known.published_at == entry.published_at:
        return True
    return bool(entry.summary) and known.summary == entry.summary
