"""The feed of one story, read from the store and rendered."""

from __future__ import annotations

from aggregator.publishing import build, rows
from aggregator.publishing.formats import ATOM
from aggregator.publishing.render_story import story_document
from aggregator.settings import Config
from aggregator.storage import entries
from aggregator.storage.store import Store
from aggregator.views import StoryPage


def story_feed(store: Store, config: Config, page: StoryPage) -> bytes:
    """Atom 1.0 of a story's steps."""
    related = entries.entries_by_uid(store, [story.story for story in page.related])
    feed = build.feed_of(
        config, rows.known_authority(store), (), name=f"stories/{page.entry.story}", title=""
    )
    return ATOM.render(story_document(feed, page, related=tuple(related.values())))
