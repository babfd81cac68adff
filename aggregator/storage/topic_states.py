"""Per topic: whether files, hub and decisions are up to date, and which stories wait."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.settings import TopicSettings
from aggregator.storage.store import Store
from aggregator.text import text_hash

_WAITING = "topic/{}/waiting"  # the setting with the number of waiting stories
_SILENT = "topic/{}/silent"  # the setting with the stories of which nobody is notified, as JSON
_JUDGED = "topics/judged"  # the setting with the hash of each topic's query, as JSON


class TopicState(Struct, frozen=True):
    """How far a topic's files are behind its rows."""

    topic: str
    wanted_rev: int
    written_rev: int
    written_hash: str
    digest_closed: str
    failures: int
    next_try_at: datetime | None

    @property
    def dirty(self) -> bool:
        """Whether something changed since the files were written."""
        return self.written_rev < self.wanted_rev


class Unannounced(Struct, frozen=True):
    """A topic whose written revision is not yet announced to the hub."""

    topic: str
    rev: int
    failures: int


def ensure_topic(store: Store, topic: str) -> None:
    """Creates the topic's row, dirty, if there is none."""
    store.execute("INSERT OR IGNORE INTO topic_state(topic) VALUES (?)", (topic,))


def every_topic(store: Store) -> tuple[str, ...]:
    """The names of all topics that were ever published."""
    return store.column("SELECT topic FROM topic_state ORDER BY topic")


def topic_state(store: Store, topic: str) -> TopicState:
    """The state of a topic; a topic that was never written is dirty."""
    found = store.structs(TopicState, "SELECT * FROM topic_state WHERE topic=?", (topic,))
    return next(iter(found), TopicState(topic, 1, 0, "", "", 0, None))


def set_written(store: Store, state: TopicState, *, written_hash: str, announce: bool) -> None:
    """Records that the files contain revision `state.wanted_rev`; `announce`: content changed."""
    store.execute(
        "UPDATE topic_state SET written_rev=?, written_hash=?, failures=0, next_try_at=NULL,"
        " announced_rev = CASE WHEN ? OR announced_rev < written_rev THEN announced_rev ELSE ? END"
        " WHERE topic=?",
        (state.wanted_rev, written_hash, announce, state.wanted_rev, state.topic),
    )


def failing(store: Store, topics: Iterable[str]) -> tuple[str, ...]:
    """Those of these topics whose files could not be written in the last attempt."""
    return store.column(
        "SELECT topic FROM topic_state WHERE failures > 0"
        " AND topic IN (SELECT value FROM json_each(?)) ORDER BY topic",
        (list(topics),),
    )


def set_failed(store: Store, topic: str, *, next_try_at: datetime) -> None:
    """Records that the files could not be written, and when to try again.

    All files are written then: the changes known now are cleared when another topic is written.
    """
    store.execute(
        "UPDATE topic_state SET failures = failures + 1, next_try_at=?, written_hash=''"
        " WHERE topic=?",
        (next_try_at, topic),
    )


def close_digest(store: Store, topic: str, *, day: str) -> None:
    """Closes the digest of `day` (YYYY-MM-DD): later stories go into later digests."""
    store.execute("UPDATE topic_state SET digest_closed=? WHERE topic=?", (day, topic))


def last_digest(store: Store) -> str:
    """The last day (YYYY-MM-DD) whose digest is closed in any topic; "" if none is."""
    return str(store.value("SELECT coalesce(max(digest_closed), '') FROM topic_state"))


def unannounced(store: Store, now: datetime) -> tuple[Unannounced, ...]:
    """The topics that are due to be announced to the hub."""
    return store.structs(
        Unannounced,
        "SELECT topic, written_rev AS rev, hub_failures AS failures FROM topic_state"
        " WHERE announced_rev < written_rev"
        " AND (hub_next_try_at IS NULL OR hub_next_try_at <= ?) ORDER BY topic",
        (now,),
    )


def set_announced(store: Store, one: Unannounced) -> None:
    """Records that the revision was announced to the hub."""
    store.execute(
        "UPDATE topic_state SET announced_rev=?, hub_failures=0, hub_next_try_at=NULL"
        " WHERE topic=?",
        (one.rev, one.topic),
    )


def set_announce_failed(store: Store, topic: str, *, next_try_at: datetime) -> None:
    """Records that announcing to the hub failed, and when to try again."""
    store.execute(
        "UPDATE topic_state SET hub_failures = hub_failures + 1, hub_next_try_at=? WHERE topic=?",
        (next_try_at, topic),
    )


def touch(store: Store, story_ids: Sequence[int]) -> None:
    """Marks these stories as changed, so that the next publication looks at them."""
    with store.transaction():
        for story_id in story_ids:
            store.execute("DELETE FROM story_touched WHERE story_id=?", (story_id,))
            store.execute("INSERT INTO story_touched(story_id) VALUES (?)", (story_id,))


