"""Requests feeds and pages without storing them: `feeds add`, `check` and `discover`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import FetchError, ParseError, StoreError, UsageError
from aggregator.fetching.client import Client
from aggregator.fetching.guard import host_of
from aggregator.logs import redactor
from aggregator.model import FeedState, ParsedFeed, ParseTask, Response
from aggregator.parsing.discovery import find_feeds
from aggregator.polling.first_poll import HostGaps
from aggregator.polling.parse_pool import ParsePool
from aggregator.polling.poll import PARSE_DEADLINE_S, holds_secret, request_for
from aggregator.polling.schedule import wait_reason
from aggregator.settings import Config, FeedSource
from aggregator.storage.feeds import state_by_key
from aggregator.storage.store import open_store
from aggregator.text import printable
from aggregator.times import minute_text

MOST_REQUESTS = 6  # of one discovery
_DECLARED = ("header", "link")


class ProbedFeed(Struct, frozen=True):
    """A feed to be added; `items` is None if `response` is only the page that declares it."""

    url: str
    title: str
    items: int | None
    requested_url: str  # with variables filled in
    response: Response


class FeedCheck(Struct, frozen=True):
    """How a feed responded; `status` is ok, waiting, or the kind of failure."""

    name: str
    status: str
    detail: str = ""
    format: str = ""
    items: int = 0
    newest: datetime | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the feed could be read."""
        return self.status == "ok"


class _Probe(Struct, frozen=True):
    client: Client
    pool: ParsePool
    gaps: HostGaps

    async def get(self, source: FeedSource) -> Response:
        """The whole document. Raises FetchError."""
        self.gaps.note(source, source.url)
        try:
            response = await self.client.get(request_for(source))
        except FetchError as error:
            self.gaps.note(source, error.url)
            raise
        self.gaps.note(source, response.url)
        return cast(Response, response)  # the client refuses a 304 without conditions


@asynccontextmanager
async def _probing(
    config: Config, now: datetime, *, requests_left: int | None = None
) -> AsyncIterator[_Probe]:
    gaps = HostGaps(config.database, now)
    agent = config.fetch.user_agent
    async with ParsePool() as pool, Client(agent, requests_left=requests_left) as client:
        try:
            yield _Probe(client, pool, gaps)
        finally:
            gaps.save(datetime.now(UTC))


async def _parse(
    pool: ParsePool, response: Response, name: str, *, is_list: bool = False
) -> ParsedFeed:
    """The document as a feed, or a list, of that name. Raises ParseError."""
    task = ParseTask(response.body, response.headers, response.url, name, is_list=is_list)
    return await pool.parse(task, PARSE_DEADLINE_S)


def find_feed(config: Config, source: FeedSource, *, now: datetime) -> ProbedFeed:
    """The feed at the URL, or the one that the page there declares; makes exactly one GET.

    The gap after earlier requests to its host is kept. Raises FetchError, ParseError, and
    UsageError if the page declares several.
    """
    return asyncio.run(_find(config, source, now))


async def _find(config: Config, source: FeedSource, now: datetime) -> ProbedFeed:
    _check_demand(config.database, source, now)
    async with _probing(config, now) as probe:
        await asyncio.sleep(probe.gaps.wait_s(source))
        response = await probe.get(source)
        try:
            parsed = await _parse(probe.pool, response, source.name)
        except ParseError:
            found = find_feeds(response.body, response.url, response.headers)
            declared = [feed for feed in found if feed.how in _DECLARED]
            if not declared:
                raise
            if len(declared) > 1:
                lines = "".join(f"\n  aggregator feeds add '{printable(one.url, limit=2000)}'"
                                for one in declared)  # fmt: skip
                raise UsageError(
                    f"the page declares several feeds; add one of them:{lines}"
                ) from None
            return ProbedFeed(declared[0].url, declared[0].title, None, source.url, response)
    # a URL with variables stays as typed: its new address would reveal them in the file
    moved = response.permanent_url if "${" not in source.key else None
    return ProbedFeed(moved or source.key, parsed.title, len(parsed.items), source.url, response)


def parse_as(response: Response, name: str) -> ParsedFeed:
    """The document as a poll of the feed with this name would parse it. Raises ParseError.

    Items depend on the name, which is known only when the feed is configured.
    """

    async def parse() -> ParsedFeed:
        async with ParsePool() as pool:
            return await _parse(pool, response, name)

    return asyncio.run(parse())


def discover_feeds(config: Config, source: FeedSource, *, now: datetime) -> tuple[str, ...]:
    """The feeds of the page at the URL, the likeliest first; makes at most six requests."""
    return asyncio.run(_discover(config, source, now))


