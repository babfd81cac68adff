"""`feeds import` and `feeds export`: OPML lists in and out of the configuration."""

from __future__ import annotations

from datetime import datetime

from aggregator.config.edit import NewFeed
from aggregator.lists import free_name, spellings
from aggregator.parsing.subscriptions import Subscription, read_list, write_opml
from aggregator.settings import Config
from aggregator.spelling import one_spelling
from aggregator.text import one_line


def read_new(data: bytes, config: Config) -> tuple[tuple[NewFeed, ...], tuple[str, ...]]:
    """The feeds of an OPML list that are not configured yet, and why others are left out.

    Nothing but URL, name and folders is taken over. Raises ParseError when it is not an OPML list.
    """
    listed = read_list(data)
    urls = {url for feed in config.feeds for url in spellings(feed)}
    names = {feed.name.casefold(): 1 for feed in config.feeds}
    new: list[NewFeed] = []
    left_out = list(listed.refused)
    for subscription in listed.subscriptions:
        spelling = one_spelling(subscription.url)
        if spelling in urls:
            left_out.append(f"{one_line(subscription.title)}: configured or listed already")
            continue
        name = free_name(one_line(subscription.title, limit=80), names)
        urls.add(spelling)
        new.append(NewFeed(subscription.url, name, subscription.group))
    return tuple(new), tuple(left_out)


def write(config: Config, now: datetime) -> bytes:
    """The configured feeds as OPML, without those whose URL must not be shown."""
    subscriptions = (
        Subscription(feed.shown_url, feed.name, feed.group)
        for feed in config.feeds
        if feed.shown_url and not feed.is_local and not feed.is_list and "${" not in feed.shown_url
    )
    return write_opml(subscriptions, title=config.site.title, modified=now)
