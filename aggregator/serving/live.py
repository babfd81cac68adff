"""Pages that are rendered on request: those of topics and stories, feed health and search."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict, replace

from aggregator.publishing import build, digests, pages
from aggregator.publishing.render_text import name, plain
from aggregator.publishing.requested_feeds import search_feed, story_feed
from aggregator.serving.advice import fault, how_often
from aggregator.serving.search_request import SearchRequest
from aggregator.settings import Config, TopicSettings
from aggregator.storage import published, story_pages
from aggregator.storage.feeds import withdrawn_sources
from aggregator.storage.health import LONG_FAILING, feed_health
from aggregator.storage.search import search as find
from aggregator.storage.store import Store
from aggregator.views import SearchFilter

_HITS = 50


class StoryAnswer(Struct, frozen=True):
    """The page or feed of a story, or the story it was merged into, or that it is gone."""

    body: bytes | None = None
    moved_to: str | None = None
    is_gone: bool = False


def topic_named(config: Config, name: str) -> TopicSettings | None:
    """The published topic of this name."""
    return next((one for one in config.enabled_topics if one.name == name), None)


def index(store: Store, config: Config) -> bytes:
    """All topics."""
    cards = [build.index_card(store, config, topic) for topic in config.enabled_topics]
    site = build.site(config, live=True)
    return pages.index_page(cards, site, top=build.top_of_day(store, config))


def topic(store: Store, config: Config, chosen: TopicSettings) -> bytes:
    """A topic's stories."""
    feed = build.topic_feed(store, config, chosen)
    return pages.topic_page(feed, build.site(config, live=True))


def day(store: Store, config: Config, chosen: TopicSettings, day: str) -> bytes:
    """The stories of a day."""
    feed = build.topic_feed(store, config, chosen)
    earlier = digests.neighbours(digests.with_page(config, feed.days)).get(day)
    site = build.site(config, live=True)
    return digests.day_page(store, config, feed, site, day=day, earlier=earlier)


def story(store: Store, config: Config, uid: str, *, as_feed: bool = False) -> StoryAnswer:
    """The response for the address of a story's page, or of its feed."""
    fate = published.story_status(store, uid)
    if fate is None or not fate.published:
        return StoryAnswer()
    if fate.withdrawn:
        return StoryAnswer(is_gone=True)
    if fate.survivor is not None:
        return StoryAnswer(moved_to=fate.survivor)
    titles = build.topic_titles(config)
    page = story_pages.story_pages(store, [fate.story_id], titles=titles).get(fate.story_id)
    if page is None:  # only in topics that are no longer published
        return StoryAnswer(is_gone=True)
    if as_feed:
        return StoryAnswer(story_feed(store, config, page))
    return StoryAnswer(pages.story_page(page, build.site(config, live=True)))


def feeds(store: Store, config: Config, now: datetime) -> bytes:
    """The sources and their health."""
    withdrawn = withdrawn_sources(store)
    found = [feed for feed in feed_health(store) if feed.name not in withdrawn]
    lines = []
    for feed in found:
        detail = ""
        if feed.state == "gone":
            detail = "the server says that the feed has ended"
        elif feed.state == "failing":  # the kind alone: error texts may hold private addresses
            detail = f"{fault(feed)}: failed {how_often(feed)}"
        if feed.hub_state == "active" and feed.hub_last_push is not None:
            detail = "; ".join(part for part in (detail, "its hub pushes updates") if part)
        lines.append((feed, detail))
    broken = [feed.name for feed in found if feed.fails_since(now - LONG_FAILING)]
    return pages.feeds_page(lines, build.site(config, live=True), broken=broken)


def search(store: Store, config: Config, wanted: SearchRequest, among: SearchFilter) -> bytes:
    """The page of a search."""
    found = find(store, wanted.q, among=among, best_first=wanted.best_first, limit=_HITS)
    shown = published.with_page(store, [hit.story for hit in found.hits if hit.story])
    hits = [
        replace(
            hit,
            excerpt=plain(hit.excerpt),
            sources=tuple(map(name, hit.sources)),
            story=hit.story if hit.story in shown else None,
        )
        for hit in found.hits
    ]
    return pages.search_page(
        _search_form(config, wanted),
        hits,
        build.site(config, live=True),
        parameters=wanted.parameters if wanted.q else "",
        complete=found.complete,
    )


def search_refused(config: Config, wanted: SearchRequest, problem: str) -> bytes:
    """The page of a search that was not made, and why."""
    form = _search_form(config, wanted)
    return pages.search_page(form, (), build.site(config, live=True), problem=problem)


def _search_form(config: Config, wanted: SearchRequest) -> pages.SearchForm:
    """What was asked for, and what may be chosen."""
    labels = {f"{key}={value}" for feed in config.feeds for key, value in feed.labels}
    return pages.SearchForm(
        **asdict(wanted),
        topics=tuple(build.topic_titles(config).items()),
        sources=tuple(sorted({feed.name for feed in config.feeds})),
        labels=tuple(sorted(labels)),
    )


def search_atom(store: Store, config: Config, wanted: SearchRequest, among: SearchFilter) -> bytes:
    """The feed of a search; the newest first, whatever the order of its page."""
    hits = find(store, wanted.q, among=replace(among, waiting=False), limit=_HITS).hits
    stories = [hit.story for hit in hits if hit.story]
    parameters = replace(wanted, sort="").parameters
    return search_feed(store, config, stories, words=wanted.q, parameters=parameters)
