"""Messages of notifications: templates, markup, and what each service is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator.publishing.chats import Post
from aggregator.publishing.markup import DISCORD, HTML, JSON, PLAIN, SLACK, Markup, markup_of
from aggregator.publishing.messages import MessageError, message, values
from aggregator.publishing.notification_document import BROKEN, UPDATED, sample
from aggregator.publishing.targets import TARGETS

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "id": "5f", "event": "new", "topic": "news", "headline": "Talks_held", "first": "Dawn",
    "url": "https://dawn.example/a_(b)?x=1&y=2", "independent": 1,
    "sources": [{"publisher": "Dawn", "url": "javascript:alert(1)"}],
}  # fmt: skip
OUTAGE: dict[str, Any] = {
    "id": "6a", "event": BROKEN, "feed": "Example", "url": "https://paper.example/feed",
    "since": "2026-02-26T12:00:00Z", "gone": False, "failures": 9, "error_kind": "http",
    "error": "HTTP 404",
}  # fmt: skip
CHATS = {name: one.chat for name, one in TARGETS.items() if one.chat}
ADDRESSES = {
    "ntfy": "https://ntfy.example/in/my%20topic",
    "slack": "https://slack.example/services/T/B/x",
    "telegram": "https://telegram.example/bot1:x/sendMessage?chat_id=-100",
    "discord": "https://discord.example/api/webhooks/1/x",
    "matrix": "https://matrix.example/!room:matrix.example",
}


def sent(name: str, document: dict[str, Any] = DOCUMENT, template: str | None = None) -> Post:
    chat = CHATS[name]
    address = ADDRESSES.get(name, f"https://{name}.example/x")
    assert chat.fault(address, "token") == ""
    text = message(template, document, chat.markup)
    return chat.post(address, "token", text, values(document))


def body(name: str, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sent(name, DOCUMENT | changes).body)
    return found


def test_ntfy_gets_title_text_and_link_at_its_root() -> None:
    one = sent("ntfy")

    assert (one.url, one.method) == ("https://ntfy.example/in/", "POST")
    assert one.headers["Authorization"] == "Bearer token"
    assert json.loads(one.body) == {
        "topic": "my topic", "title": "Talks_held", "message": "Dawn",
        "click": "https://dawn.example/a_(b)?x=1&y=2",
    }  # fmt: skip
    assert body("ntfy", url=None, first="") == {
        "topic": "my topic", "title": "Talks_held", "message": "Talks_held",
    }  # fmt: skip


def test_slack_gets_its_own_link() -> None:
    said = body("slack")

    assert said["text"] == "<https://dawn.example/a_(b)?x=1&amp;y=2|Talks_held>\nDawn"
    assert said["link_names"] is False
    assert body("slack", url=None)["text"] == "Talks_held\nDawn"


def test_telegram_gets_the_chat_of_its_address() -> None:
    one = sent("telegram")
    said = json.loads(one.body)

    assert one.url == "https://telegram.example/bot1:x/sendMessage"
    assert (said["chat_id"], said["parse_mode"]) == ("-100", "HTML")
    link = "https://dawn.example/a_(b)?x=1&amp;y=2"
    assert said["text"] == f'<a href="{link}">Talks_held</a>\nDawn'


def test_discord_notifies_nobody() -> None:
    said = body("discord", event=UPDATED, sources=[{}, {}], independent=2)

    assert said["allowed_mentions"] == {"parse": []}
    assert said["content"].splitlines() == [
        "Changed: **Talks\\_held**", "2 reports, 2 independent; first: Dawn",
        "<https://dawn.example/a_%28b%29?x=1&y=2>",
    ]  # fmt: skip


def test_matrix_puts_an_event_that_can_be_repeated() -> None:
    one = sent("matrix")
    said = json.loads(one.body)

    assert one.method == "PUT"
    assert one.url == (
        "https://matrix.example/_matrix/client/v3/rooms/%21room%3Amatrix.example"
        "/send/m.room.message/5f"
    )
    assert said["m.mentions"] == {}
    assert said["body"] == "Talks_held\nDawn"
    assert said["formatted_body"].endswith("Talks_held</a><br>Dawn")


@pytest.mark.parametrize(
    ("name", "address", "secret"),
    [
        ("ntfy", "https://ntfy.sh/", None),
        ("telegram", "https://api.telegram.org/bot1:x/sendMessage", None),
        ("telegram", "https://api.telegram.org/bot1:x?chat_id=1", None),
        ("matrix", "https://matrix.example/room", "token"),
        ("matrix", "https://matrix.example/!room:matrix.example", None),
    ],
)
def test_an_address_that_cannot_be_used_is_told(
    name: str, address: str, secret: str | None
) -> None:
    assert CHATS[name].fault(address, secret).startswith(("write ", "add secret"))


@pytest.mark.parametrize(
    ("template", "markup", "text"),
    [
        ("{{ headline }} {{ url }}", SLACK, "a&lt;b&gt; https://x.example/?a=1&amp;b=2"),
        ("{{ headline | upper }}", HTML, "A&lt;B&gt;"),
        ("[x]({{ url }}) {{ 'a_b' }}", DISCORD, "[x](https://x.example/?a=1&b=2) a\\_b"),
        ("{{ headline }}|{{ story }}|{{ 5 }}", PLAIN, "a<b>||5"),
        ('{"a": "{{ headline }}", "b": {{ story }}, "c": {{ 1 == 1 }}}', JSON,
         '{"a": "a<b>", "b": null, "c": true}'),
        ("[{{ headline | tojson }}, {{ reports }}]", JSON, '["a<b>", 0]'),
        ("{% for s in sources %}{{ s.url }}{% else %}none{% endfor %}", PLAIN, "none"),
    ],
)  # fmt: skip
def test_values_are_escaped_when_they_are_written(template: str, markup: Markup, text: str) -> None:
    document = {"headline": "a<b>", "url": "https://x.example/?a=1&b=2", "story": None}

    assert message(template, document, markup) == text


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{{ headline", "line 1: unexpected end"),
        ("{% if %}", "line 1: Expected an expression"),
        ("{{ headlin }}", "'headlin' is undefined"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ headline.__class__.__mro__ }}", "is unsafe"),
        ("{% include '/etc/passwd' %}", "no loader"),
        ("{{ range(10**9) | list }}", "OverflowError"),
    ],
)
def test_a_template_that_cannot_be_filled_says_why(template: str, why: str) -> None:
    with pytest.raises(MessageError, match=why):
        message(template, DOCUMENT, PLAIN, is_trial=True)


def test_what_a_document_lacks_is_nothing() -> None:
    assert message("{{ rule.within.hours }}{{ nothing }}.", DOCUMENT, PLAIN) == "."
    assert message('{"a": {{ rule.within }}}', DOCUMENT, JSON) == '{"a": null}'


def test_a_document_or_list_is_known_by_its_beginning() -> None:
    assert markup_of(' {"a": 1}') is markup_of("[1]") is JSON
    assert markup_of("{{ headline }}") is markup_of("{% if 1 %}") is markup_of("x") is PLAIN


def test_a_link_that_does_not_fit_is_left_out_whole() -> None:
    document = DOCUMENT | {"url": f"https://dawn.example/?{'&a' * 900}"}

    assert message(None, document, HTML) == "Talks_held\nDawn"
    assert message("{{ url }}", document, PLAIN) == document["url"]


def test_lines_that_do_not_fit_are_left_out() -> None:
    line = "x" * 1000

    assert message(f"{line}\n{line}\n{{{{ headline }}}}", DOCUMENT, DISCORD) == line
    assert len(message("y" * 5000, DOCUMENT, DISCORD)) == DISCORD.most


@pytest.mark.parametrize("event", ["test", BROKEN])
def test_every_event_has_a_message_in_every_markup(event: str) -> None:
    document = OUTAGE if event == BROKEN else dict(sample("desk", NOW))

    for name in CHATS:
        assert json.loads(sent(name, document).body)
    told = message(None, document, PLAIN)
    assert ("HTTP 404" in told) is (event == BROKEN)
    assert json.loads(message("{{ document | tojson }}", document, JSON)) == document
