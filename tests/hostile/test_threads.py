"""Hostile text through related stories, time-lines and the feeds of single stories."""

from __future__ import annotations

from pathlib import Path

from aggregator.publishing import pages
from aggregator.publishing.build import site
from aggregator.publishing.publish import publish
from aggregator.publishing.requested_feeds import story_feed
from aggregator.settings import Config, SiteSettings, TopicSettings
from aggregator.storage.store import open_store
from aggregator.storage.story_pages import story_pages
from tests.hostile.test_handing_on import HEADLINES, TOKEN
from tests.newsroom import NOW, Newsroom, make_item, make_rules
from tests.validity import problems
from tests.validity.atom import atom_problems

BASE = "https://news.example.org/"


def test_threads_of_hostile_stories_are_valid_and_keep_private_addresses(tmp_path: Path) -> None:
    """Each text is a headline, one that was changed, a publisher, and a related story."""
    config = Config(
        database=tmp_path / "news.db",
        output=tmp_path / "public",
        site=SiteSettings(base_url=BASE),
        topics=(TopicSettings("news", title="News"),),
    )
    with open_store(config.database) as store:
        room = Newsroom(store, "paper", rules=make_rules())
        texts = [text.encode("utf-8", "ignore").decode() for text in HEADLINES]
        room.poll("paper", *(make_item(text, publisher=text, url=TOKEN) for text in texts))
        room.match()
        store.execute("UPDATE feed SET private = 1, self_url = ?", (TOKEN,))
        store.execute(
            "INSERT INTO headline_change (item_id, headline, changed_at)"
            " SELECT b.id, a.headline, '2026-03-01T13:00:00Z' FROM item a JOIN item b"
            " ON b.id = a.id + 1"
        )
        store.execute(
            "INSERT OR REPLACE INTO evidence SELECT i.item_id, s.id, 0, 900, 'related', 0, '',"
            " '{}', '[]', '2026-03-01T13:00:00Z' FROM story_item i JOIN story s"
            " ON s.id = i.story_id + 1"
        )
        publish(store, config, NOW)
        files = {
            str(path.relative_to(config.output)): path.read_bytes()
            for path in config.output.rglob("*")
            if path.is_file()
        }
        ids = [row[0] for row in store.rows("SELECT id FROM story")]
        found = story_pages(store, ids, titles={"news": "News"})
        feeds = {
            f"{BASE}stories/{page.entry.story}.atom": story_feed(store, config, page)
            for page in found.values()
        }
        live = [pages.story_page(page, site(config, live=True)) for page in found.values()]

    assert sum(len(page.items) for page in found.values()) == len(HEADLINES)
    assert all(page.related for page in found.values())
    assert problems(files, base_url=BASE) == []
    assert b"More on this" in files["news.atom"]
    assert [line for url, data in feeds.items() for line in atom_problems(data, url)] == []
    written = [*files.values(), *feeds.values(), *live]
    assert not [data for data in written if TOKEN.encode() in data]
    assert all(b"changed its headline" in data for data in feeds.values())
    assert not [page for page in live if b"<script" in page or b'="javascript:' in page]
