"""Which unsure pairs the model reads at once, which wait for it, and what comes of them later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator.errors import ModelUnavailable
from aggregator.ingest import corrections
from aggregator.ingest.assign import AssignReport, is_pending, next_pairs, settle_pairs
from aggregator.ingest.model_reader import PairBudget, stored_logits
from aggregator.ingest.rules import Rules
from aggregator.semantics.wordpiece import Text
from aggregator.storage import decisions, items, maintenance
from aggregator.storage.store import Store, open_store
from aggregator.stories.compare import Member
from aggregator.stories.features import Features
from tests.newsroom import NOW, Newsroom, knowing, make_item, make_rules

# Words alone leave these two stories, but are not sure of it.
FIRE = {
    "b1": "Factory fire in Vietnam kills nine garment workers",
    "b2": "Owner of garment plant held in Vietnam after blaze",
}
# Words alone make these one story.
CRASH = {
    "c1": "Glacier tour bus plunges into Icelandic river, three hurt",
    "c2": "Three injured as tourist coach falls into river in Iceland",
    "c3": "Iceland river rescue after glacier coach crash",
}
FERRY = {
    "f1": "Ferry sinks off Philippine island, dozens rescued",
    "f2": "Dozens saved after passenger ferry goes down near Philippine island",
    "f3": "Philippine coast guard rescues ferry passengers after sinking",
}
EVERYTHING = FIRE | CRASH | FERRY
TRUE = (tuple(FIRE.values()), tuple(CRASH.values()), tuple(FERRY.values()))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path / "a.db")
    yield store
    assert maintenance.check(store) == ()
    store.close()


def make_room(store: Store, *events: Sequence[str], term: str = "quetta") -> Newsroom:
    """Feeds whose model knows the headlines of these events; the topic wants `term`."""
    return Newsroom(store, rules=replace(make_rules(term=term), reader=knowing(*events)))


def poll(room: Newsroom, headlines: dict[str, str]) -> None:
    """Each headline in a feed of its turn, all of one minute: that is the surest for words."""
    names = list(room.sources)
    for turn, (identity, headline) in enumerate(headlines.items()):
        room.poll(names[turn % len(names)], make_item(headline, identity=identity))


def scores(store: Store) -> dict[frozenset[str], float | None]:
    """Identities of two items -> the stored logit of their pair."""
    rows = store.rows(
        "SELECT a.identity, b.identity, m.logit FROM model_score m"
        " JOIN item a ON a.id = m.item_a JOIN item b ON b.id = m.item_b"
    )
    return {frozenset((a, b)): logit for a, b, logit in rows}


def group(headlines: dict[str, str]) -> frozenset[str]:
    return frozenset(headlines)


@pytest.mark.parametrize("term", ["vietnam", "workers", "garment", "blaze"])
def test_a_pair_with_a_side_near_a_topic_is_read_at_once_without_any_budget(
    store: Store, term: str
) -> None:
    room = make_room(store, *TRUE, term=term)
    poll(room, EVERYTHING)

    room.match(budget=PairBudget(0))

    assert group(FIRE) in room.groups()
    assert scores(store)[group(FIRE)] == 10.0
    waiting = [pair for pair, logit in scores(store).items() if logit is None]
    assert waiting
    assert all("b" not in identity for pair in waiting for identity in pair)


def test_pairs_near_no_topic_wait_and_words_decide_until_then(store: Store) -> None:
    room = make_room(store, *TRUE)
    poll(room, EVERYTHING)
    budget = PairBudget(0)

    room.match(budget=budget)

    assert room.groups() == {frozenset({"b1"}), frozenset({"b2"}), group(CRASH), group(FERRY)}
    assert scores(store)
    assert set(scores(store).values()) == {None}
    assert budget.read == 0
    assert decisions.count_waiting_pairs(store) == len(scores(store))


def test_two_stories_merge_when_their_pair_is_read_later(store: Store) -> None:
    room = make_room(store, *TRUE)
    poll(room, FIRE)
    room.match(budget=PairBudget(0))
    first = room.story("b1")

    (report,) = room.match(budget=PairBudget(1))

    assert room.stories() == {first: group(FIRE)}
    assert len(report.gone) == 1
    assert scores(store) == {group(FIRE): 10.0}


def test_a_story_parts_when_the_model_reads_it_later_and_its_id_stays_with_its_core(
    store: Store,
) -> None:
    room = make_room(store, [CRASH["c1"], CRASH["c2"]])
    poll(room, CRASH)
    room.match(budget=PairBudget(0))
    before = room.stories()

    room.match()

    assert before == {room.story("c1"): group(CRASH)}
    assert room.groups() == {frozenset({"c1", "c2"}), frozenset({"c3"})}
    told = store.rows("SELECT headline, items FROM story ORDER BY items DESC")
    assert [row[1] for row in told] == [2, 1]
    assert told[1][0] == CRASH["c3"]


@pytest.mark.parametrize(
    ("published", "parts"),
    [
        (None, True),
        (timedelta(0), True),
        (timedelta(minutes=59), True),
        (timedelta(minutes=61), False),
        (timedelta(days=3), False),
    ],
)
def test_only_a_story_that_has_not_settled_is_parted(
    store: Store, published: timedelta | None, *, parts: bool
) -> None:
    room = make_room(store, [CRASH["c1"], CRASH["c2"]])
    poll(room, CRASH)
    room.match(budget=PairBudget(0))
    uid = room.story("c1")
    if published is not None:
        room.publish(uid, at=NOW - published)

    room.match()

    assert room.story("c1") == uid
    assert (frozenset({"c3"}) in room.groups()) is parts
    assert decisions.count_waiting_pairs(store) == 0


def test_a_settled_story_still_takes_in_what_is_the_same(store: Store) -> None:
    room = make_room(store, *TRUE)
    poll(room, FIRE)
    room.match(budget=PairBudget(0))
    uid = room.story("b2")
    room.publish(uid, at=NOW - timedelta(days=1))

    room.match()

    assert room.stories() == {uid: group(FIRE)}


def test_what_an_editor_joined_stays_when_the_story_is_looked_at_again(store: Store) -> None:
    room = make_room(store, [CRASH["c1"], CRASH["c2"]])
    poll(room, {"c1": CRASH["c1"], "f1": FERRY["f1"], "f2": FERRY["f2"]})
    room.match()
    corrections.merge(store, room.rules, first=room.story("c1"), second=room.story("f1"), now=NOW)
    room.poll("wire", make_item(CRASH["c2"], identity="c2"))

    room.match()

    assert room.story("c1") == room.story("f1")


def test_an_edit_in_the_middle_of_a_run_drops_what_was_found_out_about_items(
    store: Store,
) -> None:
    room, budget = make_room(store, *TRUE), PairBudget()
    poll(room, CRASH)
    room.match(budget=budget)
    assert budget.near
    assert budget.scores.get((1, 2)) is not None
    room.poll(next(iter(room.sources)), make_item(CRASH["c1"] + " badly", identity="c1"))

    room.match(budget=budget)

    assert not budget.near
    assert budget.scores.get((1, 2)) is None


def test_what_was_found_out_in_a_batch_that_failed_is_dropped(store: Store) -> None:
    room, budget = make_room(store, *TRUE), PairBudget()
    poll(room, CRASH)
    room.match(budget=budget)
    assert budget.scores.get((1, 2)) is not None
    room.rules = failing_at(room.rules, "Snow")
    room.poll(next(iter(room.sources)), make_item("Snow"))

    room.match(budget=budget)

    assert items.count_set_aside(store) == 1
    assert budget.scores.get((1, 2)) is None


def test_pairs_that_wait_are_read_in_the_order_of_arrival(store: Store) -> None:
    room = make_room(store)  # no two headlines are of one event
    poll(room, EVERYTHING)
    room.match(budget=PairBudget(0))

    order = []
    while waiting := decisions.waiting_pairs(store, 1000):
        room.match(budget=PairBudget(1))
        order.append(waiting[0])
        assert scores_of(store, waiting[0]) == -10.0

    assert len(order) > 3
    assert all(one[::-1] < other[::-1] for one, other in pairwise(order))


def scores_of(store: Store, pair: tuple[int, int]) -> float | None:
    return decisions.logits_of(store, (pair,))[pair]


@pytest.mark.parametrize("pairs", [0, 1, 2, 3, 5])
def test_the_budget_counts_pairs(store: Store, pairs: int) -> None:
    room = make_room(store)
    poll(room, EVERYTHING)
    budget = PairBudget(pairs)

    room.match(budget=budget)

    read = [logit for logit in scores(store).values() if logit is not None]
    assert (len(read), budget.read, budget.left) == (pairs, pairs, 0)


def test_what_waits_takes_no_more_of_a_budget_than_is_read(store: Store) -> None:
    room = make_room(store, *TRUE)
    poll(room, FIRE)
    room.match(budget=PairBudget(0))
    budget = PairBudget(100)

    room.match(budget=budget)

    assert (budget.read, budget.left) == (1, 99)


class Failing:
    """A model that cannot be asked: it counts how often it was."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        self.asked += 1
        raise ModelUnavailable("the model stopped")


