"""The feeds of a configuration, with those that its lists (OPML) brought. Pure.

A list is another's word: its feeds have an address, a name and folders, and nothing else of it.
They take no headers, see no variables, and reach no files and no private networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from aggregator.model import Subscription
from aggregator.settings import Config, FeedSource
from aggregator.spelling import one_spelling
from aggregator.text import one_line

MOST_FOLDERS = 30  # within each other


def with_listed(config: Config, listed: Mapping[str, Sequence[Subscription]]) -> Config:
    """The configuration with the feeds of its lists behind its own; `listed` is by a list's key.

    A feed that is configured, or in an earlier list, stays as it is there. Names are made unique.
    """
    lists = [feed for feed in config.feeds if feed.is_list and feed.enabled]
    urls = {url for feed in config.feeds for url in spellings(feed)}
    names = {feed.name.casefold(): 1 for feed in config.feeds}
    found: list[FeedSource] = []
    for of_list in lists:
        for subscription in listed.get(of_list.key, ()):
            spelling = one_spelling(subscription.url)
            if spelling in urls:
                continue
            name = free_name(one_line(subscription.title, limit=80), names)
            urls.add(spelling)
            found.append(
                replace(
                    config.feed_defaults,  # what `fetch:` says of all feeds
                    name=name,
                    url=subscription.url,
                    key=subscription.url,
                    shown_url=subscription.url,
                    listed_in=of_list.name,
                    rank=of_list.rank,
                    family=of_list.family,
                    labels=of_list.labels,
                    on_topic=of_list.on_topic,
                    group=(*of_list.group, *subscription.group)[:MOST_FOLDERS],
                    allow_private_networks=False,
                    line=of_list.line,
                )
            )
    return replace(config, feeds=(*config.feeds, *found)) if found else config


def spellings(feed: FeedSource) -> frozenset[str]:
    """The feed's URL as it is written and as it is asked, each in its one spelling."""
    return frozenset((one_spelling(feed.key), one_spelling(feed.url)))


def free_name(title: str, taken: dict[str, int]) -> str:
    """The title, counted where another feed has it already, and noted in `taken`.

    That has names in folded case, each with the number that was given to it last.
    """
    name, folded = title, title.casefold()
    while name.casefold() in taken:
        taken[folded] += 1
        name = f"{title} {taken[folded]}"
    taken[name.casefold()] = 1
    return name
