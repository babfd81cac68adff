"""What a feed can do to others by editing its entries: no more than by posting each wording."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from aggregator.storage import care
from aggregator.storage.store import open_store
from tests.newsroom import NOW, Newsroom, make_item, make_rules

# Events that share no words, each in wordings of which every one is a small edit of the first.
EVENTS = (
    (
        "Bomb blast kills five at vegetable market in Quetta, police say",
        "Bomb blast kills nine at vegetable market in Quetta, police say",
        "Bomb blast kills five at vegetable market in...",
        "BREAKING: Bomb blast kills five at vegtable market in Quetta, police say",
    ),
    (
        "Finance ministers of Japan and Brazil sign textile tariff agreement",
        "Finance minsters of Japan and Brazil sign textile tariff agreement",
        "Finance ministers of Japan and Brazil sign textile...",
    ),
    (
        "Heavy snowfall closes mountain schools across northern Norway",
        "Heavy snowfall closes 12 mountain schools across northern Norway",
        "HEAVY SNOWFALL CLOSES MOUNTAIN SCHOOLS ACROSS NORTHERN NORWAY",
    ),
    ("Buy cheap pills online without any prescription today",),
)
RULES = make_rules(term="quetta")


class Step(Struct, frozen=True):
    """What one feed says of an event next."""

    feed: str
    event: int
    wording: int
    moves: bool  # the page and the date go with the event; else all stands still but the words


steps = st.lists(
    st.builds(
        Step,
        feed=st.sampled_from(("dawn", "dawn", "geo", "wire")),
        event=st.integers(0, len(EVENTS) - 1),
        wording=st.integers(0, 3),
        moves=st.booleans(),
    ),
    min_size=2,
    max_size=8,
)
Shown = dict[str, tuple[object, ...]]


def shown_after(taken: list[Step], *, by_edits: bool) -> tuple[Shown, list[frozenset[str]]]:
    """Honest items: the title, leader and visibility of their stories; and who stands with whom.

    `dawn` tells all in one slot by editing it, or posts each step as an item of its own.
    """
    with closing(open_store(None)) as store:
        room = Newsroom(store, rules=RULES)
        for number, step in enumerate(taken):
            wordings = EVENTS[step.event]
            headline = wordings[step.wording % len(wordings)]
            if step.feed != "dawn":
                room.poll(step.feed, make_item(headline, identity=f"{step.feed}{number}"))
            else:
                slot = "slot" if by_edits else f"slot{number}"
                place = step.event if step.moves else 0
                at = NOW + timedelta(minutes=20 * step.event * step.moves)
                page = f"https://dawn.example/{place}"
                room.poll("dawn", make_item(headline, identity=slot, url=page, at=at))
            room.match()
            for uid in room.stories():
                room.publish(uid)
        assert care.check(store) == ()
        rows = store.rows(
            "SELECT i.identity, s.headline, s.lead_item_id = i.id, s.hidden, p.withdrawn,"
            " (SELECT l.feed_id <> i.feed_id FROM item l WHERE l.id = s.lead_item_id)"
            " FROM item i JOIN variant v ON v.id = i.variant_id JOIN story s ON s.id = v.story_id"
            " JOIN feed f ON f.id = i.feed_id JOIN published p ON p.story_id = s.id"
            " WHERE f.name <> 'dawn'"
        )
        leads = {row[0] for row in store.rows("SELECT lead_item_id FROM story")}
        assert leads
        groups = [
            frozenset(one for one in items if not one.startswith("slot")) for items in room.groups()
        ]
        return {row[0]: tuple(row)[1:] for row in rows}, sorted(filter(None, groups), key=sorted)


@settings(max_examples=35)
@given(steps)
def test_an_edit_moves_no_item_of_another_feed(taken: list[Step]) -> None:
    edited, together = shown_after(taken, by_edits=True)
    posted, as_posts = shown_after(taken, by_edits=False)

    assert together == as_posts
    for identity, (title, leads, hidden, withdrawn, led_by_other) in edited.items():
        assert (leads, hidden, withdrawn) == (posted[identity][1], posted[identity][2],
                                              posted[identity][3])  # fmt: skip
        if not led_by_other:
            assert title == posted[identity][0]
        else:  # by its own source's small edit only: it still tells the event
            (event,) = [one for one in EVENTS if posted[identity][0] in one]
            assert title in event


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=8))
def test_whatever_a_slot_told_stays_and_comes_back_as_itself(told: list[tuple[int, int]]) -> None:
    with closing(open_store(None)) as store:
        room = Newsroom(store, rules=RULES)
        new = [
            room.poll("dawn", make_item(EVENTS[event][wording % len(EVENTS[event])],
                                        identity="slot", url=f"https://dawn.example/{event}",
                                        at=NOW + timedelta(hours=event))).new
            for event, wording in told
        ]  # fmt: skip
        room.match()

        assert sum(new) == len({event for event, _ in told})
        assert len(room.stories()) == sum(new)
