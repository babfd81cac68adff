"""Full-text search for stories, and its index. Any input is safe: every word is quoted.

What is compared is bounded, so that a common word costs no more than a rare one: of the items that
hold the words, `MOST_READ` are read, the closest or the newest ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, convert
from msgspec.structs import asdict

from aggregator.errors import StoreError
from aggregator.storage.feeds import private_addresses, shown_link
from aggregator.storage.items import Refresh
from aggregator.storage.search_words import closeness, excerpt, forms, parted
from aggregator.storage.store import Store
from aggregator.views import SearchFilter, SearchHit

MOST_READ = 5_000  # matching items; reading more takes longer than readers wait
_LAST_ROW = 2**63 - 1
_AHEAD = timedelta(days=1)  # how far the clock of a publisher may be ahead of ours

# The story of an item that passes the filter; a waiting item has none, and gets a negative number.
_STORY = """
  SELECT i.id, i.headline, CASE
    WHEN i.refresh = :blocked OR i.feed_id IN (SELECT feed_id FROM withdrawn_source)
      OR coalesce(i.published_at, i.first_seen_at) < :since
      OR coalesce(i.published_at, i.first_seen_at) >= :until
      OR NOT (:source IS NULL OR i.publisher = :source COLLATE NOCASE
        OR i.feed_id IN (SELECT id FROM feed WHERE name = :source COLLATE NOCASE))
      OR NOT (:label IS NULL OR i.feed_id IN
        (SELECT id FROM feed WHERE labels ->> :label = :value COLLATE NOCASE))
    THEN NULL
    WHEN i.variant_id IS NULL THEN CASE WHEN :topic IS NULL AND :waiting THEN -i.id END
    ELSE (SELECT s.id FROM variant v JOIN story s ON s.id = v.story_id
      WHERE v.id = i.variant_id AND NOT s.hidden AND (:topic IS NULL OR EXISTS
        (SELECT 1 FROM decision d
          WHERE d.story_id = v.story_id AND d.topic = :topic AND d.accepted)))
    END
"""
# In the order of the index, by rowid: no sort is needed, and rows are read one by one.
_FOUND = f"""{_STORY}
  FROM item_fts t CROSS JOIN item i ON i.id = t.rowid
  WHERE item_fts MATCH :match AND t.rowid BETWEEN :first AND :last
  ORDER BY t.rowid DESC LIMIT :most
"""
_OF_STORIES = f"""{_STORY},
  (SELECT NOT v.truncated FROM variant v WHERE v.id = i.variant_id)
  FROM item i WHERE i.variant_id IN
    (SELECT id FROM variant WHERE story_id IN (SELECT value FROM json_each(:stories)))
  ORDER BY i.id DESC
