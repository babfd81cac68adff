"""A real feed reader over HTTP: a story is new once, whatever happens to it later."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.ingest import corrections
from aggregator.publishing.publish import publish
from aggregator.serving.listener import Listener
from aggregator.serving.web import create_app
from aggregator.settings import Config, ServeSettings, SiteSettings, TopicSettings
from aggregator.storage.store import open_store
from tests.newsroom import BLAST, BLAST_CUT, NOW, Newsroom, make_item, make_rules

readers = pytest.importorskip("reader", reason="the extra `readers` is not installed")

AGAIN = "Second bomb found near Quetta hospital, defused by police"


@contextmanager
def served(config: Config) -> Iterator[str]:
    """The site on a port of the system's choice, in a thread of its own."""
    listener = Listener(create_app(config), host="127.0.0.1", port=0)
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def live() -> None:
        listener.start()
        await ended.wait()
        await listener.stop()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    try:
        yield f"http://{listener.address}/"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()


@pytest.mark.parametrize("name", ["news.atom", "news.rss", "news.json"])
def test_a_reader_sees_each_story_as_new_once(tmp_path: Path, name: str) -> None:
    store = open_store(tmp_path / "a.db")
    room = Newsroom(store, rules=make_rules(term="bomb"))
    config = Config(
        database=tmp_path / "a.db",
        output=tmp_path / "public",
        site=SiteSettings(base_url="https://news.example.org/"),
        topics=(TopicSettings("news"),),
        serve=ServeSettings(rate=0),
    )
    room.poll("dawn", make_item(BLAST_CUT, identity="a"))
    room.match()
    publish(store, config, NOW)

    def report(feed: str, headline: str, identity: str, hours: int) -> None:
        now = NOW + timedelta(hours=hours)
        room.poll(feed, make_item(headline, identity=identity, at=now), now=now)
        room.match(now=now)
        publish(store, config, now)

    with served(config) as base, readers.make_reader(str(tmp_path / "reader.db")) as reader:
        url = base + name
        reader.add_feed(url)

        def refresh() -> tuple[int, int]:
            result = reader.update_feed(url)
            return (result.new, result.modified) if result else (0, 0)

        first = refresh()
        unchanged = refresh()
        report("geo", BLAST, "b", 1)  # the whole headline
        grown = refresh()
        report("geo", BLAST.replace("five", "nine"), "b", 2)  # its source corrects it
        corrected = refresh()
        report("wire", AGAIN, "c", 3)
        second = refresh()
        corrections.merge(store, room.rules, first=room.story("a"), second=room.story("c"), now=NOW)
        publish(store, replace(config), NOW + timedelta(hours=4))
        merged = refresh()
        titles = {entry.title for entry in reader.get_entries()}

    assert first == (1, 0)
    assert unchanged == (0, 0)
    assert (grown[0], corrected[0], merged[0]) == (0, 0, 0)
    assert second[0] == 1
    assert BLAST.replace("five", "nine") in titles
    store.close()
