"""The frozen values that pass between packages. Pure.

All times are aware UTC datetimes. Text fields hold what the feed said, decoded once and made
safe for XML (`text.xml_safe`); HTML fields were sanitised where they entered (`html.sanitise`).
"""

# Annotations are values here and not text: msgspec reads them, and text takes it ten times as long.

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:  # a parsing process needs no settings
    from aggregator.settings import FeedSource

# --- polling -------------------------------------------------------------------------------


class FeedHints(Struct, frozen=True, omit_defaults=True):
    """What a document asks of those who poll it (RSS 2.0 ttl/skipHours/skipDays, RSS 1.0 sy:).

    And how many of its entries were too many to read.
    """

    ttl_s: int | None = None
    skip_hours: tuple[int, ...] = ()  # GMT hours 0-23
    skip_days: tuple[int, ...] = ()  # 0 = Monday
    update_every_s: int | None = None
    update_base: datetime | None = None
    left_out: int = 0


class FeedState(Struct, frozen=True):
    """What is remembered of a feed between polls; stored in the transaction of its items."""

    feed_id: int
    key: str  # the URL as configured: the identity of the feed
    name: str
    etag: str | None = None  # byte-identical to what the server sent
    last_modified: str | None = None
    validators_url: str | None = None  # the final URL that the validators belong to
    body_hash: str | None = None
    hints: FeedHints = FeedHints()
    interval_s: int | None = None  # the wait that the last poll led to
    next_poll_at: datetime | None = None  # None: never polled, due at once
    not_before: datetime | None = None  # a server's demand, which --force cannot override
    not_before_reason: str = ""  # retry_after | blocked | gone
    hint_until: datetime | None = None  # max-age, ttl, skip hours...: --force may override
    hint_reason: str = ""
    last_poll_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_new_at: datetime | None = None  # when a poll last brought a new item
    failures: int = 0  # in a row
    throttled: int = 0  # 429 and 403 answers in a row
    last_error_kind: str = ""
    last_error: str = ""
    moved_to: str | None = None  # target of a permanent redirect, not yet confirmed
    moved_since: datetime | None = None
    moved_count: int = 0
    permanent_url: str | None = None  # confirmed: this is asked instead of the configured URL
    gone_since: datetime | None = None  # first 410
    gone: bool = False  # confirmed: not polled again
    polls: int = 0


