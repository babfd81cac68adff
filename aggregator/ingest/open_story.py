"""A story while a batch works on it, and the items that it is compared with."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.ingest.rules import Rules
from aggregator.storage.matching import (
    FIRST_VARIANTS,
    LAST_VARIANTS,
    StoredItem,
    StoredStory,
    StoredVariant,
)
from aggregator.stories.compare import Member
from aggregator.stories.features import Features
from aggregator.stories.match import Candidate
from aggregator.stories.overlap import HasTerms, StoredHeadline, is_worth_reading, stored_headline

MAX_VARIANTS = FIRST_VARIANTS + LAST_VARIANTS
SAME_PAGE = 4  # items of one page that are compared


class ReadItem(Struct, frozen=True):
    """An item with its features."""

    stored: StoredItem
    features: Features
    core: bool = True  # of its story: others join because of it

    @property
    def item_id(self) -> int:
        """The id of its row."""
        return self.stored.item_id

    def member(self) -> Member:
        """As the matcher sees it; an item without a date of its own gives no date evidence."""
        stored = self.stored
        return Member(
            item_id=stored.item_id,
            features=self.features,
            at=stored.published_at,
            seen_at=stored.at,
            feed_id=stored.feed_id,
            identity=stored.identity,
            canonical_url=stored.canonical_url,
            publisher=stored.publisher,
            url=stored.url,
            core=self.core,
        )


def read_features(rules: Rules, stored: StoredItem, *, core: bool = True) -> ReadItem:
    """An item with its features, as these rules read them."""
    features = rules.read(stored.headline, stored.summary, stored.publisher, stored.url or "")
    return ReadItem(stored, features, core)


class KeptStories:
    """Stories that a batch leaves to the next one of its run, unless something else is written.

    Most stories that a batch looks at are those that the batches before it looked at.
    """

    def __init__(self) -> None:
        self._stories: dict[int, OpenStory] = {}  # the last used last
        self._changes: tuple[int, int] | None = None

    def take(self, changes: tuple[int, int]) -> dict[int, OpenStory]:
        """The stories that were left; none if anything was written since (`Store.changes`)."""
        stories, known = self._stories, self._changes
        self.forget()
        return stories if changes == known else {}

    def leave(self, stories: dict[int, OpenStory], changes: tuple[int, int]) -> None:
        """Keeps stories as they are in the database after these changes."""
        self._stories, self._changes = stories, changes

    def forget(self) -> None:
        """Drops all stories."""
        self._stories, self._changes = {}, None


class OpenStory(Struct):
    """A story while a batch works on it."""

    stored: StoredStory  # its row, as it is once the batch is written
    rules: Rules
    is_new: bool = False
    unread: Sequence[StoredVariant] = ()  # its representatives, before they are first needed
    wordings: dict[str, int] = field(default_factory=dict)  # fingerprint -> variant
    fresh: list[ReadItem] = field(default_factory=list)  # items that joined in this batch
    pages: dict[int, ReadItem] = field(default_factory=dict)  # further items with a shared page
    _representatives: list[ReadItem] = field(default_factory=list)
    _headlines: Sequence[StoredHeadline] = ()
    _candidate: Candidate | None = None

    @property
    def story_id(self) -> int:
        """The id of its row."""
        return self.stored.story_id

    @property
    def representatives(self) -> list[ReadItem]:
        """One item for each variant, at most MAX_VARIANTS; read when first needed."""
        if self.unread:
            self._representatives = [
                read_features(self.rules, variant.item, core=variant.core)
                for variant in self.unread
            ]
            self.unread = self._headlines = ()
        return self._representatives

    @property
    def has_all(self) -> bool:
        """Whether each of its wordings has its representative, as when it is loaded anew."""
        return self.stored.variants <= MAX_VARIANTS

    def is_near(self, item: ReadItem) -> bool:
        """Whether it must be compared with an item; while unread, its stored terms decide."""
        if not self.unread or not all([one.terms for one in self.unread]):
            return True  # read already, or written by a release that did not store terms
        return is_worth_reading(item.features, item.stored.published_at, self._stored_headlines())

    def _stored_headlines(self) -> Sequence[StoredHeadline]:
        if not self._headlines:
            self._headlines = [
                stored_headline(one.terms, one.fingerprint, truncated=one.truncated,
                                at=one.item.published_at) for one in self.unread
            ]  # fmt: skip
        return self._headlines

    def wordings_read(self) -> Sequence[HasTerms]:
        """The terms of its representatives; while they are unread, the stored ones."""
        if self.unread and all([one.terms for one in self.unread]):
            return [one.features for one in self._stored_headlines()]
        return [item.features for item in self.representatives]

    def candidate(self) -> Candidate:
        """As the matcher sees it."""
        if self._candidate is None:
            members = [item.member() for item in self.representatives]
            shown = {member.item_id for member in members}
            members += [replace(item, core=False).member() for item in self.pages.values()
                        if item.item_id not in shown]  # fmt: skip
            dated = any(member.at for member in members)
            self._candidate = Candidate(
                story_id=self.story_id,
                members=tuple(members),
                first_at=self.stored.first_at if dated else None,
                last_at=self.stored.last_at if dated else None,
            )
        return self._candidate

    def add(self, item: ReadItem, variant_id: int | None) -> None:
        """Adds an item; `variant_id` if its wording is new to the story."""
        stored, at = self.stored, item.stored.at
        self.stored = replace(
            stored,
            items=stored.items + 1,
            variants=stored.variants + (variant_id is not None),
            first_at=min(stored.first_at, at),
            last_at=max(stored.last_at, at),
        )
        self.fresh.append(item)
        if variant_id is not None:
            self.representatives.append(item)
            self.wordings[item.features.fingerprint] = variant_id
            if len(self.representatives) > MAX_VARIANTS:
                # of all but the last two, drop the last that is not core, else simply the last
                early = self.representatives[:-LAST_VARIANTS]
                least = next((one for one in reversed(early) if not one.core), early[-1])
                self.representatives.remove(least)
        self._candidate = None

    def close(self) -> None:
        """Ends its batch: the next one looks for further items with a shared page anew."""
        if self.pages:
            self.pages, self._candidate = {}, None

    def show_page(self, item: ReadItem) -> None:
        """Adds an item that represents no variant, because it shows a page that another shows."""
        if item.item_id not in self.pages and len(self.pages) < SAME_PAGE:
            self.pages[item.item_id] = item
            self._candidate = None
