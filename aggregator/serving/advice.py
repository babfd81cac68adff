"""What is wrong with a feed, and what to do about it, as text for people. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from aggregator.errors import NAMES_ITS_FEED
from aggregator.text import counted
from aggregator.times import minute_text
from aggregator.views import FeedHealth

_BY_KIND = {
    "dns": "its host name is not known: correct the URL, or remove the feed if the site has ended",
    "connect": "its server cannot be reached: retried automatically; remove it if that persists",
    "timeout": "its server is slow: retried automatically; a longer `timeout` on the feed may help",
    "proxy": "the proxy is at fault: see `proxy` of the feed or of `fetch`; retried automatically",
    "tls": "its server's encryption is broken: report it to the publisher; retried automatically",
    "too_large": "its document is too large: raise `max_bytes` on the feed if you trust it",
    "blocked": "its address is refused: correct the URL, or set `allow_private_networks: true`",
    "redirect": "its redirects lead nowhere: find its present URL in a browser and configure that",
    "file": "correct the path, or the permissions of the file",
    "parse": "its document is malformed: report it to the publisher; retried automatically",
    "protocol": "its server sends invalid HTTP: report it to the publisher; retried automatically",
    "internal": "a bug in this program: report what the log has about the feed",
}
OFFLINE = (
    "no feed's host can be reached: check the network of this machine and its resolver; behind a"
    " proxy, set `fetch.proxy`"
)
_NO_NETWORK = frozenset({"dns", "connect"})
_FAULTS = {  # where the advice does not begin with what is wrong
    "http": "its server answers with an error",
    "not_a_feed": "what its server sends is no feed",
    "file": "its file cannot be read",
    "internal": "it cannot be read",
}
_FAULTS_OF_ADDRESSES = frozenset({"dns", "blocked", "redirect", "not_a_feed"})
_BY_STATUS = (
    ("401", "it asks for a login: set `headers` on the feed, or remove it"),
    ("403", "its server rejects us: set site.contact and ask the publisher, or remove the feed"),
    ("429", "its server wants fewer requests: raise `every` on the feed"),
)
_WAITS = {"blocked": "its server rejected our requests", "retry_after": "as its server requested"}


def problem(feed: FeedHealth) -> str:
    """What is wrong with a feed that fails, and since when; empty where nothing is."""
    if feed.gone:
        return "gone: its server said so twice, a day apart (410)"
    if not feed.fails:
        return ""
    kind = (feed.last_error_kind or "error").replace("_", " ")
    error = feed.last_error.partition(NAMES_ITS_FEED)[0]
    said = error if error.startswith(kind) else f"{kind}: {error}"
    success = f"last success {minute_text(feed.last_success)}" if feed.last_success else ""
    return f"{said}; failed {how_often(feed)}, {success or 'no success yet'}"


def is_offline(failures: Iterable[tuple[str, str]]) -> bool:
    """Whether failures of all feeds, each a kind and a URL, are those of a machine without network.

    They are of several hosts, and none is the fault of a host.
    """
    found = tuple(failures)
    hosts = {host for _, url in found if (host := urlsplit(url).hostname)}
    return len(hosts) > 1 and all(kind in _NO_NETWORK for kind, _ in found)


def are_offline(feeds: Iterable[FeedHealth]) -> bool:
    """The same of all feeds that were polled and are to be polled again."""
    polled = [
        feed
        for feed in feeds
        if feed.enabled and not feed.gone and (feed.fails or feed.last_success)
    ]
    return all(feed.fails for feed in polled) and is_offline(
        (feed.last_error_kind, feed.shown_url) for feed in polled
    )


def fault(feed: FeedHealth) -> str:
    """What is wrong with a feed that fails, in words for readers: no address, no advice."""
    kind = feed.last_error_kind
    return _FAULTS.get(kind) or _BY_KIND.get(kind, "it cannot be read").partition(":")[0]


def how_often(feed: FeedHealth) -> str:
    """How often a feed failed since it last worked."""
    return "once" if feed.failures == 1 else f"{feed.failures} times in a row"


def advice(feed: FeedHealth, *, of_list: str = "") -> str:
    """What to do about a feed that fails; `of_list` is the name of the list that brought it."""
    kind, error = feed.last_error_kind, feed.last_error
    if of_list and (feed.gone or kind in _FAULTS_OF_ADDRESSES):
        return (
            f"it comes with the list {of_list}: have it corrected there, or leave it out: write its"
            " URL into feeds.yaml with 'enabled: false'"
        )
    if feed.gone:
        return f"aggregator feeds remove {shlex.quote(feed.name)}"
    if kind == "http":
        for status, words in _BY_STATUS:
            if status in error.split():
                return words
        if not any(word.startswith("4") and len(word) == 3 for word in error.split()):
            return "its server has an error: retried automatically"
        return "it is no longer there: look for the feed on the publisher's site, or remove it"
    usual = _BY_KIND.get(kind, f"aggregator feeds check {shlex.quote(feed.name)}")
    return _instead(feed) if kind == "not_a_feed" else usual


def _instead(feed: FeedHealth) -> str:
    """What to do where the document is not a feed: a page may name its feed."""
    named = feed.last_error.partition(NAMES_ITS_FEED)[2]
    if not named:
        return "open its URL in a browser: the site may have ended, or want a login; or remove it"
    return (
        f"the page names its feed, {named}: write that into feeds.yaml; all that the page names:"
        f" aggregator feeds discover {shlex.quote(feed.shown_url)}"
    )


def remark(feed: FeedHealth, now: datetime) -> str:
    """What to say of a feed that does not fail: disabled, moved, waiting, or not polled yet."""
    if not feed.enabled:
        return "disabled"
    if feed.waiting:
        entries = counted(feed.waiting, "entry waits", "entries wait")
        return f"{entries}: more than it may store in a day (`items_a_day`)"
    if feed.permanent_url:
        where = f" to {feed.permanent_url}" if feed.shown_url else ""
        return f"moved for good{where}: write the new address into feeds.yaml"
    if feed.not_before and feed.not_before > now:
        why = _WAITS.get(feed.not_before_reason, "as its server requested")
        return f"not polled until {minute_text(feed.not_before)}: {why}"
    return "" if feed.last_success else "not polled yet"


def left_out(feed: FeedHealth) -> str:
    """What was dropped of its last document, which had more entries than are read; else empty."""
    if not feed.left_out or feed.listed:
        return ""
    entries = counted(feed.left_out, "entry was", "entries were")
    return f"{entries} left out, the oldest of more than can be read"


def listed(feed: FeedHealth) -> str:
    """How many feeds it named last, of a list; else empty."""
    if not feed.listed:
        return ""
    more = f", without {feed.left_out} beyond what is polled" if feed.left_out else ""
    return f"a list that names {counted(feed.listed, 'feed')}{more}"


def blocked(feed: FeedHealth) -> str:
    """How many of its items its own rules keep out; empty where none are."""
    if not feed.blocked:
        return ""
    items = counted(feed.blocked, "item is", "items are")
    return f"{items} kept out by its `keep` and `block` rules"


def lease(feed: FeedHealth) -> str:
    """How long its hub pushes what is new; empty where it names none."""
    if not feed.hub_state:
        return ""
    if feed.hub_state != "active":
        return f"its hub's lease is {feed.hub_state}; polled as ever"
    until = minute_text(feed.hub_until) if feed.hub_until else "never"
    pushed = f"last push {minute_text(feed.hub_last_push)}" if feed.hub_last_push else "no push yet"
    return f"its hub's lease ends {until}; {pushed}"
