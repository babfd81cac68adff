"""Which stories are related: the closeness stored with items becomes links between stories.

An entry names the links that its story had when it was first published; those never change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from aggregator.storage.feeds import private_addresses, shown_link
from aggregator.storage.store import Store
from aggregator.views import RelatedStory

MOST_LINKS = 3  # of one story
_GROWTH = 0.55  # how much the sizes of both stories count: readers look for widely reported ones
_LARGE = 8  # items from which a story counts as large
ROUNDS = 2  # in which stories choose among what others left; a third finds hardly any right link
Pair = tuple[int, int]  # ids of two stories, the lower first
RELATED = "related"  # the rule of evidence about stories that are close but were never compared
SCALE = 1000  # `evidence.related` is the closeness in thousandths
# How many steps away stories can influence the links of a story: in each round of `links` its
# neighbours do, and so does whether their neighbours have links left; and the place of these among
# their own neighbours.
_REACH = 2 * ROUNDS + 1
_CHANGED = 2 * ROUNDS  # how many steps away the links of stories may change with a story


def strength(close: float, items: int, others: int) -> float:
    """How strongly two stories with so many items are related; above 1 if large and close."""
    sizes: float = (min(items, _LARGE) * min(others, _LARGE)) ** _GROWTH
    return close * sizes


def links(strengths: Mapping[Pair, float]) -> frozenset[Pair]:
    """The linked pairs; links are mutual, and a story has at most `MOST_LINKS` of them.

    Two stories are linked if each is among the best of the other; then those that have links left
    choose once more among each other. The best are those with the lowest sum of the places that
    each story has among the other's by strength: so a hub, which is strongly related to many,
    links those to which it matters most.
    """
    places = _places(strengths)
    linked: set[Pair] = set()
    count: Counter[int] = Counter()
    for _ in range(ROUNDS):
        ranked: defaultdict[int, list[tuple[int, float, int]]] = defaultdict(list)
        for (a, b), value in strengths.items():
            if (a, b) not in linked and count[a] < MOST_LINKS and count[b] < MOST_LINKS:
                both = places[a, b] + places[b, a]
                ranked[a].append((both, -value, b))
                ranked[b].append((both, -value, a))
        best = {  # for each story, as many as it has links left
            one: [other for *_, other in sorted(found)[: MOST_LINKS - count[one]]]
            for one, found in ranked.items()
        }
        chosen = {(a, b) for a, found in best.items() for b in found if a < b and a in best[b]}
        linked |= chosen
        count.update(one for pair in chosen for one in pair)
    return frozenset(linked)


def _places(strengths: Mapping[Pair, float]) -> dict[tuple[int, int], int]:
    """(story, other) -> the place of the other among all that the story is related to, from 0."""
    others: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for (a, b), value in strengths.items():
        others[a].append((-value, b))
        others[b].append((-value, a))
    return {
        (one, other): place
        for one, found in others.items()
        for place, (_, other) in enumerate(sorted(found))
    }


class RelatedLink(Struct, frozen=True):
    """A story that another is linked with."""

    story_id: int
    story: str  # printed id
    headline: str
    strength: float


# The closeness that was stored with items, in both directions.
_CLOSE = """
  SELECT i.story_id AS a, e.story_id AS b, e.related AS close
    FROM story_item i JOIN evidence e ON e.item_id = i.item_id
    WHERE i.story_id IN (SELECT value FROM json_each(?1)) AND e.related > 0 AND e.chosen = 0
  UNION ALL
  SELECT e.story_id, i.story_id, e.related
    FROM evidence e JOIN story_item i ON i.item_id = e.item_id
    WHERE e.story_id IN (SELECT value FROM json_each(?1)) AND e.related > 0 AND e.chosen = 0
