"""Applies today's rules to the stored history, or says what that would change.

The history is matched again in a scratch database, in the order of the items' own dates; then old
and new stories are compared. The id of a published story stays with the part that its readers
know.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from aggregator.errors import StoreError
from aggregator.ingest.assign import assign_pending
from aggregator.ingest.batch import Batch, free_uid
from aggregator.ingest.candidates import CandidateStories
from aggregator.ingest.model_reader import PairBudget
from aggregator.ingest.replay_plan import Plan, make_plan
from aggregator.ingest.rules import Rules, fingerprint
from aggregator.semantics.wordpiece import Text
from aggregator.storage import decisions, history, items, published, stories, topic_states
from aggregator.storage.history import ReplayState
from aggregator.storage.store import Store, open_store

OnProgress = Callable[[int, int], None]  # items done, all items
BATCH = 1000  # items matched at once: nobody else waits for the scratch database
SAMPLE = 500  # the newest items, matched in memory to see how long one takes
PAIR_S = 0.006  # the most that the model may take for a pair on one core


class EntryChange(Struct, frozen=True):
    """An entry that a topic's feed gains or loses."""

    topic: str
    story: str | None  # None: a story that has no id yet
    headline: str


class ReplayReport(Struct, frozen=True):
    """What a replay changes.

    `joined`: items that go to a story that was there; `split`: items that go to a new one.
    """

    items: int
    joined: int
    split: int
    entries_added: int
    entries_removed: int
    added: tuple[EntryChange, ...] = ()
    removed: tuple[EntryChange, ...] = ()


class ReplayCost(Struct, frozen=True):
    """An estimate from a sample; only `items`, `done` and `most_others` are exact.

    `done`: items that an interrupted replay has matched already. `near`: pairs for the model with
    a side near a topic; `others`: all other pairs, of which it reads at most `most_others` in this
    replay (None: all); the rest are read in later runs.
    """

    items: int
    done: int
    seconds: float
    near: int = 0
    others: int = 0
    most_others: int | None = None


def replay(
    store: Store,
    rules: Rules,
    since: datetime,
    *,
    dry_run: bool,
    now: datetime,
    on_start: Callable[[ReplayCost], OnProgress | None] | None = None,
    batch: int = BATCH,
) -> ReplayReport:
    """Matches and judges again every story with an item since then; applies it unless `dry_run`.

    Corrections are obeyed. The caller holds the lock on polling. An interrupted replay is resumed,
    if nothing that it has read has changed. `on_start` gets the estimated cost before any work is
    done; what it returns is called after each batch.
    """
    assert store.path is not None  # noqa: S101 - no history outlives a database in memory
    path = history.scratch_path(store.path)
    work, state = _resume(store, path, rules, since, now)
    with work:
        on_progress = None
        if on_start is not None:
            on_progress = on_start(estimate(store, work, rules, state, now=now))
        with store.transaction(), work.transaction():
            history.copy_history(store, work, since=state.since)
            history.save_state(work, state)
            before = history.past_stories(store, since=state.since)
        try:
            _match_all(work, rules, state, now=now, batch=batch, on_progress=on_progress)
        finally:  # logits took time to compute: keep them
            with store.transaction():
                history.copy_logits(work, store)
        plan = make_plan(history.groups(work), before)
        report = _report(store, work, plan, rules=rules)
        if not dry_run:
            with store.transaction():
                _apply(store, work, plan, rules=rules, now=now)
    history.remove_scratch(path)
    return report


