"""Requests that send a message to a service: ntfy, Slack, Telegram, Discord, Matrix. Pure.

Each is built as a value and written as JSON, so that no text can inject anything; mentions in a
text notify nobody.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit, urlunsplit

from msgspec import Struct

from aggregator.publishing import markup
from aggregator.publishing.markup import Markup

_SUPPRESS_EMBEDS = 4  # a flag of Discord's messages
_TAG = re.compile(r"<[^<>]*>")


class Post(Struct, frozen=True):
    """A request: its address, and its body, a JSON document."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"


class Chat(Struct, frozen=True):
    """A service: the markup of its messages, how to send one, and how to check its address."""

    markup: Markup
    post: Callable[[str, str | None, str, Mapping[str, Any]], Post]
    """(address, secret, text, values of the document) -> request"""
    fault: Callable[[str, str | None], str] = lambda url, secret: ""
    """(address, secret) -> what to write instead; "" if nothing is wrong"""


def _json(
    url: str, document: Mapping[str, Any], *, token: str | None = None, method: str = "POST"
) -> Post:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Post(url, json.dumps(document, ensure_ascii=False).encode(), headers, method)


def _ntfy(url: str, secret: str | None, text: str, said: Mapping[str, Any]) -> Post:
    """https://docs.ntfy.sh/publish/#publish-as-json: sent to the root, with the topic inside."""
    parts = urlsplit(url)
    folder, _, topic = parts.path.rpartition("/")
    root = urlunsplit(parts._replace(path=f"{folder}/", fragment=""))
    link = {"click": said["url"]} if said["url"] else {}
    title = str(said["headline"])
    return _json(root, {"topic": unquote(topic), "title": title, "message": text or title, **link},
                 token=secret)  # fmt: skip


def _telegram(url: str, secret: str | None, text: str, said: Mapping[str, Any]) -> Post:
    """https://core.telegram.org/bots/api#sendmessage: the address's query names the chat."""
    parts = urlsplit(url)
    (chat, *_) = parse_qs(parts.query)["chat_id"]
    return _json(
        urlunsplit(parts._replace(query="", fragment="")),
        {
            "chat_id": chat,
            "text": text,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
        },
    )


def _matrix(url: str, secret: str | None, text: str, said: Mapping[str, Any]) -> Post:
    """The client-server API's `PUT .../send/m.room.message/TXN`; a repeated id is ignored.

    An empty `m.mentions` says that the text mentions nobody, whatever it contains.
    """
    parts = urlsplit(url)
    home, _, room = parts.path.rpartition("/")
    api = f"{home}/_matrix/client/v3/rooms/{quote(unquote(room), safe='')}/send/m.room.message"
    return _json(
        urlunsplit(parts._replace(path=f"{api}/{quote(str(said['id']), safe='')}", fragment="")),
        {
            "msgtype": "m.text",
            "body": html.unescape(_TAG.sub("", text)),
            "format": "org.matrix.custom.html",
            "formatted_body": text.replace("\n", "<br>"),
            "m.mentions": {},
        },
        token=secret,
        method="PUT",
    )


def _matrix_fault(url: str, secret: str | None) -> str:
    room = unquote(urlsplit(url).path.rpartition("/")[2])
    if not room.startswith("!"):
        return "write server and room, such as https://matrix.example.org/!room:example.org"
    return "" if secret else "add secret: the access token of the account that writes"


NTFY = Chat(
    markup.NTFY,
    _ntfy,
    lambda url, secret: (
        ""
        if urlsplit(url).path.rpartition("/")[2]
        else "write the address of a topic, such as https://ntfy.sh/my-topic"
    ),
)
SLACK = Chat(  # https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    markup.SLACK,
    lambda url, secret, text, said: _json(
        url, {"text": text, "link_names": False, "unfurl_links": False, "unfurl_media": False}
    ),
)
TELEGRAM = Chat(
    markup.HTML,
    _telegram,
    lambda url, secret: (
        ""
        if urlsplit(url).path.endswith("/sendMessage")
        and parse_qs(urlsplit(url).query).get("chat_id")
        else "write https://api.telegram.org/bot${TOKEN}/sendMessage?chat_id=CHAT"
    ),
)
DISCORD = Chat(  # https://docs.discord.com/developers/resources/webhook#execute-webhook
    markup.DISCORD,
    lambda url, secret, text, said: _json(
        url, {"content": text, "allowed_mentions": {"parse": []}, "flags": _SUPPRESS_EMBEDS}
    ),
)
MATRIX = Chat(markup.HTML, _matrix, _matrix_fault)
