"""Asks feeds and pages without storing what comes: `feeds add`, `feeds check`, `feeds discover`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from aggregator.config.feeds import expand
from aggregator.config.fields import Bad, check_url
from aggregator.errors import FetchError, ParseError, StoreError, UsageError
from aggregator.fetching.client import Client
from aggregator.fetching.guard import host_of
from aggregator.logs import redactor
from aggregator.model import FeedState, ParsedFeed, ParseTask, Response
from aggregator.parsing.discovery import FoundFeed, find_feeds
from aggregator.polling.host_gaps import HostGaps
from aggregator.polling.parse_pool import ParsePool
from aggregator.polling.poll import holds_secret, request_for
from aggregator.polling.schedule import wait_reason
from aggregator.settings import Config, FeedSource
from aggregator.storage.feeds import state_by_key
from aggregator.storage.store import open_store
from aggregator.text import printable

PARSE_DEADLINE_S = 10.0
MOST_REQUESTS = 6  # of one discovery
_DECLARED = ("header", "link")


class Found(Struct, frozen=True):
    """A feed to be added. `items` is None where only its page was read: `answer` is the page."""

    url: str
    title: str
    items: int | None
    asked: str  # the address of the request, with variables filled in
    answer: Response


class Finding(Struct, frozen=True):
    """How a feed answered; `status` is ok, waiting, or the kind of failure."""

    name: str
    status: str
    detail: str = ""
    format: str = ""
    items: int = 0
    newest: datetime | None = None
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it is a feed that can be read."""
        return self.status == "ok"


class _Reach(Struct, frozen=True):
    client: Client
    pool: ParsePool
    gaps: HostGaps

    async def document(self, source: FeedSource) -> Response:
        """The whole document. Raises FetchError."""
        self.gaps.note(source, source.url)
        try:
            answer = await self.client.get(request_for(source))
        except FetchError as error:
            self.gaps.note(source, error.url)
            raise
        self.gaps.note(source, answer.url)
        if not isinstance(answer, Response):
            raise FetchError("the server answered 304 to a request without conditions")
        return answer

    async def feed(self, source: FeedSource, answer: Response) -> ParsedFeed:
        """The document as a feed. Raises ParseError."""
        return await _read(self.pool, answer, source.name)


@asynccontextmanager
async def _reach(
    config: Config, now: datetime, *, most: int | None = None
) -> AsyncIterator[_Reach]:
    gaps = HostGaps(config.database, now)
    async with _parsing() as pool, Client(config.fetch.user_agent, requests_left=most) as client:
        try:
            yield _Reach(client, pool, gaps)
        finally:
            gaps.keep(datetime.now(UTC))


@asynccontextmanager
async def _parsing() -> AsyncIterator[ParsePool]:
    pool = ParsePool()
    try:
        yield pool
    finally:
        await pool.close()


async def _read(pool: ParsePool, answer: Response, name: str) -> ParsedFeed:
    task = ParseTask(answer.body, answer.headers, answer.url, name)
    return await pool.parse(task, PARSE_DEADLINE_S)


def find_feed(config: Config, url: str, *, now: datetime) -> Found:
    """The feed at `url`, or the one that the page there declares: exactly one GET.

    Its host keeps its gap from the requests before. Raises FetchError, ParseError, and UsageError
    when the page declares several.
    """
    return asyncio.run(_find(config, url, now))


async def _find(config: Config, url: str, now: datetime) -> Found:
    source = _willing(config, url, now)
    async with _reach(config, now) as reach:
        await asyncio.sleep(reach.gaps.pause_s(source))
        answer = await reach.document(source)
        try:
            parsed = await reach.feed(source, answer)
        except ParseError:
            declared = _declared(answer)
            if not declared:
                raise
            if len(declared) > 1:
                lines = "".join(f"\n  aggregator feeds add '{printable(one.url, limit=2000)}'"
                                for one in declared)  # fmt: skip
                raise UsageError(
                    f"the page declares several feeds; add one of them:{lines}"
                ) from None
            return Found(declared[0].url, declared[0].title, None, source.url, answer)
    # a URL with variables stays as typed: where it moved to would spell them out in the file
    moved = answer.permanent_url if "${" not in url else None
    return Found(moved or url, parsed.title, len(parsed.items), source.url, answer)


def read_as(answer: Response, name: str) -> ParsedFeed:
    """The document as a poll of the feed of that name reads it. Raises ParseError.

    Its items are told by the name, which is known once the feed is configured.
    """
    return asyncio.run(_read_as(answer, name))


async def _read_as(answer: Response, name: str) -> ParsedFeed:
    async with _parsing() as pool:
        return await _read(pool, answer, name)


def discover_feeds(config: Config, url: str, *, now: datetime) -> tuple[str, ...]:
    """The feeds of the page at `url`, the surest first, each asked; at most six requests."""
    return asyncio.run(_discover(config, url, now))


