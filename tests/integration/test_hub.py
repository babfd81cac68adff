"""The hub hears of changes, and only of changes; one that is ill is tried again later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from msgspec.structs import replace

from aggregator.publishing import hub
from aggregator.publishing.publish import publish
from aggregator.settings import (
    Config,
    FetchSettings,
    PublishSettings,
    SiteSettings,
    TopicSettings,
)
from aggregator.storage.store import open_store
from aggregator.storage.thread import StoreThread
from tests.newsroom import BLAST, NOW, Newsroom, make_item, make_rules
from tests.servers import Reply, WebServer

URLS = [
    "https://news.example.org/news.atom",
    "https://news.example.org/news.rss",
    "https://news.example.org/news-digest.atom",
]


@pytest.fixture
def config(tmp_path: Path, web: WebServer) -> Iterator[Config]:
    store = open_store(tmp_path / "a.db")
    room = Newsroom(store, rules=make_rules(term="bomb"))
    made = Config(
        database=tmp_path / "a.db",
        output=tmp_path / "public",
        site=SiteSettings(base_url="https://news.example.org/"),
        topics=(TopicSettings("news"),),
        publish=PublishSettings(formats=("atom", "rss"), hub=web.serve("/hub", Reply(status=202))),
    )
    room.poll("dawn", make_item(BLAST))
    room.match()
    publish(store, made, NOW)
    yield made
    store.close()


def announce(config: Config, now: datetime = NOW) -> int:
    async def once() -> int:
        thread = StoreThread(config.database)
        try:
            return await hub.ping(thread, config, now)
        finally:
            thread.close()

    return asyncio.run(once())


def pinged(web: WebServer) -> list[str]:
    forms = [parse_qs(request.body.decode()) for request in web.requests]
    assert all(form["hub.mode"] == ["publish"] for form in forms)
    return [form["hub.url"][0] for form in forms]


def test_the_hub_hears_once_of_every_feed_that_changed(config: Config, web: WebServer) -> None:
    assert announce(config) == 1
    assert announce(config) == 0
    assert pinged(web) == URLS


def test_the_hub_is_told_who_asks(config: Config, web: WebServer) -> None:
    announce(replace(config, fetch=FetchSettings(user_agent="aggregator/9 (+mailto:me@a.example)")))

    assert {one.headers["user-agent"] for one in web.requests} == {
        "aggregator/9 (+mailto:me@a.example)"
    }


def test_a_publication_that_writes_nothing_is_not_announced(config: Config, web: WebServer) -> None:
    announce(config)
    with_store = open_store(config.database)
    publish(with_store, config, NOW, force=True)
    with_store.close()

    assert announce(config) == 0


def test_the_same_entries_in_another_form_are_not_announced(config: Config, web: WebServer) -> None:
    """An upgrade, or new settings, may write every file again: that is no news."""
    announce(config)
    titled = replace(config, topics=(TopicSettings("news", title="Another title"),))
    with open_store(config.database) as store:
        assert publish(store, titled, NOW).written

    assert announce(titled) == 0


def test_a_hub_that_refuses_is_tried_again_at_growing_intervals(
    config: Config, web: WebServer
) -> None:
    web.serve("/hub", Reply(status=500))

    assert announce(config) == 0
    assert announce(config, NOW + timedelta(seconds=50)) == 0
    assert len(web.requests) == 1
    assert announce(config, NOW + timedelta(seconds=61)) == 0
    assert announce(config, NOW + timedelta(seconds=130)) == 0
    assert len(web.requests) == 2
    web.serve("/hub", Reply(status=204))
    assert announce(config, NOW + timedelta(seconds=190)) == 1


def test_a_hub_may_say_when_to_come_back(config: Config, web: WebServer) -> None:
    web.serve("/hub", Reply(status=503, headers={"Retry-After": "600"}))
    announce(config)
    web.serve("/hub", Reply(status=204))

    assert announce(config, NOW + timedelta(seconds=590)) == 0
    assert announce(config, NOW + timedelta(seconds=601)) == 1


def test_a_hub_that_cannot_be_reached_holds_nothing_up(config: Config) -> None:
    silent = replace(config.publish, hub="http://127.0.0.1:9/")

    assert announce(replace(config, publish=silent)) == 0


def test_without_hub_or_address_nobody_is_told(config: Config, web: WebServer) -> None:
    assert announce(replace(config, site=SiteSettings())) == 0
    assert announce(replace(config, publish=replace(config.publish, hub=None))) == 0
    assert announce(replace(config, topics=())) == 0
    assert web.requests == []


def test_without_atom_there_is_no_digest_to_announce(config: Config) -> None:
    only = replace(config, publish=replace(config.publish, formats=("json", "html")))

    assert hub.names_of(only, "news") == ("news.json", "news.html")
