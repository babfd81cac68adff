"""The stories on the desk: what a batch of items may join, loaded in sets and kept up to date.

A desk lives for one batch. It holds nothing that is not in the database or about to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.ingest.rules import Rules
from aggregator.ingest.shortlist import Shortlist, Sought, day_of
from aggregator.storage import matching
from aggregator.storage.matching import FeedTraits, StoredItem, StoredStory, StoredVariant
from aggregator.storage.store import Store
from aggregator.stories.candidates import keys
from aggregator.stories.compare import Member
from aggregator.stories.features import Features
from aggregator.stories.match import Candidate
from aggregator.stories.related import closeness, closest
from aggregator.stories.screening import HasTerms, Outline, is_worth_reading, outline

MAX_VARIANTS = matching.FIRST_VARIANTS + matching.LAST_VARIANTS
SAME_PAGE = 4  # items of one page that are looked at


class Told(Struct, frozen=True):
    """An item with its features."""

    item: StoredItem
    features: Features
    core: bool = True  # of its story: others join because of it

    def member(self) -> Member:
        """As the matcher sees it; without a date of its own it gives no date evidence."""
        item = self.item
        return Member(
            item_id=item.item_id,
            features=self.features,
            at=item.published_at,
            feed_id=item.feed_id,
            identity=item.identity,
            canonical_url=item.canonical_url,
            publisher=item.publisher,
            url=item.url,
            core=self.core,
        )


def _tell(rules: Rules, item: StoredItem, *, core: bool = True) -> Told:
    return Told(item, rules.read(item.headline, item.summary, item.publisher, item.url or ""), core)


class Draft(Struct):
    """A story while a batch works on it."""

    story_id: int
    uid: str
    entry_id: str | None
    headline: str
    url: str | None
    lead_item_id: int | None
    first_seen_at: datetime
    first_at: datetime
    last_at: datetime
    rules: Rules
    items: int = 0
    variants: int = 0
    hidden: bool = False
    is_new: bool = False
    unread: Sequence[StoredVariant] = ()  # what stands for it and is not yet `told`
    wordings: dict[str, int] = field(default_factory=dict)  # fingerprint -> variant, of `told`
    fresh: list[Told] = field(default_factory=list)  # items that joined in this batch
    pages: dict[int, Told] = field(default_factory=dict)  # further items that show a shared page
    _told: list[Told] = field(default_factory=list)
    _outlines: Sequence[Outline] = ()
    _candidate: Candidate | None = None

    @property
    def told(self) -> list[Told]:
        """One item for each variant, at most MAX_VARIANTS; read when first asked for."""
        if self.unread:
            self._told = [
                _tell(self.rules, variant.item, core=variant.core) for variant in self.unread
            ]
            self.unread = self._outlines = ()
        return self._told

    def is_near(self, told: Told) -> bool:
        """Whether it has to be compared with an item; the terms of what is unread tell."""
        if not self.unread or not all([one.terms for one in self.unread]):
            return True  # it is read already, or terms were not kept yet when it was written
        return is_worth_reading(told.features, told.item.published_at, self._outlined())

    def _outlined(self) -> Sequence[Outline]:
        if not self._outlines:
            self._outlines = [
                outline(one.terms, one.fingerprint, truncated=one.truncated,
                        at=one.item.published_at) for one in self.unread
            ]  # fmt: skip
        return self._outlines

    def wordings_read(self) -> Sequence[HasTerms]:
        """The terms of what stands for it; of what is unread, as they were stored."""
        if self.unread and all([one.terms for one in self.unread]):
            return [one.features for one in self._outlined()]
        return [told.features for told in self.told]

    def candidate(self) -> Candidate:
        """As the matcher sees it."""
        if self._candidate is None:
            members = [told.member() for told in self.told]
            shown = {member.item_id for member in members}
            members += [replace(told, core=False).member() for told in self.pages.values()
                        if told.item.item_id not in shown]  # fmt: skip
            dated = any(member.at for member in members)
            self._candidate = Candidate(
                story_id=self.story_id,
                members=tuple(members),
                first_at=self.first_at if dated else None,
                last_at=self.last_at if dated else None,
            )
        return self._candidate

    def add(self, told: Told, variant_id: int | None) -> None:
        """One more item; `variant_id` where its wording is new to the story."""
        self.items += 1
        self.fresh.append(told)
        self.first_at = min(self.first_at, told.item.at)
        self.last_at = max(self.last_at, told.item.at)
        if variant_id is not None:
            self.variants += 1
            self.told.append(told)
            self.wordings[told.features.fingerprint] = variant_id
            if len(self.told) > MAX_VARIANTS:
                self._let_go()
        self._candidate = None

    def _let_go(self) -> None:
        """Of too many wordings, the last but two that is no core goes, else the last but two."""
        early = self.told[: -matching.LAST_VARIANTS]
        least = next((told for told in reversed(early) if not told.core), early[-1])
        self.told.remove(least)

    def show_page(self, told: Told) -> None:
        """Lets the matcher see an item that no variant stands for, since it shows a page."""
        if told.item.item_id not in self.pages and len(self.pages) < SAME_PAGE:
            self.pages[told.item.item_id] = told
            self._candidate = None


class Desk:
    """Finds the stories that items may belong to; `drafts` is for the one who decides."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self.store = store
        self.rules = rules
        self.drafts: dict[int, Draft] = {}
        self.feeds: dict[int, FeedTraits] = {}
        self.shortlist = Shortlist(store, rules.window)
        self._sought: dict[int, Sought] = {}
        self._survivors: dict[int, int] = {}
        self._close: dict[int, dict[int, float]] = {}
        self._page_items: dict[str, list[tuple[int, StoredItem]]] = {}

    def lay_out(self, items: Sequence[StoredItem]) -> list[tuple[Told, tuple[str, ...]]]:
        """Reads a batch's items and loads, in sets, the stories that they are compared with."""
        self.know_feeds(item.feed_id for item in items)
        told = [self.tell(item) for item in items]
        keyed = [(one, keys(one.features)) for one in told]
        self._find_pages(items)
        sought = self.shortlist.seek([(one.item.at, its_keys) for one, its_keys in keyed])
        wanted: set[int] = set()
        for item, found in zip(items, sought, strict=True):
            self._sought[item.item_id] = found
            wanted.update(found.likeliest)
            wanted.update(story_id for story_id, _ in self._same_page(item))
        self.load(wanted)
        return keyed

    def know_feeds(self, feed_ids: Iterable[int]) -> None:
        """Loads what is not yet known of these feeds."""
        known = self.feeds
        missing = {feed_id for feed_id in feed_ids if feed_id not in known}
        if missing:
            self.feeds |= matching.feed_traits(self.store, missing)

    def tell(self, item: StoredItem, *, core: bool = True) -> Told:
        """An item with its features."""
        return _tell(self.rules, item, core=core)

    def candidates(self, told: Told, item_keys: Sequence[str]) -> list[Draft]:
        """The stories that an item is compared with, those with the most telling keys first."""
        item = told.item
        page = self._same_page(item)
        sought = self._sought.pop(item.item_id, None)
        if sought is None:
            (sought,) = self.shortlist.seek([(item.at, tuple(item_keys))])
        likeliest = self.shortlist.likeliest(sought)
        ids = dict.fromkeys((*(story_id for story_id, _ in page), *likeliest))
        self.load(ids)
        found = {
            story_id: self.drafts[story_id]
            for story_id in (self._survivors.get(one, one) for one in ids)
            if story_id in self.drafts
        }
        self._close[item.item_id] = closest(
            {
                story_id: closeness(told.features, draft.wordings_read())
                for story_id, draft in found.items()
            }
        )
        for story_id, shown in page:
            if draft := found.get(self._survivors.get(story_id, story_id)):
                draft.show_page(self.tell(shown))
        return [draft for draft in found.values() if draft.pages or draft.is_near(told)]

    def close_to(self, item_id: int) -> dict[int, float]:
        """Of the stories that an item's terms led to, those that are close to it, whether they
        were compared with it or not; once for each look-up of `candidates`."""
        return self._close.pop(item_id, {})

    def note_keys(
        self, story_id: int, item: StoredItem, *, item_keys: Iterable[str]
    ) -> list[tuple[str, int, int]]:
        """Makes a story findable by an item's keys; returns the rows to write."""
        day = day_of(item.at)
        self.shortlist.note(story_id, day, item_keys)
        if item.canonical_url:
            shown = self._same_page(item)
            shown.insert(0, (story_id, item))
            del shown[SAME_PAGE:]
        return [(key, day, story_id) for key in item_keys]

    def forget(self, story_ids: Iterable[int]) -> None:
        """Drops drafts that the database now knows better, as after a merge."""
        for story_id in story_ids:
            self.drafts.pop(story_id, None)
            self._survivors.pop(story_id, None)

    def _same_page(self, item: StoredItem) -> list[tuple[int, StoredItem]]:
        if item.canonical_url and item.canonical_url not in self._page_items:
            self._find_pages((item,))
        return self._page_items.get(item.canonical_url or "", [])

    def _find_pages(self, items: Iterable[StoredItem]) -> None:
        urls = dict.fromkeys(item.canonical_url for item in items if item.canonical_url)
        found = matching.items_of_pages(self.store, urls, SAME_PAGE)
        self._page_items |= {url: found.get(url, []) for url in urls}

    def load(self, story_ids: Iterable[int]) -> None:
        """Lays the living stories behind these ids on the desk."""
        missing = {
            story_id
            for story_id in story_ids
            if self._survivors.get(story_id, story_id) not in self.drafts
        }
        if not missing:
            return
        self._survivors |= matching.surviving(self.store, missing)
        live = {self._survivors.get(story_id, story_id) for story_id in missing}
        loaded = matching.load_stories(self.store, live - self.drafts.keys())
        self.know_feeds({one.item.feed_id for _, variants in loaded.values() for one in variants})
        for story, variants in loaded.values():
            self.drafts[story.story_id] = self._draft(story, variants)

    def _draft(self, story: StoredStory, variants: Sequence[StoredVariant]) -> Draft:
        return Draft(
            story_id=story.story_id,
            uid=story.uid,
            entry_id=story.entry_id,
            headline=story.headline,
            url=story.url,
            lead_item_id=story.lead_item_id,
            first_seen_at=story.first_seen_at,
            first_at=story.first_at,
            last_at=story.last_at,
            items=story.items,
            variants=story.variants,
            hidden=story.hidden,
            rules=self.rules,
            unread=variants,
            wordings={variant.fingerprint: variant.variant_id for variant in variants},
        )
