"""Today's rules over the stored history: what would change, and the change itself.

The history is matched again in a scratch database, in one go and in the order of the items' own
dates; then old and new stories are laid side by side. Ids of published stories stay with the
part of the story that its readers know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from aggregator.errors import StoreError
from aggregator.ingest.assign import assign_pending
from aggregator.ingest.batch import Batch, free_uid
from aggregator.ingest.desk import Desk
from aggregator.ingest.rules import Rules
from aggregator.storage import history, published, stories
from aggregator.storage.history import PastStory
from aggregator.storage.store import Store, open_store

BATCH = 1000  # items matched at once in the scratch database, which nobody else waits for


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


class _Plan(Struct, frozen=True):
    """Which items stand together after the replay, and under which id."""

    groups: Mapping[int, tuple[int, ...]]  # scratch story -> items
    heir: Mapping[int, int]  # scratch story -> the past story whose id it takes
    before: Mapping[int, PastStory]
    home: Mapping[int, int]  # item -> the past story that it is in
    place: Mapping[int, int]  # item -> scratch story

    def followed_by(self, past: PastStory) -> int:
        """The scratch story that its readers would look for: the one with its lead."""
        lead = past.lead_item_id
        if lead is None or lead not in self.place:
            lead = past.items[0]
        return self.place[lead]


def replay(
    store: Store, rules: Rules, since: datetime, *, dry_run: bool, now: datetime
) -> ReplayReport:
    """Matches and judges every story with an item since then again; applied unless `dry_run`.

    Corrections are obeyed. The caller holds the lock on polling.
    """
    with TemporaryDirectory(prefix="aggregator-replay-") as folder:
        scratch = open_store(Path(folder) / "replay.db")
        try:
            with store.transaction():
                items = history.copy_history(store, scratch, since=since)
                before = history.past_stories(store, since=since)
            _match_all(scratch, rules, now)
            plan = _plan(history.groups(scratch), before)
            report = _report(store, scratch, plan, rules=rules, items=items)
            if not dry_run:
                with store.transaction():
                    _apply(store, scratch, plan, rules=rules, now=now)
        finally:
            scratch.close()
    return report


def _match_all(scratch: Store, rules: Rules, now: datetime) -> None:
    while (done := assign_pending(scratch, rules, now, limit=BATCH)).left or done.set_aside:
        if done.set_aside:
            raise StoreError("matching failed at an item (the log tells which); nothing changed")


def _plan(groups: Mapping[int, tuple[int, ...]], before: Mapping[int, PastStory]) -> _Plan:
    """Gives each new group the id of at most one past story, published ones first.

    Of several, the one that was published first; of the parts of one, the part with its lead,
    else the largest.
    """
    home = {item: story.story_id for story in before.values() for item in story.items}
    place = {item: group for group, items in groups.items() for item in items}
    pairs: dict[tuple[int, int], int] = {}
    for group, items in groups.items():
        for item in items:
            pair = (group, home[item])
            pairs[pair] = pairs.get(pair, 0) + 1

    def order(pair: tuple[int, int]) -> tuple[object, ...]:
        past = before[pair[1]]
        has_lead = place.get(past.lead_item_id or 0) == pair[0]
        return (past.published_at is None, past.published_at or "", not has_lead, -pairs[pair],
                past.first_at, past.uid)  # fmt: skip

    heir: dict[int, int] = {}
    taken: set[int] = set()
    for group, past in sorted(pairs, key=order):
        if group not in heir and past not in taken:
            heir[group] = past
            taken.add(past)
    return _Plan(groups, heir, before, home, place)


def _report(store: Store, scratch: Store, plan: _Plan, *, rules: Rules, items: int) -> ReplayReport:
    joined = split = 0
    for group, members in plan.groups.items():
        target = plan.heir.get(group)
        moved = sum(plan.home[item] != target for item in members)
        if target is None:
            split += moved
        else:
            joined += moved
    added, removed = _entry_changes(store, scratch, plan, rules=rules)
    return ReplayReport(items, joined, split, len(added), len(removed), added, removed)


def _entry_changes(
    store: Store, scratch: Store, plan: _Plan, *, rules: Rules
) -> tuple[tuple[EntryChange, ...], tuple[EntryChange, ...]]:
    """What feeds gain and lose: by new decisions, by stories that split, by stories that join."""
    names = {topic.name for topic in rules.topics}
    accepts = history.accepted_in(scratch)
    accepted = history.accepted_in(store)
    headlines = history.headlines(scratch)
    added, removed = [], []
    for group in plan.groups:
        past = plan.before.get(plan.heir.get(group, -1))
        if past is not None and past.hidden:
            continue
        had = accepted.get(past.story_id, set()) | past.published_in if past else set()
        for topic in sorted(accepts.get(group, set()) - had):
            uid, headline = (past.uid, past.headline) if past else (None, headlines[group])
            added.append(EntryChange(topic, uid, headline))
    heirs = {past: group for group, past in plan.heir.items()}
    for past in plan.before.values():
        has = accepts.get(heirs.get(past.story_id, -1), set())
        for topic in sorted((past.published_in & names) - has):
            removed.append(EntryChange(topic, past.uid, past.headline))
    return tuple(added), tuple(removed)


def _apply(store: Store, scratch: Store, plan: _Plan, *, rules: Rules, now: datetime) -> None:
    _check_unchanged(store, plan)
    ids = dict(plan.heir)
    for group, members in plan.groups.items():
        if group not in ids:
            ids[group] = stories.open_story(
                store, uid=free_uid(store, members[0]), item_id=members[0]
            )
    moved = _move(store, plan, ids)
    touched = set(moved) | {plan.home[item] for items in moved.values() for item in items}
    kept = set(plan.heir.values())
    for past in plan.before.values():
        if past.story_id not in kept:
            stories.redirect(store, past.story_id, to_story=ids[plan.followed_by(past)])
    changed = [item for group, members in plan.groups.items() if ids[group] in touched
               for item in members]  # fmt: skip
    history.copy_evidence(scratch, store, items=changed, stories=ids)
    stories.recount(store, sorted(touched))
    names = [topic.name for topic in rules.topics]
    history.copy_decisions(scratch, store, stories=ids, topics=names, now=now)
    batch = Batch(store, Desk(store, rules), rules=rules, now=now)
    for story_id in sorted(touched):
        batch.touch(story_id)
        batch.note_items(story_id, moved.get(story_id, ()))
    batch.write()
    _withdraw(store, ids.values(), topics=names)


def _move(store: Store, plan: _Plan, ids: Mapping[int, int]) -> dict[int, list[int]]:
    """Puts every item where the plan has it; returns story -> items that came."""
    moved: dict[int, list[int]] = {}
    for group, members in plan.groups.items():
        target = ids[group]
        came = [item for item in members if plan.home[item] != target]
        if came:
            stories.move_items(store, came, to_story=target)
            moved[target] = came
    return moved


def _check_unchanged(store: Store, plan: _Plan) -> None:
    """A correction made meanwhile would be undone by a plan that knows nothing of it."""
    now_in = stories.stories_of_items(store, plan.home)
    if any(now_in.get(item) != story for item, story in plan.home.items()):
        raise StoreError("stories were corrected during the replay; run it again")


def _withdraw(store: Store, story_ids: Iterable[int], *, topics: Iterable[str]) -> None:
    """Takes entries out of feeds that no longer accept them, and has all feeds written again."""
    judged = set(story_ids)
    accepted = history.accepted_in(store, story_ids=judged)
    for topic in topics:
        shown = judged.intersection(history.shown_in(store, topic))
        out = [story_id for story_id in sorted(shown) if topic not in accepted.get(story_id, ())]
        published.withdraw_entries(store, topic, out)
