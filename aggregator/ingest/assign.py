"""Stored items become stories: short batches, each decided and written in one transaction."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.errors import AggregatorError
from aggregator.ingest.batch import Batch
from aggregator.ingest.candidates import CandidateStories
from aggregator.ingest.model_reader import ModelReader, PairBudget
from aggregator.ingest.open_story import OpenStory, ReadItem
from aggregator.ingest.rules import Rules
from aggregator.logs import event
from aggregator.model import Assignment
from aggregator.storage import corrections, items, matching, model_scores, published, stories
from aggregator.storage.store import Store
from aggregator.stories.cluster import parts
from aggregator.stories.compare import Comparisons
from aggregator.stories.match import MERGE_LEAST, decide

_log = logging.getLogger(__name__)
NEIGHBOURS = 8  # resembling stories that are asked again when one grows
SETTLED_AFTER = timedelta(hours=1)  # from its first publication on, only merges change a story
LEAST_PARTED, MOST_PARTED = 3, 32  # wordings of a story that are looked at again
_PAIRS = 64  # that waited and are read at once
ALMOST = 0.15  # what they may have lacked of joining: others never do, in the labelled sets


class AssignReport(Struct, frozen=True):
    """What a batch came to. `on_topic`: ids of its stories that a topic accepts.

    `rules`: how many items each rule decided on (`Evidence.rule`; `new`: a story of its own).
    """

    assigned: int = 0
    new_stories: int = 0
    merged_items: int = 0  # new items that joined a story which already had one
    on_topic: frozenset[int] = field(default_factory=frozenset)
    left: bool = False  # whether items still wait
    rules: Mapping[str, int] = field(default_factory=dict)
    gone: frozenset[int] = field(default_factory=frozenset)  # stories that others took in
    set_aside: int = 0  # items at which our rules failed


def assign_pending(
    store: Store,
    rules: Rules,
    now: datetime,
    *,
    limit: int = 300,
    budget: PairBudget | None = None,
) -> AssignReport:
    """Matches the next waiting items, in the order (published, identity); call until none is left.

    Where no item waits, the model reads pairs that wait, as far as `budget` allows (all without).
    The order is that of all waiting items, so the order in which polls brought them changes
    nothing. A crash repeats the batch. An item at which our own rules fail is set aside: the
    batch is repeated in smaller ones until it stands alone. Raises StoreError.
    """
    budget = budget or PairBudget()
    try:
        return _assign_batch(store, rules, now, limit, budget)
    except AggregatorError:
        raise
    except Exception:
        if limit > 1:
            return assign_pending(store, rules, now, limit=max(limit // 8, 1), budget=budget)
        return _assign_alone(store, rules, now, budget)


def _assign_batch(
    store: Store, rules: Rules, now: datetime, limit: int, budget: PairBudget
) -> AssignReport:
    with store.transaction():
        run = _Run(store, rules, now, budget)
        changed = matching.changed_items(store, limit)
        run.refresh(changed)
        waiting = matching.waiting_items(store, limit)
        report = run.assign(waiting)
    if not changed and not waiting and rules.reader is not None and budget.allows_more:
        return _read_waiting(store, rules, now, budget)
    full = limit in (len(waiting), len(changed))
    left = (full and items.any_unmatched(store)) or is_pending(store, rules, budget)
    return replace(report, assigned=len(waiting), left=left)


def is_pending(store: Store, rules: Rules, budget: PairBudget) -> bool:
    """Whether pairs wait that the model may still read."""
    return rules.reader is not None and budget.allows_more and model_scores.any_waiting(store)


def _assign_alone(store: Store, rules: Rules, now: datetime, budget: PairBudget) -> AssignReport:
    """Follows up or matches the one next item; sets it aside when that fails."""
    run = _Run(store, rules, now, budget)  # what fails already here is no item's fault
    changed = matching.changed_items(store, 1)
    waiting = () if changed else matching.waiting_items(store, 1)
    try:
        with store.transaction():
            run.refresh(changed)
            report = run.assign(waiting)
    except AggregatorError:
        raise
    except Exception:
        for item in changed or waiting:
            items.set_aside(store, item.item_id)
            event(_log, "assign.set_aside", level=logging.ERROR, error=True,
                  item=f"i{item.item_id}")  # fmt: skip
        waiting, report = (), AssignReport(set_aside=1)
    return replace(report, assigned=len(waiting), left=items.any_unmatched(store))


def _read_waiting(store: Store, rules: Rules, now: datetime, budget: PairBudget) -> AssignReport:
    """Has the model read the pairs that have waited longest, and decides on their stories again."""
    with store.transaction():
        pairs = model_scores.waiting(store, budget.take(_PAIRS))
        report = _Run(store, rules, now, budget).read_waiting(pairs)
    return replace(report, left=is_pending(store, rules, budget))


class _Run:
    """One batch: finds candidates, decides, places, and merges what proved to be one story."""

    def __init__(self, store: Store, rules: Rules, now: datetime, budget: PairBudget) -> None:
        self.store = store
        self.rules = rules
        self.candidates = CandidateStories(store, rules)
        self.batch = Batch(store, self.candidates, rules=rules, now=now)
        self.links: dict[int, list[tuple[str, int]]] = {}
        self.placed: dict[int, int] = {}
        self.now = now
        self.reader = ModelReader(store, rules, budget)
        self.comparisons = Comparisons(rules.matcher, None if rules.reader is None else self.reader)
        self.gone: set[int] = set()
        for link in corrections.links(store):
            self.links.setdefault(link.item_a, []).append((link.kind, link.item_b))
            self.links.setdefault(link.item_b, []).append((link.kind, link.item_a))

    def refresh(self, changed: tuple[matching.StoredItem, ...]) -> None:
        """Items whose text changed stay in their story; wording, lead and topics follow."""
        self.batch.reword([self.candidates.read(item) for item in changed])
        self.batch.write()

    def assign(self, waiting: tuple[matching.StoredItem, ...]) -> AssignReport:
        new = merged = 0
        rules: Counter[str] = Counter()
        grown: list[ReadItem] = []
        keyed = self.candidates.read_batch(waiting)
        self.batch.expect(waiting)
        for item, item_keys in keyed:
            decided = self._assign_one(item, item_keys)
            joined = decided.story_id is not None
            new += not joined
            merged += joined
            rules[decided.evidence.rule] += 1
            for other in decided.also:
                self._merge(item, other)
            if joined:
                grown.append(item)
        self.batch.write()
        self._ask_neighbours(grown)
        self.batch.write()
        self._part_again(dict.fromkeys(self.placed[item.item_id] for item in grown))
        self.batch.write()
        self.batch.keep_logits(self.reader.fresh)
        return self._report(new, merged, rules)

    def read_waiting(self, pairs: Sequence[tuple[int, int]]) -> AssignReport:
        """Decides again on the stories of pairs that the model reads only now."""
        ids = dict.fromkeys(one for pair in pairs for one in pair)
        items = {item.item_id: item for item in
                 map(self.candidates.read, matching.items_by_id(self.store, ids))}  # fmt: skip
        members = [(items[a].member(), items[b].member()) for a, b in pairs]
        self.batch.keep_logits(self.reader.read(members))
        self.placed |= stories.stories_of_items(self.store, ids)
        self.batch.expect(())
        for (a, b), found in zip(pairs, self.comparisons(members), strict=True):
            if found.score >= MERGE_LEAST and self.placed[a] != self.placed[b]:
                self._look_again(items[b], (self.placed[a],))
        self.batch.write()
        self._part_again(dict.fromkeys(self.placed.values()))
        self.batch.write()
        self.batch.keep_logits(self.reader.fresh)
        return self._report(0, 0, {})

    def _report(self, new: int, merged: int, rules: Mapping[str, int]) -> AssignReport:
        self.batch.mark_dirty()
        return AssignReport(
            new_stories=new,
            merged_items=merged,
            on_topic=frozenset(self.batch.accepted),
            rules=rules,
            gone=frozenset(self.gone),
        )

    def _assign_one(self, item: ReadItem, item_keys: tuple[str, ...]) -> Assignment:
        """Decides on an item and puts it where it belongs."""
        candidates = self.candidates.of(item, item_keys)
        apart, together = self._corrected(item.item_id)
        if together is not None:
            self.candidates.load((together,))
        assignment = decide(
            item.member(),
            [story.candidate() for story in candidates],
            self.comparisons,
            apart=apart,
            together=together,
        )
        story = self.batch.place(item, assignment, item_keys=item_keys)
        self.placed[item.item_id] = story.story_id
        return assignment

    def _ask_neighbours(self, grown: Sequence[ReadItem]) -> None:
        """Asks what was ever compared with a story that grew in this batch.

        An item that came before the story had most of its wordings is heard again, so that
        it matters little whether it came first or last.
        """
        stories_grown = dict.fromkeys(self.placed[item.item_id] for item in grown)
        last_joined = {self.placed[item.item_id]: item for item in grown}
        for story_id in stories_grown:
            near = matching.resembling_stories(
                self.store, story_id, NEIGHBOURS, least=self.rules.matcher.scorer.join - ALMOST
            )
            self.candidates.load(near)
            self._look_again(last_joined[story_id], near)

    def _look_again(self, item: ReadItem, story_ids: Iterable[int]) -> None:
        """Asks stories that resemble an item whether its own, now grown, is theirs.

        They merge where most of their wordings would join it had they come last. Without it,
        which of three items came second would decide whether the third is heard.
        """
        for story_id in story_ids:
            other = self.candidates.open.get(story_id)
            grown = self._story_with(item)
            if other is None or other is grown:
                continue
            if self._most_would_join(other, grown):
                self._merge(item, other.story_id)

    def _part_again(self, story_ids: Iterable[int]) -> None:
        """Parts stories that are not settled yet and whose core no longer belongs together."""
        self.candidates.load(story_ids)
        unsettled = published.unsettled(
            self.store, [one for one in story_ids if one in self.candidates.open],
            since=self.now - SETTLED_AFTER,
        )  # fmt: skip
        joined = self._joined_by_editors()
        for story_id in unsettled:
            if self.candidates.open[story_id].stored.variants < LEAST_PARTED or story_id in joined:
                continue
            newest = matching.newest_variants(self.store, story_id, MOST_PARTED)
            read = [self.candidates.read(one.item, core=one.core) for one in newest]
            _, *others = parts([one.member() for one in read], self.comparisons)
            for group in others:
                self.batch.part(story_id, [member.item_id for member in group])

    def _joined_by_editors(self) -> frozenset[int]:
        """Stories that a correction holds together: what an editor joined is not parted again."""
        anchors = [item for item, links in self.links.items()
                   if any(kind != "apart" for kind, _ in links)]  # fmt: skip
        return frozenset(stories.stories_of_items(self.store, anchors).values())

    def _most_would_join(self, other: OpenStory, grown: OpenStory) -> bool:
        """Whether more than half of a story's wordings would join another; asks no further."""
        willing, left = 0, len(other.representatives)
        for alone in other.representatives:
            willing += self._would_join(alone, grown)
            left -= 1
            if willing * 2 > len(other.representatives) or (willing + left) * 2 <= len(
                other.representatives
            ):
                break
        return willing * 2 > len(other.representatives)

    def _would_join(self, item: ReadItem, story: OpenStory) -> bool:
        apart, _ = self._corrected(item.item_id)
        found = decide(item.member(), [story.candidate()], self.comparisons, apart=apart)
        return found.story_id is not None

    def _corrected(self, item_id: int) -> tuple[frozenset[int], int | None]:
        """The stories that corrections forbid an item, and the one that they demand."""
        links = self.links.get(item_id)
        if not links:
            return frozenset(), None
        apart, together = set(), None
        for kind, other in links:
            story = self._story_of(other)
            if story is None:
                continue
            if kind == "apart":
                apart.add(story)
            else:
                together = story
        return frozenset(apart), together if together not in apart else None

    def _story_of(self, item_id: int) -> int | None:
        return self.placed.get(item_id) or stories.story_of_item(self.store, item_id)

    def _merge(self, item: ReadItem, other_id: int) -> None:
        """Joins two stories that an item proves to be one, unless an editor said otherwise."""
        story = self._story_with(item)
        other = self.candidates.open.get(other_id)
        if other is None or other is story or story.stored.hidden != other.stored.hidden:
            return
        self.batch.write()
        if corrections.are_apart(self.store, story.story_id, other.story_id):
            return
        merged = self.batch.merge(story.story_id, other.story_id)
        self.gone.add(merged.gone)
        self._move_placed(merged.gone, merged.keep)

    def _story_with(self, item: ReadItem) -> OpenStory:
        story_id = self.placed[item.item_id]
        self.candidates.load((story_id,))
        return self.candidates.open[story_id]

    def _move_placed(self, gone: int, keep: int) -> None:
        moved: Iterable[int] = [one for one, story in self.placed.items() if story == gone]
        self.placed |= dict.fromkeys(moved, keep)
