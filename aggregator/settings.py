"""The configuration as frozen values with their defaults, read from `feeds.yaml` by `config`.

A setting is a field with a `Setting` in its annotation, and nothing else: the loader and
docs/configuration.md are derived from it. Pure.
"""

# Annotations are values here and not text (see `model`).

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from msgspec import Struct

from aggregator.feed_settings import CA_FILE, FeedSource
from aggregator.setting import DAY, HOUR, Setting

__all__ = ["FeedSource"]  # beside what is defined here


class SiteSettings(Struct, frozen=True):
    """Who publishes. `base_url`, where set, is absolute and ends in "/"."""

    title: Annotated[str, Setting("title of index, OPML and pages")] = "News without repeats"
    base_url: Annotated[
        str | None,
        Setting(
            "where the output is served; self links and page links follow from it", form="base_url"
        ),
    ] = None
    contact: Annotated[
        str | None,
        Setting(
            "`mailto:` or a URL; part of the User-Agent, so that a publisher whom a poll "
            "troubles can write. Set it",
            form="contact",
        ),
    ] = None
    author: Annotated[
        str | None, Setting("author of the published feeds; the title when absent")
    ] = None
    icon: Annotated[str | None, Setting("URL of an icon", form="web_url")] = None
    language: Annotated[
        str, Setting("language of the published feeds, a BCP 47 tag", form="language")
    ] = "en"


class FetchSettings(Struct, frozen=True):
    """Limits that are not a single feed's."""

    concurrency: Annotated[
        int, Setting("most polls in flight, over all feeds", least=1, most=1000, scope="fetch")
    ] = 64
    user_agent: str = ""  # filled by config: aggregator/VERSION (+CONTACT)


class StorySettings(Struct, frozen=True):
    """How stories are found."""

    window: Annotated[
        timedelta,
        Setting(
            "how long a story takes further variants, counted from its own dates",
            least=HOUR,
            most=90 * DAY,
        ),
    ] = timedelta(days=7)
    model: Annotated[
        bool,
        Setting(
            "`off`: pairs of headlines are compared by their wording alone, no model reads them",
            form="switch",
        ),
    ] = True
    pairs_per_run: Annotated[
        int,
        Setting(
            "how many unsure pairs of headlines the model reads in a run of `fetch` or a tick of "
            "the daemon, beside those near a topic, which it reads at once; others wait for the "
            "next one",
            most=10_000_000,
        ),
    ] = 2000


class TopicSettings(Struct, frozen=True):
    """One topic. `query` is the raw query (docs/topics.md); None takes the built-in of `name`."""

    name: Annotated[
        str,
        Setting(
            "file name of its feeds: letters, digits, `-` and `_`. `index`, `feeds`, `stories`, "
            "`search`, `healthz`, `metrics` and names that end in `-digest`, `-YYYY-MM` or "
            "`-YYYY-MM-DD` belong to other files",
            form="topic_name",
        ),
    ]
    title: Annotated[
        str,
        Setting(
            "title of its feeds",
            default="that of the built-in `us-pakistan-security`, else the name",
        ),
    ] = ""
    enabled: Annotated[bool, Setting("`false`: kept in the file, not published")] = True
    query: Annotated[
        Mapping[str, Any] | None,
        Setting("what belongs to it", form="query", default="the built-in of that name"),
    ] = None


class PublishSettings(Struct, frozen=True):
    """What is written, and how much of it."""

    formats: Annotated[tuple[str, ...], Setting("what is written", form="formats")] = (
        "atom",
        "rss",
        "json",
        "html",
        "opml",
    )
    entries: Annotated[int, Setting("most entries of a feed", least=1, most=10_000)] = 100
    order: Annotated[
        str,
        Setting(
            "order of the topic pages: `time`, or `weight` (how many report a story independently, "
            "their rank, and when); feeds are by time",
            form="order",
        ),
    ] = "time"
    hub: Annotated[
        str | None,
        Setting("WebSub hub to announce and to ping; needs `site.base_url`", form="web_url"),
    ] = None
    max_age: Annotated[
        timedelta, Setting("how long readers may keep a copy (Cache-Control, `ttl`)", most=DAY)
    ] = timedelta(minutes=10)
    update_on_source: Annotated[
        bool, Setting("`true`: a further source moves an entry's `updated`")
    ] = False
    excerpt: Annotated[
        int, Setting("longest summary taken over from a source, in characters", most=100_000)
    ] = 500
    clean_links: Annotated[
        bool, Setting("`false`: links of new entries keep `utm_source`, `fbclid` and their like")
    ] = True
    images: Annotated[
        str,
        Setting(
            "`feeds`: pictures, sound and film of the sources are named in feeds; "
            "`feeds_and_pages`: pages show the pictures, too, which readers' browsers then ask of "
            "the publishers; `none`",
            form="images",
        ),
    ] = "feeds"
    noindex: Annotated[bool, Setting("`true`: asks search engines to leave the pages out")] = False
    digest_at: Annotated[
        str, Setting("time of day at which a day's digest is closed", form="time_of_day")
    ] = "00:00"
    digest_zone: Annotated[
        str, Setting("its time zone, such as `Asia/Karachi`", form="time_zone")
    ] = "UTC"
    digest: Annotated[bool, Setting("digests of days: Atom, Markdown, pages")] = True
    archive: Annotated[bool, Setting("monthly archive feeds (RFC 5005)")] = True
    per_feed_a_day: Annotated[
        int,
        Setting(
            "stories of a day that one feed alone brings into a topic; further ones wait for the "
            "next day, the newest first, while they are within `stories.window`; `status` counts "
            "them",
            least=1,
            most=1_000_000,
        ),
    ] = 500


