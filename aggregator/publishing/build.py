"""Builds the contents of published files: reads rows from the store, and renders them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from msgspec.structs import replace

from aggregator.model import Subscription
from aggregator.parsing.subscriptions import write_opml
from aggregator.publishing import digests, pages, rows, source_quota
from aggregator.publishing.archive_patch import patched
from aggregator.publishing.formats import ATOM, chosen
from aggregator.publishing.render_document import archive_document, topic_document
from aggregator.publishing.style import asset, assets
from aggregator.publishing.weight import by_weight
from aggregator.settings import Config, TopicSettings
from aggregator.storage import entries, feeds, published, story_pages, topic_states
from aggregator.storage.store import Store
from aggregator.views import PublishedEntry, PublishedFeed

ARCHIVE_STORIES = 5000  # of one month: about 10 MB
_ON_INDEX = 5  # newest stories of each topic
_TOP = 5  # top stories of the day on the index, chosen from those with most reports
_TOP_CANDIDATES = 50
_UID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def title_of(topic: TopicSettings) -> str:
    """The topic's title, else its name."""
    return topic.title or topic.name


def topic_titles(config: Config) -> dict[str, str]:
    """The titles of published topics, by name."""
    return {topic.name: title_of(topic) for topic in config.enabled_topics}


def archive_name(topic: str, month: str) -> str:
    """The file of a month's archive."""
    return f"{topic}-{month}.atom"


def site(config: Config, *, live: bool = False, rooted: bool = False) -> pages.Site:
    """What all pages share; `live` pages are served, and link to search and feed health.

    `rooted` pages may be served at any address, so their links start at the root of the site.
    """
    icon, base_url = config.site.icon or "", config.site.base_url
    return pages.Site(
        title=config.site.title,
        language=config.site.language,
        base_url=config.site.base_url,
        hub=config.hub if "html" in config.publish.formats else None,
        formats=chosen(config.publish.formats),
        opml="opml" in config.publish.formats,
        digest="atom" in config.publish.formats and config.publish.digest,
        noindex=config.publish.noindex,
        excerpt=config.publish.excerpt,
        icon=icon if base_url and icon.startswith(base_url) else "",
        images=config.publish.images == "feeds_and_pages",
        live=live,
        order=config.publish.order,
        root=f"{urlsplit(config.site.base_url or '').path.rstrip('/')}/" if rooted else "",
    )


def topic_feed(store: Store, config: Config, topic: TopicSettings) -> PublishedFeed:
    """The entries of a topic's feed, with everything else that its files depend on."""
    authority = rows.known_authority(store)
    limit = config.publish.entries
    read = partial(entries.newest_entries, store, topic.name, limit=limit)
    newest = read()
    found = source_quota.select(
        newest,
        lambda dominant: read(beside=dominant, since=newest[0].published_at - source_quota.REACH),
        size=limit,
    )
    has_atom = "atom" in config.publish.formats
    archive = config.publish.archive and has_atom
    return replace(
        feed_of(config, authority, found, name=topic.name, title=title_of(topic)),
        feed_id=f"tag:{authority}:topic/{topic.name}",
        hub=config.hub,
        months=entries.months(store, topic.name) if archive else (),
        archive_form_since=store.setting("archive_form_since") or "",
        days=entries.digest_days(store, topic.name) if config.publish.digest else (),
        day_links_since=rows.day_links_since(store),
        has_digest=has_atom and config.publish.digest,
    )


