"""The configuration as frozen values with their defaults; `config.py` fills them from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from aggregator.model import FeedSource

_ANY_FEED = FeedSource(name="", url="")


class SiteSettings(Struct, frozen=True):
    """Who publishes. `base_url`, where set, is absolute and ends in "/"."""

    title: str = "News without repeats"
    base_url: str | None = None
    contact: str | None = None  # mailto: or http(s): stands in the User-Agent
    author: str | None = None
    icon: str | None = None
    language: str = "en"


class FetchSettings(Struct, frozen=True):
    """Limits that are not a single feed's."""

    concurrency: int = 64
    allow_private_networks: bool = False
    user_agent: str = ""  # filled by config: aggregator/VERSION (+CONTACT)


class StorySettings(Struct, frozen=True):
    """How stories are found. `window` counts from a story's own dates."""

    window: timedelta = timedelta(days=7)
    model: bool = True  # the cross-encoder reads pairs of which the wording is unsure
    pairs_per_run: int = 2000  # that it reads in a run or tick, beside those near a topic


class TopicSettings(Struct, frozen=True):
    """One topic. `query` is the raw query (docs/topics.md); None takes the built-in of `name`."""

    name: str
    title: str = ""
    enabled: bool = True
    query: Mapping[str, Any] | None = None


class PublishSettings(Struct, frozen=True):
    """What is written, and how much of it."""

    formats: tuple[str, ...] = ("atom", "rss", "json", "html", "opml")
    entries: int = 100
    hub: str | None = None
    max_age: timedelta = timedelta(minutes=10)
    update_on_source: bool = False  # True: a further source moves `updated`
    excerpt: int = 500  # longest summary taken over from a source, in characters
    noindex: bool = False  # asks search engines to leave the pages out
    digest_at: str = "00:00"  # when a day's digest is closed, in `digest_zone`
    digest_zone: str = "UTC"
    archive: bool = True  # monthly archive feeds (RFC 5005)


class ServeSettings(Struct, frozen=True):
    """The HTTP server; loopback unless said otherwise."""

    host: str = "127.0.0.1"
    port: int = 8080
    metrics_public: bool = False  # True: /metrics for peers beyond loopback, too
    rate: int = 120  # requests a minute and peer; above: 429; 0: no limit
    websub: bool = False  # subscribe to the hubs of feeds; needs a reachable site.base_url


class StorageSettings(Struct, frozen=True):
    """How long items are kept, and how many scheduled backups (0: none)."""

    keep: timedelta = timedelta(days=180)
    backups: int = 0


class NotifySettings(Struct, frozen=True):
    """One receiver of new stories: a webhook or a command (argv, no shell)."""

    name: str
    topics: tuple[str, ...] = ()  # none: all
    webhook: str | None = None
    secret: str | None = None  # signs the webhook's body
    command: tuple[str, ...] = ()
    updates: bool = True  # materially changed stories, too


class Config(Struct, frozen=True):
    """A whole, checked configuration. Paths are absolute."""

    path: Path | None = None  # of the file; None: made in memory
    site: SiteSettings = SiteSettings()
    database: Path = Path("db/aggregator.db")
    output: Path = Path("public")
    fetch: FetchSettings = FetchSettings()
    stories: StorySettings = StorySettings()
    feeds: tuple[FeedSource, ...] = ()
    feed_defaults: FeedSource = _ANY_FEED  # what `fetch:` says for every feed
    topics: tuple[TopicSettings, ...] = (
        TopicSettings("us-pakistan-security", "U.S.–Pakistan security news"),
    )
    publish: PublishSettings = PublishSettings()
    serve: ServeSettings = ServeSettings()
    storage: StorageSettings = StorageSettings()
    notify: tuple[NotifySettings, ...] = ()
    secrets: tuple[str, ...] = ()  # never in any output

    def __repr__(self) -> str:
        names = (name for name in self.__struct_fields__ if name != "secrets")
        return f"Config({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    @property
    def enabled_topics(self) -> tuple[TopicSettings, ...]:
        """The topics that are published."""
        return tuple(topic for topic in self.topics if topic.enabled)

    @property
    def hub(self) -> str | None:
        """The WebSub hub that files name and that is told of them: for both, it needs addresses."""
        return self.publish.hub if self.site.base_url else None