class Response(Struct, frozen=True):
    """A feed document as it came, within all limits. Header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str  # after redirects
    permanent_url: str | None  # end of an unbroken chain of 301/308 from the asked URL
    elapsed_s: float


class NotModified(Struct, frozen=True):
    """A 304."""

    headers: Mapping[str, str]
    url: str
    permanent_url: str | None
    elapsed_s: float


class HostState(Struct, frozen=True):
    """A host, or a registrable domain whose hosts share one lane until `backoff_until`."""

    name: str
    next_start_at: datetime | None = None
    backoff_until: datetime | None = None


# --- parsing -------------------------------------------------------------------------------


class Image(Struct, frozen=True, omit_defaults=True):
    """A picture of a publisher: where it is, and its size in pixels (0: not said)."""

    url: str  # https, of a public host
    width: int = 0
    height: int = 0


class Enclosure(Struct, frozen=True, omit_defaults=True):
    """Sound or film of a publisher: where it is, its media type, its size (0: not said)."""

    url: str  # as that of a picture
    type: str  # audio/... or video/...
    bytes: int = 0


class Media(Struct, frozen=True, omit_defaults=True):
    """What an entry has besides words. We pass the addresses on, and ask none of them."""

    image: Image | None = None
    enclosures: tuple[Enclosure, ...] = ()


class Item(Struct, frozen=True):
    """One entry of a feed, cleaned but not yet judged.

    `identity` is unique within its feed and stable over polls. `canonical_url` is None for
    links that cannot say which page they mean (redirects of Google News, home pages).
    """

    identity: str
    guid: str | None
    url: str | None  # absolute http(s)
    canonical_url: str | None
    headline: str  # plain text, one line
    summary_html: str = ""  # sanitised; empty where it says no more than the text
    summary: str = ""  # plain text, boilerplate removed
    author: str = ""
    publisher: str = ""  # from the item's source element, else the feed's name
    published_at: datetime | None = None
    updated_at: datetime | None = None
    language: str = ""
    rights: str = ""
    categories: tuple[str, ...] = ()
    content_hash: str = ""  # over what a reader would see
    raw_hash: str = ""  # over the raw element, for delta parsing; may be empty
    former_identities: tuple[str, ...] = ()  # what an earlier release would have called it
    media: Media = Media()  # no part of the content hash: an address alone changes no item


class ParseTask(Struct, frozen=True):
    """One document to read; goes to a parsing process."""

    body: bytes
    headers: Mapping[str, str]  # lower-case names
    url: str  # where it came from, after redirects
    publisher: str  # of items that name no source: the feed's name
    known: frozenset[str] = field(default_factory=frozenset)  # raw hashes of items stored before
    is_list: bool = False  # a list of feeds (OPML) is expected, not a feed

    @property
    def context(self) -> str:
        """What the reading of an entry depends on besides the document."""
        return f"{self.url}\n{self.publisher}"


class Subscription(Struct, frozen=True):
    """A feed in a list. `group` is the folder it is in, outermost first."""

    url: str
    title: str = ""
    group: tuple[str, ...] = ()
    site_url: str | None = None


class ListChange(Struct, frozen=True):
    """What a poll of a list changed of what it names: the addresses that came, and that left."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


class ParsedFeed(Struct, frozen=True):
    """A document's worth of items in the order (published, identity), undated ones last."""

    format: str  # rss20, atom10, json11...
    title: str
    items: tuple[Item, ...]
    site_url: str | None = None
    self_url: str | None = None
    hub_url: str | None = None
    language: str = ""
    rights: str = ""
    hints: FeedHints = FeedHints()
    known: tuple[str, ...] = ()  # raw hashes seen again and not parsed (delta parsing)
    notes: tuple[str, ...] = ()  # what was repaired, one line each
    is_delta: bool = False  # RFC 3229 feed delta: absence of an entry means nothing
    subscriptions: tuple[Subscription, ...] = ()  # of a list, which has no items


# --- items ---------------------------------------------------------------------------------


class KnownItem(Struct, frozen=True):
    """A stored item, as far as is needed to tell what an entry that came again changes."""

    item_id: int
    identity: str
    headline: str
    summary: str
    summary_html: str
    url: str | None
    canonical_url: str | None
    author: str
    publisher: str
    published_at: datetime | None
    first_seen_at: datetime
    content_hash: str
    first_headline: str | None  # before all changes; None: there was none


class PollError(Struct, frozen=True):
    """Why a poll failed: `kind` is the word of `fetch --json`, `detail` a line for people."""

    kind: str
    detail: str


class PollResult(Struct, frozen=True):
    """What one poll of a feed came to, from its response to its rows.

    `state` is what was remembered of the feed before the poll, until `schedule.next_poll` has
    made what is to be remembered after it.
    """

    source: "FeedSource"
    state: FeedState
    parsed: ParsedFeed | None = None  # None: 304, same body, or failed
    outcome: str = "fetched"  # fetched | not_modified | unchanged | failed | pushed
    error: PollError | None = None  # of a failed one
    status: int | None = None  # None: no HTTP response
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
    url: str = ""  # that answered, after redirects
    moved_to: str | None = None  # end of an unbroken chain of 301/308
    body_hash: str | None = None
    body_bytes: int = 0  # decoded
    started_at: datetime | None = None  # None: at `state.last_poll_at`
    elapsed_s: float = 0.0
    new: int = 0  # items, once they are stored
    updated: int = 0
    listing: ListChange | None = None  # of a list that names something else than before

    @property
    def items(self) -> int:
        """How many entries were read."""
        return 0 if self.parsed is None else len(self.parsed.items)

    @property
    def entries(self) -> int:
        """How many entries the document has: those that were read, and those known before."""
        return 0 if self.parsed is None else len(self.parsed.items) + len(self.parsed.known)


