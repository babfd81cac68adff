"""The stories on the desk: what a batch of items may join, loaded in sets and kept up to date.

A desk lives for one batch. It holds nothing that is not in the database or about to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nsmallest
from math import log1p

from aggregator.ingest.rules import Rules
from aggregator.storage import matching
from aggregator.storage.matching import FeedTraits, StoredItem, StoredStory, StoredVariant
from aggregator.storage.store import Store
from aggregator.stories.candidates import keys
from aggregator.stories.features import Features
from aggregator.stories.lexicon import lexicon
from aggregator.stories.match import Candidate, Member

# Measured on a real stream of 13,000 items a week: of the re-wordings that share any key, the six
# stories that share most hold 99 of 100 that the first fifty hold; a story that shares one common
# word only is hardly ever the one. What two days apart shares less than `_wanted` is half of what
# shares enough, and holds none of the re-wordings that are joined and one in a hundred of those
# that are related.
MAX_STORIES = 6  # compared in full with one item
LEAST_SHARED = 10.0  # rarity of the shared keys: one very rare term, or two
SAME_WORDS = 24.0  # weight of a shared page or wording: always compared
MAX_VARIANTS = matching.FIRST_VARIANTS + matching.LAST_VARIANTS
SAME_PAGE = 4  # items of one page that are looked at
_DAY_S = 86400
_SPAN = 7  # days whose items share a look-up: a batch asks for most common words once


@dataclass(frozen=True, slots=True)
class Told:
    """An item with its features."""

    item: StoredItem
    features: Features

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
        )


@dataclass(slots=True)
class Draft:
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
    items: int = 0
    variants: int = 0
    hidden: bool = False
    is_new: bool = False
    told: list[Told] = field(default_factory=list)  # one per variant, at most MAX_VARIANTS
    wordings: dict[str, int] = field(default_factory=dict)  # fingerprint -> variant, of `told`
    fresh: list[Told] = field(default_factory=list)  # items that joined in this batch
    pages: dict[int, Told] = field(default_factory=dict)  # further items that show a shared page
    _candidate: Candidate | None = None

    def candidate(self) -> Candidate:
        """As the matcher sees it."""
        if self._candidate is None:
            members = [told.member() for told in self.told]
            shown = {member.item_id for member in members}
            members += [told.member() for told in self.pages.values()
                        if told.item.item_id not in shown]  # fmt: skip
            dated = any(member.at for member in members)
            self._candidate = Candidate(
                story_id=self.story_id,
                members=tuple(members),
                first_at=self.first_at if dated else None,
                last_at=self.last_at if dated else None,
                size=self.items,
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
                del self.told[matching.FIRST_VARIANTS]
        self._candidate = None

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
        self._reach_days = -(-rules.window // timedelta(days=1)) + 1
        self._lexicon = lexicon()
        self._stored: dict[tuple[str, int], dict[int, int]] = {}
        self._fresh: dict[str, dict[int, int]] = {}
        self._scores: dict[int, dict[int, float]] = {}
        self._survivors: dict[int, int] = {}
        self._page_items: dict[str, list[tuple[int, StoredItem]]] = {}

    def lay_out(self, items: Sequence[StoredItem]) -> list[tuple[Told, tuple[str, ...]]]:
        """Reads a batch's items and loads, in sets, the stories that they are compared with."""
        self.know_feeds(item.feed_id for item in items)
        told = [self.tell(item) for item in items]
        keyed = [(one, keys(one.features, canonical_url=one.item.canonical_url)) for one in told]
        wanted: set[int] = set()
        for one, its_keys in keyed:
            scores = self._stored_scores(one.item, its_keys)
            self._scores[one.item.item_id] = scores
            wanted.update(self._likeliest(scores, its_keys, day_of(one.item.at)))
            wanted.update(story_id for story_id, _ in self._same_page(one.item))
        self.load(wanted)
        return keyed

    def know_feeds(self, feed_ids: Iterable[int]) -> None:
        """Loads what is not yet known of these feeds."""
        missing = set(feed_ids) - self.feeds.keys()
        if missing:
            self.feeds |= matching.feed_traits(self.store, missing)

    def tell(self, item: StoredItem) -> Told:
        """An item with its features."""
        features = self.rules.read(item.headline, item.summary, item.publisher, item.language)
        return Told(item, features)

    def candidates(self, item: StoredItem, item_keys: Sequence[str]) -> list[Draft]:
        """The stories that an item is compared with, those with the most telling keys first."""
        page = self._same_page(item)
        ranked = self._ranked(item, item_keys)
        ids = dict.fromkeys((*(story_id for story_id, _ in page), *ranked))
        self.load(ids)
        found = {
            story_id: self.drafts[story_id]
            for story_id in (self._survivors.get(one, one) for one in ids)
            if story_id in self.drafts
        }
        for story_id, shown in page:
            if draft := found.get(self._survivors.get(story_id, story_id)):
                draft.show_page(self.tell(shown))
        return list(found.values())

    def note_keys(
        self, story_id: int, item: StoredItem, *, item_keys: Iterable[str]
    ) -> list[tuple[str, int, int]]:
        """Makes a story findable by an item's keys; returns the rows to write."""
        day = day_of(item.at)
        for key in item_keys:
            self._fresh.setdefault(key, {})[story_id] = day
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
        url = item.canonical_url
        if not url:
            return []
        if url not in self._page_items:
            self._page_items[url] = matching.items_of_page(self.store, url, SAME_PAGE)
        return self._page_items[url]

    def _ranked(self, item: StoredItem, item_keys: Sequence[str]) -> list[int]:
        """The likeliest stories, those that this batch has made among them."""
        scores = self._scores.pop(item.item_id, None)
        if scores is None:
            scores = self._stored_scores(item, item_keys)
        day = day_of(item.at)
        first, last = day - self._reach_days, day + self._reach_days
        for key in item_keys:
            if key in self._fresh:
                weight, stored = self._weight(key), self._postings(key, day)
                for story_id, made_on in self._fresh[key].items():
                    if first <= made_on <= last and story_id not in stored:
                        scores[story_id] = scores.get(story_id, 0.0) + weight
        return self._likeliest(scores, item_keys, day)

    def _stored_scores(self, item: StoredItem, item_keys: Sequence[str]) -> dict[int, float]:
        """Stored stories by the rarity of the keys that they share with an item.

        Those whose keys could not be enough in any case are left out.
        """
        day = day_of(item.at)
        weights = [self._weight(key) for key in item_keys]
        rest = sum(weights)
        scores: dict[int, float] = {}
        get = scores.get
        for key, weight in zip(item_keys, weights, strict=True):
            postings = self._postings(key, day)
            if rest >= LEAST_SHARED:
                for story_id in postings:
                    scores[story_id] = get(story_id, 0.0) + weight
            else:
                for story_id in scores.keys() & postings.keys():
                    scores[story_id] += weight
            rest -= weight
        return scores

    def _likeliest(self, scores: dict[int, float], item_keys: Sequence[str], day: int) -> list[int]:
        """The ids of the stories that share most beyond what their distance asks for."""
        tables = [self._postings(key, day) for key in item_keys]
        tables += [self._fresh[key] for key in item_keys if key in self._fresh]
        ranked = []
        for story_id, score in scores.items():
            if score >= LEAST_SHARED:
                days = min([abs(table[story_id] - day) for table in tables if story_id in table])
                if (spare := score - _wanted(days)) >= 0:
                    ranked.append((-spare, -story_id))
        return [-story_id for _, story_id in nsmallest(MAX_STORIES, ranked)]

    def _weight(self, key: str) -> float:
        if key[0] == "t":
            return self._lexicon.idf.get(key[2:], self._lexicon.rarest)
        return SAME_WORDS / 2 if key[0] == "p" else SAME_WORDS

    def _postings(self, key: str, day: int) -> dict[int, int]:
        """Stored stories with a key in the reach of a day's span -> the newest day of it."""
        span = day // _SPAN
        stored = self._stored.get((key, span))
        if stored is None:
            stored = matching.stories_with_key(
                self.store, key, first_day=span * _SPAN - self._reach_days,
                last_day=(span + 1) * _SPAN - 1 + self._reach_days,
            )  # fmt: skip
            self._stored[key, span] = stored
        return stored

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
            told=[self.tell(variant.item) for variant in variants],
            wordings={variant.fingerprint: variant.variant_id for variant in variants},
        )


def _wanted(days: int) -> float:
    """What a story so many calendar days away has to share; under 48 hours it may be one day."""
    return LEAST_SHARED if days < 2 else 8.0 + 5.0 * log1p(24 * (days - 1))


def day_of(at: datetime) -> int:
    """Days since 1970-01-01."""
    return int(at.timestamp() // _DAY_S)
