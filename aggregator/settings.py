"""The configuration as frozen values with their defaults, read from `feeds.yaml` by `config`.

A setting is a field with a `Setting` in its annotation, and with its meaning below: the loader
and docs/configuration.md are derived from these. Pure.
"""

# Annotations are values here and not text (see `model`).

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from msgspec import Struct

from aggregator.network import Proxies, Route
from aggregator.setting import DAY, HOUR, MINUTE, MONTH, Setting

_CA_FILE = Setting(
    "a PEM file with certificates of authorities that are trusted beside those of this machine",
    form="as_written",
    scope="both",
)


class SiteSettings(Struct, frozen=True):
    """Who publishes. `base_url`, where set, is absolute and ends in "/"."""

    title: Annotated[str, Setting()] = "News without repeats"
    """title of index, OPML and pages"""
    base_url: Annotated[str | None, Setting(form="base_url")] = None
    """where the output is served; self links and page links follow from it"""
    contact: Annotated[str | None, Setting(form="contact")] = None
    """`mailto:` or a URL; part of the User-Agent, so that a publisher whom a poll troubles can
    write. Set it"""
    author: Annotated[str | None, Setting()] = None
    """author of the published feeds; the title when absent"""
    icon: Annotated[str | None, Setting(form="web_url")] = None
    """URL of an icon"""
    language: Annotated[str, Setting(form="language")] = "en"
    """language of the published feeds, a BCP 47 tag"""


class FetchSettings(Struct, frozen=True):
    """Limits that are not a single feed's."""

    concurrency: Annotated[int, Setting(least=1, most=1000, scope="fetch")] = 64
    """most polls in flight, over all feeds"""
    user_agent: str = ""  # filled by config: aggregator/VERSION (+CONTACT)


