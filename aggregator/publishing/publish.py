"""Publishes: updates rows from the stories, renders them, and replaces stale files.

Files are a pure function of rows and settings. A run without changes reads a few rows and stats a
few files; otherwise only the files that show changed stories are rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from aggregator.publishing import daily_quota
from aggregator.publishing.formats import is_written, names
from aggregator.publishing.stale import Publication, stale_topics
from aggregator.settings import Config, PublishSettings
from aggregator.storage import topic_states
from aggregator.storage.lists import subscribed
from aggregator.storage.store import Store


class PublishReport(Struct, frozen=True):
    """How many entries each topic's feed has, and the files that were replaced."""

    published: Mapping[str, int]
    written: tuple[Path, ...] = ()


def publish(
    store: Store, config: Config, now: datetime, *, output: Path | None = None, force: bool = False
) -> PublishReport:
    """Brings the files of all topics up to date; returns what was written.

    `force` renders everything and compares: this repairs damaged or edited files, and removes
    temporary files of killed processes. With `output`, everything is written there, and nothing is
    recorded about the configured folder. Raises PublishError if a file could not be written; its
    topic is retried with exponential back-off, and the other topics are written nevertheless.
    """
    config = subscribed(store, config)
    aside = output is not None and output.resolve() != config.output.resolve()
    daily_quota.retry_held_back(store, config, now)
    upto, touched = topic_states.touched(store)
    if touched:  # entries show the headlines of related stories
        from aggregator.storage.related import stories_naming  # noqa: PLC0415 - as below

        touched = tuple(dict.fromkeys((*touched, *stories_naming(store, touched))))
    run = Publication(
        store=store,
        config=config,
        folder=output or config.output,
        now=now.astimezone(UTC).replace(microsecond=0),
        full=force or aside,
        aside=aside,
        upto=upto,
        touched=touched,
    )
    if force:
        from aggregator.publishing.files import sweep  # noqa: PLC0415 - as below

        sweep(run.folder)
    topics = config.enabled_topics
    stale = stale_topics(run, topics)
    written: tuple[Path, ...] = ()
    if stale:
        from aggregator.publishing.writing import write_topics  # noqa: PLC0415 - mostly not needed

        written = write_topics(run, topics, stale)
    return PublishReport(
        {
            topic.name: topic_states.entry_count(store, topic.name, limit=config.publish.entries)
            for topic in topics
        },
        written,
    )


def left_over(store: Store, config: Config) -> tuple[str, ...]:
    """The files of ours in the output folder that are not written with this configuration.

    They show what was published before a topic, a format or the digests were switched off.
    """
    everything = PublishSettings(formats=names())
    enabled = {topic.name for topic in config.enabled_topics}
    topics = {*topic_states.every_topic(store), *enabled}
    shared = {"index.html": "html", "stories": "html", "feeds.opml": "opml"}
    found = []
    for name in sorted(path.name for path in config.output.glob("[!.]*")):
        owners = [topic for topic in topics if is_written(everything, topic, name)]
        is_current = any(
            topic in enabled and is_written(config.publish, topic, name) for topic in owners
        )
        is_dropped = name in shared and shared[name] not in config.publish.formats
        if is_dropped or (owners and not is_current):
            found.append(name)
    return tuple(found)
