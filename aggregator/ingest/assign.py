"""Assigns stored items to stories, in short batches of one transaction each."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from aggregator.errors import AggregatorError
from aggregator.ingest.batch import Batch
from aggregator.ingest.candidates import CandidateStories
from aggregator.ingest.judging import refusal
from aggregator.ingest.model_reader import ModelReader, PairBudget, ask_model, texts_of
from aggregator.ingest.open_story import ReadItem
from aggregator.ingest.rules import Rules
from aggregator.logs import event
from aggregator.model import Assignment, ItemPair
from aggregator.semantics.wordpiece import Text
from aggregator.storage import decisions, items, matching, published, topic_states
from aggregator.storage.store import Store
from aggregator.stories.cluster import Group, grouped
from aggregator.stories.compare import Comparisons, Member
from aggregator.stories.match import decide

_log = logging.getLogger(__name__)
BATCH = 80  # items matched at once: about 0.2 s, during which no poll is stored
NEIGHBOURS = 8  # similar stories that are reconsidered when a story grows
SETTLED_AFTER = timedelta(hours=1)  # after its first publication; then only merges change a story
LEAST_PARTED, MOST_PARTED = 3, 32  # wordings of a story that are reconsidered
RESEMBLING = 0.4  # score from which two stories are reconsidered together
_PAIRS = 64  # waiting pairs that are read at once


class AssignReport(Struct, frozen=True):
    """The result of a batch. `on_topic`: ids of its stories that a topic accepts.

    `rules`: how many items each rule decided (`Evidence.rule`; `new`: it opened a story).
    """

    assigned: int = 0
    new_stories: int = 0
    merged_items: int = 0  # new items that joined a story which already had one
    on_topic: frozenset[int] = field(default_factory=frozenset)
    left: bool = False  # more items wait; after `assign_pending`, also pairs that may be read
    rules: Mapping[str, int] = field(default_factory=dict)
    gone: frozenset[int] = field(default_factory=frozenset)  # stories merged into others
    set_aside: int = 0  # items on which our own code failed


def assign_pending(
    store: Store,
    rules: Rules,
    now: datetime,
    *,
    limit: int = BATCH,
    budget: PairBudget | None = None,
) -> AssignReport:
    """Matches the next waiting items, as `assign_items` does; call it until none is left.

    When no item waits, the model reads waiting pairs, within `budget` (all of them without one).
    """
    budget = budget or PairBudget()
    report = assign_items(store, rules, now, limit=limit, budget=budget)
    if report == AssignReport():
        waiting = next_pairs(store, rules, budget)
        logits = read_pairs(rules, budget, waiting)
        if logits:
            report = settle_pairs(store, rules, now, waiting, logits=logits, budget=budget)
    return replace(report, left=report.left or is_pending(store, rules, budget))


def assign_items(
    store: Store, rules: Rules, now: datetime, *, limit: int = BATCH, budget: PairBudget
) -> AssignReport:
    """Matches the next waiting items, ordered by (published, identity); call it until none is left.

    All waiting items are ordered, so the order in which polls brought them makes no difference.
    After a crash the batch is repeated. An item on which our own code fails is set aside: the batch
    is split until that item is alone. Raises StoreError.
    """
    try:
        with store.transaction():
            run = _Run(store, rules, now, budget)
            changed = matching.changed_items(store, limit)
            run.refresh(changed)
            # edits first: new items are compared with the current text of the others
            waiting = matching.waiting_items(store, limit) if len(changed) < limit else ()
            report = run.assign(waiting)
            changes = store.changes()
    except AggregatorError:
        raise
    except Exception:
        budget.forget()  # what this batch learned was rolled back
        if limit > 1:
            return assign_items(store, rules, now, limit=max(limit // 8, 1), budget=budget)
        return _assign_alone(store, rules, now, budget)
    if store.is_committed():
        budget.stories.leave(run.candidates.leave(), changes)
    left = limit in (len(waiting), len(changed)) and items.any_unmatched(store)
    return replace(report, assigned=len(waiting), left=left)


def is_pending(store: Store, rules: Rules, budget: PairBudget) -> bool:
    """Whether pairs are waiting that the model may still read."""
    return rules.reader is not None and budget.allows_more and decisions.any_pair_waiting(store)


def next_pairs(
    store: Store, rules: Rules, budget: PairBudget
) -> Mapping[ItemPair, tuple[Text, Text]]:
    """The pairs that the model may read now, with their texts; they are deducted from the budget.

    Reading them takes a third of a second, during which others can use the store.
    """
    with _ending_at_faults(budget):
        if is_pending(store, rules, budget):
            pairs = decisions.waiting_pairs(store, _PAIRS)
            members = CandidateStories(store, rules).members_of(pairs[: budget.take(len(pairs))])
            return {pair: texts_of(*both) for pair, both in members.items()}
    return {}


def read_pairs(
    rules: Rules, budget: PairBudget, waiting: Mapping[ItemPair, tuple[Text, Text]]
) -> Sequence[float]:
    """The model's logits of waiting pairs; empty when it is off or fails."""
    logits: Sequence[float] = ()
    with _ending_at_faults(budget):
        logits = ask_model(rules, budget, list(waiting.values()))
    return logits  # noqa: RET504 - none after a fault


