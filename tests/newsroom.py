"""A small newsroom for tests: feeds that say what they are told to, a database, and rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from msgspec.structs import replace

from aggregator.ingest.accept import accept
from aggregator.ingest.assign import AssignReport, assign_pending
from aggregator.ingest.model_reader import PairBudget
from aggregator.ingest.rules import Rules
from aggregator.model import Item, ParsedFeed, PollResult, PublishedRow
from aggregator.semantics.wordpiece import Text
from aggregator.settings import Config, FeedSource, SiteSettings, StorySettings, TopicSettings
from aggregator.storage import feeds, published
from aggregator.storage.store import Store
from aggregator.stories.compare import load_matcher
from aggregator.topics.query import Topic, compile_topic

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BLAST = "Bomb blast kills five at vegetable market in Quetta, police say"
BLAST_CUT = "Bomb blast kills five at vegetable market in..."
TALKS = "Finance ministers of Japan and Brazil sign textile tariff agreement"
WEATHER = "Heavy snowfall closes mountain schools across northern Norway"


@cache
def _news(term: str) -> Topic:
    query = {"rules": [{"any": [term], "weight": 1}]}
    return compile_topic(TopicSettings("news", query=query))


def make_rules(*, term: str = "quetta", window_days: int = 7) -> Rules:
    """The shipped matcher and one topic, `news`, that accepts what names `term`."""
    settings = StorySettings(window=timedelta(days=window_days))
    return Rules(load_matcher(settings), (_news(term),), settings.window)


def knowing(*events: Sequence[str]) -> Callable[[Sequence[tuple[Text, Text]]], list[float]]:
    """A reader as the cross-encoder is one, which knows the headlines of each event."""
    told = {headline: number for number, event in enumerate(events) for headline in event}

    def read(pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        return [
            10.0 if a.headline in told and told[a.headline] == told.get(b.headline) else -10.0
            for a, b in pairs
        ]

    return read


def make_item(
    headline: str,
    *,
    identity: str = "",
    url: str | None = "",
    at: datetime | None = NOW,
    summary: str = "",
    publisher: str = "",
) -> Item:
    """An entry; identity and URL follow from the headline where they are not given."""
    identity = identity or headline
    if url == "":
        url = f"https://example.org/{sha256(identity.encode(errors='replace')).hexdigest()[:12]}"
    said = f"{headline}\0{summary}\0{url}"
    content_hash = sha256(said.encode(errors="replace")).hexdigest()
    return Item(
        identity=identity,
        guid=identity,
        url=url,
        canonical_url=url,
        headline=headline,
        summary=summary,
        publisher=publisher,
        published_at=at,
        content_hash=content_hash,
        raw_hash=sha256(f"{content_hash}\0{at}".encode()).hexdigest()[:16],
    )


class Newsroom:
    """Feeds over one store. `poll` stores a document, `match` assigns what waits."""

    def __init__(self, store: Store, *names: str, rules: Rules | None = None) -> None:
        self.store = store
        self.rules = rules or make_rules()
        self.sources = {name: make_source(name) for name in names or ("dawn", "geo", "wire")}
        feeds.sync_feeds(store, tuple(self.sources.values()))

    def config(self, folder: Path, *topics: TopicSettings) -> Config:
        """What publishes these feeds, from `a.db` of a folder to its `public`."""
        return Config(
            database=folder / "a.db",
            output=folder / "public",
            site=SiteSettings(title="Example", base_url="https://news.example.org/"),
            feeds=tuple(self.sources.values()),
            topics=topics,
        )

    def polled(
        self,
        name: str,
        *items: Item,
        known: Sequence[str] = (),
        is_delta: bool = False,
        etag: str = '"1"',
        now: datetime = NOW,
    ) -> PollResult:
        """A poll of a feed that brought these entries."""
        source = self.sources[name]
        before = feeds.state_by_key(self.store, source.key)
        assert before is not None
        state = replace(before, etag=etag, last_poll_at=now, last_ok_at=now, polls=before.polls + 1)
        ordered = tuple(sorted(items, key=lambda one: (str(one.published_at or ""), one.identity)))
        parsed = ParsedFeed("rss20", name, ordered, known=tuple(known), is_delta=is_delta)
        return PollResult(source, state, parsed, status=200, body_bytes=100, elapsed_s=0.005)

    def poll(self, name: str, *items: Item, now: datetime = NOW) -> PollResult:
        """Stores one poll."""
        (accepted,) = accept(self.store, (self.polled(name, *items, now=now),), now)
        return accepted

    def match(
        self, *, limit: int = 300, now: datetime = NOW, budget: PairBudget | None = None
    ) -> list[AssignReport]:
        """Assigns batch after batch until nothing waits that the budget allows."""
        budget = budget or PairBudget()
        reports = [assign_pending(self.store, self.rules, now, limit=limit, budget=budget)]
        while reports[-1].left:
            reports.append(assign_pending(self.store, self.rules, now, limit=limit, budget=budget))
        return reports

    def stories(self) -> dict[str, frozenset[str]]:
        """Printed id -> identities of the items, of all living stories."""
        rows = self.store.rows(
            "SELECT s.uid, i.identity FROM story s JOIN variant v ON v.story_id = s.id"
            " JOIN item i ON i.variant_id = v.id WHERE s.merged_into IS NULL"
        )
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row[0], set()).add(row[1])
        return {uid: frozenset(items) for uid, items in found.items()}

    def groups(self) -> set[frozenset[str]]:
        """The stories as sets of identities."""
        return set(self.stories().values())

    def item_id(self, identity: str) -> int:
        """The row of an item."""
        return int(self.store.value("SELECT id FROM item WHERE identity=?", (identity,)))

    def story(self, identity: str) -> str:
        """The printed id of the story that an item is in."""
        return next(uid for uid, items in self.stories().items() if identity in items)

    def publish(self, uid: str, *, topic: str = "news", at: datetime = NOW) -> None:
        """Makes a story known to readers, as publishing does."""
        self.store.execute(
            "UPDATE story SET entry_id=coalesce(entry_id, 'tag:example.org,2026:' || uid)"
            " WHERE uid=?",
            (uid,),
        )
        row = self.store.row("SELECT id, headline, lead_item_id FROM story WHERE uid=?", (uid,))
        assert row is not None
        published.save_published(
            self.store,
            PublishedRow(
                topic=topic,
                story_id=row[0],
                headline=row[1],
                url=None,
                lead_item_id=row[2],
                lead_headline=row[1],
                truncated=False,
                summary="",
                published_at=at,
                updated_at=at,
                digest_day=f"{at:%Y-%m-%d}",
                content_hash="",
            ),
        )


def make_source(name: str, *, rank: int = 0, on_topic: bool = False) -> FeedSource:
    """A configured feed."""
    url = f"https://{name}.example/feed"
    return FeedSource(name, url, key=url, shown_url=url, rank=rank, on_topic=on_topic)
