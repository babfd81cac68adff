"""The reports of a story: items of one publisher with one link count as one report."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct

from aggregator.storage.feeds import shown_link
from aggregator.storage.store import Store

MOST_LISTED = 50  # reports of one story; there are more only if feeds repeat themselves


class Reported(Struct, frozen=True):
    """An item, with what distinguishes its report from the others of the story."""

    item_id: int
    publisher: str
    headline: str
    url: str | None  # as entries show it


class Reports(Struct, frozen=True):
    """How many reports a story has, and the items that an entry lists for them."""

    count: int = 0
    listed: frozenset[int] = frozenset()


# as in the first of its topics, or as it will be there
_REPORTED = """
  SELECT coalesce(p.lead_item_id, s.lead_item_id), coalesce(p.clean_links, 1), x.item_id,
    x.publisher, x.headline, x.url
  FROM story_source x JOIN story s ON s.id = x.story_id
  LEFT JOIN published p ON p.story_id = x.story_id AND p.topic =
    (SELECT min(o.topic) FROM published o WHERE o.story_id = x.story_id AND o.withdrawn = '')
  WHERE x.story_id = ? AND NOT x.withdrawn
  ORDER BY x.at, x.item_id
"""


def distinct(items: Iterable[Reported], *, lead: int | None) -> Reports:
    """The reports of items that are in order of time: one per publisher and link (or headline).

    The first item of each report is listed, and the lead in any case.
    """
    first: dict[tuple[str, str], int] = {}
    for item in items:
        key = (item.publisher, item.url or item.headline)
        if item.item_id == lead:
            first[key] = lead
        first.setdefault(key, item.item_id)
    listed = list(first.values())
    if lead in listed[MOST_LISTED:]:
        listed[MOST_LISTED - 1] = lead
    return Reports(len(first), frozenset(listed[:MOST_LISTED]))


def reports_of(store: Store, story_id: int, *, private: Collection[str]) -> Reports:
    """The reports of a story, without withdrawn sources.

    `private`: the `private_addresses`, which do not count as links.
    """
    rows = store.tuples(_REPORTED, (story_id,))
    items = (
        Reported(item_id, publisher, headline, shown_link(url, clean=clean, private=private))
        for _, clean, item_id, publisher, headline, url in rows
    )
    return distinct(items, lead=rows[0][0] if rows else None)
