"""The table of notification targets: the ways to reach a receiver of `notify`.

A new target is one row of `TARGETS`, and a module with a function that sends a notification (most
use `attempt.post`) or, if it accepts a text, a `chats.Chat`. Its setting, documentation and
delivery are derived from the row.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aggregator.logs import event
from aggregator.publishing import chats
from aggregator.publishing.attempt import Attempt, post
from aggregator.publishing.chats import Chat
from aggregator.publishing.markup import JSON, Markup, markup_of
from aggregator.setting import Setting
from aggregator.settings import NotifySettings

if TYPE_CHECKING:
    from aggregator.fetching.client import Client


log = logging.getLogger(__name__)


Send = Callable[["Client", NotifySettings, bytes], Awaitable[Attempt]]
"""Sends one notification, a JSON document in UTF-8, to a receiver."""


class Target(Struct, frozen=True):
    """A kind of receiver. Its setting is `notify[].NAME`; a receiver has one of them."""

    name: str
    setting: Setting  # form "as_written": a URL, which fills `url`; "argv": fills `command`
    send: Send
    retries: bool  # failed notifications are sent again; otherwise each is sent at most once
    fault: Callable[[str, str | None], str] = lambda url, secret: ""
    """(address, secret) -> what to write instead; "" if nothing is wrong"""
    chat: Chat | None = None  # the service that `send` uses, if it is a chat


def signature(secret: str, body: bytes) -> str:
    """`sha256=` and the hexadecimal HMAC of the body, for `X-Aggregator-Signature`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _filled(receiver: NotifySettings, document: Mapping[str, Any], markup: Markup) -> str:
    """The message; by the default template if the receiver's fails on this document."""
    from aggregator.publishing.messages import MessageError, message  # noqa: PLC0415 - loads Jinja

    try:
        return message(receiver.template, document, markup)
    except MessageError as error:
        event(log, "notify.template", level=logging.WARNING, receiver=receiver.name,
              detail=str(error))  # fmt: skip
        return message(None, document, markup)


def _body(receiver: NotifySettings, body: bytes) -> tuple[bytes, str]:
    """The body for a receiver of documents, and its media type: the document or a template."""
    if receiver.template is None:
        return body, "application/json"
    markup = markup_of(receiver.template)
    filled = _filled(receiver, json.loads(body), markup).encode()
    return filled, "application/json" if markup is JSON else "text/plain; charset=utf-8"


async def webhook(client: Client, receiver: NotifySettings, body: bytes) -> Attempt:
    """Posts the JSON document, signed, with its id for receivers to recognise repeats."""
    delivery = json.loads(body)["id"]
    body, media_type = _body(receiver, body)
    headers = {"Content-Type": media_type, "X-Aggregator-Delivery": delivery}
    if receiver.secret:
        headers["X-Aggregator-Signature"] = signature(receiver.secret, body)
    return await post(client, receiver.url, body, headers)


async def command(client: Client, receiver: NotifySettings, body: bytes) -> Attempt:
    """Runs a command; text from feeds reaches it on standard input only, never as an argument."""
    from aggregator.publishing.command import run  # noqa: PLC0415 - only for those with commands

    return Attempt(await run(receiver.command, _body(receiver, body)[0]))


def _chat_target(name: str, doc: str, chat: Chat) -> Target:
    async def send(client: Client, receiver: NotifySettings, body: bytes) -> Attempt:
        from aggregator.publishing.messages import values  # noqa: PLC0415 - loads Jinja

        document = json.loads(body)
        text = _filled(receiver, document, chat.markup)
        one = chat.post(receiver.url, receiver.secret, text, values(document))
        return await post(client, one.url, one.body, one.headers, method=one.method)

    return Target(
        name, Setting(doc, form="as_written"), send, retries=True, fault=chat.fault, chat=chat
    )


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
        _chat_target("ntfy", "address of an ntfy topic: `https://ntfy.sh/my-topic`", chats.NTFY),
        _chat_target("slack", "address of a Slack incoming webhook", chats.SLACK),
        _chat_target(
            "telegram",
            "`https://api.telegram.org/bot${TOKEN}/sendMessage?chat_id=CHAT`",
            chats.TELEGRAM,
        ),
        _chat_target("discord", "address of a Discord webhook", chats.DISCORD),
        _chat_target(
            "matrix",
            "server and room: `https://matrix.example.org/!room:example.org`; `secret`",
            chats.MATRIX,
        ),
    )
}
