"""The digests of a topic's days: rows read from the store and rendered.

One day has the same stories in Atom, in Markdown and on its page, those of most weight first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from aggregator.publishing import pages, source_quota
from aggregator.publishing.digest_days import digest_calendar
from aggregator.publishing.digest_markdown import digest_markdown
from aggregator.publishing.formats import ATOM
from aggregator.publishing.render_document import Day, digest_document
from aggregator.publishing.weight import by_weight
from aggregator.settings import Config
from aggregator.storage import entries, topic_states
from aggregator.storage.store import Store
from aggregator.views import PublishedEntry, PublishedFeed

IN_FEED = 14  # days in the digest feed, all of them closed
IN_MARKDOWN = 7  # days in the Markdown file, the open one among them
STORIES = 100  # of one day: it is read in one go, or mailed


def digest_files(store: Store, config: Config, feed: PublishedFeed) -> dict[str, bytes]:
    """The newest days as a feed and as Markdown."""
    closed = topic_states.topic_state(store, feed.topic).digest_closed
    in_feed = [name for name in feed.days if name <= closed][:IN_FEED]
    in_markdown = feed.days[:IN_MARKDOWN]
    days = {name: read_day(store, config, feed.topic, name) for name in {*in_feed, *in_markdown}}
    document = digest_document(feed, [days[name] for name in in_feed])
    return {
        f"{feed.topic}-digest.atom": ATOM.render(document),
        f"{feed.topic}-digest.md": digest_markdown(feed, [days[name] for name in in_markdown]),
    }


def page_name(topic: str, day: str) -> str:
    """The file of the page of a day."""
    return f"{topic}-{day}.html"


def with_page(config: Config, days: Sequence[str]) -> Sequence[str]:
    """Those of the days, of which the newest comes first, that have a page.

    All; where there is no archive, those that the digest feed may have.
    """
    return days if config.publish.archive else days[: IN_FEED + 1]


def neighbours(days: Sequence[str]) -> dict[str, str | None]:
    """For each day, of which the newest comes first, the one before it."""
    return dict(zip(days, [*days[1:], None], strict=True)) if days else {}


def day_page(
    store: Store,
    config: Config,
    feed: PublishedFeed,
    site: pages.Site,
    *,
    day: str,
    earlier: str | None,
) -> dict[str, bytes]:
    """The page of a day of `feed`; `earlier` is the page before it."""
    found = read_day(store, config, feed.topic, day)
    return {page_name(feed.topic, day): pages.day_page(feed, found, site, earlier=earlier)}


def read_day(store: Store, config: Config, topic: str, day: str) -> Day:
    """A day with its stories, those of most weight first; a full one is shared by sources."""
    newest = entries.digest_entries(store, topic, day=day, limit=STORIES)

    def from_others(dominant: frozenset[str]) -> tuple[PublishedEntry, ...]:
        return entries.digest_beside(store, topic, day=day, feeds=dominant, limit=STORIES)

    return Day(
        day=day,
        closed_at=digest_calendar(config.publish).closed_at(date.fromisoformat(day)),
        stories=by_weight(source_quota.select(newest, from_others, size=STORIES)),
        count=entries.digest_count(store, topic, day=day),
        is_open=day > topic_states.topic_state(store, topic).digest_closed,
    )
