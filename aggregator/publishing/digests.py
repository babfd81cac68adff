"""The digests of a topic's days: reads rows from the store, and renders them.

A day has the same stories in Atom, in Markdown and on its page, the heaviest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial

from msgspec import Struct

from aggregator.publishing import pages, source_quota
from aggregator.publishing.archive_patch import entry_ids, patched
from aggregator.publishing.digest_days import digest_calendar
from aggregator.publishing.digest_markdown import digest_markdown, heading, sections
from aggregator.publishing.formats import ATOM
from aggregator.publishing.render_document import Day, digest_document, digest_id
from aggregator.publishing.weight import by_weight
from aggregator.settings import Config
from aggregator.storage import entries, topic_states
from aggregator.storage.store import Store
from aggregator.views import PublishedFeed

IN_FEED = 14  # days in the digest feed, all of them closed
IN_MARKDOWN = 7  # days in the Markdown file, including the open one
STORIES = 100  # of one day: a digest is read in one sitting, or mailed


class PreviousDigests(Struct, frozen=True):
    """The digest files as they are, and the days whose stories have changed since."""

    atom: bytes
    markdown: bytes
    stale: frozenset[str]  # YYYY-MM-DD


def feed_name(topic: str) -> str:
    """The file of the newest days as a feed."""
    return f"{topic}-digest.atom"


def markdown_name(topic: str) -> str:
    """The file of the newest days as Markdown."""
    return f"{topic}-digest.md"


def digest_files(
    store: Store, config: Config, feed: PublishedFeed, *, former: PreviousDigests | None = None
) -> dict[str, bytes]:
    """The newest days as a feed, unless that is unchanged, and as Markdown.

    Unchanged days are copied from `former`, without reading them from the store.
    """
    closed = topic_states.topic_state(store, feed.topic).digest_closed
    read: dict[str, Day] = {}

    def day_of(name: str) -> Day:
        if name not in read:
            read[name] = read_day(store, config, feed.topic, name)
        return read[name]

    def feed_of(days: Iterable[str]) -> bytes:
        return ATOM.render(digest_document(feed, [day_of(name) for name in days]))

    files = {}
    in_feed = [name for name in feed.days if name <= closed][:IN_FEED]
    ids = [digest_id(feed, name) for name in in_feed]
    if former is None or not in_feed:
        files[feed_name(feed.topic)] = feed_of(in_feed)
    elif former.stale.intersection(in_feed) or entry_ids(former.atom) != ids:
        # the newest day determines the document's time
        part = feed_of(name for name in in_feed if name in former.stale or name == in_feed[0])
        files[feed_name(feed.topic)] = patched(former.atom, part, ids) or feed_of(in_feed)

    known = sections(former.markdown) if former else {}
    shown: list[Day | str] = []
    for name in feed.days[:IN_MARKDOWN]:
        is_stale = former is not None and name in former.stale
        section = None if is_stale else known.get(heading(name, is_open=name > closed))
        shown.append(section or day_of(name))
    files[markdown_name(feed.topic)] = digest_markdown(feed, shown)
    return files


def page_name(topic: str, day: str) -> str:
    """The file of a day's page."""
    return f"{topic}-{day}.html"


def with_page(config: Config, days: Sequence[str]) -> Sequence[str]:
    """Those of these days (newest first) that have a page.

    All of them, or without an archive, those that the digest feed may contain.
    """
    return days if config.publish.archive else days[: IN_FEED + 1]


def neighbours(days: Sequence[str]) -> dict[str, str | None]:
    """For each of these days (newest first), the one before it."""
    return dict(zip(days, [*days[1:], None], strict=True)) if days else {}


def day_page(
    store: Store,
    config: Config,
    feed: PublishedFeed,
    site: pages.Site,
    *,
    day: str,
    earlier: str | None,
) -> bytes:
    """The page of a day of `feed`; `earlier`: the day of the page before it."""
    return pages.day_page(feed, read_day(store, config, feed.topic, day), site, earlier=earlier)


def read_day(store: Store, config: Config, topic: str, day: str) -> Day:
    """A day with its stories, the heaviest first; if it is full, the source quota applies."""
    read = partial(entries.newest_entries, store, topic, day=day, limit=STORIES)
    stories = source_quota.select(read(), lambda dominant: read(beside=dominant), size=STORIES)
    return Day(
        day=day,
        closed_at=digest_calendar(config.publish).closed_at(date.fromisoformat(day)),
        stories=by_weight(stories),
        count=entries.count(store, topic, day=day),
        is_open=day > topic_states.topic_state(store, topic).digest_closed,
    )
