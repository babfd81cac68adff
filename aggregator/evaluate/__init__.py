"""Labelled rows through the shipped decisions, in memory: precision, recall, F1.

Stories go the way of a real fetch: `accept`, `assign_pending`, a database in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import blake2b
from time import perf_counter
from typing import Any

from aggregator.evaluate import measures
from aggregator.evaluate import rows as labelled
from aggregator.evaluate.rows import Row
from aggregator.ingest.accept import accept
from aggregator.ingest.assign import assign_pending
from aggregator.ingest.model_reader import PairBudget, read_all
from aggregator.ingest.rules import Rules, load_rules
from aggregator.model import Item, ParsedFeed, PollResult, TopicText
from aggregator.settings import Config, FeedSource, TopicSettings
from aggregator.storage import feeds
from aggregator.storage.store import Store, open_store
from aggregator.stories.compare import Comparisons, Member
from aggregator.stories.features import read
from aggregator.stories.kind_marks import Marks, shipped_marks
from aggregator.stories.kinds import KINDS, REPORT, decide
from aggregator.topics.decide import judge
from aggregator.topics.query import compile_topic
from aggregator.urls import canonical

Where = tuple[str, frozenset[str]]
_NOW = datetime(2000, 1, 1, tzinfo=UTC)  # of a file without dates


# --- stories -------------------------------------------------------------------------------


def stories(
    rows: Sequence[Row],
    where: Where | None = None,
    *,
    rules: Rules | None = None,
    budget: int | None = None,
) -> dict[str, Any]:
    """How well the stories found agree with the rows' `story` (or `cluster`).

    All rows are matched, in date order; `where` (key, values as text) chooses which are scored.
    `budget`: how many unsure pairs the model reads, by default all. Raises UsageError for rows
    without title or story.
    """
    true = [labelled.story_of(row) for row in rows]
    order = _in_date_order(rows)
    started = perf_counter()
    with matched_store(rows, rules or load_rules(Config(topics=())), budget) as (_, found):
        seconds = perf_counter() - started
    scored = [at for at in order if where is None or str(rows[at].get(where[0])) in where[1]]
    wanted = {true[at] for at in scored}
    opened = Counter(
        true[at] for at in {found[at]: at for at in reversed(order)}.values()
    )  # the first row of each story found
    pairs = [(found[at], true[at]) for at in scored]
    return {
        "items": len(scored),
        "stories_true": len(wanted),
        "stories_found": len({story for story, _ in pairs}),
        "pairwise": measures.measure_pairwise(pairs),
        "bcubed": measures.measure_bcubed(pairs),
        "lost": sum(opened[story] == 0 for story in wanted),
        "surplus": sum(max(0, opened[story] - 1) for story in wanted),
        "items_per_second": round(len(rows) / seconds, 1) if seconds else 0.0,
    }


def found_stories(rows: Sequence[Row], rules: Rules) -> list[int]:
    """The story that each row ends in, matched as a fetch would match it; ids are arbitrary."""
    with matched_store(rows, rules) as (_, found):
        return found


_LAST = datetime.max.replace(tzinfo=UTC)


def _in_date_order(rows: Sequence[Row]) -> list[int]:
    return sorted(range(len(rows)), key=lambda at: (labelled.date_of(rows[at]) or _LAST, at))


@contextmanager
def matched_store(
    rows: Sequence[Row], rules: Rules, budget: int | None = None
) -> Iterator[tuple[Store, list[int]]]:
    """A database in memory with these rows matched as a fetch would, and the story of each row."""
    with open_store(None) as store:
        placed = _store_rows(store, rows)
        now = _newest(rows)
        pairs_left = PairBudget(budget)
        while assign_pending(store, rules, now, budget=pairs_left).left:
            pass
        by_identity: dict[tuple[str, str], int] = {}
        by_page: dict[tuple[str, str | None, str], int] = {}
        for name, identity, page, headline, story in store.rows(
            "SELECT f.name, i.identity, i.canonical_url, i.headline, v.story_id FROM item i"
            " JOIN feed f ON f.id = i.feed_id JOIN variant v ON v.id = i.variant_id"
        ):
            by_identity[name, identity] = story
            by_page[name, page, headline] = story
        merged = dict(
            tuple(row)
            for row in store.rows("SELECT id, merged_into FROM story WHERE merged_into IS NOT NULL")
        )
        found = []
        for feed, item in placed:
            story = by_identity.get((feed, item.identity))
            if story is None:  # a feed shows a page under one headline once
                story = by_page[feed, item.canonical_url, item.headline]
            while story in merged:
                story = merged[story]
            found.append(story)
        yield store, found


def _store_rows(store: Store, rows: Sequence[Row]) -> list[tuple[str, Item]]:
    """Stores the rows as entries of their feeds; returns the feed and the item of each row."""
    placed: dict[int, tuple[str, Item]] = {}
    documents: dict[str, list[Item]] = {}
    for turn, at in enumerate(_in_date_order(rows)):
        row = rows[at]
        feed = str(row.get("feed") or row.get("publisher") or "rows")
        item = row_item(row, identity=f"{turn:08}")
        documents.setdefault(feed, []).append(item)
        placed[at] = feed, item
    sources = [
        FeedSource(name=feed, url=f"https://{number}.invalid/", key=f"https://{number}.invalid/")
        for number, feed in enumerate(documents)
    ]
    ids = feeds.sync_feeds(store, sources)
    states = {state.key: state for state in feeds.feed_states(store, ids.values())}
    now = _newest(rows)
    for source in sources:
        parsed = ParsedFeed("rows", source.name, tuple(documents[source.name]))
        accept(store, [PollResult(source, states[source.key], parsed)], now)
    return [placed[at] for at in range(len(rows))]


def row_item(row: Row, *, identity: str) -> Item:
    """A labelled row as an entry of a feed. Raises UsageError for a row without title."""
    headline, summary = labelled.title_of(row), labelled.summary_of(row)
    url = row.get("url") or None
    return Item(
        identity=identity,
        guid=None,
        url=url,
        canonical_url=canonical(url) if url else None,
        headline=headline,
        summary=summary,
        publisher=str(row.get("publisher") or ""),
        published_at=labelled.date_of(row),
        content_hash=blake2b(f"{headline}\0{summary}".encode(errors="replace")).hexdigest()[:16],
    )


def _newest(rows: Sequence[Row]) -> datetime:
    dates = [date for row in rows if (date := labelled.date_of(row))]
    return max(dates, default=_NOW)


# --- pairs ---------------------------------------------------------------------------------


def pairs(rows: Sequence[Row], rules: Rules | None = None) -> dict[str, Any]:
    """How well the decision on two headlines agrees with the rows' `same` (null: not counted)."""
    rules = rules or load_rules(Config(topics=()))
    judged = [(row, same) for row in rows if (same := labelled.same_of(row)) is not None]
    members = [_members(row, number=2 * at) for at, (row, _) in enumerate(judged)]
    found = Comparisons(rules.matcher, read_all(rules))(members)
    scored = [(one.score, same) for one, (_, same) in zip(found, judged, strict=True)]
    said = [(score >= rules.matcher.scorer.join, same) for score, same in scored]
    right = sum(one == same for one, same in said)
    return {
        "pairs": len(scored),
        **measures.found_measures(said),
        "accuracy": right / len(said) if said else 0.0,
        "average_precision": measures.average_precision(scored),
    }


