"""Feeds that are made on request: of a search, and of one story.

Entries have the same ids as in other feeds. A story that no topic has published yet already has the
id that it will have then.
"""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.publishing import build, rows
from aggregator.publishing.formats import ATOM
from aggregator.publishing.render_document import search_document
from aggregator.publishing.render_story import story_document
from aggregator.settings import Config
from aggregator.storage import citing, entries
from aggregator.storage.store import Store
from aggregator.storage.stories import by_uid
from aggregator.views import CitedStory, PublishedEntry, PublishedSource, StoryPage


def search_feed(
    store: Store, config: Config, stories: Sequence[str], *, words: str, parameters: str
) -> bytes:
    """These stories (printed ids) as Atom 1.0, newest first.

    `words`: for the title; `parameters`: the query of the search's address, for the id.
    """
    published = entries.entries_by_uid(store, stories)
    authority = rows.known_authority(store)
    found = list(published.values())
    if authority != rows.NO_AUTHORITY:  # otherwise there are no ids yet
        others = (citing.cited_story(store, by_uid(store, uid))
                  for uid in stories if uid not in published)  # fmt: skip
        found += [_entry(story, authority) for story in others if story is not None]
    found.sort(key=lambda entry: (entry.published_at, entry.story), reverse=True)
    feed = build.feed_of(config, authority, found, name="search", title=f"Search: {words}")
    return ATOM.render(search_document(feed, parameters=parameters))


def _entry(story: CitedStory, authority: str) -> PublishedEntry:
    """A story that no topic has published. Later items move no date: it would look new again."""
    sources = tuple(
        PublishedSource(
            feed=source.feed,
            publisher=source.publisher,
            headline=source.headline,
            url=source.url,
            published_at=source.published_at or source.first_seen_at,
            author=source.author,
            summary=source.summary,
            family=source.family,
            labels=tuple(source.labels.items()),
        )
        for source in story.sources
        if source.listed
    )
    lead = next((one for one in sources if one.headline == story.headline), sources[0])
    return PublishedEntry(
        story=story.uid,
        entry_id=story.entry_id or f"tag:{authority}:{story.uid}",
        headline=story.headline,
        url=story.url,
        summary=lead.summary,
        published_at=story.published_at,
        updated_at=story.published_at,
        lead=lead,
        sources=sources,
        unlisted=story.reports - len(sources),
        has_page=False,
    )


def story_feed(store: Store, config: Config, page: StoryPage) -> bytes:
    """The steps of a story as Atom 1.0."""
    related = entries.entries_by_uid(store, [story.story for story in page.related])
    feed = build.feed_of(
        config, rows.known_authority(store), (), name=f"stories/{page.entry.story}", title=""
    )
    return ATOM.render(story_document(feed, page, related=tuple(related.values())))