def touched(store: Store) -> tuple[int, tuple[int, ...]]:
    """A mark for `clear_touched`, and the stories that changed since they were last written."""
    found = store.mapping("SELECT seq, story_id FROM story_touched ORDER BY seq")
    return max(found, default=0), tuple(found.values())


def clear_touched(store: Store, *, upto: int) -> None:
    """Clears the changes up to a mark, which are written; later ones stay."""
    store.execute("DELETE FROM story_touched WHERE seq <= ?", (upto,))


def entry_count(store: Store, topic: str, *, limit: int) -> int:
    """The number of entries in the topic's feed, at most `limit`."""
    return int(
        store.value(
            "SELECT count(*) FROM (SELECT 1 FROM published WHERE topic=? AND withdrawn='' LIMIT ?)",
            (topic, limit),
        )
    )


def mark_dirty(store: Store, topics: Iterable[str]) -> None:
    """Marks the files of these topics as out of date."""
    store.executemany(
        "INSERT INTO topic_state(topic) VALUES (?)"
        " ON CONFLICT(topic) DO UPDATE SET wanted_rev = wanted_rev + 1",
        [(topic,) for topic in sorted(topics)],
    )


# Stories with items since a time that the topic accepted and never published.
_HELD_BACK = (
    "story s JOIN decision d ON d.story_id = s.id AND d.topic = :topic AND d.accepted"
    " LEFT JOIN item i ON i.id = s.lead_item_id"
    " WHERE s.last_item_at >= :since AND s.merged_into IS NULL AND NOT s.hidden"
    " AND NOT EXISTS (SELECT 1 FROM published p WHERE p.topic = :topic AND p.story_id = s.id)"
)


def newest_waiting(
    store: Store, topic: str, *, since: datetime, now: datetime, per_feed: int
) -> tuple[int, ...]:
    """The newest `per_feed` stories of each feed, with items since then, that wait for publication.

    In a flood a hundred times as many wait; reading them all would be in vain.
    """
    return store.column(
        "SELECT id FROM (SELECT s.id, row_number() OVER (PARTITION BY i.feed_id ORDER BY"  # noqa: S608 - a constant
        "  min(coalesce(i.published_at, i.first_seen_at, s.last_item_at), :now) DESC, s.id DESC)"
        f" AS place FROM {_HELD_BACK}) WHERE place <= :per_feed",
        {"topic": topic, "since": since, "now": now, "per_feed": per_feed},
    )


def has_waiting(store: Store, topic: str) -> bool:
    """Whether stories were left waiting when the topic was last published."""
    return store.setting(_WAITING.format(topic)) is not None


def note_waiting(store: Store, topic: str, *, since: datetime, held: bool) -> None:
    """Stores, for `status`, how many stories wait; `held`: some of this run were held back."""
    if held or has_waiting(store, topic):
        count = store.value(
            f"SELECT count(*) FROM {_HELD_BACK}",  # noqa: S608 - a constant
            {"topic": topic, "since": since},
        )
        store.set_setting(_WAITING.format(topic), str(count) if count else None)


def unjudged(store: Store, topics: Sequence[TopicSettings]) -> Mapping[str, bool]:
    """The topics whose query has not judged the stored stories yet -> whether the topic is new.

    Only what stands in feeds.yaml counts as another query: an upgrade alone leaves none. Topics
    that an earlier release published count as judged; one that is gone is new when it returns.
    """
    wanted, text = _queries(topics), store.setting(_JUDGED)
    known = None if text is None else json.loads(text)
    before = {name: wanted.get(name) for name in every_topic(store)} if known is None else known
    left = {name: name not in before for name in wanted if wanted[name] != before.get(name)}
    if left and store.value("SELECT 1 FROM story LIMIT 1"):
        return left
    if wanted != known:
        note_judged(store, topics)
    return {}


def note_judged(store: Store, topics: Sequence[TopicSettings]) -> None:
    """Records that these topics have judged the stored stories; others are new when they come."""
    store.set_setting(_JUDGED, json.dumps(_queries(topics), sort_keys=True))


def _queries(topics: Iterable[TopicSettings]) -> dict[str, str]:
    return {topic.name: text_hash(json.dumps(topic.query, default=str)) for topic in topics}


def silent(store: Store, topic: str) -> frozenset[int]:
    """The stories whose first publication in the topic is no news: nobody is notified of it."""
    return frozenset(json.loads(store.setting(_SILENT.format(topic)) or "[]"))


def keep_silent(store: Store, topic: str, story_ids: Iterable[int]) -> None:
    """Replaces the stories whose first publication in the topic is no news."""
    ids = sorted(story_ids)
    store.set_setting(_SILENT.format(topic), json.dumps(ids) if ids else None)