def settle_pairs(
    store: Store,
    rules: Rules,
    now: datetime,
    waiting: Mapping[ItemPair, tuple[Text, Text]],
    *,
    logits: Sequence[float],
    budget: PairBudget,
) -> AssignReport:
    """Stores the logits of waiting pairs, and reconsiders their stories.

    Edits made since are applied first; a pair whose texts have changed is skipped. Raises
    StoreError.
    """
    report = AssignReport()
    with _ending_at_faults(budget), store.transaction():
        run = _Run(store, rules, now, budget)
        run.refresh(matching.changed_items(store, BATCH))
        report = run.settle(waiting, logits)
    return report  # noqa: RET504 - an empty one after a fault


@contextmanager
def _ending_at_faults(budget: PairBudget) -> Iterator[None]:
    """Stops reading pairs for the rest of the run after a failure; no item is set aside for it."""
    try:
        yield
    except AggregatorError:
        raise
    except Exception:
        budget.is_broken = True
        event(_log, "assign.pairs_failed", level=logging.ERROR, error=True)


def _assign_alone(store: Store, rules: Rules, now: datetime, budget: PairBudget) -> AssignReport:
    """Refreshes or matches the next single item; sets it aside when that fails."""
    run = _Run(store, rules, now, budget)  # a failure here is not the fault of an item
    changed = matching.changed_items(store, 1)
    waiting = () if changed else matching.waiting_items(store, 1)
    try:
        with store.transaction():
            run.refresh(changed)
            report = run.assign(waiting)
    except AggregatorError:
        raise
    except Exception:
        decisions.forget_logits(store, [item.item_id for item in changed])
        for item in changed or waiting:
            items.set_aside(store, item.item_id)
            event(_log, "assign.set_aside", level=logging.ERROR, error=True,
                  item=f"i{item.item_id}")  # fmt: skip
        waiting, report = (), AssignReport(set_aside=1)
    return replace(report, assigned=len(waiting), left=items.any_unmatched(store))


