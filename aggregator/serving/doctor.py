"""`aggregator doctor`: checks an installation, and says how to fix what is wrong.

Checks change nothing. They use the network for two things only: whether the host name of a
configured feed resolves, and whether the servers of `mail` accept our connection and login; no mail
is sent.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import AggregatorError, MailError
from aggregator.semantics.weights import missing
from aggregator.serving.advice import OFFLINE, advice, are_offline, problem
from aggregator.settings import Config
from aggregator.storage import health, history, items, polls, topic_states
from aggregator.storage.health import feed_health
from aggregator.storage.lists import subscribed
from aggregator.storage.store import Store, open_store
from aggregator.text import counted, printable
from aggregator.times import to_text

FREE_BYTES = 200_000_000
_DNS_WAIT_S = 5.0
_PORTS = {"http": 80, "https": 443}
_SHARE = 3  # when one feed in so many fails at once, the cause is rarely the feeds
_ELSEWHERE = {
    "database": "name another file with database: or --db",
    "output": "set output: to a folder that can be written; a relative one is beside feeds.yaml",
}
_FIXES = {  # what to do, where it does not depend on what was found
    "config": "enable at least one feed and one topic",
    "user_agent": "remove the header where the publisher did not ask for it",
    "contact": "set site.contact to a mailto: or https: address",
    "clock": "set the clock (timedatectl set-ntp true), then run 'aggregator status'",
    "dns": "check the network and the resolver (/etc/resolv.conf)",
    "output": "set output: to a folder of its own, such as public",
    "disk_database": "free some space, or shorten storage.keep and prune",
    "disk_output": "free some space, or shorten storage.keep and prune",
    "matching": "report what the log says of them; the next start tries again",
    "publishing": "fix what is said of the output above; the log has details at publish.failed",
    "polling": "fix that; the daemon looks again by itself",
    "feeds_failing": "see each below, and 'aggregator status'",
    "feeds_gone": "remove them with 'aggregator feeds remove NAME'",
    "feeds_moved": "write the new URLs into the configuration",
    "hubs": "see that site.base_url can be reached from outside; the feeds are polled all the same",
    "base_url": "set site.base_url to the address that readers use",
}
_RELEASED = datetime(2026, 1, 1, tzinfo=UTC)  # a clock that is right is not before this release


class Check(Struct, frozen=True):
    """One finding. `fix` says what to do, where `_FIXES` does not; where all is well it goes."""

    check: str
    ok: bool
    detail: str
    fix: str = ""


class Installation(Struct, frozen=True):
    """What is checked. `store` is None without a usable database; `database_error` says why."""

    config: Config
    now: datetime
    store: Store | None
    database_error: str = ""


_Examine = Callable[[Installation], Iterator[Check]]
_CHECKS: list[_Examine] = []


def _check(examine: _Examine) -> _Examine:
    """Enters a function into the table of checks."""
    _CHECKS.append(examine)
    return examine


def examine(config: Config, now: datetime) -> tuple[Check, ...]:
    """All checks, in the order given here: causes before effects."""
    store, database_error = None, ""
    if config.database.exists():
        try:
            store = open_store(config.database, read_only=True)
        except AggregatorError as error:
            database_error = str(error)
    with store or nullcontext():
        config = config if store is None else subscribed(store, config)
        installation = Installation(config, now, store, database_error)
        found = (finding for check in _CHECKS for finding in check(installation))
        return tuple(
            replace(one, fix="" if one.ok else one.fix or _FIXES.get(one.check, ""))
            for one in found
        )


@_check
def _config(installation: Installation) -> Iterator[Check]:
    config = installation.config
    enabled = sum(feed.enabled for feed in config.feeds)
    topics = sum(topic.enabled for topic in config.topics)
    feeds = counted(len(config.feeds), "feed")
    detail = f"{config.path}: {feeds} ({enabled} enabled), {counted(topics, 'topic')}"
    yield Check("config", bool(enabled and topics), detail)
    overrides = [
        feed.name
        for feed in config.feeds
        if any(name.lower() == "user-agent" for name, _ in feed.headers)
    ]
    if overrides:
        detail = f"another User-Agent is sent to: {', '.join(overrides)}"
        yield Check("user_agent", False, detail)
    contact = config.site.contact
    unset = "not set: publishers cannot reach you before they block you"
    yield Check("contact", contact is not None, contact or unset)


@_check
def _model(installation: Installation) -> Iterator[Check]:
    if not installation.config.stories.model:
        yield Check("model", True, "stories.model is off: headlines are compared by wording alone")
        return
    lack = missing()
    detail, _, fix = lack.partition("; ")
    yield Check("model", not lack, detail or "the cross-encoder is installed", fix)


@_check
def _clock(installation: Installation) -> Iterator[Check]:
    now = installation.now
    if now < _RELEASED:
        yield Check("clock", False, f"the clock says {to_text(now)}")
        return
    latest = None if installation.store is None else health.last_poll(installation.store)
    ahead = latest is not None and latest > now + timedelta(minutes=2)
    detail = f"{to_text(now)}" + (f", but a poll is noted for {to_text(latest)}" if ahead else "")
    yield Check("clock", not ahead, detail)


@_check
def _dns(installation: Installation) -> Iterator[Check]:
    config = installation.config
    first = next((feed for feed in config.feeds if feed.enabled and not feed.is_local), None)
    if first is None:
        return
    parts = urlsplit(first.url)
    host, whose = parts.hostname or "", "the first feed's host"
    proxy = first.proxy.proxy_for(parts.scheme, host, parts.port or _PORTS[parts.scheme])
    if proxy is not None:  # which looks up the feed's host itself
        host, whose = proxy.host, "the first feed's proxy"
    executor = ThreadPoolExecutor(1)
    look_up = executor.submit(socket.getaddrinfo, host, 443)
    try:
        look_up.result(timeout=_DNS_WAIT_S)
        yield Check("dns", True, "names resolve")
    except (OSError, UnicodeError, FutureTimeout):
        yield Check("dns", False, f"{whose} does not resolve")
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


@_check
def _exposed(installation: Installation) -> Iterator[Check]:
    """Whether a web server that shows the output shows secrets, too."""
    config = installation.config
    output = config.output.resolve()
    private = {"the configuration": config.path, "the database": config.database}
    found = [
        what
        for what, path in private.items()
        if path is not None and path.resolve().is_relative_to(output)
    ]
    if found:
        detail = f"{output}: also holds {' and '.join(found)}, which a web server would show"
        yield Check("output", False, detail)


@_check
def _folders(installation: Installation) -> Iterator[Check]:
    """Room and permissions of both folders; of one to be made, in the nearest above that exists."""
    config = installation.config
    folders = []
    for name, folder in (("database", config.database.parent), ("output", config.output)):
        place = folder.absolute()
        while not place.exists():
            place = place.parent
        folders.append((name, folder, place))
    for name, folder, place in folders:
        free = shutil.disk_usage(place).free
        detail = f"{folder}: {free // 1_000_000} MB free"
        yield Check(f"disk_{name}", free >= FREE_BYTES, detail)
    for name, folder, place in folders:
        try:
            with tempfile.TemporaryFile(dir=place):
                problem = ""
        except OSError as error:
            problem = os.strerror(error.errno or 0)
        fix = f"let this user write in {place}, or {_ELSEWHERE[name]}"
        detail = f"{folder}: {problem or 'can be written'}"
        yield Check(f"write_{name}", not problem, detail, fix)


@_check
def _database(installation: Installation) -> Iterator[Check]:
    path = installation.config.database
    if installation.database_error:
        fix = "see the message; restore a backup if need be"
        yield Check("database", False, installation.database_error, fix)
    elif installation.store is None:
        yield Check("database", True, f"{path}: not there yet; the first fetch makes it")
    else:
        result = health.quick_check(installation.store)
        fix = "stop the daemon and restore the newest backup"
        yield Check("database", result == "ok", f"{path}: {printable(result)}", fix)
        if aside := items.count_set_aside(installation.store):
            yield Check("matching", False, f"fails at {counted(aside, 'item')}, set aside")
        if (left := history.scratch_path(path)).exists():
            detail = f"{left}: a replay runs or was interrupted; 'aggregator replay' goes on"
            yield Check("replay", True, detail)


@_check
def _publishing(installation: Installation) -> Iterator[Check]:
    if installation.store is None:
        return
    topics = [topic.name for topic in installation.config.enabled_topics]
    failing = topic_states.failing(installation.store, topics)
    detail = f"cannot be written: {', '.join(failing)}" if failing else "all topics are written"
    yield Check("publishing", not failing, detail)


@_check
def _feeds(installation: Installation) -> Iterator[Check]:
    if installation.store is None:
        return
    found = feed_health(installation.store)
    failing = [feed for feed in found if feed.fails]
    broken = [feed for feed in found if feed.is_broken and not feed.gone]
    if paused := polls.noted_pause(installation.store):
        since, reason = to_text(paused.since), printable(paused.reason)
        yield Check("polling", False, f"no feed has been polled since {since}: {reason}")
    is_well = not broken and len(failing) * _SHARE <= len(found)
    is_offline = are_offline(found)
    how_many = f"{len(failing)} of {counted(len(found), 'feed')} failed when last asked"
    detail = how_many if failing else "none failed when last asked"
    yield Check("feeds_failing", is_well, detail, OFFLINE if is_offline else "")
    lists = {feed.name: feed.listed_in for feed in installation.config.feeds}
    for feed in () if is_well or is_offline else failing:
        fix = advice(feed, of_list=lists.get(feed.name, ""))
        yield Check("feed", False, f"{feed.name}: {problem(feed)}", fix)
    if gone := [feed.name for feed in found if feed.gone]:
        yield Check("feeds_gone", False, f"gone for good (410): {_listed(gone)}")
    if moved := [
        f"{feed.name} ({feed.permanent_url})"
        for feed in found
        if feed.permanent_url and feed.shown_url
    ]:
        yield Check("feeds_moved", False, f"moved for good: {_listed(moved)}")


@_check
def _hubs(installation: Installation) -> Iterator[Check]:
    config = installation.config
    if installation.store is not None and config.serve.websub:
        unleased = health.unleased(installation.store)
        detail = f"without a lease: {_listed(unleased)}" if unleased else "none refuses us"
        yield Check("hubs", not unleased, detail)
    base = config.site.base_url
    if config.serve.websub or config.publish.hub:
        yield Check("base_url", base is not None, base or "not set, yet a hub needs it")


@_check
def _mail(installation: Installation) -> Iterator[Check]:
    """Whether the servers accept our connections and logins; their own words are not shown."""
    mailings = installation.config.mail
    if not mailings:
        return
    from aggregator.publishing.smtp import try_server  # noqa: PLC0415 - only for those with mails

    async def tried() -> list[BaseException | None]:
        return await asyncio.gather(*map(try_server, mailings), return_exceptions=True)

    for mailing, error in zip(mailings, asyncio.run(tried()), strict=True):
        if error is not None and not isinstance(error, MailError):
            raise error
        name = printable(mailing.name)
        done = "takes us over TLS" + (", logged in" if mailing.user else "")
        fix = (
            "see its `server`, `user`, `password` and `ca_file` under mail:, then run"
            f" 'aggregator mail test {name}'"
        )
        yield Check("mail", error is None, f"{name}: {error or f'the server {done}'}", fix)


def _listed(feeds: Sequence[str]) -> str:
    return "; ".join(map(printable, sorted(feeds)))
