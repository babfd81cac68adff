"""Polls whose answer was a redirect, while they wait in the queue of the host that it leads to."""

from __future__ import annotations

import asyncio

from aggregator.errors import FetchError


class Turns:
    """Who waits, by feed id, and where redirects led to."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._hosts: dict[int, str] = {}
        self._is_open = True

    async def wait(self, feed_id: int, host: str) -> None:
        """Until it is this poll's turn; raises FetchError where no turn comes any more."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting[feed_id] = turn
        self._hosts[feed_id] = host
        if not self._is_open:
            self._refuse(turn)
        try:
            await turn
        finally:
            self._waiting.pop(feed_id, None)

    def give(self, feed_id: int) -> None:
        """It is this poll's turn."""
        self._waiting[feed_id].set_result(None)

    def close(self) -> None:
        """Ends all waiting, now and later: what was asked is stored, and nobody asked anew."""
        self._is_open = False
        for turn in self._waiting.values():
            self._refuse(turn)

    def answering(self, feed_id: int, own: str) -> str:
        """The host that gave the last answer: `own`, or where the redirects led; forgets it."""
        return self._hosts.pop(feed_id, own)

    @staticmethod
    def _refuse(turn: asyncio.Future[None]) -> None:
        if not turn.done():
            turn.set_exception(
                FetchError("stopped before a redirect was followed", kind="redirect")
            )