def estimate(
    store: Store, work: Store, rules: Rules, state: ReplayState, *, now: datetime
) -> ReplayCost:
    """The work left for the replay that `state` describes; `work` is its scratch database."""
    total, done = history.count_items(store, since=state.since), items.count_matched(work)
    asked = 0

    def count(pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        nonlocal asked
        asked += len(pairs)
        return [0.0] * len(pairs)  # undecided: as likely one story as two

    counting = rules if rules.reader is None else replace(rules, reader=count)
    budget = PairBudget(0)
    with open_store(None) as sample:
        history.copy_history(store, sample, since=state.since, newest=SAMPLE)
        left = (total - done) / max(items.count(sample), 1)
        started = time.perf_counter()
        while assign_pending(sample, counting, now, limit=SAMPLE, budget=budget).left:
            pass
        seconds = time.perf_counter() - started
        near = round(asked * left)
        others = round(decisions.count_waiting_pairs(sample) * left)
    most = state.pairs_left
    read = near + (others if most is None else min(others, most))
    return ReplayCost(total, done, seconds * left + read * PAIR_S, near, others, most)


def _resume(
    store: Store, path: Path, rules: Rules, since: datetime, now: datetime
) -> tuple[Store, ReplayState]:
    """The scratch database of an interrupted replay, if it is still valid; else a new one.

    A resumed replay keeps its first `since`, although the clock has moved on.
    """
    begun = ReplayState(fingerprint(rules), round((now - since).total_seconds()), since,
                 rules.pairs_per_run)  # fmt: skip
    if path.exists():
        work = history.open_scratch(path)
        state = history.read_state(work)
        if (
            state is not None
            and (state.rules, state.age_s) == (begun.rules, begun.age_s)
            and history.is_copy_current(store, work, since=state.since)
        ):
            return work, state
        work.close()
        history.remove_scratch(path)
    return history.open_scratch(path), begun


def _match_all(
    work: Store,
    rules: Rules,
    state: ReplayState,
    *,
    now: datetime,
    batch: int,
    on_progress: OnProgress | None,
) -> None:
    """Matches what waits in the scratch database; the state is saved with each batch.

    Items that a feed's rules once admitted stay: those rules decide only on new items.
    """
    rules = replace(rules, feed_rules={})
    budget = PairBudget(state.pairs_left)
    done, total = items.count_matched(work), items.count(work)
    is_left = True
    while is_left:
        if on_progress is not None:
            on_progress(done, total)
        with work.transaction():
            report = assign_pending(work, rules, now, limit=batch, budget=budget)
            if report.set_aside:
                raise StoreError("matching failed at an item (the log names it); nothing changed")
            history.save_state(work, replace(state, pairs_left=budget.left))
        done += report.assigned
        is_left = report.left
    if on_progress is not None:
        on_progress(done, total)


def _report(store: Store, work: Store, plan: Plan, *, rules: Rules) -> ReplayReport:
    """The items that would move, and the entries that feeds would gain or lose."""
    joined = split = 0
    for group, members in plan.groups.items():
        target = plan.past_of.get(group)
        moved = sum(plan.story_of[item] != target for item in members)
        if target is None:
            split += moved
        else:
            joined += moved
    names = {topic.name for topic in rules.topics}
    accepts = decisions.accepted_topics(work)
    accepted = decisions.accepted_topics(store)
    headlines = history.headlines(work)
    added, removed = [], []
    for group in plan.groups:
        past = plan.before.get(plan.past_of.get(group, -1))
        if past is not None and past.hidden:
            continue
        had = accepted.get(past.story_id, set()) | past.published_in if past else set()
        for topic in sorted(accepts.get(group, set()) - had):
            uid, headline = (past.uid, past.headline) if past else (None, headlines[group])
            added.append(EntryChange(topic, uid, headline))
    group_of = {past: group for group, past in plan.past_of.items()}
    for past in plan.before.values():
        has = accepts.get(group_of.get(past.story_id, -1), set())
        for topic in sorted((past.published_in & names) - has):
            removed.append(EntryChange(topic, past.uid, past.headline))
    return ReplayReport(len(plan.story_of), joined, split, len(added), len(removed),
                        tuple(added), tuple(removed))  # fmt: skip


def _apply(store: Store, work: Store, plan: Plan, *, rules: Rules, now: datetime) -> None:
    now_in = stories.stories_of_items(store, plan.story_of)
    if any(now_in.get(item) != story for item, story in plan.story_of.items()):
        # a correction made meanwhile would be undone by a plan that knows nothing of it
        raise StoreError("stories were corrected during the replay; run it again")
    ids = dict(plan.past_of)
    for group, members in plan.groups.items():
        if group not in ids:
            ids[group] = stories.open_story(
                store, uid=free_uid(store, members[0]), item_id=members[0]
            )
    moved: dict[int, list[int]] = {}  # story -> items that were added
    for group, members in plan.groups.items():
        added = [item for item in members if plan.story_of[item] != ids[group]]
        if added:
            stories.move_items(store, added, to_story=ids[group])
            moved[ids[group]] = added
    touched = set(moved) | {plan.story_of[item] for items in moved.values() for item in items}
    kept = set(plan.past_of.values())
    for past in plan.before.values():
        if past.story_id not in kept:
            stories.redirect(store, past.story_id, to_story=ids[plan.followed_by(past)])
    changed = [item for group, members in plan.groups.items() if ids[group] in touched
               for item in members]  # fmt: skip
    reworded = history.copy_wordings(work, store, stories=ids)
    history.copy_evidence(work, store, items=changed, stories=ids)
    stories.recount(store, sorted(touched | reworded))
    names = [topic.name for topic in rules.topics]
    judged = set(ids.values())
    accepted_before = decisions.accepted_topics(store, judged)
    history.copy_decisions(work, store, stories=ids, topics=names, now=now)
    history.replace_waiting(work, store, items=plan.story_of)
    batch = Batch(store, CandidateStories(store, rules), rules=rules, now=now)
    for story_id in sorted(touched):
        batch.touch(story_id)
        batch.note_items(story_id, moved.get(story_id, ()))
    batch.write()
    accepted = decisions.accepted_topics(store, judged)
    for topic in names:  # withdraw entries that topics no longer accept; every file is rewritten
        accepted_now = {
            story_id
            for story_id, has in accepted.items()
            if topic in has and topic not in accepted_before.get(story_id, ())
        }
        topic_states.keep_silent(store, topic, topic_states.silent(store, topic) | accepted_now)
        shown = judged.intersection(history.shown_in(store, topic))
        out = [story_id for story_id in sorted(shown) if topic not in accepted.get(story_id, ())]
        published.withdraw_entries(store, topic, out)
