"""Entries: published stories as readers get them in feeds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct

from aggregator.model import Media
from aggregator.storage.feeds import labels_of, private_addresses, shown_link
from aggregator.storage.related import related_stories
from aggregator.storage.reports import Reported, distinct
from aggregator.storage.store import Store
from aggregator.views import PublishedEntry, PublishedSource, RelatedStory

_MEDIA = msgspec.json.Decoder(Media)
_NO_MEDIA = Media()
ENTRIES = """
  SELECT p.*, s.uid, s.entry_id, coalesce(d.terms, '[]') AS terms,
    coalesce(d.score, 0.0) AS score, coalesce(d.threshold, 0.0) AS threshold
  FROM published p JOIN story s ON s.id = p.story_id
  LEFT JOIN decision d ON d.story_id = p.story_id AND d.topic = p.topic
  WHERE p.withdrawn = '' AND s.entry_id IS NOT NULL
"""  # one without an id, which `db check` names, would end the publishing of all others
_TWO_DAYS = timedelta(days=2)  # back from the newest, in any time zone, to use the index on dates
_OF_TOPIC = f"{ENTRIES} AND p.topic = :topic"
# Items are stored oldest first, so those of one date are in the order of their documents.
_ORDER = " ORDER BY p.published_at DESC, p.lead_item_id DESC, s.uid DESC"
_OF_MONTH = " AND p.published_at >= :month AND p.published_at < :month || '~'"
# If a month has more entries than its document can hold, feeds take turns, newest entries first.
_IN_MONTHS_DOCUMENT = f"""
  {_OF_MONTH} AND p.story_id IN (SELECT story_id FROM
   (SELECT p.story_id, p.published_at, row_number() OVER
      (PARTITION BY i.feed_id ORDER BY p.published_at DESC, p.story_id DESC) AS turn
    FROM published p LEFT JOIN item i ON i.id = p.lead_item_id
    WHERE p.topic = :topic AND p.withdrawn = ''{_OF_MONTH})
   ORDER BY turn, published_at DESC, story_id DESC LIMIT :limit)
"""  # noqa: S608 - constants
_ORDER_OF_MONTH = f"""
  SELECT s.entry_id, max(p.published_at, p.updated_at)
  FROM published p JOIN story s ON s.id = p.story_id
  WHERE p.topic = :topic AND p.withdrawn = '' AND s.entry_id IS NOT NULL{_IN_MONTHS_DOCUMENT}
"""  # noqa: S608 - constants
_NOT_ONE_ALONE = """
 AND (SELECT max(i.feed NOT IN (SELECT value FROM json_each(:feeds)))
     OR count(DISTINCT i.feed) > 1
   FROM story_source i WHERE i.story_id = p.story_id AND NOT i.withdrawn)
"""
_OF_DAY = " AND p.digest_day = :day"
SOURCES = """
  SELECT story_id, truncated, item_id, headline, url, author, at AS published_at, publisher,
    language, rights, feed, feed_title, feed_url, summary, family, labels, rank, media
  FROM story_source WHERE story_id IN (SELECT value FROM json_each(?)) AND NOT withdrawn
  ORDER BY at, item_id
