"""Stored items become stories, in any order of arrival the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from cProfile import Profile
from datetime import timedelta
from typing import cast

import pytest
from msgspec.structs import replace

from aggregator.ingest.assign import AssignReport, assign_pending
from aggregator.ingest.judging import MAX_TEXTS, story_texts
from aggregator.ingest.rules import Rules, load_rules
from aggregator.polling.report import AssignedRun, Tally
from aggregator.semantics.wordpiece import Text
from aggregator.settings import Config, StorySettings, TopicSettings
from aggregator.storage import items, topic_states
from aggregator.storage.store import Store, open_store
from aggregator.stories.features import Features
from tests.newsroom import (
    BLAST,
    BLAST_CUT,
    NOW,
    TALKS,
    WEATHER,
    Newsroom,
    make_item,
    make_rules,
)


def test_the_same_headline_of_two_feeds_is_one_story(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"), make_item(TALKS, identity="c"))
    room.poll("geo", make_item(BLAST, identity="b"))

    (report,) = room.match()

    assert room.groups() == {frozenset("ab"), frozenset("c")}
    assert (report.assigned, report.new_stories, report.merged_items) == (3, 2, 1)
    assert not report.left


def test_truncated_headline_joins_its_full_form_whichever_comes_first(store: Store) -> None:
    room = Newsroom(store)
    earlier = NOW - timedelta(hours=2)
    room.poll("dawn", make_item(BLAST_CUT, identity="cut", at=earlier))
    room.match()
    room.poll("geo", make_item(BLAST, identity="full"))
    room.match()

    assert room.groups() == {frozenset({"cut", "full"})}
    assert store.value("SELECT headline FROM story") == BLAST
    assert store.value("SELECT count(*) FROM variant WHERE truncated=1") == 1


def test_a_story_of_the_last_run_is_found_in_the_next(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    room.poll("geo", make_item(BLAST, identity="b", at=NOW + timedelta(hours=3)))

    (report,) = room.match()

    assert (report.new_stories, report.merged_items) == (0, 1)
    row = store.rows("SELECT items, variants, first_item_at, last_item_at FROM story")[0]
    assert tuple(row) == (2, 1, "2026-03-01T12:00:00Z", "2026-03-01T15:00:00Z")


def test_a_story_takes_nothing_from_beyond_its_window(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a", at=NOW - timedelta(days=30)))
    room.poll("geo", make_item(BLAST, identity="b"))

    room.match()

    assert room.groups() == {frozenset("a"), frozenset("b")}


def test_evidence_names_rule_and_score(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.poll("geo", make_item(BLAST, identity="b"))

    room.match()

    rows = store.rows("SELECT rule FROM evidence WHERE chosen=1 ORDER BY item_id")
    assert [row[0] for row in rows] == ["new", "exact"]


def test_a_story_on_topic_is_counted_and_marks_its_topic(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST), make_item(TALKS))

    (report,) = room.match()

    assert len(report.on_topic) == 1
    assert topic_states.topic_state(store, "news").dirty
    assert store.value("SELECT count(*) FROM decision WHERE accepted=1") == 1


def test_a_story_off_topic_leaves_the_topic_alone(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(TALKS))

    (report,) = room.match()

    assert report.on_topic == frozenset()
    assert store.value("SELECT count(*) FROM topic_state") == 0


def test_growth_can_let_a_story_in_and_never_out(store: Store) -> None:
    room = Newsroom(store, rules=make_rules(term="explosives"))
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    before = store.value("SELECT count(*) FROM decision WHERE accepted=1")
    room.poll("geo", make_item(BLAST, identity="b", summary="Explosives were hidden in a cart."))
    room.match()
    room.poll("wire", make_item(BLAST, identity="c"))
    room.match()

    assert before == 0
    assert store.value("SELECT count(*) FROM decision WHERE accepted=1") == 1


def test_every_item_of_a_trusted_feed_is_on_topic(store: Store) -> None:
    room = Newsroom(store)
    store.execute("UPDATE feed SET on_topic=1 WHERE name='wire'")
    room.poll("wire", make_item(TALKS))

    (report,) = room.match()

    assert len(report.on_topic) == 1


def test_a_trusted_item_counts_among_more_than_a_topic_reads(store: Store) -> None:
    room = Newsroom(store)
    store.execute("UPDATE feed SET on_topic=1 WHERE name='wire'")
    for number in range(MAX_TEXTS + 1):
        room.poll("dawn", make_item(TALKS, identity=f"{number}", summary=f"Part {number}"))
    room.poll("wire", make_item(TALKS, identity="last"))

    (report,) = room.match()

    story = store.value("SELECT id FROM story")
    assert len(report.on_topic) == 1
    assert [text.trusted for text in story_texts(store, story)].count(True) == 1


def test_the_higher_ranked_feed_leads(store: Store) -> None:
    room = Newsroom(store)
    store.execute("UPDATE feed SET rank=10 WHERE name='geo'")
    store.execute("UPDATE feed SET rank=1 WHERE name='dawn'")
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.poll("geo", make_item(BLAST.upper().title(), identity="b", at=NOW + timedelta(hours=1)))

    room.match()

    assert store.value("SELECT lead_item_id FROM story") == room.item_id("b")


def test_a_published_lead_stays(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    room.publish(room.story("a"))
    store.execute("UPDATE feed SET rank=10 WHERE name='geo'")
    room.poll("geo", make_item(BLAST, identity="b"))

    room.match()

    assert store.value("SELECT lead_item_id FROM story") == room.item_id("a")


def test_a_source_that_corrects_its_headline_keeps_the_lead_with_new_words(store: Store) -> None:
    room = Newsroom(store)
    page = "https://dawn.example/1"
    room.poll("dawn", make_item(BLAST, identity="a", url=page))
    room.match()
    room.publish(room.story("a"))
    corrected = BLAST.replace("five", "six")

    room.poll("dawn", make_item(corrected, identity="a", url=page))
    room.match()

    assert store.value("SELECT headline FROM story") == corrected
    assert [row[0] for row in store.rows("SELECT headline FROM variant")] == [corrected]
    assert store.value("SELECT count(*) FROM item WHERE refresh=1") == 0


def test_one_of_two_items_with_a_wording_may_be_reworded(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.poll("geo", make_item(BLAST, identity="b"))
    room.match()
    room.poll("dawn", make_item(BLAST.replace("five", "six"), identity="a"))

    room.match()

    rows = store.rows("SELECT item_id, headline FROM variant ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (room.item_id("b"), BLAST),
        (room.item_id("a"), BLAST.replace("five", "six")),
    ]


def test_a_story_is_found_by_the_new_words_of_its_item(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(WEATHER, identity="a"))
    room.match()
    room.poll("dawn", make_item(f"{WEATHER}, Alta", identity="a"))
    room.match()

    assert store.value("SELECT count(*) FROM story_key WHERE key = 't:alta'") == 1


def test_the_terms_of_a_wording_follow_its_letters(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item("Envoy tells us of talks in Doha", identity="a"))
    room.match()
    before = store.value("SELECT terms FROM variant")

    room.poll("dawn", make_item("Envoy tells US of talks in Doha", identity="a"))
    room.match()

    assert store.value("SELECT count(*) FROM variant") == 1
    assert set(store.value("SELECT terms FROM variant").split()) - set(before.split()) == {"us"}


def test_a_wording_whose_terms_were_not_kept_is_read(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item("Bomb blast kills five at Quetta market", identity="a"))
    room.match()
    store.execute("UPDATE variant SET terms = ''")

    room.poll("geo", make_item("Five killed by bomb blast at market in Quetta", identity="b"))
    room.match()

    assert room.story("a") == room.story("b")


@pytest.mark.parametrize(
    "headline",
    [WEATHER.replace("closes", "shuts"), f"{WEATHER}, police say", WEATHER.replace("snow", "snw")],
)
def test_what_the_model_said_is_dropped_with_the_words_it_read(store: Store, headline: str) -> None:
    asked: list[tuple[Text, Text]] = []

    def reader(pairs: Sequence[tuple[Text, Text]]) -> list[float]:
        asked.extend(pairs)
        return [9.0] * len(pairs)

    room = Newsroom(store, rules=replace(make_rules(), reader=reader))
    room.poll("dawn", make_item(WEATHER, identity="a"), make_item(TALKS, identity="t"))
    room.poll("geo", make_item("Snow shuts schools in north of Norway", identity="b"))
    room.match()
    assert len(asked) == store.value("SELECT count(*) FROM model_score") == 1

    room.poll("dawn", make_item(headline, identity="a"), make_item(f"{TALKS}!", identity="t"))
    room.match()

    assert store.value("SELECT count(*) FROM model_score") == 0
    assert frozenset("ab") in room.groups()


def test_a_headline_that_changes_before_it_is_matched_needs_no_refreshing(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST_CUT, identity="a"))
    room.poll("dawn", make_item(BLAST, identity="a"))

    room.match()

    assert store.value("SELECT headline FROM story") == BLAST


def twins(room: Newsroom) -> tuple[str, str]:
    """Two stories that have come to say the same: one source corrected its date."""
    room.poll("dawn", make_item(BLAST, identity="a", at=NOW - timedelta(days=60)))
    room.poll("geo", make_item(BLAST, identity="b", at=NOW + timedelta(minutes=1)))
    room.match()
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    return room.story("a"), room.story("b")


def test_an_item_that_proves_two_stories_one_merges_them(store: Store) -> None:
    room = Newsroom(store)
    older, younger = twins(room)
    room.poll("wire", make_item(BLAST, identity="c", at=NOW + timedelta(minutes=5)))

    room.match()

    assert room.stories() == {older: frozenset("abc")}
    row = store.rows(
        "SELECT k.uid FROM story s JOIN story k ON k.id=s.merged_into WHERE s.uid=?", (younger,)
    )
    assert [found[0] for found in row] == [older]
    assert store.value("SELECT count(*) FROM variant") == 1
    assert store.value("SELECT items FROM story WHERE uid=?", (older,)) == 3


def test_a_story_that_another_takes_in_is_not_counted_beside_it(store: Store) -> None:
    room = Newsroom(store, rules=make_rules(term="blast"))
    twins(room)
    both = frozenset(row[0] for row in store.rows("SELECT id FROM story"))
    room.poll("wire", make_item(BLAST, identity="c", at=NOW + timedelta(minutes=5)))
    done = AssignedRun(on_topic=both)  # as the run's earlier batches found

    for report in room.match():
        done = done.plus(report)

    assert len(done.on_topic) == 2
    assert done.gone < both
    assert Tally().report(done, 0.0).on_topic == 1


def test_of_two_merged_stories_the_published_one_stays(store: Store) -> None:
    room = Newsroom(store)
    _, younger = twins(room)
    room.publish(younger)
    room.poll("wire", make_item(BLAST, identity="c", at=NOW + timedelta(minutes=5)))

    room.match()

    assert room.stories() == {younger: frozenset("abc")}


def test_a_hidden_and_a_shown_story_are_not_merged_by_machine(store: Store) -> None:
    room = Newsroom(store)
    older, younger = twins(room)
    store.execute("UPDATE story SET hidden=1 WHERE uid=?", (younger,))
    room.poll("wire", make_item(BLAST, identity="c", at=NOW + timedelta(minutes=5)))

    room.match()

    assert set(room.stories()) == {older, younger}


def test_a_page_shows_a_story_that_no_variant_stands_for(store: Store) -> None:
    room = Newsroom(store)
    page = "https://geo.example/quetta"
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.poll("geo", make_item(BLAST, identity="b", url=page, at=NOW + timedelta(minutes=1)))
    room.match()
    words = BLAST.replace("five", "nine").replace("police say", "officials say")

    room.poll("wire", make_item(words, identity="c", url=page, at=NOW + timedelta(hours=1)))
    room.match()

    assert room.groups() == {frozenset("abc")}


def test_undated_items_are_matched_by_when_they_were_seen(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a", at=None))
    room.poll("geo", make_item(BLAST, identity="b", at=None))

    room.match()

    assert room.groups() == {frozenset("ab")}
    assert store.value("SELECT first_item_at FROM story") == "2026-03-01T12:00:00Z"


def test_a_headline_without_words_is_a_story_of_its_own(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item("???", identity="a"), make_item("!!!", identity="b"))

    room.match()

    assert room.groups() == {frozenset("a"), frozenset("b")}


def test_changed_items_are_followed_up_batch_by_batch(store: Store) -> None:
    room = Newsroom(store)
    for number in range(5):
        room.poll("dawn", make_item(f"{WEATHER} {number}", identity=f"{number}"))
    room.match()
    for number in range(5):
        room.poll("dawn", make_item(f"{WEATHER} {number} again", identity=f"{number}"))

    reports = room.match(limit=2)

    assert [report.left for report in reports] == [True, True, False]
    assert store.value("SELECT count(*) FROM item WHERE refresh=1") == 0


def test_a_batch_takes_a_corrected_headline_and_a_new_item_at_once(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    room.poll("dawn", make_item(BLAST.replace("five", "six"), identity="a"))
    room.poll("geo", make_item(TALKS, identity="b"))

    room.match()

    assert room.groups() == {frozenset({"a"}), frozenset({"b"})}


def test_a_change_that_leaves_the_words_keeps_the_variant(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    before = store.value("SELECT id FROM variant")

    room.poll("dawn", make_item(BLAST.upper(), identity="a", summary="More."))
    room.match()

    assert tuple(store.rows("SELECT id, headline FROM variant")[0]) == (before, BLAST.upper())


def test_each_topic_decides_by_itself(store: Store) -> None:
    topics = (*make_rules(term="quetta").topics, *make_rules(term="explosives").topics)
    second = replace(topics[1], name="explosives")
    room = Newsroom(store, rules=replace(make_rules(), topics=(topics[0], second)))
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    room.poll("geo", make_item(BLAST, identity="b", summary="Explosives were in a cart."))
    room.match()

    rows = store.rows("SELECT topic FROM decision WHERE accepted=1 ORDER BY topic")
    assert [row[0] for row in rows] == ["explosives", "news"]


def test_rules_come_from_the_configuration() -> None:
    query = {"rules": [{"any": ["quetta"], "weight": 1}]}
    topics = (TopicSettings("on", query=query), TopicSettings("off", enabled=False, query=query))
    stories = StorySettings(window=timedelta(days=3))

    rules = load_rules(Config(topics=topics, stories=stories))

    assert [topic.name for topic in rules.topics] == ["on"]
    assert (rules.window, rules.matcher.window) == (timedelta(days=3), timedelta(days=3))
    assert rules.read(BLAST, "", "", "") is rules.read(BLAST, "", "", "")


def test_batches_follow_the_order_of_all_that_waits(store: Store) -> None:
    room = Newsroom(store)
    for hour in range(6):
        at = NOW - timedelta(hours=hour)
        room.poll("dawn", make_item(f"{WEATHER} {hour}", identity=f"{hour}", at=at))

    reports = [assign_pending(store, room.rules, NOW, limit=4)]
    first = store.rows("SELECT identity FROM item WHERE variant_id IS NOT NULL")
    reports.append(assign_pending(store, room.rules, NOW, limit=4))

    assert {row[0] for row in first} == {"5", "4", "3", "2"}
    assert [(one.assigned, one.left) for one in reports] == [(4, True), (2, False)]


def test_all_edits_are_followed_before_more_is_matched(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(WEATHER, identity="a"), make_item(TALKS, identity="t"))
    room.match()
    edits = [make_item(f"{one}!", identity=name) for name, one in (("a", WEATHER), ("t", TALKS))]
    room.poll("dawn", *edits, make_item(BLAST, identity="b"))

    reports = room.match(limit=1)

    assert [(one.assigned, one.left) for one in reports] == [(0, True), (0, True), (1, False)]


def test_a_story_of_many_wordings_keeps_eight_to_compare_with(store: Store) -> None:
    room = Newsroom(store)
    wordings = [
        make_item(f"{BLAST} {'again ' * number}", identity=f"{number}") for number in range(12)
    ]
    room.poll("dawn", *wordings)
    room.match(limit=5)
    room.poll("geo", make_item(BLAST, identity="x"))

    room.match()

    assert "0" in next(items for items in room.groups() if "x" in items)
    assert store.value("SELECT sum(items) FROM story") == 13
    assert store.value("SELECT sum(variants) FROM story") == store.value(
        "SELECT count(*) FROM variant"
    )


def test_story_ids_stay_unique_when_their_beginnings_meet(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()
    taken = room.story("a")
    store.execute("UPDATE story SET uid='other'")
    store.execute(
        "INSERT INTO story (uid, headline, first_seen_at, first_item_at, last_item_at)"
        " VALUES (?, '', '', '', '')",
        (taken,),
    )
    store.execute("UPDATE item SET variant_id=NULL")
    store.execute("DELETE FROM story_key")

    room.match()

    rows = store.rows("SELECT uid FROM story ORDER BY id")
    uids = [row[0] for row in rows]
    assert len(uids) == 3
    assert uids[2].startswith(taken)
    assert len(uids[2]) == len(taken) + 1


def test_a_crash_in_a_batch_leaves_its_items_waiting(store: Store) -> None:
    room = Newsroom(store)
    room.poll("dawn", make_item(BLAST))
    store.execute(
        "CREATE TEMP TRIGGER crash BEFORE INSERT ON evidence BEGIN SELECT raise(ABORT, 'x'); END"
    )

    with pytest.raises(Exception, match="x"):
        room.match()
    store.execute("DROP TRIGGER crash")
    (report,) = room.match()

    assert report.new_stories == 1


def test_an_item_at_which_the_rules_fail_is_set_aside_and_the_rest_goes_on(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    good = make_rules()
    room = Newsroom(store, rules=replace(good, read=_failing_at(BLAST, good.read)))
    others = [f"{TALKS} for the time number {number}" for number in range(40)]
    room.poll("dawn", make_item(BLAST), *(make_item(one) for one in others))

    reports = room.match()

    assert sum(report.set_aside for report in reports) == 1
    assert sum(report.assigned for report in reports) == 40
    assert items.count_set_aside(store) == 1
    assert "assign.set_aside" in caplog.text
    assert room.match() == [AssignReport()]  # passed over from now on

    room.rules = good
    items.retry(store, ())
    (report,) = room.match()
    assert report.new_stories == 1
    assert items.count_set_aside(store) == 0


def test_a_changed_item_at_which_the_rules_fail_keeps_its_story(store: Store) -> None:
    good, six = make_rules(), BLAST.replace("five", "six")
    room = Newsroom(store, rules=replace(good, read=_failing_at(six, good.read)))
    room.poll("dawn", make_item(BLAST, identity="a"))
    room.match()

    room.poll("dawn", make_item(six, identity="a"), make_item(WEATHER, identity="b"))
    reports = room.match()

    assert sum(report.set_aside for report in reports) == 1
    assert sum(report.new_stories for report in reports) == 1
    assert room.story("a") != room.story("b")

    seven = BLAST.replace("five", "seven")
    room.poll("dawn", make_item(seven, identity="a"), make_item(WEATHER, identity="b"))
    assert [report.set_aside for report in room.match()] == [0]
    assert items.count_set_aside(store) == 0


def test_rules_that_fail_at_every_item_blame_none(store: Store) -> None:
    Newsroom(store).poll("dawn", make_item(BLAST))

    with pytest.raises(AttributeError):
        assign_pending(store, cast(Rules, None), NOW)
    assert items.count_set_aside(store) == 0


def _failing_at(
    headline: str, read: Callable[[str, str, str, str], Features]
) -> Callable[[str, str, str, str], Features]:
    def failing(said: str, summary: str, publisher: str, language: str) -> Features:
        if said == headline:
            raise ZeroDivisionError
        return read(said, summary, publisher, language)

    return failing


def test_a_batch_reads_its_own_items_only(store: Store) -> None:
    plan = store.rows(
        "EXPLAIN QUERY PLAN SELECT i.id FROM item i INDEXED BY item_unmatched"
        " WHERE i.variant_id IS NULL"
        " ORDER BY coalesce(i.published_at, i.first_seen_at), i.identity, i.feed_id LIMIT 300"
    )

    assert [row[3] for row in plan] == ["SCAN i USING INDEX item_unmatched"]


def calls_an_item(headlines: Sequence[str]) -> float:
    """Calls of Python functions that matching takes for each of these; a clock would waver."""
    room = Newsroom(open_store(None))
    room.poll("dawn", *(
        make_item(headline, identity=str(number), at=NOW + timedelta(seconds=number))
        for number, headline in enumerate(headlines)
    ))  # fmt: skip
    profile = Profile(builtins=False)
    profile.runcall(room.match, limit=50)
    assert sum(map(len, room.stories().values())) == len(headlines)
    room.store.close()
    return sum(one.callcount for one in profile.getstats()) / len(headlines)


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "said",
    [
        lambda number: BLAST,
        lambda number: f"{BLAST}: {number:05} {number * 7919:07}",
        lambda number: f"{BLAST[: 40 + number % 20]}...",
    ],
    ids=["one headline", "one story, own words", "one story, cut off"],
)
def test_ten_times_as_many_copies_cost_no_more_each(said: Callable[[int], str]) -> None:
    few, many = (calls_an_item([said(number) for number in range(size)]) for size in (25, 250))

    assert many < few * 1.6


@pytest.mark.no_cover
def test_a_batch_for_a_large_story_reads_no_more_rows_than_for_a_small_one(store: Store) -> None:
    room = Newsroom(store)
    steps: list[int] = []

    def match(numbers: range) -> None:
        ticks = 0

        def tick() -> int:
            nonlocal ticks
            ticks += 1
            return 0

        room.poll("dawn", *(make_item(f"{BLAST}: {number:05}", identity=f"{number:05}")
                            for number in numbers))  # fmt: skip
        store.connection.set_progress_handler(tick, 100)  # each hundred steps of SQLite's machine
        room.match()
        store.connection.set_progress_handler(None, 0)
        steps.append(ticks)

    for number in range(7):
        match(range(number * 80, number * 80 + 80))

    assert len(room.stories()) == 1
    assert steps[-1] < steps[1] * 1.03
