"""Hostile text through messages: no markup, no mention, no code and no key of its own."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from aggregator.publishing.markup import JSON, PLAIN
from aggregator.publishing.messages import message, values
from aggregator.publishing.notification_document import Change, document_of
from aggregator.publishing.targets import TARGETS
from tests.hostile.test_handing_on import HEADLINES, UNSAFE
from tests.views import make_entry, make_source

TEXTS = (
    *HEADLINES,
    "<!channel> <!here> <@U024BE7LH> <https://evil.example|dawn.example> @channel",
    "@everyone @here <@123> <@&456> ||spoiler|| [dawn](https://evil.example) \\",
    "@admin /start <b>x</b> &lt;a href=x&gt; tg://user?id=1",
    "@room @admin:matrix.example https://matrix.to/#/@admin:matrix.example",
    '", "channel": "#general", "x": "',
    '\\", "content": "@everyone',
    "{{ 7 * 7 }} {% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }} ${7*7} #{7*7} %(id)s {0.__class__}",
    "line\r\nX-Injected: 1\r\n\r\nbody",
)
LINKS = (
    "javascript:alert(1)", "https://evil.example/>|x<!channel>", "https://evil.example/)*x*(\"'&",
    "https://user:pass@evil.example/", "https://evil.example/\r\nX: 1", "",
)  # fmt: skip
CHATS = {name: one.chat for name, one in TARGETS.items() if one.chat}
ADDRESSES = {
    "ntfy": "https://ntfy.example/topic",
    "telegram": "https://telegram.example/bot1:x/sendMessage?chat_id=1",
    "matrix": "https://matrix.example/!room:x",
}


def documents() -> list[dict[str, Any]]:
    """A notification with each text in every place that a feed can fill, and each link."""
    found = []
    for at, text in enumerate(TEXTS):
        link = LINKS[at % len(LINKS)]
        source = make_source(text, publisher=text, headline=text, url=link, feed="Dawn")
        entry = make_entry(1, lead=source, headline=text, url=link, sources=(source, source))
        found.append(document_of(Change(1, "news", "new", entry), "desk/news", 1))
    return found


@pytest.mark.parametrize("name", CHATS)
def test_no_text_adds_to_what_a_service_is_sent(name: str) -> None:
    for document in documents():
        chat = CHATS[name]
        text = message(None, document, chat.markup)
        address = ADDRESSES.get(name, f"https://{name}.example/x")
        one = chat.post(address, "token", text, values(document))
        said = json.loads(one.body)

        assert not UNSAFE.search(one.body.decode().replace("\n", ""))
        assert all("\n" not in value and "\r" not in value for value in one.headers.values())
        assert "evil.example" not in one.url
        assert b'javascript:alert(1)"' not in one.body
        if name == "slack":
            assert set(said) == {"text", "link_names", "unfurl_links", "unfurl_media"}
            links = re.findall(r"<([^<>|]*)(?:\|[^<>]*)?>", said["text"])
            assert all(link.startswith("https://") for link in links)
            assert re.sub(r"<[^<>]*>", "", said["text"]).count("<") == 0
        elif name == "discord":
            assert said["allowed_mentions"] == {"parse": []}
            assert set(said) == {"content", "allowed_mentions", "flags"}
            bare = re.sub(r"\\.", "", said["content"])
            assert not re.search(r"[`|\[\]]|@|<(?!https://)", bare)
        elif name == "telegram":
            assert_only_links(said["text"])
            assert not re.search(r"@\w", re.sub(r"<[^>]*>", "", said["text"]))
        elif name == "matrix":
            assert_only_links(said["formatted_body"].replace("<br>", ""))
            assert said["m.mentions"] == {}
            assert not re.search(r"@\w", said["body"])


def assert_only_links(text: str) -> None:
    """The markup is well-formed, and one link of ours at most."""
    tags = re.findall(r"<[^>]*>", text)
    assert len(tags) in (0, 2)
    for tag in tags[:1]:
        found = re.fullmatch(r'<a href="(https://[^"<>]*)">', tag)
        assert found, tag
        assert html.unescape(found[1]).startswith("https://")


@pytest.mark.parametrize(
    "template",
    [
        '{"text": "{{ headline }}", "by": "{{ first }}"}',
        '{"text": {{ headline | tojson }}, "by": "{{ sources[0].publisher | e | safe }}"}',
        '{"text": "{{ headline | upper | truncate(20) }}", "by": "{{ sources[0].headline }}"}',
    ],
)
def test_a_json_template_stays_the_document_that_the_operator_wrote(template: str) -> None:
    for document in documents():
        said = json.loads(message(template, document, JSON))

        assert list(said) == ["text", "by"]
        assert all(isinstance(value, str) for value in said.values())


def test_what_a_feed_wrote_is_never_compiled() -> None:
    for document in documents():
        told = message("{{ headline }}", document, PLAIN)

        assert told == document["headline"].strip()
        assert "49" not in message("{{ headline }} {{ first }}", document, PLAIN)