@pytest.mark.parametrize("term", ["quetta", "blaze", "river", "philippine"])
@pytest.mark.parametrize("limit", [1, 300])
def test_a_model_that_fails_is_not_asked_again_in_the_run_and_words_decide(
    tmp_path: Path, store: Store, term: str, limit: int, caplog: pytest.LogCaptureFixture
) -> None:
    model = Failing()
    room = Newsroom(store, rules=replace(make_rules(term=term), reader=model))
    poll(room, EVERYTHING)
    off = open_store(tmp_path / "off.db")
    without = Newsroom(off, rules=make_rules(term=term))
    poll(without, EVERYTHING)

    room.match(limit=limit, budget=PairBudget(100))
    without.match(limit=limit)

    assert model.asked == 1
    assert [one.message for one in caplog.records] == ["model.failed"]
    assert room.stories() == without.stories()
    assert set(scores(store).values()) == {None}
    off.close()


def test_what_a_failed_model_left_is_read_by_the_next_run(store: Store) -> None:
    room = Newsroom(store, rules=replace(make_rules(), reader=Failing()))
    poll(room, FIRE)
    room.match(budget=PairBudget(100))
    room.rules = replace(room.rules, reader=knowing(*TRUE))

    room.match(budget=PairBudget(100))

    assert room.groups() == {group(FIRE)}


