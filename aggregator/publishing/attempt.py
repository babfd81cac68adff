"""One attempt to send: its result, the POST by which most are made, and the wait after failures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from aggregator.errors import FetchError

if TYPE_CHECKING:
    from aggregator.fetching.client import Client


class Attempt(Struct, frozen=True):
    """The result of one attempt to send; `error` is empty when the other side took it."""

    error: str = ""
    retry_after_s: float | None = None  # the wait that it asked for

    def wait(self, failures: int) -> timedelta:
        """How long to wait after this one, with so many failures before it."""
        return max(backoff(failures), timedelta(seconds=self.retry_after_s or 0))


async def post(
    client: Client,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    method: str = "POST",
    timeout_s: float = 20.0,
) -> Attempt:
    """One POST, or PUT, to an address that the operator configured."""
    try:
        reply = await client.post(
            url, body, headers=headers, timeout_s=timeout_s, trusted=True, method=method
        )
    except FetchError as error:
        return Attempt(error.detail)
    return Attempt("" if reply.ok else f"answered {reply.status}", reply.retry_after_s)


FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)  # for what others are sent
MAX_ATTEMPTS = 20  # at a notification or a mail


def backoff(
    failures: int, *, first: timedelta = FIRST_WAIT, longest: timedelta = LONGEST_WAIT
) -> timedelta:
    """The wait after this many failures before the last one: `first`, twice that, and so on."""
    return min(first * (1 << min(failures, 20)), longest)
