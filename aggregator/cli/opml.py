"""`feeds import` and `feeds export`: OPML lists in and out of the configuration."""

from __future__ import annotations

from datetime import datetime

from aggregator.lists import named
from aggregator.model import Subscription
from aggregator.parsing.subscriptions import read_list, write_opml
from aggregator.settings import Config
from aggregator.text import one_line


def read_new(data: bytes, config: Config) -> tuple[tuple[Subscription, ...], tuple[str, ...]]:
    """The feeds of an OPML list that are not configured yet, and why others are left out.

    Nothing but URL, name and folders is taken over. Raises ParseError when it is not an OPML list.
    """
    listed = read_list(data)
    names = named(config.feeds, listed.subscriptions)
    new: list[Subscription] = []
    left_out = list(listed.refused)
    for entry, name in zip(listed.subscriptions, names, strict=True):
        if name is None:
            left_out.append(f"{one_line(entry.title)}: configured or listed already")
        else:
            new.append(Subscription(entry.url, name, entry.group))
    return tuple(new), tuple(left_out)


def write(config: Config, now: datetime) -> bytes:
    """The configured feeds as OPML, without those whose URL must not be shown."""
    subscriptions = (
        Subscription(feed.shown_url, feed.name, feed.group)
        for feed in config.feeds
        if feed.shown_url and not feed.is_local and not feed.is_list and "${" not in feed.shown_url
    )
    return write_opml(subscriptions, title=config.site.title, modified=now)