"""


def newest_entries(
    store: Store,
    topic: str,
    *,
    limit: int,
    day: str = "",
    since: datetime | None = None,
    beside: Collection[str] = (),
) -> tuple[PublishedEntry, ...]:
    """The newest entries of a topic, newest first.

    `day`: only those of this day's digest. `beside`: only those with more sources than just one of
    these feeds; this scans all entries back to `since`, about 3 s for a million.
    """
    chosen = _OF_DAY if day else ""
    chosen += " AND p.published_at >= :since" if since else ""
    chosen += _NOT_ONE_ALONE if beside else ""
    rows = store.rows(
        _OF_TOPIC + chosen + _ORDER + " LIMIT :limit",
        {"topic": topic, "day": day, "feeds": sorted(beside), "since": since, "limit": limit},
    )
    return entries_from(store, rows)


def month_entries(
    store: Store, topic: str, *, month: str, limit: int
) -> tuple[PublishedEntry, ...]:
    """The entries of a month (YYYY-MM, UTC), newest first.

    If there are more than `limit`, feeds take turns, newest entries first.
    """
    wanted = {"topic": topic, "month": month, "limit": limit}
    return entries_from(store, store.rows(_OF_TOPIC + _IN_MONTHS_DOCUMENT + _ORDER, wanted))


def month_order(store: Store, topic: str, *, month: str, limit: int) -> dict[str, datetime]:
    """The ids of the same entries, newest first, with the time of their last update."""
    wanted = {"topic": topic, "month": month, "limit": limit}
    rows = store.tuples(_ORDER_OF_MONTH + _ORDER, wanted)
    return {entry_id: datetime.fromisoformat(at) for entry_id, at in rows}


def count(store: Store, topic: str, *, month: str = "", day: str = "") -> int:
    """How many entries a topic has in a month, or in the digest of a day."""
    chosen = (_OF_MONTH if month else "") + (_OF_DAY if day else "")
    return int(
        store.value(
            "SELECT count(*) FROM published p WHERE p.topic = :topic AND p.withdrawn = ''" + chosen,  # noqa: S608 - constants
            {"topic": topic, "month": month, "day": day},
        )
    )


def entries_of(store: Store, topic: str, *, story_ids: Sequence[int]) -> dict[int, PublishedEntry]:
    """The entries of these stories in the topic, by story."""
    rows = store.rows(
        _OF_TOPIC + " AND p.story_id IN (SELECT value FROM json_each(:ids))" + _ORDER,  # noqa: S608 - constants
        {"topic": topic, "ids": story_ids},
    )
    return {
        row["story_id"]: entry for row, entry in zip(rows, entries_from(store, rows), strict=True)
    }


class NewestDay(Struct, frozen=True):
    """The digest day of the newest entry, and when that entry was published."""

    day: str
    newest: datetime


def newest_day(store: Store, topics: Sequence[str]) -> NewestDay | None:
    """The day of the newest entry in these topics; None if they have no entries."""
    found = [
        NewestDay(row["digest_day"], datetime.fromisoformat(row["published_at"]))
        for topic in topics
        for row in store.rows(
            "SELECT digest_day, published_at FROM published WHERE topic=? AND withdrawn=''"
            " ORDER BY published_at DESC LIMIT 1",
            (topic,),
        )
    ]
    return max(found, key=lambda one: (one.newest, one.day), default=None)


def most_reported(
    store: Store, topics: Sequence[str], *, day: NewestDay, limit: int
) -> tuple[PublishedEntry, ...]:
    """The entries of that day with the most items; among equals, the newest first.

    A story in several topics appears several times.
    """
    rows = store.rows(
        ENTRIES + " AND p.topic IN (SELECT value FROM json_each(:topics)) AND p.digest_day = :day"  # noqa: S608 - constants
        " AND p.published_at >= :since"
        " ORDER BY s.items DESC, p.published_at DESC, s.uid DESC, p.topic LIMIT :limit",
        {"topics": topics, "day": day.day, "since": day.newest - _TWO_DAYS, "limit": limit},
    )
    return entries_from(store, rows)


def entries_by_uid(store: Store, uids: Sequence[str]) -> dict[str, PublishedEntry]:
    """The entries of these stories (printed ids), each as in the first of its topics."""
    rows = store.rows(
        f"{ENTRIES} AND s.uid IN (SELECT value FROM json_each(?)) AND p.topic ="  # noqa: S608 - constants
        " (SELECT min(o.topic) FROM published o WHERE o.story_id = s.id AND o.withdrawn = '')",
        (list(uids),),
    )
    return {entry.story: entry for entry in entries_from(store, rows)}


def digest_days(
    store: Store, topic: str, story_ids: Sequence[int] | None = None
) -> tuple[str, ...]:
    """The days (YYYY-MM-DD) whose digest has entries, newest first.

    With `story_ids`: the days in whose digests these stories are or were.
    """
    return _periods(store, "digest_day", topic, story_ids)[::-1]


def months(store: Store, topic: str, story_ids: Sequence[int] | None = None) -> tuple[str, ...]:
    """The months (YYYY-MM) in which a topic has entries, oldest first.

    With `story_ids`: the months in which these stories are or were published.
    """
    return _periods(store, "substr(published_at, 1, 7)", topic, story_ids)


def _periods(
    store: Store, period: str, topic: str, story_ids: Sequence[int] | None
) -> tuple[str, ...]:
    chosen = "withdrawn = ''"
    if story_ids is not None:
        chosen = "story_id IN (SELECT value FROM json_each(:ids))"
    return store.column(
        f"SELECT DISTINCT {period} FROM published WHERE topic = :topic"  # noqa: S608 - constants
        f" AND {chosen} ORDER BY 1",
        {"topic": topic, "ids": story_ids},
    )


def entries_from(store: Store, rows: Sequence[sqlite3.Row]) -> tuple[PublishedEntry, ...]:
    """The entries of published rows joined with story and decision, in their order."""
    sources: dict[int, list[tuple[int, PublishedSource]]] = {}
    clean, private = with_clean_links(rows), private_addresses(store)
    for row in store.rows(SOURCES, ([row["story_id"] for row in rows],)):
        source = source_of(row, clean_links=row["story_id"] in clean, private=private)
        sources.setdefault(row["story_id"], []).append((row["item_id"], source))
    named = related_stories(store, [row["story_id"] for row in rows])
    return tuple(
        _entry(
            row,
            sources.get(row["story_id"], ()),
            related=named.get((row["topic"], row["story_id"]), ()),
            url=shown_link(row["url"], clean=False, private=private),
        )
        for row in rows
    )


def _entry(
    row: sqlite3.Row,
    found: Sequence[tuple[int, PublishedSource]],
    *,
    related: tuple[RelatedStory, ...],
    url: str | None,
) -> PublishedEntry:
    lead = next((source for item, source in found if item == row["lead_item_id"]), None)
    if lead is None:  # pruned: what was fixed at publication still applies
        at = datetime.fromisoformat(row["published_at"])
        lead = PublishedSource("", "", row["headline"], url, at)
    # the terms that counted for the topic; trust in a feed is no category
    terms = [
        str(term["term"])
        for term in json.loads(row["terms"])
        if term["weight"] > 0 and term["field"] != "feed"
    ]
    reports = distinct(
        (Reported(item, one.publisher, one.headline, one.url) for item, one in found),
        lead=row["lead_item_id"],
    )
    sources = tuple(source for item, source in found if item in reports.listed)
    shown = {
        "story": row["uid"],
        "url": url,
        "lead": lead,
        "sources": sources,
        "unlisted": reports.count - len(sources),
        "terms": tuple(dict.fromkeys(terms)),
        "language": lead.language,
        "related": related,
    }
    return msgspec.convert(dict(row) | shown, PublishedEntry, strict=False)


def with_clean_links(rows: Sequence[sqlite3.Row]) -> frozenset[int]:
    """The stories of these published rows whose links are shown without tracking parameters."""
    return frozenset(row["story_id"] for row in rows if row["clean_links"])


def source_of(row: sqlite3.Row, *, clean_links: bool, private: Collection[str]) -> PublishedSource:
    """The source in a row of `SOURCES`; a link to a `private` address is left out."""
    shown = {
        "url": shown_link(row["url"], clean=clean_links, private=private),
        "labels": labels_of(row["labels"]),
        "media": _MEDIA.decode(row["media"]) if row["media"] else _NO_MEDIA,
    }
    return msgspec.convert(dict(row) | shown, PublishedSource, strict=False)