class FeedSource(Struct, frozen=True):
    """One configured feed with its effective settings (feed > `fetch:` defaults > built-in).

    A setting of scope "both" may be under `fetch:`, too, as the default of all feeds. The text
    below a setting is its row in docs/configuration.md.
    """

    name: Annotated[str, Setting(form="name", default="from the host")]
    """unique, at most 100 characters"""
    # with ${VARIABLES} filled in: never printed, use `shown_url`
    url: Annotated[str, Setting(form="as_written", default="required, or `opml`")]
    """http or https; or a local file, as a `file:` URL, a path that begins with `/`, `./` or
    `../`, or the name of a file that is there"""
    opml: Annotated[str, Setting(form="as_written")] = ""
    """address of a list (OPML) whose feeds are polled, instead of `url`; asked once a day, or as
    `every` says"""
    listed_in: str = ""  # name of the list that brought it; empty: it is configured itself
    key: str = ""  # as configured, before ${VARIABLES}: the feed's identity
    shown_url: str = ""  # what may be shown; empty for a private feed
    rank: Annotated[int, Setting(least=-1000, most=1000)] = 0
    """of the publishers of one story, the one of highest rank gives headline and link"""
    headers: Annotated[tuple[tuple[str, str], ...], Setting(form="headers")] = ()
    """request headers; sent to the feed's own origin only"""
    enabled: Annotated[bool, Setting()] = True
    """`false`: kept in the file, not polled"""
    private: Annotated[bool, Setting()] = False
    """`true`: shown by name only; needs a name"""
    family: Annotated[str, Setting(form="name", default="the site")] = ""
    """publishers of one family are one source"""
    labels: Annotated[tuple[tuple[str, str], ...], Setting(form="labels")] = ()
    """by which stories count their sources: `{country: pk}`"""
    group: Annotated[tuple[str, ...], Setting(form="folders")] = ()
    """folder of the feed in lists (OPML): `Papers`, or `[World, Asia]` for one in another"""
    on_topic: Annotated[bool, Setting()] = False
    """`true`: every item of it belongs to the topics"""
    keep: Annotated[Any, Setting(form="rules", default="all")] = None
    """query of what is let in"""
    block: Annotated[Any, Setting(form="rules", default="none")] = None
    """query of what stays out"""
    every: Annotated[timedelta | None, Setting(least=1, most=MONTH, default="`fetch.every`")] = None
    """written here, it wins over our own defaults, never over what a server asks"""
    default_every: Annotated[
        timedelta, Setting(least=1, most=MONTH, key="every", scope="fetch")
    ] = timedelta(minutes=60)
    """shortest wait between two polls of a feed"""
    every_without_validators: Annotated[timedelta, Setting(least=1, most=MONTH, scope="both")] = (
        timedelta(hours=24)
    )
    """the wait for servers that send neither ETag nor Last-Modified"""
    longest_wait: Annotated[timedelta, Setting(least=DAY, most=366 * DAY, scope="both")] = (
        timedelta(days=7)
    )
    """how far away `max-age`, `Expires`, `ttl` and `sy:` can put the next poll; `Retry-After` is
    never cut"""
    timeout_s: Annotated[
        float, Setting(least=0.1, most=10 * MINUTE, key="timeout", scope="both")
    ] = 20.0
    """for a whole exchange, redirects included"""
    max_bytes: Annotated[int, Setting(least=1_000, most=10**9, form="size", scope="both")] = (
        10_000_000
    )
    """largest document, decoded"""
    items_a_day: Annotated[int, Setting(least=1, most=10_000_000, scope="both")] = 5000
    """new items of one feed that are stored within 24 hours, its first document aside; the rest
    waits, counted by `status`"""
    per_host: Annotated[int, Setting(least=1, most=100, scope="both")] = 1
    """requests in flight to one host"""
    host_gap_s: Annotated[float, Setting(most=HOUR, key="host_gap", scope="both")] = 2.0
    """shortest time between the starts of two requests to one host"""
    allow_private_networks: Annotated[bool, Setting(scope="both")] = False
    """whether feeds may be on private or loopback networks; it opens a feed's own scheme, host and
    port, and nothing else"""
    proxy: Annotated[Proxies, Setting(form="proxy", default="`none`", scope="both")] = Proxies()
    """`http://HOST:PORT` or `socks5://HOST:PORT`, with `USER:PASSWORD@` before the host where it
    asks for them; `environment`: what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say;
    `none`"""
    ca_file: Annotated[Path | None, _CA_FILE] = None
    cookies: Annotated[bool, Setting()] = False
    """`true`: a cookie that a redirect sets goes back to its own origin within the same poll"""
    line: int = 0  # in the configuration file

    @property
    def route(self) -> Route:
        """How the feed's servers are reached."""
        return Route(self.proxy, self.ca_file)

    @property
    def is_local(self) -> bool:
        """A file named in the configuration itself."""
        return self.url.startswith("file:")

    @property
    def is_list(self) -> bool:
        """A list of feeds, whose document is OPML."""
        return bool(self.opml)

    @property
    def has_rules(self) -> bool:
        """Whether rules of its own decide which of its items are let in."""
        return (self.keep, self.block) != (None, None)


class StorySettings(Struct, frozen=True):
    """How stories are found."""

    window: Annotated[timedelta, Setting(least=HOUR, most=90 * DAY)] = timedelta(days=7)
    """how long a story takes further variants, counted from its own dates"""
    model: Annotated[bool, Setting(form="switch")] = True
    """`off`: pairs of headlines are compared by their wording alone, no model reads them"""
    pairs_per_run: Annotated[int, Setting(most=10_000_000)] = 800
    """how many unsure pairs of headlines the model reads in a run of `fetch` or a tick of the
    daemon, beside those near a topic, which it reads at once; others wait for the next one"""


