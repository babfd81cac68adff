"""Writes the files of stale topics, and records that. Loads the renderers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from aggregator.errors import PublishError
from aggregator.publishing import build, digests, rows
from aggregator.publishing.attempt import backoff
from aggregator.publishing.files import read_file, remove_file, write_files
from aggregator.publishing.stale import Publication, settings_hash
from aggregator.settings import TopicSettings
from aggregator.storage import entries, published, related, topic_states
from aggregator.views import PublishedFeed

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_PAGES_AT_ONCE = 50


def write_topics(
    run: Publication, topics: Sequence[TopicSettings], stale: Sequence[tuple[TopicSettings, bool]]
) -> tuple[Path, ...]:
    """Writes the files of the stale topics, and those that all `topics` share; returns their paths.

    Raises PublishError if a file could not be written; its topic is retried with exponential
    back-off, and the other topics are written nevertheless.
    """
    written: list[Path] = []
    failed: list[PublishError] = []
    for topic, whole in stale:
        try:
            written += _publish_topic(run, topic, whole=whole)
        except PublishError as error:
            failed.append(error)
            _put_off(run, topic.name)
    try:
        written += write_files(run.folder, build.shared_files(run.store, run.config, topics))
        if "html" in run.config.publish.formats:
            whole = any(whole for _, whole in stale)
            # the page of a merged story says what became of the other one
            changed = (*run.touched, *published.merged_into(run.store, run.touched))
            ids = list(published.published_uids(run.store, None if whole else changed))
            if not whole:
                titles = list(build.topic_titles(run.config))
                ids = sorted({*ids, *related.near(run.store, ids, topics=titles)})
            for start in range(0, len(ids), _PAGES_AT_ONCE):
                part = ids[start : start + _PAGES_AT_ONCE]
                written += write_files(run.folder, build.story_files(run.store, run.config, part))
    except PublishError as error:
        failed.append(error)
        for topic in topics:
            _put_off(run, topic.name)
    if not failed and not run.aside:
        topic_states.clear_touched(run.store, upto=run.upto)  # no story counts as changed any more
    if failed:
        raise failed[0]
    return tuple(written)


def _publish_topic(run: Publication, topic: TopicSettings, *, whole: bool) -> tuple[Path, ...]:
    changed = None if whole else run.touched
    months_before = entries.months(run.store, topic.name)
    days_before = entries.digest_days(run.store, topic.name)
    rows.update_rows(run.store, run.config, topic.name, now=run.now, story_ids=changed)
    state = topic_states.topic_state(run.store, topic.name)
    feed = build.topic_feed(run.store, run.config, topic)
    former = _former_digests(run, topic.name, changed=changed) if feed.has_digest else None
    topic_files = build.topic_files(run.store, run.config, feed, former=former)
    written = write_files(run.folder, topic_files)
    if run.config.publish.archive and "atom" in run.config.publish.formats:
        written += _archives(run, feed, before=months_before, changed=changed)
    if run.config.publish.digest and "html" in run.config.publish.formats:
        written += _day_pages(run, feed, before=days_before, changed=changed)
    if not run.aside:
        written_hash = settings_hash(run.config, topic)
        # new settings or an upgrade may write the same entries in another form: that is not news
        is_news = bool(written) and state.wanted_rev > state.written_rev
        topic_states.set_written(run.store, state, written_hash=written_hash, announce=is_news)
    return written


def _former_digests(
    run: Publication, topic: str, *, changed: Sequence[int] | None
) -> digests.PreviousDigests | None:
    """The current digest files; None if there are none, or everything must be rendered."""
    atom = read_file(run.folder / digests.feed_name(topic))
    markdown = read_file(run.folder / digests.markdown_name(topic))
    if changed is None or atom is None or markdown is None:
        return None
    days = entries.digest_days(run.store, topic, changed)
    return digests.PreviousDigests(atom, markdown, frozenset(days))


def _archives(
    run: Publication, feed: PublishedFeed, *, before: Sequence[str], changed: Sequence[int] | None
) -> tuple[Path, ...]:
    """Writes months whose entries or neighbours changed, and removes those without entries.

    `before`: the months before this run. Existing files show which months are new or gone.
    """
    months = {*feed.months}
    existing = _existing(run.folder, feed.topic, "[0-9]" * 4 + "-[0-9][0-9].atom")
    concerned = {*entries.months(run.store, feed.topic, run.touched)}
    if changed is None:
        concerned.update(before, months)
    gone = concerned.intersection(existing) - months
    for month in sorted(gone):
        remove_file(run.folder / build.archive_name(feed.topic, month))
    due = concerned & months
    if gone or not due.issubset(existing):
        due = months
    written: tuple[Path, ...] = ()
    for month in sorted(due):
        old = read_file(run.folder / build.archive_name(feed.topic, month))
        files = build.archive_file(run.store, feed, month=month, changed=changed, old=old)
        written += write_files(run.folder, files)
    return written


def _day_pages(
    run: Publication, feed: PublishedFeed, *, before: Sequence[str], changed: Sequence[int] | None
) -> tuple[Path, ...]:
    """Writes pages of days whose stories or neighbours changed, and removes those not kept.

    `before`: the days before this run. Existing files show which days are new or gone.
    """
    kept = digests.with_page(run.config, feed.days)
    existing = _existing(run.folder, feed.topic, "[0-9]" * 4 + "-[0-9][0-9]-[0-9][0-9].html")
    concerned = {*entries.digest_days(run.store, feed.topic, run.touched)}
    if changed is None:
        concerned.update(before, kept)
    for day in sorted(concerned.union(feed.days).intersection(existing) - {*kept}):
        remove_file(run.folder / digests.page_name(feed.topic, day))
    earlier, linked = digests.neighbours(kept), digests.neighbours(existing)
    due = {day for day in kept if day in concerned or earlier[day] != linked.get(day, "")}
    site = build.site(run.config)
    written: tuple[Path, ...] = ()
    for day in sorted(due):
        page = digests.day_page(run.store, run.config, feed, site, day=day, earlier=earlier[day])
        written += write_files(run.folder, {digests.page_name(feed.topic, day): page})
    return written


def _existing(folder: Path, topic: str, pattern: str) -> list[str]:
    """The months or days of the topic for which there is a file in the folder, newest first.

    Rows do not show that: undoing a correction, for one, restores them before it is published.
    """
    files = folder.glob(f"{topic}-{pattern}")
    return sorted((path.stem.removeprefix(f"{topic}-") for path in files), reverse=True)


def _put_off(run: Publication, topic: str) -> None:
    if run.aside:
        return
    topic_states.ensure_topic(run.store, topic)
    failures = topic_states.topic_state(run.store, topic).failures
    wait = backoff(failures, first=_FIRST_WAIT, longest=_LONGEST_WAIT)
    topic_states.mark_dirty(run.store, (topic,))
    topic_states.set_failed(run.store, topic, next_try_at=run.now + wait)