class _Run:
    """One batch: loads candidates, decides, and writes the decisions."""

    def __init__(self, store: Store, rules: Rules, now: datetime, budget: PairBudget) -> None:
        self.store = store
        self.rules = rules
        self.now = now
        self.candidates = CandidateStories(store, rules, budget.stories.take(store.changes()))
        self.reader = ModelReader(store, rules, budget)
        self.budget = budget
        self.comparisons = Comparisons(
            rules.matcher, None if rules.reader is None else self.reader, budget.scores
        )
        self.batch = Batch(store, self.candidates, rules=rules, now=now)

    def refresh(self, changed: tuple[matching.StoredItem, ...]) -> None:
        """Updates the stories of items whose text changed: wordings, leads and topics."""
        if changed:
            self.budget.forget()
        self.batch.reword([self.candidates.read(item) for item in changed])
        self.batch.write()

    def assign(self, waiting: tuple[matching.StoredItem, ...]) -> AssignReport:
        """Assigns waiting items to stories, and regroups the wordings of stories that grew."""
        if self.rules.feed_rules:
            self.candidates.know_feeds(item.feed_id for item in waiting)
            out: set[int] = set()  # items that the rules of their feeds block
            for item in waiting:
                feed = self.candidates.feeds[item.feed_id]
                decision = refusal(self.rules, item, feed)
                if decision is not None:
                    out.add(item.item_id)
                    event(_log, "assign.blocked", feed=feed.name, item=f"i{item.item_id}",
                          by=decision.topic)  # fmt: skip
            items.block(self.store, sorted(out))
            waiting = tuple(item for item in waiting if item.item_id not in out)
        keyed = self.candidates.read_batch(waiting)
        self.batch.expect(waiting)

        decided = [(item, self._assign_one(item, item_keys)) for item, item_keys in keyed]
        self.batch.write()
        self._regroup_grown(decided)
        return self._written([assignment for _, assignment in decided])

    def settle(
        self, waiting: Mapping[ItemPair, tuple[Text, Text]], logits: Sequence[float]
    ) -> AssignReport:
        """Reconsiders the stories of pairs that the model has read since."""
        members = self.candidates.members_of(waiting)
        read = {
            pair: logit
            for (pair, before), logit in zip(waiting.items(), logits, strict=True)
            if pair in members and texts_of(*members[pair]) == before
        }
        story_of = self.candidates.story_of
        self.batch.expect(())
        self.batch.keep_logits(read)
        compared = self.comparisons([members[pair] for pair in read])
        stories = dict.fromkeys(
            (story_of[a], story_of[b])
            for (a, b), found in zip(read, compared, strict=True)
            # what is less alike than its words alone said joins nothing
            if story_of[a] == story_of[b] or found.lexical is None or found.score > found.lexical
        )
        self.candidates.load(one for both in stories for one in both)

        for one, other in stories:
            self.candidates.load((one, other))
            self._regroup(sorted({self.candidates.survivor(one), self.candidates.survivor(other)}))

        return self._written(())

    def _assign_one(self, item: ReadItem, item_keys: tuple[str, ...]) -> Assignment:
        """Decides which story an item belongs to, and places it there."""
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
            self._merge(self.candidates.story_of[item.item_id], other)
        return assignment

    def _merge(self, one_id: int, other_id: int) -> None:
        """Merges two stories that an item belongs to, unless an editor separated them."""
        self.candidates.load((one_id, other_id))
        story = self.candidates.open.get(self.candidates.survivor(one_id))
        other = self.candidates.open.get(self.candidates.survivor(other_id))
        if story is None or other is None or other is story:
            return
        if story.stored.hidden != other.stored.hidden:
            return
        self.batch.write()
        if not self.candidates.are_apart(story, other):
            self.batch.merge(story.story_id, other.story_id)

    def _regroup(self, story_ids: Sequence[int]) -> None:
        """Splits and merges stories according to the current scores of their wordings.

        Stories that are settled, or that an editor corrected, are not split; others may join them.
        """
        stories = [
            story
            for story in map(self.candidates.open.get, story_ids)
            if story is not None and not story.stored.hidden
        ]
        if len(stories) == 1 and stories[0].stored.variants < LEAST_PARTED:
            return
        ids = [story.story_id for story in stories]
        unsettled = published.unsettled(self.store, ids, since=self.now - SETTLED_AFTER)
        loose = set(unsettled) - self.candidates.corrected_by_editors()
        story_of: dict[int, int] = {}
        fixed: list[Group] = []  # groups that stay together
        for story_id in ids:
            members = [item.member() for item in self.candidates.newest(story_id, MOST_PARTED)]
            story_of |= {member.item_id: story_id for member in members}
            fixed += [(one,) for one in members] if story_id in loose else [tuple(members)]
        for together in self._part(grouped(fixed, self.comparisons), story_of):
            first, *others = sorted(together)
            for other in others:
                self._merge(first, other)

    def _regroup_grown(self, decided: Sequence[tuple[ReadItem, Assignment]]) -> None:
        """Regroups the wordings of stories that grew with those of similar stories.

        Without it the result would depend on the order in which items arrive.
        """
        resembled = {
            story_id
            for item, assignment in decided
            for one in assignment.rejected
            if one.score >= RESEMBLING
            for story_id in (self.candidates.story_of[item.item_id], one.story_id)
        }
        done: set[int] = set()
        for story_id in self.candidates.stories_with([item for item, _ in decided]):
            self.candidates.load((story_id,))
            if story_id in done or story_id not in self.candidates.open:
                continue
            if self.candidates.open[story_id].stored.items == 1 and story_id not in resembled:
                continue  # like most: nothing that it was compared with is similar
            near = self.candidates.resembling(story_id, NEIGHBOURS, least=RESEMBLING)
            self._regroup((story_id, *near))
            done |= {story_id, *near}

    def _part(self, groups: Sequence[Group], story_of: Mapping[int, int]) -> list[set[int]]:
        """Splits stories whose wordings are in several groups; returns the stories of each group.

        `story_of`: item -> its story. A story's id stays with the largest part of its core, else
        of its wordings, else with the earliest.
        """
        pieces: list[dict[int, list[Member]]] = []  # of each group, by story
        for group in groups:
            piece: dict[int, list[Member]] = {}
            for member in group:
                piece.setdefault(story_of[member.item_id], []).append(member)
            pieces.append(piece)
        stays = {}  # story -> the piece that keeps its id
        for story_id in set(story_of.values()):
            ranked = [
                (sum(one.core for one in part), len(part), -min(one.item_id for one in part), at)
                for at, piece in enumerate(pieces)
                if (part := piece.get(story_id))
            ]
            stays[story_id] = max(ranked)[-1]
        return [
            {
                story_id
                if stays[story_id] == at
                else self.batch.part(story_id, [one.item_id for one in members])
                for story_id, members in piece.items()
            }
            for at, piece in enumerate(pieces)
        ]

    def _written(self, decided: Sequence[Assignment]) -> AssignReport:
        """Writes what is left, and sums up."""
        self.batch.write()
        self.batch.keep_logits(self.reader.fresh)
        topic_states.mark_dirty(self.store, self.batch.dirty)
        merged = sum(one.story_id is not None for one in decided)
        return AssignReport(
            new_stories=len(decided) - merged,
            merged_items=merged,
            on_topic=frozenset(self.batch.accepted),
            rules=Counter(one.evidence.rule for one in decided),
            gone=frozenset(self.batch.gone),
        )
