"""What fetches and parses feeds: this process, or workers on other machines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from aggregator.fetching.client import Client
from aggregator.model import PollResult
from aggregator.polling.poll import fetch_document

if TYPE_CHECKING:
    from aggregator.fetching.redirects import WaitForHost
    from aggregator.polling.parse_pool import ParsePool

NoteStart = Callable[[str, float, datetime], None]
"""Gets a host that was requested, the gap until its next request, and when that gap begins."""


class PollLost(Exception):
    """The result of a poll is lost, and nobody knows whether the feed's server was requested.

    `host` must be left alone for `wait_s`: by then, whoever requests it has given up.
    """

    def __init__(self, reason: str, *, host: str, wait_s: float) -> None:
        super().__init__(reason)
        self.host = host
        self.wait_s = wait_s


class Fetcher(Protocol):
    """What can make polls in place of `LocalFetcher`. `user_agent` may be changed."""

    user_agent: str

    async def start(self) -> None:
        """Returns when it is ready; raises ParserUnavailable or WorkersUnavailable."""

    async def fetch(
        self,
        begun: PollResult,
        *,
        known: Callable[[], Awaitable[frozenset[str]]],
        is_full: bool,
        wait_for_host: WaitForHost,
        note_start: NoteStart,
    ) -> PollResult:
        """See `poll.fetch_document`, and `Client.get` for `wait_for_host`.

        Raises PollLost; and ParserUnavailable, WorkersUnavailable or StoreError, which concern all
        feeds.
        """

    async def close(self) -> None:
        """Cancels what is still in flight."""


class LocalFetcher:
    """Fetches in this process, with one client and a pool of parsers."""

    def __init__(self, user_agent: str, *, is_wanted: Callable[[str], bool]) -> None:
        """`is_wanted`: see `Client`."""
        self.client = Client(user_agent, is_wanted=is_wanted)
        self._pool: ParsePool | None = None

    def parser(self) -> ParsePool:
        """The pool of parsers; it starts processes only when needed."""
        if self._pool is None:
            from aggregator.polling.parse_pool import ParsePool  # noqa: PLC0415 - 304s need none

            self._pool = ParsePool()
        return self._pool

    async def start(self) -> None:
        """Starts a parsing process; raises ParserUnavailable."""
        await self.parser().start()

    async def fetch(
        self,
        begun: PollResult,
        *,
        known: Callable[[], Awaitable[frozenset[str]]],
        is_full: bool,
        wait_for_host: WaitForHost,
        note_start: NoteStart,
    ) -> PollResult:
        """See `Fetcher`; `note_start` is not needed, since the queue starts these polls."""
        get = partial(self.client.get, wait_for_host=wait_for_host)
        return await fetch_document(
            begun, get=get, parser=self.parser, known=known, is_full=is_full
        )

    async def close(self) -> None:
        """Closes connections and ends processes."""
        await self.client.close()
        if self._pool is not None:
            await self._pool.close()
