"""Transaction T3: updates the published rows of a topic from its stories."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec.structs import replace

from aggregator.model import CurrentStory, PublishedRow
from aggregator.publishing import notifications, revisions
from aggregator.publishing.alert_rules import FRESH
from aggregator.publishing.daily_quota import held_back
from aggregator.publishing.digest_days import DigestCalendar, digest_calendar
from aggregator.publishing.notification_document import NEW, UPDATED, Change
from aggregator.settings import Config
from aggregator.storage import published, related, topic_states
from aggregator.storage.entries import entries_of
from aggregator.storage.store import Store

NO_AUTHORITY = "aggregator.invalid,2000-01-01"  # before the first publication
_AUTHORITY = "tag_authority"
_DAY_LINKS_SINCE = "day_links_since"
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


def tag_authority(store: Store, config: Config, now: datetime) -> str:
    """`AUTHORITY,YYYY-MM-DD` of all tag URIs (RFC 4151), fixed for ever by the first call.

    The caller holds the transaction.
    """
    known = store.setting(_AUTHORITY)
    if known is not None:
        return known
    host = (urlsplit(config.site.base_url or "").hostname or "").lower()
    if not _HOST.fullmatch(host):
        host = f"{secrets.token_hex(8)}.aggregator.invalid"
    authority = f"{host},{now:%Y-%m-%d}"
    store.set_setting(_AUTHORITY, authority)
    return authority


def known_authority(store: Store) -> str:
    """The same without writing; `NO_AUTHORITY` before the first publication."""
    return store.setting(_AUTHORITY) or NO_AUTHORITY


def day_links_since(store: Store) -> str | None:
    """The day (YYYY-MM-DD) after which entries of digests link to the pages of their days.

    It is the last day that was published before days had pages; "" if there was none, None before
    the first publication.
    """
    return store.setting(_DAY_LINKS_SINCE)


def update_rows(
    store: Store, config: Config, topic: str, *, now: datetime, story_ids: Sequence[int] | None
) -> None:
    """Publishes, revises and withdraws the rows of these stories (None: all) in the topic."""
    with store.transaction():
        authority = tag_authority(store, config, now)
        topic_states.ensure_topic(store, topic)
        calendar = digest_calendar(config.publish)
        if day_links_since(store) is None:
            store.set_setting(_DAY_LINKS_SINCE, topic_states.last_digest(store))
        closed = topic_states.topic_state(store, topic).digest_closed
        stories = published.current_stories(store, topic, story_ids)
        before = published.published_rows(store, topic, [story.story_id for story in stories])
        changed: list[PublishedRow] = []
        new: list[PublishedRow] = []
        for story in stories:
            known = before.get(story.story_id)
            if known is None:
                first = revisions.first_revision(
                    story, topic=topic, now=now, clean_links=config.publish.clean_links
                )
                if first is not None:
                    day = calendar.digest_of(first.published_at, closed=closed)
                    new.append(replace(first, digest_day=day))
                continue
            row = revisions.revise(
                known, story, now=now, update_on_source=config.publish.update_on_source
            )
            if row != known:
                changed.append(_save(store, row, moves=row.updated_at != known.updated_at))
        last = calendar.last_closed(now)
        allowed = _within_quota(
            store, topic, new, calendar=calendar, closed=(closed, last),
            limit=config.publish.per_feed_a_day,
        )  # fmt: skip
        changed += [_save(store, row, moves=True) for row in allowed]
        related.fix_related(store, topic, [row.story_id for row in allowed])
        held = len(allowed) < len(new)
        topic_states.note_waiting(store, topic, since=now - config.stories.window, held=held)
        uids = {story.story_id: story.uid for story in stories}
        published.set_entry_ids(
            store, [(f"tag:{authority}:{uids[row.story_id]}", row.story_id) for row in changed]
        )
        if closed < last:
            topic_states.close_digest(store, topic, day=last)
        silent = topic_states.silent(store, topic)
        if config.notify:
            told = [row for row in changed if row.story_id in before or row.story_id not in silent]
            _notify(store, config, topic, stories, changed=told, before=before, now=now)
        if silent:
            shown = {row.story_id for row in changed}
            topic_states.keep_silent(store, topic, silent - shown)


def _within_quota(
    store: Store,
    topic: str,
    new: Sequence[PublishedRow],
    *,
    calendar: DigestCalendar,
    closed: tuple[str, str],
    limit: int,
) -> list[PublishedRow]:
    """The new rows that fit into the quota; `closed`: the last closed day before and after the run.

    Rows beyond the quota of a day that has ended move to the next day's digest.
    """
    held = held_back(store, topic, new, limit=limit)
    if held and closed[0] < closed[1]:
        new = [
            replace(row, digest_day=calendar.digest_of(row.published_at, closed=closed[1]))
            if row.story_id in held
            else row
            for row in new
        ]
        held = held_back(store, topic, new, limit=limit)
    return [row for row in new if row.story_id not in held]


def _save(store: Store, row: PublishedRow, *, moves: bool) -> PublishedRow:
    """Stores a row; `moves`: its `updated` is new, and must differ from that of other entries."""
    if moves:
        row = replace(row, updated_at=published.free_update_time(store, row))
    published.save_published(store, row)
    return row


def _notify(
    store: Store,
    config: Config,
    topic: str,
    stories: Sequence[CurrentStory],
    *,
    changed: Sequence[PublishedRow],
    before: Mapping[int, PublishedRow],
    now: datetime,
) -> None:
    """Queues notifications of new and updated entries, and alerts about stories of the last day.

    Older stories cause no alert, even under a new rule.
    """
    events = {}
    for row in changed:
        old = before.get(row.story_id)
        if not row.withdrawn and (old is None or row.updated_at > old.updated_at):
            events[row.story_id] = NEW if old is None else UPDATED
    found = entries_of(store, topic, story_ids=list(events))
    changes = [Change(story_id, topic, events[story_id], one) for story_id, one in found.items()]
    notifications.enqueue(store, changes, config.notify)
    if any(receiver.when is not None for receiver in config.notify):
        fresh = [
            story.story_id
            for story in stories
            if any(item.published_at > now - FRESH for item in story.items)
        ]
        found = entries_of(store, topic, story_ids=fresh)
        notifications.enqueue_alerts(store, topic, found, config.notify)
