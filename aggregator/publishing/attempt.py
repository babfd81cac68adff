"""One attempt to send: its result, the POST by which most are made, and the wait after failures."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aggregator.errors import FetchError
from aggregator.logs import event
from aggregator.storage import outbox
from aggregator.storage.thread import StoreThread

if TYPE_CHECKING:
    from aggregator.fetching.client import Client
    from aggregator.storage.mail import QueuedMail

log = logging.getLogger(__name__)


class Attempt(Struct, frozen=True):
    """The result of one attempt to send; `error` is empty if the receiver accepted it."""

    error: str = ""
    retry_after_s: float | None = None  # the wait that the receiver asked for
    is_final: bool = False  # a later attempt would fail, too

    def wait(self, failures: int) -> timedelta:
        """How long to wait after this attempt, if so many failed before it."""
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
    """Makes one POST, or PUT, to an address that the operator configured."""
    try:
        reply = await client.post(
            url, body, headers=headers, timeout_s=timeout_s, trusted=True, method=method
        )
    except FetchError as error:
        return Attempt(error.detail)
    return Attempt("" if reply.ok else f"answered {reply.status}", reply.retry_after_s)


FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)  # between attempts to send
MAX_ATTEMPTS = 20  # for a notification or a mail


def backoff(
    failures: int, *, first: timedelta = FIRST_WAIT, longest: timedelta = LONGEST_WAIT
) -> timedelta:
    """Exponential back-off: `first` after the first failure, twice that after the next, and so on.

    `failures`: how many there were before the last one.
    """
    return min(first * (1 << min(failures, 20)), longest)


async def record_failure(
    thread: StoreThread,
    queued: outbox.Delivery | QueuedMail,
    attempt: Attempt,
    now: datetime,
    *,
    queue: outbox.Queue = "outbox",
    retries: bool = True,
    **about: Any,
) -> bool:
    """Logs and records a failed attempt and when the next is due; returns whether it was the last.

    `about`: for whom it was.
    """
    row_id, error, tries = queued.row_id, attempt.error, queued.attempts + 1
    name = "mail.failed" if queue == "mail" else "notify.failed"
    event(log, name, level=logging.WARNING, **about, tries=tries, detail=error)
    if not retries:
        await thread.run(outbox.keep_error, row_id, error=error)
        return True
    if attempt.is_final or tries >= MAX_ATTEMPTS:
        await thread.run(outbox.settle, row_id, now, error=error, queue=queue)
        return True
    later = now + attempt.wait(queued.attempts)
    await thread.run(outbox.put_off, row_id, error=error, next_try_at=later, queue=queue)
    return False
