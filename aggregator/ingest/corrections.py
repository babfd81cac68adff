"""The editor's corrections: merge, split and hide. They refer to items, and are undone by id.

A correction takes effect at once; matching and replay obey it from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias

from aggregator.errors import NotFound, UsageError
from aggregator.ingest.batch import Batch, free_uid
from aggregator.ingest.candidates import CandidateStories
from aggregator.ingest.judging import withdraw_unfounded
from aggregator.ingest.rules import Rules
from aggregator.storage import corrections, published, stories, topic_states
from aggregator.storage.corrections import Change, Correction
from aggregator.storage.store import Store
from aggregator.text import cut

Effect: TypeAlias = Callable[[Correction], tuple[Change, ...]]
"""Corrects the stories, and returns their published rows as they were."""

_LONGEST_ID = len("i") + 18  # characters: below 64 bits


def merge(store: Store, rules: Rules, *, first: str, second: str, now: datetime) -> Correction:
    """Merges two stories for good; the one that was published first keeps its id.

    Raises NotFound for an unknown story, UsageError if they are one story already, a correction in
    force keeps them apart, or one of them alone is hidden.
    """
    with store.transaction():
        story_a, story_b = (_story(store, ref) for ref in (first, second))
        if story_a == story_b:
            raise UsageError(f"{first} and {second} are one story already")
        if corrections.are_apart(store, story_a, story_b):
            raise UsageError(
                "a split in force keeps items of these stories apart; undo it first"
                " ('aggregator stories corrections' lists it)"
            )
        _refuse_to_hide(store, {story_a: first, story_b: second})
        anchors = [_anchor(store, story) for story in (story_a, story_b)]
        made = corrections.add(store, "join", item_a=anchors[0], item_b=anchors[1], made_at=now)
        return _apply(store, made, partial(_join, store, rules, now=now))


def _refuse_to_hide(store: Store, names: Mapping[int, str]) -> None:
    """Raises UsageError if one of two stories is hidden: the other would leave every feed, too."""
    by = {story_id: stories.hidden_by(store, story_id) for story_id in names}
    hidden = [story_id for story_id, made in by.items() if made]
    if len(hidden) != 1:
        return
    (other,) = names.keys() - hidden
    raise UsageError(
        f"{names[hidden[0]]} is hidden, and {names[other]} would leave every feed with it; to"
        f" have both shown, first run 'aggregator stories undo {by[hidden[0]][-1]}'; to have both"
        f" hidden, 'aggregator stories hide {names[other]}'"
    )


def split(store: Store, rules: Rules, *, item: str, now: datetime) -> Correction:
    """Moves an item out of its story for good, into a story of its own."""
    with store.transaction():
        item_id = item_number(item)
        story_id = stories.story_of_item(store, item_id)
        if story_id is None:
            raise NotFound(f"no matched item {item}; 'aggregator search' shows the ids")
        others = [one for one in stories.items_of(store, story_id) if one != item_id]
        if not others:
            raise UsageError(f"{item} is the only item of its story; there is nothing to split")
        for link in corrections.links(store):
            ends = {link.item_a, link.item_b}
            if link.kind == "join" and item_id in ends and not ends.isdisjoint(others):
                raise UsageError(
                    f"a merge in force holds i{item_id} in this story; undo it first"
                    " ('aggregator stories corrections' lists it)"
                )
        lead = stories.lead_of(store, story_id)
        other = lead if lead in others else others[0]
        made = corrections.add(store, "apart", item_a=item_id, item_b=other, made_at=now)
        return _apply(store, made, partial(_part, store, rules, now=now))


def hide(store: Store, *, story: str, now: datetime) -> Correction:
    """Removes a story from every feed; later variants join it and stay hidden, too."""
    with store.transaction():
        anchor = _anchor(store, _story(store, story))
        if anchor in corrections.hidden_items(store):
            raise UsageError(f"{story} is hidden already")
        made = corrections.add(store, "hide", item_a=anchor, made_at=now)
        return _apply(store, made, partial(_hide, store))


def undo(store: Store, rules: Rules, *, correction_id: int, now: datetime) -> Correction:
    """Undoes a correction: everything is as before, if its stories have not changed since.

    Later corrections of its stories are undone first, and made again afterwards. Where anything
    else has changed, the items that it moved return, as far as they are still where it put them,
    and the former leads lead again; the rest is decided anew.
    """
    with store.transaction():
        made = corrections.get(store, correction_id)
        if made is None:
            raise NotFound(f"no correction {correction_id}; see 'aggregator stories corrections'")
        if made.undone_at is not None:
            raise UsageError(f"correction {correction_id} is undone already")
        later: tuple[Correction, ...] = ()
        if not corrections.is_untouched(store, corrections.log_of(store, correction_id)):
            later = corrections.built_upon(store, made)
        for one in (*reversed(later), made):
            _take_back(store, rules, one, now=now)
        effects: dict[str, Effect] = {
            "join": partial(_join, store, rules, now=now),
            "apart": partial(_part, store, rules, now=now),
            "hide": partial(_hide, store),
        }
        for one in later:
            corrections.mark_undone(store, one.correction_id, now=None)
            _apply(store, one.correction_id, effects[one.kind])
        return _get(store, correction_id)


def _apply(store: Store, correction_id: int, effect: Effect) -> Correction:
    """Lets a stored correction take effect, as far as its items are there to be corrected."""
    with corrections.recording(store) as log:
        shown = effect(_get(store, correction_id))
        corrections.keep_log(store, correction_id, (*log(), *shown))
    return _get(store, correction_id)


def _join(store: Store, rules: Rules, made: Correction, *, now: datetime) -> tuple[Change, ...]:
    """Merges the stories of two items; returns their published rows as they were."""
    story_a, story_b = _stories_of(store, made)
    if None in (story_a, story_b) or story_a == story_b:
        corrections.set_effect(store, made.correction_id)
        return ()
    assert story_a is not None and story_b is not None  # noqa: S101, PT018 - see above
    shown = corrections.published_changes(store, (story_a, story_b))
    touched = published.topics_of(store, (story_a, story_b))
    merged = stories.merge(store, story_a, story_b)
    corrections.set_effect(
        store, made.correction_id,
        from_story=merged.gone, to_story=merged.keep, moved=merged.moved,
    )  # fmt: skip
    _follow_up(store, rules, {merged.keep: ()}, topics=touched, now=now)
    return shown


def _part(store: Store, rules: Rules, made: Correction, *, now: datetime) -> tuple[Change, ...]:
    """Moves an item out of its story, into the one that it was in by this correction before."""
    story_id, other = _stories_of(store, made)
    item_id, target = made.item_a, made.to_story
    if story_id is None or story_id != other:
        corrections.set_effect(store, made.correction_id)
        return ()
    shown = corrections.published_changes(store, (story_id,))
    touched = published.topics_of(store, (story_id,))
    if target is None:
        target = stories.open_story(store, uid=free_uid(store, item_id), item_id=item_id)
    else:
        stories.revive(store, target)
    stories.move_items(store, (item_id,), to_story=target)
    stories.overrule_evidence(store, item_id, to_story=target, now=now)
    stories.recount(store, (story_id, target))
    withdraw_unfounded(store, rules, story_id=story_id)
    corrections.set_effect(
        store, made.correction_id, from_story=story_id, to_story=target, moved=(item_id,)
    )
    _follow_up(store, rules, {story_id: (), target: (item_id,)}, topics=touched, now=now)
    return shown


def _hide(store: Store, made: Correction) -> tuple[Change, ...]:
    """Hides the story of an item."""
    story_id, _ = _stories_of(store, made)
    if story_id is None:
        return ()
    shown = corrections.published_changes(store, (story_id,))
    stories.recount(store, (story_id,))
    topic_states.mark_dirty(store, published.topics_of(store, (story_id,)))
    return shown


def _stories_of(store: Store, made: Correction) -> tuple[int | None, int | None]:
    """The stories of a correction's two items; None for an item that is none, or is gone."""
    first = stories.story_of_item(store, made.item_a)
    return first, None if made.item_b is None else stories.story_of_item(store, made.item_b)


