"""The stories that a batch of items may join: loaded in sets, and kept up to date."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from aggregator.ingest.open_story import SAME_PAGE, OpenStory, ReadItem, read_features
from aggregator.ingest.rules import Rules
from aggregator.ingest.shortlist import FEWEST_STORIES, SharedKeys, Shortlist, day_of
from aggregator.model import ItemPair
from aggregator.storage import corrections, matching, stories
from aggregator.storage.decisions import KeyRow
from aggregator.storage.matching import FeedTraits, StoredItem
from aggregator.storage.store import Store
from aggregator.stories.blocking import keys
from aggregator.stories.compare import Member
from aggregator.stories.overlap import closeness, closest

# Wordings of the stories for the next batch, about a thousand stories and 6 MB. With twice as many,
# and of other headlines, half as many would be read again, for 7 MB more.
MOST_KEPT = 1600


class CandidateStories:
    """Finds the stories that items may belong to; `open` holds those that are loaded.

    It lives for one batch. All that it holds is in the database or about to be written; `kept`:
    stories as they are in the database.
    """

    def __init__(
        self, store: Store, rules: Rules, kept: dict[int, OpenStory] | None = None
    ) -> None:
        self.store = store
        self.rules = rules
        self.open: dict[int, OpenStory] = {}
        self._kept = kept or {}  # of earlier batches, as they are in the database
        self.feeds: dict[int, FeedTraits] = {}
        self.story_of: dict[int, int] = {}  # items that the batch placed or reconsiders -> story
        self.shortlist = Shortlist(store, rules.window)
        self._shared: dict[int, SharedKeys] = {}
        self._survivors: dict[int, int] = {}
        self._close: dict[int, dict[int, float]] = {}
        self._page_items: dict[str, list[tuple[int, StoredItem]]] = {}

    def read_batch(self, items: Sequence[StoredItem]) -> list[tuple[ReadItem, tuple[str, ...]]]:
        """Reads a batch's items and loads, in sets, the stories that they are compared with."""
        self.know_feeds(item.feed_id for item in items)
        keyed = [(one, keys(one.features)) for one in map(self.read, items)]
        self._find_pages(items)
        shared = self.shortlist.look_up([(one.stored.at, its_keys) for one, its_keys in keyed])
        wanted: set[int] = set()
        for item, found in zip(items, shared, strict=True):
            self._shared[item.item_id] = found
            wanted.update(found.stories)
            wanted.update(story_id for story_id, _ in self._same_page(item))
        self.load(wanted)
        return keyed

    def members_of(self, pairs: Iterable[ItemPair]) -> dict[ItemPair, tuple[Member, Member]]:
        """Pairs of matched items as the matcher sees them; their stories go into `story_of`."""
        wanted = tuple(pairs)
        ids = dict.fromkeys(one for pair in wanted for one in pair)
        self.story_of |= stories.stories_of_items(self.store, ids)
        items = matching.items_by_id(self.store, ids)
        read = {stored.item_id: self.read(stored).member() for stored in items}
        return {(a, b): (read[a], read[b]) for a, b in wanted if a in read and b in read}

    def know_feeds(self, feed_ids: Iterable[int]) -> None:
        """Loads the traits of these feeds, where that was not done before."""
        known = self.feeds
        missing = {feed_id for feed_id in feed_ids if feed_id not in known}
        if missing:
            self.feeds |= matching.feed_traits(self.store, missing)

    def read(self, stored: StoredItem, *, core: bool = True) -> ReadItem:
        """An item with its features."""
        return read_features(self.rules, stored, core=core)

    def of(self, item: ReadItem, item_keys: Sequence[str]) -> list[OpenStory]:
        """The stories that an item is compared with, those that share the rarest keys first."""
        page = self._same_page(item.stored)
        shared = self._shared.pop(item.item_id, None)
        if shared is None:
            (shared,) = self.shortlist.look_up([(item.stored.at, tuple(item_keys))])
        likeliest = self.shortlist.likeliest(shared)
        ids = dict.fromkeys((*(story_id for story_id, _ in page), *likeliest.compared))
        self.load((*ids, *likeliest.related))
        found = self._opened(ids)
        close = found
        if likeliest.related and len(found) < FEWEST_STORIES:
            close = self._opened(likeliest.related[: FEWEST_STORIES - len(found)]) | found
        self._close[item.item_id] = closest(
            {
                story_id: closeness(item.features, story.wordings_read())
                for story_id, story in close.items()
            }
        )
        for story_id, shown in page:
            if story := found.get(self._survivors.get(story_id, story_id)):
                story.show_page(self.read(shown))
        return [story for story in found.values() if story.pages or story.is_near(item)]

    def _opened(self, story_ids: Iterable[int]) -> dict[int, OpenStory]:
        """The loaded ones of these stories, merges followed."""
        found, survivor = self.open, self._survivors.get
        survivors = [survivor(one, one) for one in story_ids]
        return {story_id: found[story_id] for story_id in survivors if story_id in found}

    def close_to(self, item_id: int) -> dict[int, float]:
        """The stories close to an item, compared with it or not; once for each call of `of`."""
        return self._close.pop(item_id, {})

    def note_keys(
        self, story_id: int, item: StoredItem, *, item_keys: Iterable[str]
    ) -> list[KeyRow]:
        """Indexes a story under an item's keys; returns the rows to write."""
        day = day_of(item.at)
        self.shortlist.note(story_id, day, item_keys)
        if item.canonical_url:
            shown = self._same_page(item)
            shown.insert(0, (story_id, item))
            del shown[SAME_PAGE:]
        return [KeyRow(key, day, story_id) for key in item_keys]

    def stories_with(self, items: Iterable[ReadItem]) -> tuple[int, ...]:
        """The ids of the stories that the batch assigned these items to, each once."""
        return tuple(dict.fromkeys(self.story_of[item.item_id] for item in items))

    def resembling(self, story_id: int, limit: int, *, least: float) -> list[int]:
        """Loads the stories that a comparison with at least this score connects with a story."""
        near = matching.resembling_stories(self.store, story_id, limit, least=least)
        self.load(near)
        return near

    def newest(self, story_id: int, limit: int) -> list[ReadItem]:
        """The items of an open story's newest wordings, oldest first, once all is written."""
        story = self.open[story_id]
        if story.has_all:
            return story.representatives[-limit:]
        newest = matching.newest_variants(self.store, story_id, limit)
        return [self.read(variant.item, core=variant.core) for variant in newest]

    def corrected(self, item_id: int) -> tuple[frozenset[int], int | None]:
        """The stories that corrections keep an item out of, and the one that they put it in."""
        apart, together = set(), None
        for kind, other in self._links.get(item_id, ()):
            story_id = self.story_of.get(other) or stories.story_of_item(self.store, other)
            if story_id is None:
                continue
            if kind == "apart":
                apart.add(story_id)
            else:
                together = story_id
        return frozenset(apart), together if together not in apart else None

    def are_apart(self, story: OpenStory, other: OpenStory) -> bool:
        """Whether a correction keeps two stories apart, as far as both are written."""
        return corrections.are_apart(self.store, story.story_id, other.story_id)

    def corrected_by_editors(self) -> frozenset[int]:
        """Stories whose items a correction fixed: they are not split again."""
        if not self._links:
            return frozenset()
        return frozenset(stories.stories_of_items(self.store, self._links).values())

    @cached_property
    def _links(self) -> dict[int, list[tuple[str, int]]]:
        """Item -> the corrections that link it with others: (kind, the other item)."""
        links: dict[int, list[tuple[str, int]]] = {}
        for link in corrections.links(self.store):
            links.setdefault(link.item_a, []).append((link.kind, link.item_b))
            links.setdefault(link.item_b, []).append((link.kind, link.item_a))
        return links

    def merged(self, gone: int, *, keep: int) -> None:
        """Records a merge: the items of `gone` now belong to `keep`."""
        moved = [item_id for item_id, story_id in self.story_of.items() if story_id == gone]
        self.story_of |= dict.fromkeys(moved, keep)
        self.forget((keep, gone))

    def survivor(self, story_id: int) -> int:
        """The story that a loaded one was merged into, or itself."""
        return self._survivors.get(story_id, story_id)

    def forget(self, story_ids: Iterable[int]) -> None:
        """Drops stories that are out of date, as after a merge."""
        for story_id in story_ids:
            self.open.pop(story_id, None)
            self._kept.pop(story_id, None)
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
        """Loads the stories behind these ids, merges followed, that are not loaded yet."""
        missing = {
            story_id
            for story_id in story_ids
            if self._survivors.get(story_id, story_id) not in self.open
        }
        missing = self._reopen(missing)
        if not missing:
            return
        self._survivors |= matching.surviving(self.store, missing)
        live = self._reopen({self._survivors.get(story_id, story_id) for story_id in missing})
        loaded = matching.load_stories(self.store, live - self.open.keys())
        self.know_feeds({one.item.feed_id for _, variants in loaded.values() for one in variants})
        for story, variants in loaded.values():
            self.open[story.story_id] = OpenStory(
                story,
                self.rules,
                unread=variants,
                wordings={variant.fingerprint: variant.variant_id for variant in variants},
            )

    def _reopen(self, story_ids: set[int]) -> set[int]:
        """Opens those that were kept; returns the others."""
        found = story_ids & self._kept.keys()
        self.open |= {story_id: self._kept.pop(story_id) for story_id in found}
        return story_ids - found

    def leave(self) -> dict[int, OpenStory]:
        """The stories for the next batch, once all is written: at most `MOST_KEPT` wordings."""
        for story in self.open.values():
            if story.has_all:
                story.close()
                self._kept[story.story_id] = story
        total = sum(len(story.wordings) for story in self._kept.values())
        for story_id, story in list(self._kept.items()):
            if total <= MOST_KEPT:
                break
            total -= len(story.wordings)
            del self._kept[story_id]
        return self._kept