def _members(row: Row, *, number: int) -> tuple[Member, Member]:
    (a, b), (at_a, at_b) = labelled.pair_of(row), labelled.dates_of(row)
    return Member(number, read(a), at_a), Member(number + 1, read(b), at_b)


# --- topic ---------------------------------------------------------------------------------


def topic(rows: Sequence[Row], settings: TopicSettings) -> dict[str, Any]:
    """How well a topic's decisions agree with the rows' `label` (2 on, 0 off, 1 not counted)."""
    compiled = compile_topic(settings)
    scored: list[tuple[float, bool]] = []
    said: list[tuple[bool, bool]] = []
    wrong: dict[bool, list[str]] = {True: [], False: []}
    for row in rows:
        label = labelled.label_of(row)
        if label == 1:
            continue
        text = TopicText(
            headline=labelled.title_of(row),
            summary=labelled.summary_of(row),
            publisher=str(row.get("publisher") or ""),
            url=str(row.get("url") or ""),
        )
        decision = judge(compiled, (text,))
        belongs = label == 2
        scored.append((decision.score, belongs))
        said.append((decision.accepted, belongs))
        if decision.accepted != belongs:
            wrong[decision.accepted].append(text.headline)
    return {
        "rows": len(said),
        **measures.found_measures(said),
        "average_precision": measures.average_precision(scored),
        "false_positives": wrong[True],
        "false_negatives": wrong[False],
    }


def kinds(rows: Sequence[Row], marks: Marks | None = None) -> dict[str, Any]:
    """How well the kinds found agree with the rows' `kind`, by the shipped marks or by others.

    Of each kind, and of all that is not a report together: precision, recall and F1; a kind that no
    row has and none was taken for is left out. Raises UsageError for rows without title, or with
    a kind that is none.
    """
    pairs = []
    for row in rows:
        found = decide(
            marks or shipped_marks(),
            labelled.title_of(row),
            summary=labelled.summary_of(row),
            url=str(row.get("url") or ""),
            publisher=str(row.get("publisher") or ""),
        )
        pairs.append((found.kind, labelled.kind_of(row)))
    return {
        "rows": len(pairs),
        "kinds": {
            kind: measures.found_measures((said == kind, true == kind) for said, true in pairs)
            for kind in KINDS
            if any(kind in pair for pair in pairs)
        },
        "not_report": measures.found_measures(
            (said != REPORT, true != REPORT) for said, true in pairs
        ),
    }
