"""T3: brings the published rows of a topic up to its stories, in one transaction."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from aggregator.model import CurrentStory, PublishedRow
from aggregator.publishing import notifications, revisions
from aggregator.publishing.daily_quota import held_back
from aggregator.publishing.digest_days import Calendar, calendar
from aggregator.settings import Config
from aggregator.storage import published, topic_states
from aggregator.storage.entries import entries_of
from aggregator.storage.store import Store

_AUTHORITY = "tag_authority"
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")


def tag_authority(store: Store, config: Config, now: datetime) -> str:
    """`AUTHORITY,YYYY-MM-DD` of all tag URIs (RFC 4151): fixed at the first call, for ever.

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
    """The same, for readers of the database; before the first publication a placeholder."""
    return store.setting(_AUTHORITY) or "aggregator.invalid,2000-01-01"


def update_rows(
    store: Store, config: Config, topic: str, *, now: datetime, story_ids: Sequence[int] | None
) -> None:
    """Publishes, revises and withdraws rows of these stories (None: of all) in the topic."""
    with store.transaction():
        authority = tag_authority(store, config, now)
        topic_states.ensure_topic(store, topic)
        days = calendar(config)
        closed = topic_states.topic_state(store, topic).digest_closed
        standings = published.current_stories(store, topic, story_ids)
        rows = published.published_rows(store, topic, [one.story_id for one in standings])
        changed: list[PublishedRow] = []
        first: list[PublishedRow] = []
        for one in standings:
            known = rows.get(one.story_id)
            if known is not None:
                row = _revised(known, one, config=config, now=now)
                if row != known:
                    moves = row.updated_at != known.updated_at
                    changed.append(_save(store, row, moves=moves))
            elif found := _first(one, topic=topic, now=now, days=days, closed=closed):
                first.append(found)
        last = days.last_closed(now).isoformat()
        allowed = _allowed(
            store, topic, first, days=days, closed=(closed, last),
            limit=config.publish.per_feed_a_day,
        )  # fmt: skip
        changed += [_save(store, row, moves=True) for row in allowed]
        held = len(allowed) < len(first)
        topic_states.note_waiting(store, topic, since=now - config.stories.window, held=held)
        uids = {one.story_id: one.uid for one in standings}
        published.set_entry_ids(
            store, [(f"tag:{authority}:{uids[row.story_id]}", row.story_id) for row in changed]
        )
        if closed < last:
            topic_states.close_digest(store, topic, day=last)
        _notify(store, config, topic, changed=changed, before=rows)


def _allowed(
    store: Store,
    topic: str,
    first: Sequence[PublishedRow],
    *,
    days: Calendar,
    closed: tuple[str, str],
    limit: int,
) -> list[PublishedRow]:
    """Those of the first editions that may come; `closed`: the last day before and after the run.

    What a day has no room for may come on the next, once that day is over.
    """
    held = held_back(store, topic, first, limit=limit)
    if held and closed[0] < closed[1]:
        first = [
            revisions.in_digest(row, days.day(row.published_at, closed=closed[1]))
            if row.story_id in held
            else row
            for row in first
        ]
        held = held_back(store, topic, first, limit=limit)
    return [row for row in first if row.story_id not in held]


def _save(store: Store, row: PublishedRow, *, moves: bool) -> PublishedRow:
    """Stores a row; `moves`: its `updated` is new, and must be no other entry's."""
    if moves:
        row = revisions.updated(row, published.free_update_time(store, row))
    published.save_published(store, row)
    return row


def _revised(
    row: PublishedRow, standing: CurrentStory, *, config: Config, now: datetime
) -> PublishedRow:
    on_source = config.publish.update_on_source
    return revisions.revise(row, standing, now=now, update_on_source=on_source)


def _first(
    standing: CurrentStory, *, topic: str, now: datetime, days: Calendar, closed: str
) -> PublishedRow | None:
    first = revisions.first_revision(standing, topic=topic, now=now)
    if first is None:
        return None
    return revisions.in_digest(first, days.day(first.published_at, closed=closed))


def _notify(
    store: Store,
    config: Config,
    topic: str,
    *,
    changed: Sequence[PublishedRow],
    before: dict[int, PublishedRow],
) -> None:
    if not config.notify:
        return
    events: dict[int, str] = {}
    for row in changed:
        old = before.get(row.story_id)
        if row.withdrawn:
            continue
        if old is None:
            events[row.story_id] = "new"
        elif row.updated_at > old.updated_at:
            events[row.story_id] = "updated"
    found = entries_of(store, topic, story_ids=list(events))
    changes = [
        notifications.Change(story_id, topic, events[story_id], entry)
        for story_id, entry in found.items()
    ]
    notifications.announce(store, changes, config.notify)
