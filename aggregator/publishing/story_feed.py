"""The feed of one story, read from the store and rendered."""

from __future__ import annotations

from msgspec.structs import replace

from aggregator.publishing import build, rows
from aggregator.publishing.formats import ATOM
from aggregator.publishing.render_story import story_document
from aggregator.settings import Config
from aggregator.storage import entries
from aggregator.storage.citing import private_addresses
from aggregator.storage.store import Store
from aggregator.views import StoryItem, StoryPage


def story_feed(store: Store, config: Config, page: StoryPage) -> bytes:
    """Atom 1.0 of a story's steps. A link that is the address of a private feed is left out."""
    private = private_addresses(store)

    def shown(item: StoryItem) -> StoryItem:
        hidden = item.source.url in private
        return replace(item, source=replace(item.source, url=None)) if hidden else item

    found = entries.entries_by_uid(store, [story.story for story in page.related])
    feed = build.feed_of(
        config, rows.known_authority(store), (), name=f"stories/{page.entry.story}", title=""
    )
    safe = replace(page, items=tuple(map(shown, page.items)))
    return ATOM.render(story_document(feed, safe, related=tuple(found.values())))
