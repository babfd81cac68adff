"""A notification target is one function and one row: everything else follows from the row."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.load import parse
from aggregator.errors import ConfigError
from aggregator.fetching.client import Client
from aggregator.publishing.announce import announce_all
from aggregator.publishing.attempt import Attempt, post
from aggregator.publishing.publish import publish
from aggregator.publishing.targets import TARGETS, Target
from aggregator.setting import Setting
from aggregator.settings import Config, NotifySettings
from aggregator.storage.store import open_store
from aggregator.storage.thread import StoreThread
from tests import settings_page
from tests.newsroom import BLAST, NOW, Newsroom, make_item, make_rules
from tests.servers import Reply, WebServer

CONFIG = """
database: a.db
output: public
feeds: [{{url: https://dawn.example/feed}}]
topics: [{{name: news, query: {{rules: [{{any: [bomb], weight: 1}}]}}}}]
notify: [{{name: desk, chat: "{url}"}}]
"""


async def chat(client: Client, receiver: NotifySettings, body: bytes) -> Attempt:
    """A message for a chat room, whose servers take `{"text": ...}`."""
    story = json.loads(body)
    message = json.dumps({"text": f"{story['headline']} ({story['url']})"})
    return await post(client, receiver.url, message.encode(), {"Content-Type": "application/json"})


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> Target:
    made = Target("chat", Setting("URL of a chat room", form="as_written"), chat, retries=True)
    monkeypatch.setitem(TARGETS, made.name, made)
    return made


def configured(folder: Path, url: str) -> Config:
    environ = {"ROOM": "s3cret"}
    return parse(CONFIG.format(url=url).encode(), path=folder / "feeds.yaml", environ=environ)


def test_a_published_story_reaches_it_and_is_retried(tmp_path: Path, web: WebServer) -> None:
    statuses = iter((503, 200))
    config = configured(tmp_path, web.serve("/room", lambda _: Reply(status=next(statuses))))
    store = open_store(config.database)
    room = Newsroom(store, rules=make_rules(term="bomb"))
    room.poll("dawn", make_item(BLAST, identity="a", url="https://dawn.example/a"))
    room.match()
    publish(store, config, NOW)
    store.close()

    thread = StoreThread(config.database)
    try:
        asyncio.run(announce_all(thread, config, lambda: NOW))
        asyncio.run(announce_all(thread, config, lambda: NOW + timedelta(minutes=2)))
    finally:
        thread.close()

    sent = [json.loads(request.body) for request in web.requests]
    assert sent == [{"text": f"{BLAST} (https://dawn.example/a)"}] * 2


def test_its_setting_is_read_as_that_of_the_shipped_targets(
    row: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (receiver,) = configured(tmp_path, "https://chat.example/${ROOM}").notify

    assert (receiver.target, receiver.url) == ("chat", "https://chat.example/s3cret")

    with pytest.raises(ConfigError, match='has the scheme "ftp"'):
        configured(tmp_path, "ftp://chat.example/")
    monkeypatch.delitem(TARGETS, row.name)
    with pytest.raises(ConfigError, match="chat: unknown key"):
        configured(tmp_path, "https://chat.example/")


def test_the_docs_must_have_its_row() -> None:
    now = settings_page.PAGE.read_text(encoding="utf-8")
    row = "| `notify[].chat` | none | URL of a chat room |\n"

    assert row not in now
    assert row in settings_page.written(now)
