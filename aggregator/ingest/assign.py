"""Stored items become stories: short batches, each decided and written in one transaction."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
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
from aggregator.storage import decisions, items, matching
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
    return rules.reader is not None and budget.allows_more and decisions.any_pair_waiting(store)


def _assign_alone(store: Store, rules: Rules, now: datetime, budget: PairBudget) -> AssignReport:
    """Follows up or matches the one next item; sets it aside when that fails."""
    run = _Run(store, rules, now, budget)  # what fails already here is no item's fault
    changed = matching.changed_items(store, 1)
    waiting = () if changed else matching.waiting_items(store, 1)
    if not changed and not waiting:  # no item's fault: what failed is the reading of pairs
        budget.is_broken = True
        event(_log, "assign.pairs_failed", level=logging.ERROR, error=True)
        return AssignReport()
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
        pairs = decisions.waiting_pairs(store, _PAIRS)
        pairs = pairs[: budget.take(len(pairs))]
        report = _Run(store, rules, now, budget).read_waiting(pairs)
    return replace(report, left=is_pending(store, rules, budget))


class _Run:
    """One batch in three acts: loads candidates, decides, and has the decisions written."""

    def __init__(self, store: Store, rules: Rules, now: datetime, budget: PairBudget) -> None:
        self.rules = rules
        self.now = now
        self.candidates = CandidateStories(store, rules)
        self.reader = ModelReader(store, rules, budget)
        self.comparisons = Comparisons(rules.matcher, None if rules.reader is None else self.reader)
        self.batch = Batch(store, self.candidates, rules=rules, now=now)

    def refresh(self, changed: tuple[matching.StoredItem, ...]) -> None:
        """Items whose text changed stay in their story; wording, lead and topics follow."""
        self.batch.reword([self.candidates.read(item) for item in changed])
        self.batch.write()

    def assign(self, waiting: tuple[matching.StoredItem, ...]) -> AssignReport:
        """Puts items that wait into stories, and asks again what the grown stories concern."""
        keyed = self.candidates.read_batch(waiting)
        self.batch.expect(waiting)

        decided = [(item, self._assign_one(item, item_keys)) for item, item_keys in keyed]
        self.batch.write()
        grown = [item for item, assignment in decided if assignment.story_id is not None]
        self._ask_neighbours(grown)
        self.batch.write()
        self._part_again(self.candidates.stories_with(grown))

        return self._written([assignment for _, assignment in decided])

    def read_waiting(self, pairs: Sequence[tuple[int, int]]) -> AssignReport:
        """Decides again on the stories of pairs that the model reads only now."""
        items = self.candidates.read_matched(one for pair in pairs for one in pair)
        self.candidates.load(dict.fromkeys(self.candidates.story_of.values()))
        self.batch.expect(())
        members = [(items[a].member(), items[b].member()) for a, b in pairs]
        self.batch.keep_logits(self.reader.read(members))

        story_of = self.candidates.story_of
        for (a, b), found in zip(pairs, self.comparisons(members), strict=True):
            if found.score >= MERGE_LEAST and story_of[a] != story_of[b]:
                self._look_again(items[b], (story_of[a],))
        self.batch.write()
        self._part_again(dict.fromkeys(story_of.values()))

        return self._written(())

    def _assign_one(self, item: ReadItem, item_keys: tuple[str, ...]) -> Assignment:
        """Decides on an item and puts it where it belongs."""
        candidates = self.candidates.of(item, item_keys)
        apart, together = self.candidates.corrected(item.item_id)
        if together is not None:
            self.candidates.load((together,))
        assignment = decide(
            item.member(),
            [story.candidate() for story in candidates],
            self.comparisons,
            apart=apart,
            together=together,
        )
        self.batch.place(item, assignment, item_keys=item_keys)
        for other in assignment.also:
            self._merge(item, other)
        return assignment

    def _ask_neighbours(self, grown: Sequence[ReadItem]) -> None:
        """Asks what was ever compared with a story that grew in this batch.

        An item that came before the story had most of its wordings is heard again, so that
        it matters little whether it came first or last.
        """
        least = self.rules.matcher.scorer.join - ALMOST
        last_joined = {self.candidates.story_of[item.item_id]: item for item in grown}
        for story_id, item in last_joined.items():
            self._look_again(item, self.candidates.resembling(story_id, NEIGHBOURS, least=least))

    def _look_again(self, item: ReadItem, story_ids: Iterable[int]) -> None:
        """Asks stories that resemble an item whether its own, now grown, is theirs.

        They merge where most of their wordings would join it had they come last. Without it,
        which of three items came second would decide whether the third is heard.
        """
        for story_id in story_ids:
            other = self.candidates.open.get(story_id)
            grown = self.candidates.story_with(item)
            if other is None or other is grown:
                continue
            if self._most_would_join(other, grown):
                self._merge(item, other.story_id)

    def _most_would_join(self, other: OpenStory, grown: OpenStory) -> bool:
        """Whether more than half of a story's wordings would join another; asks no further."""
        wordings = other.representatives
        willing, left = 0, len(wordings)
        for item in wordings:
            willing += self._would_join(item, grown)
            left -= 1
            if willing * 2 > len(wordings) or (willing + left) * 2 <= len(wordings):
                break
        return willing * 2 > len(wordings)

    def _would_join(self, item: ReadItem, story: OpenStory) -> bool:
        apart, _ = self.candidates.corrected(item.item_id)
        found = decide(item.member(), [story.candidate()], self.comparisons, apart=apart)
        return found.story_id is not None

    def _merge(self, item: ReadItem, other_id: int) -> None:
        """Joins two stories that an item proves to be one, unless an editor said otherwise."""
        story = self.candidates.story_with(item)
        other = self.candidates.open.get(other_id)
        if other is None or other is story or story.stored.hidden != other.stored.hidden:
            return
        self.batch.write()
        if not self.candidates.are_apart(story, other):
            self.batch.merge(story.story_id, other.story_id)

    def _part_again(self, story_ids: Collection[int]) -> None:
        """Parts stories that are not settled yet and whose core no longer belongs together."""
        unsettled = self.candidates.unsettled(story_ids, since=self.now - SETTLED_AFTER)
        joined = self.candidates.joined_by_editors()
        for story in unsettled:
            if story.stored.variants < LEAST_PARTED or story.story_id in joined:
                continue
            newest = self.candidates.newest(story.story_id, MOST_PARTED)
            _, *others = parts([item.member() for item in newest], self.comparisons)
            for group in others:
                self.batch.part(story.story_id, [member.item_id for member in group])

    def _written(self, decided: Sequence[Assignment]) -> AssignReport:
        """Has everything written that is not yet, and sums up."""
        self.batch.write()
        self.batch.keep_logits(self.reader.fresh)
        self.batch.mark_dirty()
        merged = sum(one.story_id is not None for one in decided)
        return AssignReport(
            new_stories=len(decided) - merged,
            merged_items=merged,
            on_topic=frozenset(self.batch.accepted),
            rules=Counter(one.evidence.rule for one in decided),
            gone=frozenset(self.batch.gone),
        )
