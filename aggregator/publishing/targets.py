"""The table of notification targets: how a receiver of `notify` is reached.

A new target is one function that sends a notification, and one row of `TARGETS`. The setting that
names it, its documentation and its delivery are derived from the row.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from aggregator.errors import FetchError
from aggregator.setting import Setting
from aggregator.settings import NotifySettings

if TYPE_CHECKING:
    from aggregator.fetching.client import Client


class Attempt(Struct, frozen=True):
    """The result of one attempt to send; `error` is empty when the other side took it."""

    error: str = ""
    retry_after_s: float | None = None  # the wait that it asked for


Send = Callable[["Client", NotifySettings, bytes], Awaitable[Attempt]]
"""Sends one notification, a JSON document in UTF-8, to a receiver."""


class Target(Struct, frozen=True):
    """A kind of receiver. Its setting is `notify[].NAME`; a receiver has one of them."""

    name: str
    setting: Setting  # form "as_written": a URL, which fills `url`; "argv": fills `command`
    send: Send
    retries: bool  # what failed is sent again; else each notification is sent at most once


async def post(client: Client, url: str, body: bytes, headers: dict[str, str]) -> Attempt:
    """One POST to an address that the operator configured."""
    try:
        reply = await client.post(url, body, headers=headers, trusted=True)
    except FetchError as error:
        return Attempt(error.detail)
    return Attempt("" if reply.ok else f"answered {reply.status}", reply.retry_after_s)


def signature(secret: str, body: bytes) -> str:
    """`sha256=` and the hexadecimal HMAC of the body, for `X-Aggregator-Signature`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def webhook(client: Client, receiver: NotifySettings, body: bytes) -> Attempt:
    """Posts the JSON document, with its id for receivers that drop repeats, and signed."""
    headers = {
        "Content-Type": "application/json",
        "X-Aggregator-Delivery": json.loads(body)["id"],
    }
    if receiver.secret:
        headers["X-Aggregator-Signature"] = signature(receiver.secret, body)
    return await post(client, receiver.url, body, headers)


async def command(client: Client, receiver: NotifySettings, body: bytes) -> Attempt:
    """Runs a command; text from feeds reaches it on standard input only, never as an argument."""
    from aggregator.publishing.command import run  # noqa: PLC0415 - only for those with commands

    return Attempt(await run(receiver.command, body))


TARGETS: dict[str, Target] = {
    one.name: one
    for one in (
        Target(
            "webhook",
            Setting(
                "URL that gets a JSON document by POST; a receiver has this or another target",
                form="as_written",
            ),
            webhook,
            retries=True,
        ),
        Target(
            "command",
            Setting("a program and its arguments, as a list; no shell reads it", form="argv"),
            command,
            retries=False,
        ),
    )
}
