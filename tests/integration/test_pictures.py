"""Pictures from the document of a feed to a published feed, and who gives none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.model import Enclosure, Image, Media
from aggregator.publishing.publish import publish
from aggregator.publishing.render_text import enclosures_of, image_of
from aggregator.settings import Config, PublishSettings, TopicSettings
from aggregator.storage.entries import newest_entries
from aggregator.storage.store import Store, open_store
from aggregator.views import PublishedEntry
from tests.newsroom import BLAST, NOW, Newsroom, make_item

SOUND = Enclosure("https://dawn.example/a.mp3", "audio/mpeg", 7)


@pytest.fixture
def store() -> Iterator[Store]:
    """A story of two sources, each with a picture; the first of them leads."""
    with open_store(None) as opened:
        room = Newsroom(opened)
        for name in ("dawn", "geo"):
            media = Media(Image(f"https://{name}.example/a.jpg", 300), (SOUND,))
            room.poll(name, replace(make_item(f"{BLAST} - {name}", identity=name), media=media))
        room.match()
        room.publish(room.story("dawn"))
        yield opened


def entry_of(store: Store) -> PublishedEntry:
    (entry,) = newest_entries(store, "news", limit=5)
    return entry


def test_what_an_item_shows_stands_in_its_entry(store: Store) -> None:
    entry = entry_of(store)

    assert image_of(entry) == Image(f"https://{entry.lead.feed}.example/a.jpg", 300)
    assert enclosures_of(entry) == (SOUND,)


@pytest.mark.parametrize(
    ("setting", "in_feeds", "on_pages"),
    [(None, True, False), ("feeds_and_pages", True, True), ("none", False, False)],
)
def test_the_setting_says_where_pictures_are_shown(
    store: Store, tmp_path: Path, setting: str | None, in_feeds: bool, on_pages: bool
) -> None:
    chosen = PublishSettings(images=setting) if setting else PublishSettings()
    config = Config(output=tmp_path, topics=(TopicSettings("news"),), publish=chosen)

    publish(store, config, NOW)

    for name in ("news.atom", "news.rss", "news.json"):
        text = (tmp_path / name).read_text()
        assert (".example/a.jpg" in text, ".example/a.mp3" in text) == (in_feeds, in_feeds), name
    pages = [path.read_text() for path in tmp_path.rglob("*.html")]
    assert any("<img" in page for page in pages) is on_pages
    for page in pages:
        assert ("img-src &#39;self&#39; https:;" in page) is on_pages
        assert on_pages or ".example/a.jpg" not in page


def test_a_private_feed_gives_no_picture_and_the_next_source_stands_in(store: Store) -> None:
    lead = entry_of(store).lead.feed
    (other,) = {"dawn", "geo"} - {lead}
    store.execute("UPDATE feed SET private=1 WHERE name=?", (lead,))
    entry = entry_of(store)

    assert entry.lead.media == Media()
    assert image_of(entry) == Image(f"https://{other}.example/a.jpg", 300)
    assert enclosures_of(entry) == ()

    store.execute("UPDATE feed SET private=1")
    assert image_of(entry_of(store)) is None
