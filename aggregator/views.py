"""The frozen values behind what readers see: topic feeds, their entries, story pages, searches.

Pure. Like `model.py`, and separate from it because most runs have nothing to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from aggregator.model import Media, TermHit


class PublishedSource(Struct, frozen=True, gc=False):
    """One source of a published story: a publisher's own headline and link."""

    feed: str
    publisher: str
    headline: str
    url: str | None
    published_at: datetime
    feed_url: str | None = None  # None for a private feed
    feed_title: str = ""
    language: str = ""
    author: str = ""
    rights: str = ""
    summary: str = ""
    family: str = ""  # as configured
    labels: tuple[tuple[str, str], ...] = ()  # of its feed: name and value
    media: Media = Media()  # empty of a private feed: its addresses may carry a key
    rank: int = 0  # of its feed


class RelatedStory(Struct, frozen=True, gc=False):
    """A published story that is linked with another: a step of one saga, say, or a reaction."""

    story: str
    headline: str
    published_at: datetime
    url: str | None = None  # of its lead
    entry_id: str = ""


class PublishedEntry(Struct, frozen=True, weakref=True, cache_hash=True):
    """A story as a topic feed shows it; values derived from it are kept while it lives."""

    story: str  # the id as printed in the tag URI
    entry_id: str  # tag URI (RFC 4151), for ever
    headline: str
    url: str | None  # of the lead
    summary: str  # the lead's, plain text
    published_at: datetime
    updated_at: datetime
    lead: PublishedSource
    sources: tuple[PublishedSource, ...]  # the lead among them, oldest first
    unlisted: int = 0  # further reports: an entry lists only so many
    terms: tuple[str, ...] = ()
    language: str = ""
    score: float = 0.0  # of the topic's decision
    threshold: float = 0.0
    has_page: bool = True  # False: found by a search, and in no topic
    related: tuple[RelatedStory, ...] = ()  # as known at the first publication, strongest first

    @property
    def reports(self) -> int:
        """How many reports the story has: items of one publisher under one link are one."""
        return len(self.sources) + self.unlisted


class PublishedFeed(Struct, frozen=True):
    """Everything a rendered topic feed is a function of."""

    topic: str
    title: str
    feed_id: str  # tag URI
    site_title: str
    base_url: str | None  # ends in "/"
    updated_at: datetime
    entries: tuple[PublishedEntry, ...]  # newest first
    hub: str | None = None
    language: str = "en"
    ttl_minutes: int = 10
    author: str = ""  # of the feed as a whole; empty: the site's title
    icon: str | None = None
    excerpt: int = 500  # longest summary, in characters
    local_url: str = "http://127.0.0.1:8080/"  # where RSS, which must link, links without base_url
    months: tuple[str, ...] = ()  # YYYY-MM of the archive, oldest first
    archive_form_since: str = ""  # YYYY-MM: archives before it keep the form of version 0.1
    days: tuple[str, ...] = ()  # YYYY-MM-DD of the digests, newest first
    day_links_since: str | None = None  # YYYY-MM-DD: entries of later days link to pages of theirs
    has_digest: bool = False  # as a feed
    has_pages: bool = True
    noindex: bool = False
    has_media: bool = True  # pictures, sound and film of the sources are passed on

    def page_url(self, name: str) -> str | None:
        """The address of one of our web pages, where there are any and `base_url` is known."""
        return f"{self.base_url}{name}" if self.base_url and self.has_pages else None


class HeadlineChange(Struct, frozen=True):
    """An earlier wording of a source's headline, and until when it was shown."""

    headline: str
    changed_at: datetime


class StoryItem(Struct, frozen=True):
    """One item on the page of its story."""

    item_id: int
    source: PublishedSource
    rule: str  # why it joined (Evidence.rule)
    score: float
    detail: str
    truncated: bool = False
    earlier: tuple[HeadlineChange, ...] = ()


class TopicReason(Struct, frozen=True):
    """Why a story is in a topic."""

    topic: str
    title: str
    score: float
    threshold: float
    terms: tuple[TermHit, ...] = ()


class StoryPage(Struct, frozen=True):
    """Everything the page of a published story is a function of."""

    entry: PublishedEntry
    items: tuple[StoryItem, ...]  # oldest first
    topics: tuple[TopicReason, ...]
    related: tuple[RelatedStory, ...] = ()


