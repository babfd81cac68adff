"""Published files: rows brought up to the stories, rendered, and put in place of the old files.

Files are a pure function of rows and settings. A run that finds nothing to do reads a few rows
and stats a few files; one that finds changes renders only what shows the changed stories.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator import __version__
from aggregator.errors import PublishError
from aggregator.publishing import press, rows
from aggregator.publishing.files import remove_file, write_files
from aggregator.publishing.pages import style_hash
from aggregator.settings import Config, TopicSettings
from aggregator.storage import entries, published, story_pages, topic_states
from aggregator.storage.store import Store
from aggregator.storage.topic_states import TopicState

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_PAGES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class PublishReport:
    """How many entries each topic's feed has, and the files that were replaced."""

    published: Mapping[str, int]
    written: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Run:
    """What one publication is about."""

    store: Store
    config: Config
    folder: Path
    now: datetime
    full: bool  # everything is rendered, whatever is known to be written
    aside: bool  # written to another folder than the configured one: no state is kept
    upto: int  # mark of the changes that this run sees
    touched: tuple[int, ...]


def publish(
    store: Store, config: Config, now: datetime, *, output: Path | None = None, force: bool = False
) -> PublishReport:
    """Brings all topics' files up to date and says what was written.

    `force` renders everything and compares: this heals files that a crash or a hand has damaged.
    With `output`, everything is written there and the configured folder's state is left alone.
    Raises PublishError when a file could not be written; its topic is tried again later, at
    growing intervals, and the other topics are written all the same.
    """
    aside = output is not None and output.resolve() != config.output.resolve()
    upto, touched = published.touched(store)
    run = _Run(
        store=store,
        config=config,
        folder=output or config.output,
        now=now.astimezone(UTC).replace(microsecond=0),
        full=force or aside,
        aside=aside,
        upto=upto,
        touched=touched,
    )
    topics = press.enabled_topics(config)
    stale = _stale(run, topics)
    written: list[Path] = []
    failed: list[PublishError] = []
    for topic, whole in stale:
        try:
            written += _publish_topic(run, topic, whole=whole)
        except PublishError as error:
            failed.append(error)
            _put_off(run, topic.name)
    if stale:
        written += _publish_shared(run, topics, failed=failed, whole=any(w for _, w in stale))
    if failed:
        raise failed[0]
    return PublishReport(
        {
            topic.name: entries.entry_count(store, topic.name, limit=config.publish.entries)
            for topic in topics
        },
        tuple(written),
    )


def _stale(run: _Run, topics: Sequence[TopicSettings]) -> list[tuple[TopicSettings, bool]]:
    """The topics to write now, each with whether all of it must be rendered."""
    touched = published.topics_of(run.store, run.touched) if run.touched else frozenset()
    closed = rows.calendar(run.config).last_closed(run.now).isoformat()
    found = []
    for topic in topics:
        state = topic_states.topic_state(run.store, topic.name)
        whole = (
            run.full
            or state.written_hash != _settings_hash(run.config, topic)
            or press.missing(run.config, topic, run.folder)
        )
        if state.next_try_at and run.now < state.next_try_at and not run.full:
            continue
        if whole or state.dirty or topic.name in touched or state.digest_closed < closed:
            found.append((topic, whole))
    return found


def _publish_topic(run: _Run, topic: TopicSettings, *, whole: bool) -> tuple[Path, ...]:
    changed = None if whole else run.touched
    before = _months(run, topic.name)
    rows.bring_up(run.store, run.config, topic.name, now=run.now, story_ids=changed)
    state = topic_states.topic_state(run.store, topic.name)
    feed = press.topic_feed(run.store, run.config, topic)
    written = write_files(run.folder, press.topic_files(run.store, run.config, feed))
    if run.config.publish.archive and "atom" in run.config.publish.formats:
        written += _archive(run, topic, feed.months, before=before, changed=changed)
    if not run.aside:
        _written(run, topic, state, announce=bool(written))
    return written


def _archive(
    run: _Run,
    topic: TopicSettings,
    months: Sequence[str],
    *,
    before: frozenset[str],
    changed: Sequence[int] | None,
) -> tuple[Path, ...]:
    """Months whose entries or neighbours changed are written, those without entries removed."""
    if changed is None or frozenset(months) != before:
        due = frozenset(months)
    else:
        due = entries.months_of(run.store, topic.name, changed)
    for month in before - frozenset(months):
        remove_file(run.folder / press.archive_name(topic.name, month))
    written: tuple[Path, ...] = ()
    for month in sorted(due & frozenset(months)):
        files = press.archive_file(run.store, run.config, topic, month=month)
        written += write_files(run.folder, files)
    return written


def _publish_shared(
    run: _Run, topics: Sequence[TopicSettings], *, failed: list[PublishError], whole: bool
) -> tuple[Path, ...]:
    """Index, subscriptions and story pages; then the changes count as written."""
    written: tuple[Path, ...] = ()
    try:
        files = press.shared_files(run.store, run.config, topics)
        written += write_files(run.folder, files)
        if "html" in run.config.publish.formats:
            written += _story_pages(run, whole=whole)
    except PublishError as error:
        failed.append(error)
        for topic in topics:
            _put_off(run, topic.name)
    if not failed and not run.aside:
        published.clear_touched(run.store, upto=run.upto)
    return written


def _story_pages(run: _Run, *, whole: bool) -> tuple[Path, ...]:
    chosen = None if whole else run.touched
    ids = list(story_pages.published_uids(run.store, chosen))
    if not whole:
        ids = sorted({*ids, *story_pages.related_ids(run.store, ids)})
    written: tuple[Path, ...] = ()
    for start in range(0, len(ids), _PAGES_AT_ONCE):
        part = ids[start : start + _PAGES_AT_ONCE]
        written += write_files(run.folder, press.story_files(run.store, run.config, part))
    return written


def _written(run: _Run, topic: TopicSettings, state: TopicState, *, announce: bool) -> None:
    written_hash = _settings_hash(run.config, topic)
    topic_states.set_written(run.store, state, written_hash=written_hash, announce=announce)


def _put_off(run: _Run, topic: str) -> None:
    if run.aside:
        return
    topic_states.ensure_topic(run.store, topic)
    failures = topic_states.topic_state(run.store, topic).failures
    wait = min(_FIRST_WAIT * (1 << min(failures, 10)), _LONGEST_WAIT)
    published.mark_dirty(run.store, topic)
    topic_states.set_failed(run.store, topic, next_try_at=run.now + wait)


def _months(run: _Run, topic: str) -> frozenset[str]:
    return frozenset(entries.months(run.store, topic))


def _settings_hash(config: Config, topic: TopicSettings) -> str:
    """Of all that files depend on besides rows: another hash means that all are rendered."""
    feeds = [(feed.name, feed.shown_url, feed.enabled, feed.private) for feed in config.feeds]
    parts = (__version__, style_hash(), config.site, config.publish, topic.name, topic.title)
    text = repr((*parts, config.serve.host, config.serve.port, feeds))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