"""  # noqa: S608 - constants


class Found(Struct, frozen=True):
    """The result of a search; `complete`: every matching item was read."""

    hits: tuple[SearchHit, ...]
    complete: bool = True


def search(
    store: Store,
    query: str,
    *,
    among: SearchFilter = SearchFilter(),  # noqa: B008 - frozen
    best_first: bool = False,
    limit: int = 50,
) -> Found:
    """Stories with an item whose headline and summary contain all words of the query; one row each.

    Case and accents are ignored. A query without words finds nothing. Hidden stories, withdrawn
    sources and blocked items are not found.

    The best match has the words as a phrase in its headline, else in its headline, else anywhere;
    of several the newest. The stories are in that order, or in the order of the items' dates.
    """
    matches = forms(query)
    if not matches:
        return Found(())
    scan = _Scan(store, among, left=MOST_READ)
    chosen: dict[int, int] = {}  # story -> its best matching item
    for match in parted(matches) if best_first else matches[-1:]:
        for story, item in scan.rows(match):
            if len(chosen) == limit:
                break
            chosen.setdefault(story, item)
    hits = _hits(store, query, scan.shown(query, chosen))
    if not best_first:
        hits.sort(key=lambda hit: (hit.published_at, hit.item_id), reverse=True)
    return Found(tuple(hits), complete=scan.left > 0 or len(hits) == limit)


class _Scan(Struct):
    """Reads items that pass a filter, the last stored first."""

    store: Store
    among: SearchFilter
    left: int  # items that may yet be read

    def rows(self, match: str) -> Iterator[tuple[int, int]]:
        """Story and item of each match that passes the filter."""
        since, until = self.among.since, self.among.until
        first = 0 if since is None else self._first_since(since - _AHEAD)
        # most items older than `until` were also stored before it
        before = _LAST_ROW if until is None else self._first_since(until)
        yield from self._read(match, first, before)
        if before < _LAST_ROW:
            yield from self._read(match, max(first, before + 1), _LAST_ROW)

    def shown(self, query: str, matching: Mapping[int, int]) -> dict[int, int]:
        """Item that represents a story -> the one whose text is quoted, in the stories' order.

        A whole headline is better than one that is cut off, then one with the words, preferably as
        a phrase, then the matching item, then a newer one. `matching`: story -> item.
        """
        best: dict[int, tuple[tuple[bool, int, bool], int]] = {}
        for item, headline, story, is_whole in self.store.execute(
            _OF_STORIES, self._parameters | {"stories": list(matching)}
        ):
            if story is None:
                continue
            rank = bool(is_whole), closeness(query, headline), item == matching[story]
            if story not in best or rank > best[story][0]:
                best[story] = rank, item
        found = {}
        for story, item in matching.items():
            (_, close, _), shown = best.get(story, ((True, 0, True), item))
            found[shown] = shown if close else item
        return found

    def _read(self, match: str, first: int, last: int) -> Iterator[tuple[int, int]]:
        limits = {"match": match, "first": first, "last": last, "most": self.left}
        for item, _, story in self.store.execute(_FOUND, self._parameters | limits):
            self.left -= 1
            if story is not None:
                yield story, item

    @property
    def _parameters(self) -> dict[str, Any]:
        label, value = self.among.label or (None, None)
        labelled = {"label": label, "value": value}
        return asdict(self.among) | labelled | {"blocked": Refresh.BLOCKED}

    def _first_since(self, at: datetime) -> int:
        """The row id of the first item that was stored since then."""
        row = self.store.value(
            "SELECT id FROM item WHERE first_seen_at >= ? ORDER BY first_seen_at, id LIMIT 1", (at,)
        )
        return _LAST_ROW if row is None else int(row)


def _hits(store: Store, query: str, shown: Mapping[int, int]) -> list[SearchHit]:
    """The hits of these items, in their order; item -> the one whose text is quoted."""
    texts = store.mapping(
        "SELECT id, summary FROM item WHERE id IN (SELECT value FROM json_each(?))",
        (list(shown.values()),),
    )
    rows = store.rows(
        "SELECT i.id AS item_id, s.id AS story_id, s.uid AS story, i.headline, i.url,"
        " f.name AS feed, coalesce(i.published_at, i.first_seen_at) AS published_at,"
        " coalesce((SELECT clean_links FROM published WHERE story_id = s.id AND withdrawn = ''"
        "  ORDER BY topic LIMIT 1), 1) AS clean_links"
        " FROM item i JOIN feed f ON f.id = i.feed_id"
        " LEFT JOIN variant v ON v.id = i.variant_id LEFT JOIN story s ON s.id = v.story_id"
        " WHERE i.id IN (SELECT value FROM json_each(?))",
        (list(shown),),
    )
    sources = store.groups(
        "SELECT story_id, publisher FROM story_source WHERE NOT withdrawn"
        " AND story_id IN (SELECT value FROM json_each(?)) ORDER BY at, item_id",
        ([row["story_id"] for row in rows],),
    )
    private = private_addresses(store)
    found = {}
    for row in rows:
        more = {
            "url": shown_link(row["url"], clean=row["clean_links"], private=private),
            "excerpt": excerpt(query, texts[shown[row["item_id"]]]),
            "sources": tuple(dict.fromkeys(sources.get(row["story_id"], ()))),
        }
        found[row["item_id"]] = convert(dict(row) | more, SearchHit, strict=False)
    return [found[item] for item in shown]


def index_problems(store: Store) -> list[str]:
    """The problems of the index; if the store is read-only, only counts are compared."""
    unfit = ["full-text index: does not fit the items; 'aggregator db vacuum' builds it again"]
    if store.read_only:
        indexed = store.value("SELECT count(*) FROM item_fts_docsize")
        return [] if indexed == store.value("SELECT count(*) FROM item") else unfit
    try:
        store.execute("INSERT INTO item_fts(item_fts, rank) VALUES ('integrity-check', 1)")
    except StoreError:
        return unfit
    return []


def rebuild_index(store: Store) -> None:
    """Builds the index again from the items."""
    store.execute("INSERT INTO item_fts(item_fts) VALUES ('rebuild')")