async def _discover(config: Config, source: FeedSource, now: datetime) -> tuple[str, ...]:
    _check_demand(config.database, source, now)
    async with _probing(config, now, requests_left=MOST_REQUESTS) as probe:
        await asyncio.sleep(probe.gaps.wait_s(source))
        response = await probe.get(source)
        try:
            await _parse(probe.pool, response, source.name)
        except ParseError:
            candidates = find_feeds(response.body, response.url, response.headers)
        else:
            return (response.url,)
        found = []
        for candidate in candidates:
            if not probe.client.requests_left:
                break
            await asyncio.sleep(source.host_gap_s)
            feed = replace(config.feed_defaults, url=candidate.url, key=candidate.url)
            with suppress(FetchError, ParseError):  # then it is not a feed
                await _parse(probe.pool, await probe.get(feed), feed.name)
                found.append(candidate.url)
        return tuple(found)


def check_feeds(config: Config, name: str | None, *, now: datetime) -> tuple[FeedCheck, ...]:
    """How the named feed, or each enabled one, responds now; hosts keep their gaps.

    A feed whose server asked us to wait is not asked. Raises UsageError for an unknown name.
    """
    chosen = [
        feed for feed in config.feeds if (feed.enabled if name is None else feed.name == name)
    ]
    if not chosen:
        raise UsageError(f"no feed is named {name!r}" if name else "no feed is enabled")
    states = _states(config.database, chosen)
    waiting = {key: why for key, state in states.items() if (why := _demand(state, now))}
    redact = redactor(config.secrets)  # a server may send our own secrets back
    checks = asyncio.run(_check_all(config, chosen, waiting, now))
    return tuple(replace(check, detail=redact(check.detail)) for check in checks)


async def _check_all(
    config: Config, feeds: Sequence[FeedSource], waiting: dict[str, str], now: datetime
) -> tuple[FeedCheck, ...]:
    by_host: dict[str, list[FeedSource]] = {}
    for feed in feeds:
        by_host.setdefault(host_of(feed.url), []).append(feed)
    async with _probing(config, now) as probe:
        limit = asyncio.Semaphore(config.fetch.concurrency)

        async def one_by_one(members: list[FeedSource]) -> list[FeedCheck]:
            checks = []
            was_asked = False
            for feed in members:
                if feed.key in waiting:
                    checks.append(FeedCheck(feed.name, "waiting", waiting[feed.key]))
                    continue
                await asyncio.sleep(feed.host_gap_s if was_asked else probe.gaps.wait_s(feed))
                was_asked = True
                async with limit:
                    checks.append(await _check_one(probe, feed))
            return checks

        lists = await asyncio.gather(*(one_by_one(members) for members in by_host.values()))
    by_name = {check.name: check for checks in lists for check in checks}
    return tuple(by_name[feed.name] for feed in feeds)


async def _check_one(probe: _Probe, feed: FeedSource) -> FeedCheck:
    try:
        response = await probe.get(feed)
        parsed = await _parse(probe.pool, response, feed.name, is_list=feed.is_list)
    except (FetchError, ParseError) as error:
        return FeedCheck(feed.name, error.kind, error.detail)
    dates = [item.published_at for item in parsed.items if item.published_at is not None]
    # The target of a redirect may repeat the secret of the URL.
    target = "another address" if holds_secret(feed) else response.permanent_url
    moved = f"moved for good to {target}" if response.permanent_url else ""
    detail = "; ".join(part for part in (moved, *parsed.notes) if part)
    seconds, newest = round(response.elapsed_s, 3), max(dates, default=None)
    return FeedCheck(feed.name, "ok", detail, parsed.format, len(parsed.items), newest, seconds)


def _states(database: Path, feeds: Iterable[FeedSource]) -> dict[str, FeedState]:
    """The stored states of these feeds, by key."""
    if not database.exists():
        return {}
    with open_store(database, read_only=True) as store:
        found = ((feed.key, state_by_key(store, feed.key)) for feed in feeds)
        return {key: state for key, state in found if state is not None}


def _check_demand(database: Path, source: FeedSource, now: datetime) -> None:
    """Raises FetchError if the server demanded to be left alone.

    Demands from an earlier time when the feed was configured still apply, except that it was gone.
    """
    with suppress(StoreError):
        state = _states(database, [source]).get(source.key)
        if state is None or state.not_before_reason == "gone":
            return
        if why := _demand(replace(state, gone=False), now):
            raise FetchError(why)


def _demand(state: FeedState, now: datetime) -> str:
    """What its server demanded, which holds whatever we want, in words; empty where nothing."""
    reason = wait_reason(state, now, due_only=False, force=True)
    if not reason:
        return ""
    if reason == "gone" or state.not_before is None:
        return "its server said that it is gone (410)"
    until = minute_text(state.not_before)
    if reason == "blocked":
        return f"its server turned us away ({state.last_error}); it is left alone until {until}"
    return f"its server asked not to be asked again before {until}"
