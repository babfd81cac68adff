"""Redirected polls that wait until the host of the target may be requested."""

from __future__ import annotations

import asyncio

from aggregator.errors import FetchError


class RedirectWaits:
    """The waiting polls, by feed id, and the hosts that redirects led to."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._hosts: dict[int, str] = {}
        self._is_open = True

    async def wait(self, feed_id: int, host: str) -> None:
        """Returns when the host may be requested; raises FetchError once `close` was called."""
        self._hosts[feed_id] = host
        if not self._is_open:
            raise _stopped()
        allowed = self._waiting[feed_id] = asyncio.get_running_loop().create_future()
        try:
            await allowed
        finally:
            self._waiting.pop(feed_id, None)

    def allow(self, feed_id: int) -> None:
        """Lets the poll follow its redirect."""
        self._waiting[feed_id].set_result(None)

    def close(self) -> None:
        """Ends all waits, now and later: no further requests are made."""
        self._is_open = False
        for allowed in self._waiting.values():
            if not allowed.done():
                allowed.set_exception(_stopped())

    def pop_host(self, feed_id: int, own: str) -> str:
        """The host of the last response, `own` unless redirected; forgets it."""
        return self._hosts.pop(feed_id, own)


def _stopped() -> FetchError:
    return FetchError("stopped before a redirect was followed", kind="redirect")
