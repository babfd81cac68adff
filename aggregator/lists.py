"""The feeds of a configuration with those of its lists (OPML), and when two are one. Pure.

A list is another's word: its feeds have an address, a name and folders, and nothing else of it.
They take no headers, see no variables, and reach no files and no private networks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from msgspec.structs import replace

from aggregator.model import Subscription
from aggregator.settings import Config, FeedSource
from aggregator.text import one_line
from aggregator.urls import ascii_name, same_escapes

MOST_FOLDERS = 30  # within each other
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# Most URLs are so; where none of their segments begins with a dot, nothing is to be folded.
_USUAL = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{4,5})?/[^%#]*", re.ASCII)


def with_listed(config: Config, listed: Mapping[str, Sequence[Subscription]]) -> Config:
    """The configuration with the feeds of its lists behind its own; `listed` is by a list's key.

    A feed that is configured, or in an earlier list, stays as it is there. Names are made unique.
    """
    lists = [feed for feed in config.feeds if feed.is_list and feed.enabled]
    entries = [(one, entry) for one in lists for entry in listed.get(one.key, ())]
    names = named(config.feeds, (entry for _, entry in entries))
    found = [
        replace(
            config.feed_defaults,  # what `fetch:` says of all feeds
            name=name,
            url=entry.url,
            key=entry.url,
            shown_url=entry.url,
            listed_in=of_list.name,
            rank=of_list.rank,
            family=of_list.family,
            labels=of_list.labels,
            on_topic=of_list.on_topic,
            group=(*of_list.group, *entry.group)[:MOST_FOLDERS],
            allow_private_networks=False,
            line=of_list.line,
        )
        for (of_list, entry), name in zip(entries, names, strict=True)
        if name is not None
    ]
    return replace(config, feeds=(*config.feeds, *found)) if found else config


def named(feeds: Sequence[FeedSource], entries: Iterable[Subscription]) -> Iterator[str | None]:
    """For each entry of a list a name that no feed has; None where a feed has its address.

    The name is its title, counted where another feed has it already.
    """
    urls = {url for feed in feeds for url in spellings(feed)}
    taken = {feed.name.casefold(): 1 for feed in feeds}  # each with the number given last
    for entry in entries:
        spelling = one_spelling(entry.url)
        if spelling in urls:
            yield None
            continue
        urls.add(spelling)
        name = title = one_line(entry.title, limit=80)
        while name.casefold() in taken:
            taken[title.casefold()] += 1
            name = f"{title} {taken[title.casefold()]}"
        taken[name.casefold()] = 1
        yield name


def spellings(feed: FeedSource) -> frozenset[str]:
    """The feed's URL as it is written and as it is asked, each in its one spelling."""
    return frozenset((one_spelling(feed.key), one_spelling(feed.url)))


def one_spelling(url: str) -> str:
    """Equal for two spellings of one URL (RFC 3986 sections 6.2.2 and 6.2.3).

    Folded are the case of scheme and host, a default port, needless escapes, dot segments and an
    empty path; a host in letters of other scripts is equal to its ASCII form, and a fragment is
    never sent. What a server may tell apart stays: another scheme, path or query.
    """
    if _USUAL.fullmatch(url) and "/." not in url:
        return url
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    scheme, rest = scheme.lower(), rest.partition("#")[0]
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    path, question, query = rest[len(authority) :].partition("?")
    user, at, host = authority.rpartition("@")
    if not host.isascii():
        name, colon, port = host.partition(":")
        with suppress(ValueError):  # a name in no form is refused where it is asked
            host = f"{ascii_name(name)}{colon}{port}"
    host = host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ":")).removesuffix(":")
    path = _without_dots(same_escapes(path))
    return f"{scheme}://{user}{at}{host}{path}{question}{same_escapes(query)}"


def _without_dots(path: str) -> str:
    """RFC 3986 section 5.2.4, of a path that is empty or begins with a slash."""
    if "/." not in path:
        return path or "/"
    *folders, last = path.split("/")[1:] or [""]
    kept: list[str] = []
    for one in (*folders, last):
        if one == "..":
            del kept[-1:]
        elif one != ".":
            kept.append(one)
    if last in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