# --- stories -------------------------------------------------------------------------------


ItemPair = tuple[int, int]  # ids of two items, the lower first


class Evidence(Struct, frozen=True):
    """Why an item was joined to a story, or kept from it."""

    rule: str  # new | same_url | exact | truncated | reworded | correction
    score: float  # 0..1
    detail: str = ""  # a sentence for people
    signals: Mapping[str, float | int | str | bool] = field(default_factory=dict)


class Rejection(Struct, frozen=True):
    """A story that was looked at and not joined."""

    story_id: int
    score: float
    vetoes: tuple[str, ...] = ()


class Assignment(Struct, frozen=True):
    """The decision on one item: the story it joins (None: a new one) and why."""

    story_id: int | None
    evidence: Evidence
    also: tuple[int, ...] = ()  # further stories that this item proves to be the same
    rejected: tuple[Rejection, ...] = ()  # best three


class PastStory(Struct, frozen=True):
    """A story as it stands before a replay."""

    story_id: int
    uid: str
    headline: str
    lead_item_id: int | None
    published_at: str | None  # first publication; None: no reader knows it
    first_at: str
    hidden: bool
    items: tuple[int, ...]
    core: Mapping[int, int]  # items whose wording is of its core -> that wording
    published_in: frozenset[str]  # topics whose feeds show it now


# --- topics --------------------------------------------------------------------------------


class TopicText(Struct, frozen=True):
    """What a topic reads of one variant of a story."""

    headline: str
    summary: str = ""
    publisher: str = ""
    url: str = ""
    trusted: bool = False  # from a feed that is all on topic


class TermHit(Struct, frozen=True):
    """A term of a topic that was found."""

    term: str
    field: str  # headline | summary | publisher | url; "feed" for a trusted feed, "story" for all
    weight: float  # its share of the points of the rules that it served
    rules: tuple[str, ...] = ()  # their names; "ignored" for a passage that counts for nothing


class TopicDecision(Struct, frozen=True):
    """Whether a story belongs to a topic, with the reasons."""

    topic: str
    accepted: bool
    score: float
    threshold: float
    terms: tuple[TermHit, ...] = ()


# --- publishing ----------------------------------------------------------------------------


class LeadItem(Struct, frozen=True):
    """An item of a story as a possible lead."""

    item_id: int
    headline: str
    url: str | None
    summary: str
    published_at: datetime
    truncated: bool
    rank: int
    publisher: str


class CurrentStory(Struct, frozen=True):
    """A story as it stands now, before anything of it is fixed by publishing."""

    story_id: int
    uid: str
    entry_id: str | None
    headline: str
    url: str | None
    lead_item_id: int | None
    merged: bool
    hidden: bool
    accepted: bool
    inherited_at: datetime | None  # publication of a story that was merged into this one
    items: tuple[LeadItem, ...] = ()  # of sources that may be shown, oldest first


class Withdrawal(StrEnum):
    """Why an entry has left its feed."""

    HIDDEN = "hidden"
    MERGED = "merged"
    SOURCE = "source"  # all its sources are withdrawn
    REJECTED = "replay"  # its topic accepts it no longer, after a replay or a correction


class PublishedRow(Struct, frozen=True):
    """What is fixed of a story in one topic."""

    topic: str
    story_id: int
    headline: str
    url: str | None
    lead_item_id: int | None
    lead_headline: str
    truncated: bool
    summary: str
    published_at: datetime
    updated_at: datetime
    digest_day: str
    content_hash: str
    withdrawn: str = ""  # a Withdrawal; "" while the feed shows it
    clean_links: bool = False  # links lost their tracking parameters at the first publication