def _take_back(store: Store, rules: Rules, made: Correction, *, now: datetime) -> None:
    """Ends the effect of a correction."""
    corrections.mark_undone(store, made.correction_id, now=now)
    changes = corrections.log_of(store, made.correction_id)
    corrections.drop_log(store, made.correction_id)
    if changes and corrections.is_untouched(store, changes):
        concerned = corrections.stories_of(changes)
        topics = published.topics_of(store, concerned)
        corrections.put_back(store, changes)
        if made.kind == "apart":
            assert made.from_story is not None  # noqa: S101 - a split always moves an item
            assert made.to_story is not None  # noqa: S101 - as above
            stories.recount(store, (made.to_story,))
            stories.redirect(store, made.to_story, to_story=made.from_story)
        topic_states.mark_dirty(store, topics | published.topics_of(store, concerned))
    elif made.kind == "hide":
        story_id = stories.story_of_item(store, made.item_a)
        touched = [] if story_id is None else [story_id]
        stories.recount(store, touched)
        corrections.put_leads_back(store, changes)
        topic_states.mark_dirty(store, published.topics_of(store, touched))
    elif made.moved:  # else it had no effect
        _move_back(store, rules, made, changes=changes, now=now)


def item_number(ref: str) -> int:
    """The number in an item's id (`i12`). Raises UsageError, or NotFound if no item can have it."""
    if not is_item(ref):
        raise UsageError(f"{ref!r} is not an item; write i and its number, such as i12")
    if len(ref) > _LONGEST_ID:  # row ids have 64 bits, and int() refuses very long numbers
        raise NotFound(f"no item {cut(ref, 40)}; 'aggregator search' shows the ids")
    return int(ref[1:])