class CitedSource(Struct, frozen=True):
    """One report of a cited story, and why it is in it."""

    item_id: int
    feed: str
    publisher: str
    headline: str
    url: str | None  # as entries show it; None also where it is the address of a private feed
    published_at: datetime | None  # None: the feed gave no usable date
    first_seen_at: datetime
    rule: str  # why it joined (Evidence.rule); "": no longer stored
    score: float
    detail: str
    signals: Mapping[str, Any]
    author: str = ""
    summary: str = ""
    family: str = ""  # as configured
    labels: Mapping[str, str] = field(default_factory=dict)  # of its feed
    listed: bool = True  # in entries, for the report that it is


class Missed(Struct, frozen=True):
    """How far a story is from a topic that rejected it, and the terms in its favour."""

    topic: str
    score: float
    threshold: float
    terms: tuple[str, ...]


class CitedStory(Struct, frozen=True):
    """A story with what it takes to cite it: its reports, when each was seen, and why it joined."""

    uid: str
    entry_id: str | None  # tag URI; None: not published so far
    headline: str
    url: str | None
    published_at: datetime
    updated_at: datetime
    first_seen_at: datetime
    topics: tuple[tuple[str, float], ...]  # those that accept it, with their scores
    reports: int  # items of one publisher under one link are one
    items: int
    sources: tuple[CitedSource, ...]  # oldest first; those of withdrawn feeds are left out
    hidden: bool = False
    missed: Missed | None = None  # where what just missed a topic was asked for


SOME_FAILURES = 2  # in a row: nothing to speak of


def feed_state(*, enabled: bool, gone: bool, failures: int, has_worked: bool) -> str:
    """How a configured feed is doing in one word: disabled, gone, failing, new or ok."""
    if not enabled:
        return "disabled"
    if gone:
        return "gone"
    if failures:
        return "failing"
    return "ok" if has_worked else "new"


class Pause(Struct, frozen=True):
    """Since when no feed is polled, and why."""

    since: datetime
    reason: str


class FeedHealth(Struct, frozen=True):
    """How a configured feed is doing, for `status` and the health page."""

    name: str
    shown_url: str
    enabled: bool
    last_success: datetime | None
    last_new: datetime | None
    next_due: datetime | None
    interval_s: int | None
    failures: int
    last_error_kind: str
    last_error: str
    not_before: datetime | None
    not_before_reason: str
    permanent_url: str | None
    moved_to: str | None
    gone: bool
    items: int
    failing_since: datetime | None = None  # the last success, or the first poll there is
    hub_state: str = ""  # of its WebSub lease: wanted | active | refused | ended; "": none
    hub_until: datetime | None = None
    hub_last_push: datetime | None = None
    left_out: int = 0  # entries of its last document that were too many to read
    waiting: int = 0  # entries of its last document that are beyond what it may store in a day
    blocked: int = 0  # items that its own rules keep out
    listed: int = 0  # feeds that it named last, if it is a list

    @property
    def state(self) -> str:
        """Its `feed_state`."""
        return feed_state(
            enabled=self.enabled,
            gone=self.gone,
            failures=self.failures,
            has_worked=self.last_success is not None,
        )

    @property
    def fails(self) -> bool:
        """Whether it is wanted and its last poll failed."""
        return self.state == "failing"

    @property
    def is_broken(self) -> bool:
        """Whether a person should look: it has ended, never worked, or failed more than twice."""
        stays = self.last_success is None or self.failures > SOME_FAILURES
        return self.state == "gone" or (self.fails and stays)

    def fails_since(self, limit: datetime) -> bool:
        """Whether it failed more than twice in a row and had no success after `limit`."""
        stays = self.fails and self.failures > SOME_FAILURES
        return stays and self.failing_since is not None and self.failing_since < limit


class SearchFilter(Struct, frozen=True):
    """What a search covers; None: everything. `topic` is of the story, the rest of the item."""

    topic: str | None = None  # that accepts the story
    source: str | None = None  # name of a feed or a publisher, in any case
    label: tuple[str, str] | None = None  # of the feed: name and value
    since: datetime | None = None
    until: datetime | None = None  # exclusive
    waiting: bool = True  # items that wait to be matched, too, each as a row of its own


class SearchHit(Struct, frozen=True):
    """A story that was found, represented by its best matching item.

    Where its headline is cut off, by an item with a whole one, if there is any.
    """

    headline: str
    url: str | None  # as entries show it; None if it is the address of a private feed
    published_at: datetime
    excerpt: str  # of the text of an item that matches, around the words
    sources: tuple[str, ...]  # publishers of the story, the first to report first
    story: str | None  # printed id; None: an item that waits to be matched
    item_id: int = 0
    feed: str = ""
