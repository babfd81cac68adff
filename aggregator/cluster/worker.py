"""What runs on a worker: polls of a batch, each under all limits; it stores and decides nothing.

A batch is not begun twice, nor late: the daemon keeps the distance between requests to one host,
and reckons with a batch for a time that it has stored.
"""

from __future__ import annotations

import asyncio
import logging
import time
from functools import cache

from aggregator.cluster.batch import (
    PollAnswer,
    PollTask,
    answer_of,
    decode_batch,
    encode_answer,
    encode_answers,
)
from aggregator.errors import ParserUnavailable
from aggregator.fetching.client import Client, Request
from aggregator.fetching.redirects import LeavesHost
from aggregator.model import NotModified, PollError, PollResult, Response
from aggregator.polling.parse_pool import ParsePool
from aggregator.polling.poll import fetch_document

_log = logging.getLogger(__name__)


async def poll_batch(payload: bytes) -> bytes:
    """Makes the polls of an encoded batch; returns the encoded answers.

    Raises nothing that a poll may raise: Dask would write the arguments into its log.
    """
    try:
        batch = decode_batch(payload)
    except ValueError as error:
        return encode_answers((), fault=str(error))
    off_s = time.time() - batch.sent_at
    if abs(off_s) > batch.late_s:
        fault = f"a batch came {off_s:+.0f} s after it was sent: set the clocks, or add workers"
        return encode_answers((), fault=fault)
    started = time.monotonic()
    _client().user_agent = batch.user_agent
    polls = [_poll(task) for task in batch.tasks]
    found = await asyncio.gather(*polls, return_exceptions=True)
    for one in found:
        if isinstance(one, ParserUnavailable):
            return encode_answers((), fault=str(one))
    begun_s = time.monotonic() - started
    return encode_answers([_encoded(one, begun_s) for one in found])


@cache
def _client() -> Client:
    """One for all batches of this process, which has one event loop."""
    return Client("", is_wanted=lambda host: False)  # who waits for a host, the daemon knows


@cache
def _pool() -> ParsePool:
    return ParsePool()


async def _poll(task: PollTask) -> PollResult | LeavesHost:
    async def get(request: Request) -> Response | NotModified:
        return await _client().get(request, is_one_host=True, trail=task.trail)

    async def known() -> frozenset[str]:
        return frozenset()  # the daemon knows them

    begun = PollResult(task.source, task.state)
    try:
        return await fetch_document(begun, get=get, parser=_pool, known=known, is_full=task.is_full)
    except LeavesHost as led:
        return led


def _encoded(found: PollResult | LeavesHost | BaseException, begun_s: float) -> bytes:
    """An exception that is none of ours must not cost the other feeds of the batch."""
    if isinstance(found, LeavesHost):
        return encode_answer(PollAnswer(begun_s, trail=found.trail))
    fault = found
    if isinstance(found, PollResult):
        try:
            return encode_answer(answer_of(found, begun_s))
        except ValueError as error:
            fault = error
    _log.error("poll.fault", exc_info=fault if isinstance(fault, BaseException) else None)
    error_word = PollError("internal", type(fault).__name__)
    return encode_answer(PollAnswer(begun_s, outcome="failed", error=error_word))