def is_item(ref: str) -> bool:
    """Whether a reference names an item (`i12`) rather than a story."""
    return ref[:1] == "i" and ref[1:].isascii() and ref[1:].isdecimal()


def _move_back(
    store: Store, rules: Rules, made: Correction, *, changes: Sequence[Change], now: datetime
) -> None:
    assert made.from_story is not None  # noqa: S101 - joins and splits always move items
    assert made.to_story is not None  # noqa: S101 - as above
    away = stories.living(store, made.to_story)
    home = stories.living(store, made.from_story)
    if made.kind == "join" or home == away:  # a merged story redirects wherever the other went
        home = stories.revive(store, made.from_story)
    here = stories.stories_of_items(store, made.moved)
    at_home = frozenset(stories.items_of(store, home))
    ends = [(one.item_a, one.item_b) for one in corrections.links(store) if one.kind == "apart"]
    kept_apart = {one for pair in ends for one, other in (pair, pair[::-1]) if other in at_home}
    moved = [
        item_id for item_id in made.moved if here.get(item_id) == away and item_id not in kept_apart
    ]
    touched = published.topics_of(store, (home, away))
    stories.move_items(store, moved, to_story=home)
    if made.kind == "join":
        stories.carry_evidence(store, moved, to_story=home)
    else:
        stories.restore_evidence(store, moved, story=home)
    stories.recount(store, (home, away))
    if not stories.items_of(store, away):
        stories.redirect(store, away, to_story=home)
    corrections.put_leads_back(store, changes)
    for story_id in (home, away):
        withdraw_unfounded(store, rules, story_id=story_id)
    _follow_up(store, rules, {home: moved, away: ()}, topics=touched, now=now)


def _follow_up(
    store: Store,
    rules: Rules,
    changed: Mapping[int, Sequence[int]],
    *,
    topics: frozenset[str],
    now: datetime,
) -> None:
    """Updates leads, keys, topics and feeds of changed stories (story -> items that were added)."""
    batch = Batch(store, CandidateStories(store, rules), rules=rules, now=now)
    for story_id, moved in changed.items():
        batch.touch(story_id)
        batch.note_items(story_id, moved)
    batch.write()
    topic_states.mark_dirty(store, topics | batch.dirty)


def _story(store: Store, ref: str) -> int:
    if is_item(ref):
        story_id = stories.story_of_item(store, item_number(ref))
        if story_id is None:
            raise NotFound(f"no matched item {ref}; 'aggregator search' shows the ids")
        return story_id
    return stories.by_uid(store, ref)


def _anchor(store: Store, story_id: int) -> int:
    """The item that represents a story in a correction: its lead, else its oldest."""
    lead, items = stories.lead_of(store, story_id), stories.items_of(store, story_id)
    if not items:
        raise NotFound("the story has no items any more; nothing can be corrected")
    return lead if lead in items else items[0]


def _get(store: Store, correction_id: int) -> Correction:
    found = corrections.get(store, correction_id)
    assert found is not None  # noqa: S101 - just written
    return found