async def _discover(config: Config, url: str, now: datetime) -> tuple[str, ...]:
    source = _willing(config, url, now)
    async with _reach(config, now, most=MOST_REQUESTS) as reach:
        await asyncio.sleep(reach.gaps.pause_s(source))
        answer = await reach.document(source)
        try:
            await reach.feed(source, answer)
        except ParseError:
            candidates = find_feeds(answer.body, answer.url, answer.headers)
        else:
            return (answer.url,)
        found = []
        for candidate in candidates:
            if not reach.client.requests_left:
                break
            await asyncio.sleep(source.host_gap_s)
            if await _is_feed(reach, _source(config, candidate.url)):
                found.append(candidate.url)
        return tuple(found)


async def _is_feed(reach: _Reach, source: FeedSource) -> bool:
    try:
        await reach.feed(source, await reach.document(source))
    except (FetchError, ParseError):
        return False
    return True


def check_feeds(config: Config, name: str | None, *, now: datetime) -> tuple[Finding, ...]:
    """How the named feed, or each enabled one, answers now; hosts keep their gaps.

    A feed whose server asked us to wait is not asked. Raises UsageError for an unknown name.
    """
    chosen = [
        feed for feed in config.feeds if (feed.enabled if name is None else feed.name == name)
    ]
    if not chosen:
        raise UsageError(f"no feed is named {name!r}" if name else "no feed is enabled")
    states = _states(config, chosen)
    waiting = {
        key: reason
        for key, state in states.items()
        if (reason := wait_reason(state, now, due_only=False, force=True))
    }
    redact = redactor(config.secrets)  # a server may send our own secrets back to us
    findings = asyncio.run(_check(config, chosen, waiting, now))
    return tuple(replace(finding, detail=redact(finding.detail)) for finding in findings)


def _states(config: Config, feeds: Iterable[FeedSource]) -> dict[str, FeedState]:
    if not config.database.exists():
        return {}
    with open_store(config.database, read_only=True) as store:
        found = ((feed.key, state_by_key(store, feed.key)) for feed in feeds)
        return {key: state for key, state in found if state is not None}


async def _check(
    config: Config, feeds: Sequence[FeedSource], waiting: dict[str, str], now: datetime
) -> tuple[Finding, ...]:
    by_host: dict[str, list[FeedSource]] = {}
    for feed in feeds:
        by_host.setdefault(host_of(feed.url), []).append(feed)
    async with _reach(config, now) as reach:
        limit = asyncio.Semaphore(config.fetch.concurrency)

        async def one_by_one(members: list[FeedSource]) -> list[Finding]:
            findings = []
            was_asked = False
            for feed in members:
                if feed.key in waiting:
                    findings.append(Finding(feed.name, "waiting", waiting[feed.key]))
                    continue
                await asyncio.sleep(feed.host_gap_s if was_asked else reach.gaps.pause_s(feed))
                was_asked = True
                async with limit:
                    findings.append(await _finding(reach, feed))
            return findings

        lists = await asyncio.gather(*(one_by_one(members) for members in by_host.values()))
    by_name = {finding.name: finding for findings in lists for finding in findings}
    return tuple(by_name[feed.name] for feed in feeds)


async def _finding(reach: _Reach, feed: FeedSource) -> Finding:
    try:
        answer = await reach.document(feed)
        parsed = await reach.feed(feed, answer)
    except (FetchError, ParseError) as error:
        return Finding(feed.name, error.kind, error.detail)
    dates = [item.published_at for item in parsed.items if item.published_at is not None]
    # A target may repeat the secret of the URL that led there.
    target = "another address" if holds_secret(feed) else answer.permanent_url
    moved = f"moved for good to {target}" if answer.permanent_url else ""
    return Finding(
        feed.name,
        "ok",
        "; ".join(part for part in (moved, *parsed.notes) if part),
        parsed.format,
        len(parsed.items),
        max(dates, default=None),
        round(answer.elapsed_s, 3),
    )


def _declared(answer: Response) -> tuple[FoundFeed, ...]:
    found = find_feeds(answer.body, answer.url, answer.headers)
    return tuple(feed for feed in found if feed.how in _DECLARED)


def _willing(config: Config, url: str, now: datetime) -> FeedSource:
    """The address as a feed; raises FetchError where its server demanded to be left alone.

    What it said when the feed was configured before still holds, but that it was gone.
    """
    source = _source(config, url)
    with suppress(StoreError):
        state = _states(config, [source]).get(source.key)
        if state is not None and state.not_before is not None:
            until = state.not_before.strftime("%Y-%m-%d %H:%M UTC")
            reason = wait_reason(replace(state, gone=False), now, due_only=False, force=True)
            if reason == "retry_after":
                raise FetchError(f"its server asked not to be asked again before {until}")
            if reason == "blocked":
                what = f"its server turned us away ({state.last_error})"
                raise FetchError(f"{what}; it is left alone until {until}")
    return source


def _source(config: Config, url: str) -> FeedSource:
    """An address from the command line, asked as a feed of this configuration would be."""
    try:
        asked, _ = expand(url, os.environ)
        check_url(asked)
    except Bad as error:
        raise UsageError(f"{printable(url)}: {error.message}; {error.hint}") from error
    return replace(config.feed_defaults, url=asked, key=url)