class TopicSettings(Struct, frozen=True):
    """One topic. `query` is the raw query (docs/topics.md); None takes the built-in of `name`."""

    name: Annotated[str, Setting(form="topic_name")]
    """file name of its feeds: letters, digits, `-` and `_`. `index`, `feeds`, `stories`, `search`,
    `healthz`, `metrics` and names that end in `-digest`, `-YYYY-MM` or `-YYYY-MM-DD` belong to
    other files"""
    title: Annotated[
        str, Setting(default="that of the built-in `us-pakistan-security`, else the name")
    ] = ""
    """title of its feeds"""
    enabled: Annotated[bool, Setting()] = True
    """`false`: kept in the file, not published"""
    query: Annotated[
        Mapping[str, Any] | None, Setting(form="query", default="the built-in of that name")
    ] = None
    """what belongs to it"""


class PublishSettings(Struct, frozen=True):
    """What is written, and how much of it."""

    formats: Annotated[tuple[str, ...], Setting(form="formats")] = (
        "atom",
        "rss",
        "json",
        "html",
        "opml",
    )
    """what is written"""
    entries: Annotated[int, Setting(least=1, most=10_000)] = 100
    """most entries of a feed"""
    order: Annotated[str, Setting(form="order")] = "time"
    """order of the topic pages: `time`, or `weight` (how many report a story independently, their
    rank, and when); feeds are by time"""
    hub: Annotated[str | None, Setting(form="web_url")] = None
    """WebSub hub to announce and to ping; needs `site.base_url`"""
    max_age: Annotated[timedelta, Setting(most=DAY)] = timedelta(minutes=10)
    """how long readers may keep a copy (Cache-Control, `ttl`)"""
    update_on_source: Annotated[bool, Setting()] = False
    """`true`: a further source moves an entry's `updated`"""
    excerpt: Annotated[int, Setting(most=100_000)] = 500
    """longest summary taken over from a source, in characters"""
    clean_links: Annotated[bool, Setting()] = True
    """`false`: links of new entries keep `utm_source`, `fbclid` and their like"""
    images: Annotated[str, Setting(form="images")] = "feeds"
    """`feeds`: pictures, sound and film of the sources are named in feeds; `feeds_and_pages`:
    pages show the pictures, too, which readers' browsers then ask of the publishers; `none`"""
    noindex: Annotated[bool, Setting()] = False
    """`true`: asks search engines to leave the pages out"""
    digest_at: Annotated[str, Setting(form="time_of_day")] = "00:00"
    """time of day at which a day's digest is closed"""
    digest_zone: Annotated[str, Setting(form="time_zone")] = "UTC"
    """its time zone, such as `Asia/Karachi`"""
    digest: Annotated[bool, Setting()] = True
    """digests of days: Atom, Markdown, pages"""
    archive: Annotated[bool, Setting()] = True
    """monthly archive feeds (RFC 5005)"""
    per_feed_a_day: Annotated[int, Setting(least=1, most=1_000_000)] = 500
    """stories of a day that one feed alone brings into a topic; further ones wait for the next
    day, the newest first, while they are within `stories.window`; `status` counts them"""


class ServeSettings(Struct, frozen=True):
    """The HTTP server; loopback unless said otherwise."""

    host: Annotated[str, Setting(form="address")] = "127.0.0.1"
    """address to listen on"""
    port: Annotated[int, Setting(most=65_535)] = 8080
    """port; 0 takes a free one"""
    metrics_public: Annotated[bool, Setting()] = False
    """`true`: `/metrics` for peers beyond loopback, too, and through a proxy"""
    rate: Annotated[int, Setting(most=1_000_000)] = 120
    """requests a minute from one peer; above that, 429 with Retry-After; 0: no limit, for a server
    behind a proxy"""
    per_peer: Annotated[int, Setting(most=1_000_000)] = 50
    """connections of one peer at once (of IPv6: of one /64), three quarters of all at most;
    further ones are closed; 0: no limit but that of all, for a server behind a proxy"""
    websub: Annotated[bool, Setting()] = False
    """`true`: subscribes to the hubs of feeds; needs a reachable `site.base_url`"""


