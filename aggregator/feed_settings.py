"""The settings of one feed as a frozen value. Pure."""

# Annotations are values here and not text (see `model`).

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from msgspec import Struct

from aggregator.network import Proxies, Route
from aggregator.setting import DAY, HOUR, MINUTE, MONTH, Setting

CA_FILE = Setting(form="as_written", scope="both")


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
    ca_file: Annotated[Path | None, CA_FILE] = None
    """a PEM file with certificates of authorities that are trusted beside those of this machine"""
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