def feed_of(
    config: Config, authority: str, found: Sequence[PublishedEntry], *, name: str, title: str
) -> PublishedFeed:
    """A feed with these entries, and with what all feeds of the site share."""
    first_day = datetime.fromisoformat(authority.rpartition(",")[2]).replace(tzinfo=UTC)
    host = config.serve.host
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1"
    host = f"[{host}]" if ":" in host else host
    return PublishedFeed(
        topic=name,
        title=title,
        feed_id=f"tag:{authority}:{name}",
        site_title=config.site.title,
        base_url=config.site.base_url,
        updated_at=max((entry.updated_at for entry in found), default=first_day),
        entries=tuple(found),
        language=config.site.language,
        ttl_minutes=max(int(config.publish.max_age.total_seconds() // 60), 1),
        author=config.site.author or "",
        icon=config.site.icon,
        excerpt=config.publish.excerpt,
        local_url=f"http://{host}:{config.serve.port}/",
        has_pages="html" in config.publish.formats,
        noindex=config.publish.noindex,
        has_media=config.publish.images != "none",
    )


def topic_files(
    store: Store,
    config: Config,
    feed: PublishedFeed,
    *,
    former: digests.PreviousDigests | None = None,
) -> dict[str, bytes]:
    """The topic's feeds, page and digests; unchanged days of digests are copied from `former`."""
    formats = config.publish.formats
    document = topic_document(feed)
    files = {one.file_name(feed.topic): one.render(document) for one in chosen(formats)}
    if feed.has_digest:
        files |= digests.digest_files(store, config, feed, former=former)
    if "html" in formats:
        files[f"{feed.topic}.html"] = pages.topic_page(feed, site(config))
    return files


def archive_file(
    store: Store,
    feed: PublishedFeed,
    *,
    month: str,
    changed: Sequence[int] | None = None,
    old: bytes | None = None,
    limit: int = ARCHIVE_STORIES,
) -> dict[str, bytes]:
    """A month's archive, with at most `limit` stories; `feed`: of the topic.

    If only the `changed` stories differ from `old`, the file's current contents, the others are
    copied from it.
    """
    name = archive_name(feed.topic, month)
    total = entries.count(store, feed.topic, month=month)

    def rendered(
        found: Sequence[PublishedEntry], *, size: int, latest: datetime | None = None
    ) -> bytes:
        part = replace(feed, entries=tuple(found))
        left_out = total - size
        return ATOM.render(archive_document(part, month=month, left_out=left_out, latest=latest))

    if changed and old is not None:
        order = entries.month_order(store, feed.topic, month=month, limit=limit)
        found = entries.entries_of(store, feed.topic, story_ids=changed).values()
        if differing := [entry for entry in found if entry.entry_id in order]:
            part = rendered(differing, size=len(order), latest=max(order.values()))
            if (data := patched(old, part, tuple(order))) is not None:
                return {name: data}
    everything = entries.month_entries(store, feed.topic, month=month, limit=limit)
    return {name: rendered(everything, size=len(everything))}


def shared_files(store: Store, config: Config, topics: Sequence[TopicSettings]) -> dict[str, bytes]:
    """The index of topics, the list of sources, and assets that other files refer to."""
    files = {name: asset(name) for name in assets(config.publish.formats)}
    if "html" in config.publish.formats:
        cards = [index_card(store, config, topic) for topic in topics]
        top = top_of_day(store, config)
        files["index.html"] = pages.index_page(cards, site(config), top=top)
    if "opml" in config.publish.formats:
        files["feeds.opml"] = subscriptions(store, config)
    return files


def index_card(store: Store, config: Config, topic: TopicSettings) -> pages.TopicCard:
    """A topic as the index shows it."""
    limit = config.publish.entries
    return pages.TopicCard(
        name=topic.name,
        title=title_of(topic),
        count=topic_states.entry_count(store, topic.name, limit=limit),
        newest=entries.newest_entries(store, topic.name, limit=min(_ON_INDEX, limit)),
    )


def top_of_day(store: Store, config: Config) -> pages.TopOfDay | None:
    """The heaviest stories of the newest day, over all topics; None if there are no stories."""
    topics = [topic.name for topic in config.enabled_topics]
    day = entries.newest_day(store, topics)
    if day is None:
        return None
    found = entries.most_reported(store, topics, day=day, limit=_TOP_CANDIDATES)
    once = {entry.story: entry for entry in found}
    return pages.TopOfDay(day.day, by_weight(once.values())[:_TOP])


def subscriptions(store: Store, config: Config) -> bytes:
    """The sources as OPML, without private and withdrawn ones."""
    sites = feeds.source_sites(store)
    withdrawn = feeds.withdrawn_sources(store)
    return write_opml(
        [
            Subscription(feed.shown_url, feed.name, feed.group, sites.get(feed.key))
            for feed in config.feeds
            if feed.shown_url
            and feed.enabled
            and not feed.private
            and not feed.is_local
            and not feed.is_list
            and feed.key not in withdrawn
        ],
        title=config.site.title,
    )


def story_files(store: Store, config: Config, story_ids: Sequence[int]) -> dict[str, bytes]:
    """The pages of stories that were ever published; those of withdrawn stories say so."""
    shown = story_pages.story_pages(store, story_ids, titles=topic_titles(config))
    shared = site(config)
    files = {}
    for story_id, uid in published.published_uids(store, story_ids).items():
        if not _UID.fullmatch(uid):
            continue  # not made by us: no file may be named after it
        page = shown.get(story_id)
        if page is not None:
            data = pages.story_page(page, shared)
        else:
            fate = published.story_status(store, uid)
            survivor = fate.survivor if fate and not fate.withdrawn else None
            data = pages.left_page(shared, survivor=survivor)
        files[f"stories/{uid}.html"] = data
    return files
