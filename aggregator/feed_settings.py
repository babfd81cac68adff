"""The settings of one feed as a frozen value. Pure."""

# Annotations are values here and not text (see `model`).

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from msgspec import Struct

from aggregator.network import Proxies, Route
from aggregator.setting import DAY, HOUR, MINUTE, Setting

CA_FILE = Setting(
    "a PEM file with certificates of authorities that are trusted beside those of this machine",
    form="as_written",
    scope="both",
)


class FeedSource(Struct, frozen=True):
    """One configured feed with its effective settings (feed > `fetch:` defaults > built-in).

    A setting of scope "both" may be under `fetch:`, too, as the default of all feeds.
    """

    # unique label
    name: Annotated[
        str, Setting("unique, at most 100 characters", form="name", default="from the host")
    ]
    # with ${VARIABLES} filled in: never printed, use `shown_url`
    url: Annotated[
        str,
        Setting(
            "http or https; or a local file, as a `file:` URL, a path that begins with `/`, `./` "
            "or `../`, or the name of a file that is there",
            form="as_written",
            default="required, or `opml`",
        ),
    ]
    opml: Annotated[
        str,
        Setting(
            "address of a list (OPML) whose feeds are polled, instead of `url`; asked once a day, "
            "or as `every` says",
            form="as_written",
        ),
    ] = ""
    listed_in: str = ""  # name of the list that brought it; empty: it is configured itself
    key: str = ""  # as configured, before ${VARIABLES}: the feed's identity
    shown_url: str = ""  # what may be shown; empty for a private feed
    rank: Annotated[
        int,
        Setting(
            "of the publishers of one story, the one of highest rank gives headline and link",
            least=-1000,
            most=1000,
        ),
    ] = 0
    headers: Annotated[
        tuple[tuple[str, str], ...],
        Setting("request headers; sent to the feed's own origin only", form="headers"),
    ] = ()
    enabled: Annotated[bool, Setting("`false`: kept in the file, not polled")] = True
    private: Annotated[bool, Setting("`true`: shown by name only; needs a name")] = False
    family: Annotated[
        str, Setting("publishers of one family are one source", form="name", default="the site")
    ] = ""
    labels: Annotated[
        tuple[tuple[str, str], ...],
        Setting("by which stories count their sources: `{country: pk}`", form="labels"),
    ] = ()
    group: Annotated[
        tuple[str, ...],
        Setting(
            "folder of the feed in lists (OPML): `Papers`, or `[World, Asia]` for one in another",
            form="folders",
        ),
    ] = ()
    on_topic: Annotated[bool, Setting("`true`: every item of it belongs to the topics")] = False
    keep: Annotated[Any, Setting("query of what is let in", form="rules", default="all")] = None
    block: Annotated[Any, Setting("query of what stays out", form="rules", default="none")] = None
    every: Annotated[
        timedelta | None,
        Setting(
            "written here, it wins over our own defaults, never over what a server asks",
            least=1,
            most=30 * DAY,
            default="`fetch.every`",
        ),
    ] = None
    default_every: Annotated[
        timedelta,
        Setting(
            "shortest wait between two polls of a feed",
            least=1,
            most=30 * DAY,
            key="every",
            scope="fetch",
        ),
    ] = timedelta(minutes=60)
    every_without_validators: Annotated[
        timedelta,
        Setting(
            "the wait for servers that send neither ETag nor Last-Modified",
            least=1,
            most=30 * DAY,
            scope="both",
        ),
    ] = timedelta(hours=24)
    longest_wait: Annotated[
        timedelta,
        Setting(
            "how far away `max-age`, `Expires`, `ttl` and `sy:` can put the next poll; "
            "`Retry-After` is never cut",
            least=DAY,
            most=366 * DAY,
            scope="both",
        ),
    ] = timedelta(days=7)
    timeout_s: Annotated[
        float,
        Setting(
            "for a whole exchange, redirects included",
            least=0.1,
            most=10 * MINUTE,
            key="timeout",
            scope="both",
        ),
    ] = 20.0
    max_bytes: Annotated[
        int,
        Setting("largest document, decoded", least=1_000, most=10**9, form="size", scope="both"),
    ] = 10_000_000
    items_a_day: Annotated[
        int,
        Setting(
            "new items of one feed that are stored within 24 hours, its first document aside; "
            "the rest waits, counted by `status`",
            least=1,
            most=10_000_000,
            scope="both",
        ),
    ] = 5000
    per_host: Annotated[
        int, Setting("requests in flight to one host", least=1, most=100, scope="both")
    ] = 1
    host_gap_s: Annotated[
        float,
        Setting(
            "shortest time between the starts of two requests to one host",
            most=HOUR,
            key="host_gap",
            scope="both",
        ),
    ] = 2.0
    allow_private_networks: Annotated[
        bool,
        Setting(
            "whether feeds may be on private or loopback networks; it opens a feed's own scheme, "
            "host and port, and nothing else",
            scope="both",
        ),
    ] = False
    proxy: Annotated[
        Proxies,
        Setting(
            "`http://HOST:PORT` or `socks5://HOST:PORT`, with `USER:PASSWORD@` before the host "
            "where it asks for them; `environment`: what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and "
            "NO_PROXY say; `none`",
            form="proxy",
            default="`none`",
            scope="both",
        ),
    ] = Proxies()
    ca_file: Annotated[Path | None, CA_FILE] = None
    cookies: Annotated[
        bool,
        Setting(
            "`true`: a cookie that a redirect sets goes back to its own origin within the same poll"
        ),
    ] = False
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