"""


def links_of(
    store: Store, story_ids: Collection[int], *, topics: Sequence[str] | None = None
) -> dict[int, tuple[RelatedLink, ...]]:
    """The stories that each of these is linked with, the strongest first.

    `topics`: only stories in one of these topics are considered; None: all.
    """
    known, strengths = _around(store, story_ids, _REACH, topics)
    found: dict[int, list[RelatedLink]] = {}
    for a, b in links(strengths):
        value = strengths[a, b]
        for one, other in ((a, b), (b, a)):
            if one in story_ids:
                uid, headline, _ = known[other]
                found.setdefault(one, []).append(RelatedLink(other, uid, headline, value))
    return {
        story_id: tuple(sorted(linked, key=lambda one: (-one.strength, one.story_id)))
        for story_id, linked in found.items()
    }


def near(store: Store, story_ids: Collection[int], *, topics: Sequence[str]) -> frozenset[int]:
    """These stories, and all others whose links may change with them."""
    known, _ = _around(store, story_ids, _CHANGED, topics)
    return frozenset(known)


_Known = dict[int, tuple[str, str, int]]  # story -> printed id, headline, items


def _around(
    store: Store, story_ids: Collection[int], reach: int, topics: Sequence[str] | None
) -> tuple[_Known, dict[Pair, float]]:
    """The stories up to `reach` steps away, and how strongly each pair is related."""
    known = _stories(store, story_ids, topics)
    asked = set(story_ids)  # including withdrawn ones: others were linked with them
    close: dict[Pair, float] = {}
    for _ in range(reach):
        if not asked:
            break
        rows = store.tuples(  # how close stories are to these, by the closest item of either story
            f"SELECT min(a, b), max(a, b), max(close) FROM ({_CLOSE}) WHERE a <> b GROUP BY 1, 2",  # noqa: S608 - SQL of ours
            (sorted(asked),),
        )
        found = {(a, b): value / SCALE for a, b, value in rows}
        fresh = _stories(store, {one for pair in found for one in pair} - known.keys(), topics)
        known |= fresh
        asked = set(fresh)
        close |= {pair: value for pair, value in found.items() if known.keys() >= set(pair)}
    strengths = {
        (a, b): strength(value, known[a][2], known[b][2]) for (a, b), value in close.items()
    }
    return known, strengths


def _stories(store: Store, story_ids: Collection[int], topics: Sequence[str] | None) -> _Known:
    rows = store.tuples(
        "SELECT id, uid, headline, items FROM story WHERE id IN (SELECT value FROM json_each(?1))"
        " AND merged_into IS NULL AND NOT hidden AND (?2 IS NULL OR EXISTS (SELECT 1 FROM"
        "  published p WHERE p.story_id = story.id AND p.withdrawn = ''"
        "  AND p.topic IN (SELECT value FROM json_each(?2))))",
        (sorted(story_ids), None if topics is None else list(topics)),
    )
    return {row[0]: row[1:] for row in rows}


def fix_related(store: Store, topic: str, story_ids: Sequence[int]) -> None:
    """Fixes which linked stories of the topic the entries of these stories name.

    Called once, when they are first published; later links appear only on their pages.
    """
    linked = links_of(store, frozenset(story_ids), topics=[topic]) if story_ids else {}
    store.executemany(
        "INSERT INTO entry_related (story_id, topic, place, related_id) VALUES (?, ?, ?, ?)",
        [
            (story_id, topic, place, link.story_id)
            for story_id, links in linked.items()
            for place, link in enumerate(links)
        ],
    )


def related_stories(
    store: Store, story_ids: Sequence[int]
) -> dict[tuple[str, int], tuple[RelatedStory, ...]]:
    """The related stories that the entries of these stories name, by topic and story.

    The strongest comes first. Instead of a merged story, the one it was merged into is named;
    stories that left the topic are left out.
    """
    rows = store.rows(
        "SELECT r.topic, r.story_id, s.uid, s.entry_id, p.headline, p.url, p.published_at"
        " FROM entry_related r JOIN story named ON named.id = r.related_id"
        " JOIN story s ON s.id = coalesce(named.merged_into, named.id) AND s.id <> r.story_id"
        " JOIN published p ON p.topic = r.topic AND p.story_id = s.id AND p.withdrawn = ''"
        " WHERE r.story_id IN (SELECT value FROM json_each(?)) AND s.entry_id IS NOT NULL"
        " ORDER BY r.story_id, r.place",
        (list(story_ids),),
    )
    private = private_addresses(store) if rows else frozenset()
    found: dict[tuple[str, int], dict[str, RelatedStory]] = {}
    for row in rows:
        at = datetime.fromisoformat(row["published_at"])
        url = shown_link(row["url"], clean=False, private=private)
        one = RelatedStory(row["uid"], row["headline"], at, url, row["entry_id"])
        found.setdefault((row["topic"], row["story_id"]), {}).setdefault(one.story, one)
    return {entry: tuple(named.values()) for entry, named in found.items()}


def stories_naming(store: Store, story_ids: Collection[int]) -> tuple[int, ...]:
    """The stories whose entries name any of these, or a story merged into one of them."""
    return store.column(
        "SELECT DISTINCT story_id FROM entry_related WHERE related_id IN ("
        "  SELECT value FROM json_each(?1)"
        "  UNION SELECT id FROM story WHERE merged_into IN (SELECT value FROM json_each(?1)))"
        " ORDER BY 1",
        (sorted(story_ids),),
    )