class StorageSettings(Struct, frozen=True):
    """How long items are kept, and how many scheduled backups."""

    keep: Annotated[timedelta, Setting(least=DAY, most=36_500 * DAY)] = timedelta(days=180)
    """how long items are kept; published ones stay, as do those in a feed's last document"""
    backups: Annotated[int, Setting(most=1000)] = 0
    """how many scheduled backups are kept; 0: none are made"""


class AlertRule(Struct, frozen=True):
    """When a story is worth an alert; all that is set must hold."""

    sources: int = 0  # publishers
    independent: int = 0
    terms: Any = None  # in the topic language, as feeds' rules are; one of them has to be there
    within: timedelta | None = None  # the sources are no further apart


class NotifySettings(Struct, frozen=True):
    """One receiver of new stories. Its target is a row of `publishing.targets`."""

    name: Annotated[str, Setting(form="name")]
    """unique, at most 100 characters"""
    topics: Annotated[tuple[str, ...], Setting(form="topic_names", default="all")] = ()
    """names of topics"""
    target: str = "webhook"
    url: str = ""  # what the target's setting says, where that is a URL
    command: tuple[str, ...] = ()  # the same, where it is a command: argv, no shell
    secret: Annotated[str | None, Setting(form="as_written")] = None
    """signs the webhook's body; for `ntfy` and `matrix` the access token"""
    updates: Annotated[bool, Setting()] = True
    """`false`: new stories only"""
    when: Annotated[AlertRule | None, Setting(form="alert_rule", default="each story")] = None
    """one alert a story instead, once all of it holds: `{sources: 3, independent: 2, terms:
    [drone], within: 2h}`"""
    template: Annotated[str | None, Setting(form="message", default="a ready one")] = None
    """text of the message, a Jinja template"""
    broken_for: Annotated[
        timedelta | None,
        Setting(least=HOUR, most=29 * DAY, default="never"),  # polls are remembered for 30
    ] = None
    """an alert of each feed that has had no success for so long"""


_ANY_FEED = FeedSource(name="", url="")


class MailSettings(Struct, frozen=True):
    """Digests by mail to some readers, through one server; TLS in any case."""

    name: Annotated[str, Setting(form="name")]
    """unique, at most 100 characters"""
    server: Annotated[str, Setting(form="mail_server")]
    """`smtps://HOST` (TLS from the start, port 465) or `smtp://HOST` (STARTTLS, port 587); `:PORT`
    for another port. Nothing is sent without TLS"""
    sender: Annotated[str, Setting(form="mail_address", key="from")]
    """the address that mails come from"""
    to: Annotated[tuple[str, ...], Setting(form="mail_addresses")]
    """addresses of the readers, each of whom gets a mail alone"""
    user: Annotated[str | None, Setting(form="as_written")] = None
    """to log in as"""
    password: Annotated[str | None, Setting(form="as_written")] = None
    """to log in with"""
    ca_file: Annotated[Path | None, _CA_FILE] = None
    topics: Annotated[tuple[str, ...], Setting(form="topic_names", default="all")] = ()
    """names of topics, each a mail"""
    every: Annotated[str, Setting(form="mail_period")] = "day"
    """`day`, or `week` (from Monday to Sunday): how often"""
    unsubscribe: Annotated[str | None, Setting(form="contact", default="a mail to `from`")] = None
    """`mailto:` or a URL by which readers end it, in `List-Unsubscribe` and in the text"""


class Config(Struct, frozen=True):
    """A whole, checked configuration. Paths are absolute."""

    path: Path | None = None  # of the file; None: made in memory
    site: SiteSettings = SiteSettings()
    database: Annotated[Path, Setting()] = Path("db/aggregator.db")
    """the SQLite file; `--db` and `AGGREGATOR_DB` override it"""
    output: Annotated[Path, Setting()] = Path("public")
    """the folder of the published files"""
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