class ServeSettings(Struct, frozen=True):
    """The HTTP server; loopback unless said otherwise."""

    host: Annotated[str, Setting("address to listen on", form="address")] = "127.0.0.1"
    port: Annotated[int, Setting("port; 0 takes a free one", most=65_535)] = 8080
    metrics_public: Annotated[
        bool, Setting("`true`: `/metrics` for peers beyond loopback, too, and through a proxy")
    ] = False
    rate: Annotated[
        int,
        Setting(
            "requests a minute from one peer; above that, 429 with Retry-After; 0: no limit, for "
            "a server behind a proxy",
            most=1_000_000,
        ),
    ] = 120
    per_peer: Annotated[
        int,
        Setting(
            "connections of one peer at once (of IPv6: of one /64), three quarters of all at "
            "most; further ones are closed; 0: no limit but that of all, for a server behind a "
            "proxy",
            most=1_000_000,
        ),
    ] = 50
    websub: Annotated[
        bool, Setting("`true`: subscribes to the hubs of feeds; needs a reachable `site.base_url`")
    ] = False


class StorageSettings(Struct, frozen=True):
    """How long items are kept, and how many scheduled backups."""

    keep: Annotated[
        timedelta,
        Setting(
            "how long items are kept; published ones stay, as do those in a feed's last document",
            least=DAY,
            most=36_500 * DAY,
        ),
    ] = timedelta(days=180)
    backups: Annotated[
        int, Setting("how many scheduled backups are kept; 0: none are made", most=1000)
    ] = 0


class AlertRule(Struct, frozen=True):
    """When a story is worth an alert; all that is set must hold."""

    sources: int = 0  # publishers
    independent: int = 0
    terms: Any = None  # in the topic language, as feeds' rules are; one of them has to be there
    within: timedelta | None = None  # the sources are no further apart


class NotifySettings(Struct, frozen=True):
    """One receiver of new stories. Its target is a row of `publishing.targets`."""

    name: Annotated[str, Setting("unique, at most 100 characters", form="name")]
    topics: Annotated[
        tuple[str, ...], Setting("names of topics", form="topic_names", default="all")
    ] = ()
    target: str = "webhook"
    url: str = ""  # what the target's setting says, where that is a URL
    command: tuple[str, ...] = ()  # the same, where it is a command: argv, no shell
    secret: Annotated[
        str | None,
        Setting(
            "signs the webhook's body; for `ntfy` and `matrix` the access token", form="as_written"
        ),
    ] = None
    updates: Annotated[bool, Setting("`false`: new stories only")] = True
    when: Annotated[
        AlertRule | None,
        Setting(
            "one alert a story instead, once all of it holds: `{sources: 3, independent: 2, "
            "terms: [drone], within: 2h}`",
            form="alert_rule",
            default="each story",
        ),
    ] = None
    template: Annotated[
        str | None,
        Setting("text of the message, a Jinja template", form="message", default="a ready one"),
    ] = None
    broken_for: Annotated[
        timedelta | None,
        Setting(
            "an alert of each feed that has had no success for so long",
            least=HOUR,
            most=29 * DAY,  # polls are remembered for 30
            default="never",
        ),
    ] = None


_ANY_FEED = FeedSource(name="", url="")


class MailSettings(Struct, frozen=True):
    """Digests by mail to some readers, through one server; TLS in any case."""

    name: Annotated[str, Setting("unique, at most 100 characters", form="name")]
    server: Annotated[
        str,
        Setting(
            "`smtps://HOST` (TLS from the start, port 465) or `smtp://HOST` (STARTTLS, port 587); "
            "`:PORT` for another port. Nothing is sent without TLS",
            form="mail_server",
        ),
    ]
    sender: Annotated[
        str, Setting("the address that mails come from", form="mail_address", key="from")
    ]
    to: Annotated[
        tuple[str, ...],
        Setting("addresses of the readers, each of whom gets a mail alone", form="mail_addresses"),
    ]
    user: Annotated[str | None, Setting("to log in as", form="as_written")] = None
    password: Annotated[str | None, Setting("to log in with", form="as_written")] = None
    ca_file: Annotated[Path | None, CA_FILE] = None
    topics: Annotated[
        tuple[str, ...], Setting("names of topics, each a mail", form="topic_names", default="all")
    ] = ()
    every: Annotated[
        str, Setting("`day`, or `week` (from Monday to Sunday): how often", form="mail_period")
    ] = "day"
    unsubscribe: Annotated[
        str | None,
        Setting(
            "`mailto:` or a URL by which readers end it, in `List-Unsubscribe` and in the text",
            form="contact",
            default="a mail to `from`",
        ),
    ] = None


class Config(Struct, frozen=True):
    """A whole, checked configuration. Paths are absolute."""

    path: Path | None = None  # of the file; None: made in memory
    site: SiteSettings = SiteSettings()
    database: Annotated[
        Path, Setting("the SQLite file; `--db` and `AGGREGATOR_DB` override it")
    ] = Path("db/aggregator.db")
    output: Annotated[Path, Setting("the folder of the published files")] = Path("public")
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
    mail: tuple[MailSettings, ...] = ()
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
        """The WebSub hub that files name and that is notified; it needs an address of ours."""
        return self.publish.hub if self.site.base_url else None
