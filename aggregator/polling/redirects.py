"""Polls whose response was a redirect, while they wait until its target's host may be asked."""

from __future__ import annotations

import asyncio

from aggregator.errors import FetchError


class RedirectWaits:
    """Which polls wait, by feed id, and to which hosts redirects led them."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._hosts: dict[int, str] = {}
        self._is_open = True

    async def wait(self, feed_id: int, host: str) -> None:
        """Until the host may be asked; raises FetchError once no more requests are made."""
        allowed = asyncio.get_running_loop().create_future()
        self._waiting[feed_id] = allowed
        self._hosts[feed_id] = host
        if not self._is_open:
            self._refuse(allowed)
        try:
            await allowed
        finally:
            self._waiting.pop(feed_id, None)

    def allow(self, feed_id: int) -> None:
        """The poll may follow its redirect."""
        self._waiting[feed_id].set_result(None)

    def close(self) -> None:
        """Ends all waiting, now and later: what was asked is stored, and nobody asked anew."""
        self._is_open = False
        for allowed in self._waiting.values():
            self._refuse(allowed)

    def pop_host(self, feed_id: int, own: str) -> str:
        """The host that gave the last response: `own`, or where redirects led; forgets it."""
        return self._hosts.pop(feed_id, own)

    @staticmethod
    def _refuse(allowed: asyncio.Future[None]) -> None:
        if not allowed.done():
            allowed.set_exception(
                FetchError("stopped before a redirect was followed", kind="redirect")
            )