@pytest.mark.parametrize("edited", [*FIRE, *CRASH])
def test_an_edited_headline_forgets_what_was_said_of_it(store: Store, edited: str) -> None:
    room = make_room(store, *TRUE)
    poll(room, FIRE | CRASH)
    room.match()
    turn = list(FIRE | CRASH).index(edited)
    name = list(room.sources)[turn % 3]
    assert any(edited in pair for pair in scores(store))
    others = {pair for pair in scores(store) if edited not in pair}

    small_edit = f"{(FIRE | CRASH)[edited]}, officials say"
    room.poll(name, make_item(small_edit, identity=edited))
    room.match()

    assert set(scores(store)) == others


def test_what_the_model_said_before_is_not_asked_again(store: Store) -> None:
    read: list[tuple[str, str]] = []
    answer = knowing(*TRUE)

    def reader(pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        read.extend((a.headline, b.headline) for a, b in pairs)
        return answer(pairs)

    room = Newsroom(store, rules=replace(make_rules(), reader=reader))
    for identity, headline in EVERYTHING.items():
        poll(room, {identity: headline})
        room.match()

    assert len(read) == len({frozenset(pair) for pair in read}) == len(scores(store))


@pytest.mark.parametrize("limit", [1, 3, 300])
@pytest.mark.parametrize("pairs", [0, 2, None])
def test_batches_and_budgets_of_any_size_end_in_the_same_stories(
    store: Store, limit: int, pairs: int | None
) -> None:
    room = make_room(store, *TRUE)
    poll(room, EVERYTHING)

    room.match(limit=limit, budget=PairBudget(pairs))
    while decisions.any_pair_waiting(store):
        room.match(limit=limit, budget=PairBudget(pairs or 1))

    assert room.groups() == {group(FIRE), group(CRASH), group(FERRY)}


def test_without_a_model_nothing_is_kept_and_nothing_waits(store: Store) -> None:
    room = Newsroom(store)
    poll(room, EVERYTHING)

    room.match()

    assert scores(store) == {}
    assert not is_pending(store, room.rules, PairBudget())


def test_switched_off_what_waits_stays_until_it_is_switched_on(store: Store) -> None:
    room = make_room(store, *TRUE)
    poll(room, FIRE)
    room.match(budget=PairBudget(0))
    on, room.rules = room.rules, replace(room.rules, reader=None)
    assert not any(report.left for report in room.match())
    still = room.groups()

    room.rules = on
    room.match()

    assert still == {frozenset({"b1"}), frozenset({"b2"})}
    assert room.groups() == {group(FIRE)}


def test_explaining_asks_only_what_is_stored(store: Store) -> None:
    room = make_room(store, *TRUE)
    poll(room, FIRE)
    room.match(budget=PairBudget(0))
    members = [member(room.rules, room.item_id(one), FIRE[one]) for one in FIRE]

    unread = stored_logits(store)([(members[0], members[1])])
    room.match()
    known = stored_logits(store)([(members[1], members[0]), (members[0], members[0])])

    assert unread == [None]
    assert known == [10.0, None]


def member(rules: Rules, item_id: int, headline: str) -> Member:
    return Member(item_id, rules.read(headline, "", "", ""), NOW)


LIVE = "Live updates: ferry sinks off Philippine island"
EXPLAINER = "What to know about the ferry that sank off a Philippine island"
OPINION = "Opinion: the ferry sinking off a Philippine island was no accident"


@pytest.mark.parametrize("headline", [LIVE, EXPLAINER, OPINION])
def test_a_report_does_not_disappear_under_a_piece_that_came_first(
    store: Store, headline: str
) -> None:
    room = make_room(store, (headline, *FERRY.values()))
    room.poll("dawn", make_item(headline, identity="piece", at=NOW - timedelta(hours=1)))
    room.match()
    poll(room, FERRY)
    room.match()

    uid = room.story("f1")
    shown = store.value("SELECT headline FROM story WHERE uid=?", (uid,))
    assert shown in FERRY.values()
    assert room.stories()[uid] >= group(FERRY)


@pytest.mark.parametrize("headline", [LIVE, EXPLAINER, OPINION])
def test_a_piece_that_is_no_report_makes_no_two_stories_one(store: Store, headline: str) -> None:
    room = make_room(store, (headline, FERRY["f1"]), (FERRY["f3"],))
    poll(room, {"f1": FERRY["f1"], "f3": FERRY["f3"]})
    room.match()
    room.poll("wire", make_item(headline, identity="piece", at=NOW + timedelta(hours=1)))
    room.match()
    room.poll("wire", make_item(FERRY["f2"], identity="f2", at=NOW + timedelta(hours=2)))
    room.match()

    assert room.story("f1") != room.story("f3")
    assert store.value(
        "SELECT v.core FROM item i JOIN variant v ON v.id = i.variant_id WHERE i.identity='piece'"
    ) == int(room.story("piece") != room.story("f1"))


@pytest.mark.parametrize("is_followed", [False, True])
def test_what_was_edited_while_the_model_read_it_is_left_alone(
    store: Store, *, is_followed: bool
) -> None:
    room, budget = make_room(store, *TRUE), PairBudget()
    poll(room, EVERYTHING)
    room.match(budget=PairBudget(0))
    waiting = next_pairs(store, room.rules, budget)
    identity = {row[0]: row[1] for row in store.rows("SELECT id, identity FROM item")}
    room.poll(next(iter(room.sources)), make_item(f"{FIRE['b1']}, police say", identity="b1"))
    if is_followed:
        room.match(budget=PairBudget(0))

    settle_pairs(store, room.rules, NOW, waiting, logits=[-10.0] * len(waiting), budget=budget)

    read = {pair for pair, logit in scores(store).items() if logit is not None}
    named = {frozenset(identity[one] for one in pair) for pair in waiting}
    assert read == {pair for pair in named if "b1" not in pair} != named
    assert not any("b1" in pair for pair in scores(store))
    assert store.value("SELECT count(*) FROM variant WHERE headline LIKE '%police say'") == 1


def test_a_fault_of_ours_in_settling_is_no_item_s_and_ends_the_reading(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room, budget = make_room(store, *TRUE), PairBudget()
    poll(room, FIRE)
    room.match(budget=PairBudget(0))
    waiting = next_pairs(store, room.rules, budget)

    settle_pairs(store, room.rules, NOW, waiting, logits=[], budget=budget)

    assert [one.message for one in caplog.records] == ["assign.pairs_failed"]
    assert not budget.allows_more
    assert set(scores(store).values()) == {None}


def test_a_fault_of_ours_in_the_model_ends_the_reading_of_pairs_that_waited(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room = make_room(store)
    poll(room, FIRE)
    room.match(budget=PairBudget(0))
    room.rules = replace(room.rules, reader=lambda pairs: 1 / 0)

    assert room.match() == [AssignReport()]

    assert [one.message for one in caplog.records] == ["assign.pairs_failed"]
    assert scores(store) == {group(FIRE): None}


def failing_at(rules: Rules, headline: str) -> Rules:
    """Rules with a fault that comes with one headline."""

    def read(given: str, *others: str) -> Features:
        if given == headline:
            raise ValueError
        return rules.read(given, *others)

    return replace(rules, read=read)


def test_what_our_rules_fail_to_read_of_pairs_ends_the_reading(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    room, budget = make_room(store, *TRUE), PairBudget()
    poll(room, FIRE)
    room.match(budget=PairBudget(0))

    waiting = next_pairs(store, failing_at(room.rules, FIRE["b1"]), budget)

    assert not waiting
    assert [one.message for one in caplog.records] == ["assign.pairs_failed"]
    assert not budget.allows_more


def test_pairs_of_what_is_set_aside_keep_no_others_from_being_read(store: Store) -> None:
    room = make_room(store, *TRUE)
    poll(room, FIRE | CRASH)
    room.match(budget=PairBudget(0))
    waiting = set(scores(store))
    edited = f"{FIRE['b1']}, police say"
    room.rules = failing_at(room.rules, edited)
    room.poll(next(iter(room.sources)), make_item(edited, identity="b1"))

    reports = room.match()

    assert sum(report.set_aside for report in reports) == items.count_set_aside(store) == 1
    assert scores(store).keys() == {pair for pair in waiting if "b1" not in pair} != waiting
    assert None not in scores(store).values()
