"""Finds stale topics: compares rows and settings with those of the last publication.

Loads no renderer, because most runs find nothing to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from aggregator import __version__
from aggregator.publishing.digest_days import digest_calendar
from aggregator.publishing.formats import chosen
from aggregator.publishing.style import asset, assets, style_hash
from aggregator.settings import Config, TopicSettings
from aggregator.storage import topic_states
from aggregator.storage.store import Store


class Publication(Struct, frozen=True):
    """One run of publication."""

    store: Store
    config: Config
    folder: Path
    now: datetime
    full: bool  # everything is rendered, stale or not
    aside: bool  # the folder is not the configured one: nothing is recorded
    upto: int  # number of the last change that this run includes
    touched: tuple[int, ...]  # stories that changed


def stale_topics(
    run: Publication, topics: Sequence[TopicSettings]
) -> list[tuple[TopicSettings, bool]]:
    """The stale topics, each with whether everything in it must be rendered."""
    touched: frozenset[str] = frozenset()
    if run.touched:
        from aggregator.storage.published import topics_of  # noqa: PLC0415 - mostly not needed

        touched = topics_of(run.store, run.touched)
    closed = digest_calendar(run.config.publish).last_closed(run.now)
    formats = run.config.publish.formats
    shared = [*assets(formats), *(["feeds.opml"] if "opml" in formats else [])]
    found = []
    for topic in topics:
        names = [one.file_name(topic.name) for one in chosen(formats)] + shared
        if "atom" in formats and run.config.publish.digest:
            names.append(f"{topic.name}-digest.md")
        if "html" in formats:
            names += [f"{topic.name}.html", "index.html"]
        state = topic_states.topic_state(run.store, topic.name)
        whole = (
            run.full
            or state.written_hash != settings_hash(run.config, topic)
            or not all((run.folder / name).exists() for name in names)
        )
        if state.next_try_at and run.now < state.next_try_at and not run.full:
            continue
        if whole or state.dirty or topic.name in touched or state.digest_closed < closed:
            found.append((topic, whole))
    return found


def settings_hash(config: Config, topic: TopicSettings) -> str:
    """A hash of everything besides rows that files depend on; a change renders all files."""
    feeds = [
        (feed.name, feed.shown_url, feed.enabled, feed.private, feed.rank, feed.group)
        for feed in config.feeds
    ]
    own = [asset(name) for name in assets(config.publish.formats)]
    parts = (__version__, style_hash(), own, config.site, config.publish, topic.name, topic.title)
    text = repr((*parts, config.serve.host, config.serve.port, feeds))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
