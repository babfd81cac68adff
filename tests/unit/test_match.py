"""What the matcher decides on the edge of its cheap bounds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model import Assignment, Evidence
from aggregator.settings import StorySettings
from aggregator.stories.compare import Comparisons, Member, compare, load_matcher, nearest
from aggregator.stories.features import read
from aggregator.stories.match import CORE_LEAST, Candidate, agree, decide, is_core
from aggregator.stories.signals import table

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_story_of_the_same_hour_without_a_common_word_is_not_even_rejected() -> None:
    member = Member(1, read("Snow closes the Babusar pass"), NOW)
    other = Member(2, read("Envoys sign fisheries treaty"), NOW)

    found = decide(member, [Candidate(7, (other,))], Comparisons(load_matcher(StorySettings())))

    assert found.story_id is None
    assert found.rejected == ()


def test_what_a_veto_keeps_apart_is_not_measured_but_for_people() -> None:
    kenya = Member(1, read("Kenya blocks refugee plan with Ghana before key vote"), NOW)
    peru = Member(2, read("Kenya blocks refugee plan with Peru before key vote"), NOW)
    matcher = load_matcher(StorySettings())

    found = compare(kenya, peru, matcher)
    decided = decide(kenya, [Candidate(7, (peru,))], Comparisons(matcher))
    shown = nearest(kenya, [peru], Comparisons(matcher))

    assert (found.score, found.values) == (0.0, ())
    assert "veto_counterparty" in found.vetoes
    assert shown is not None
    assert len(shown[1].values) == len(table())
    assert nearest(kenya, [], Comparisons(matcher)) is None
    assert decided.story_id is None
    assert [(one.story_id, one.vetoes) for one in decided.rejected] == [(7, found.vetoes)]


def test_a_cut_off_headline_is_the_beginning_of_what_goes_on_with_its_last_word() -> None:
    matcher = load_matcher(StorySettings())
    whole = Member(1, read("US lists militant group behind Quetta attack that killed 12"), NOW)
    for headline, same in (
        ("US lists militant group behind Quetta ...", True),
        ("US lists militant group behind Que...", True),  # within the word
        ("US lists militant group behind Multan ...", False),
        ("US lists mil...", False),  # too little
        ("US lists militant gr...", False),  # three words and a bit
        ("US lists militant group...", True),
        ("US lists militant group behind Quetta attack that killed 1...", False),  # 12 is another
        ("US lists militant group behind Quetta attack that killed 12 people, ministry ...", False),
    ):
        found = compare(whole, Member(2, read(headline), NOW), matcher)
        assert (found.rule == "truncated") is same, headline


def test_of_the_stories_that_vetoes_keep_apart_one_is_told() -> None:
    member = Member(1, read("Kenya blocks refugee plan with Ghana before key vote"), NOW)
    stories = [
        Candidate(
            number,
            (Member(number, read(f"Kenya blocks refugee plan with {state} before key vote"), NOW),),
        )
        for number, state in enumerate(("Peru", "Oman", "Norway"), start=2)
    ]

    found = decide(member, stories, Comparisons(load_matcher(StorySettings())))

    assert [one.story_id for one in found.rejected] == [2]


REPORT = "Ferry sinks off Philippine island, dozens rescued"
SAVED = "Passengers saved after ferry goes down near Philippine island"
GUARD = "Philippine coast guard rescues ferry passengers after sinking"
LIVE = "Live updates: ferry sinks off Philippine island"
EXPLAINER = "What to know about the ferry that sank off a Philippine island"
OPINION = "Opinion: the ferry sinking off a Philippine island was no accident"


def item(number: int, headline: str, summary: str = "", *, core: bool = True) -> Member:
    return Member(number, read(headline, summary=summary), NOW, core=core)


def by_summary(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
    """Reads as the model does: two items tell of one event if their summaries are the same."""
    return [10.0 if a.features.summary == b.features.summary else -10.0 for a, b in pairs]


def matched(read_pairs: bool = True) -> Comparisons:
    return Comparisons(load_matcher(StorySettings()), by_summary if read_pairs else None)


def decided(score: float, story_id: int | None = 7) -> Assignment:
    return Assignment(story_id, Evidence("reworded", score, ""))


@pytest.mark.parametrize(
    ("headline", "assignment", "expected"),
    [
        (REPORT, decided(1.0), True),
        (REPORT, decided(CORE_LEAST), True),
        (REPORT, decided(CORE_LEAST - 0.01), False),  # by a margin
        (REPORT, decided(0.0, None), True),
        (LIVE, decided(1.0), False),
        (EXPLAINER, decided(0.97), False),
        (OPINION, decided(0.97), False),
        (EXPLAINER, decided(0.0, None), True),  # a story of its own
    ],
)
def test_clear_reports_are_the_core_of_their_story(
    headline: str, assignment: Assignment, *, expected: bool
) -> None:
    assert is_core(item(1, headline).features, assignment) is expected


def test_a_story_without_a_clear_report_stands_for_all_that_it_has() -> None:
    live, report = item(1, LIVE, core=False), item(2, REPORT)

    assert Candidate(7, (live, report)).core == (report,)
    assert Candidate(7, (live,)).core == (live,)


@pytest.mark.parametrize("pulling", [LIVE, EXPLAINER, OPINION, SAVED])
def test_what_is_no_core_pulls_nothing_in(pulling: str) -> None:
    story = Candidate(7, (item(1, REPORT, "one event"), item(2, pulling, "another", core=False)))
    member = item(3, GUARD, "another")

    assert decide(member, [story], matched()).story_id is None
    alone = Candidate(7, (item(2, SAVED, "another"),))
    assert decide(member, [alone], matched()).story_id == 7  # it would, were it the core


def test_the_same_wording_is_the_same_piece_though_it_is_no_core() -> None:
    story = Candidate(7, (item(1, REPORT, "one event"), item(2, LIVE, "another", core=False)))

    found = decide(item(3, LIVE, "a third"), [story], matched())

    assert (found.story_id, found.evidence.rule) == (7, "exact")


def test_an_item_may_prove_further_stories_one_if_their_cores_agree() -> None:
    mine = item(9, GUARD, "event")
    one, other = (
        Candidate(number, (item(number, headline, "event"),))
        for number, headline in ((1, REPORT), (2, SAVED))
    )

    assert set(decide(mine, [one, other], matched()).also) | {
        decide(mine, [one, other], matched()).story_id
    } == {1, 2}


@pytest.mark.parametrize("headline", [LIVE, EXPLAINER, OPINION])
def test_what_is_no_report_proves_no_two_stories_one(headline: str) -> None:
    stories = [
        Candidate(number, (item(number, report, "event"),))
        for number, report in ((1, REPORT), (2, SAVED))
    ]

    found = decide(item(9, headline, "event"), stories, matched())

    assert found.story_id in (1, 2)  # the model says that it tells of the same event
    assert found.also == ()


@pytest.mark.parametrize(("summaries", "expected"), [("aa", True), ("ab", False)])
def test_two_stories_agree_by_their_cores(summaries: str, *, expected: bool) -> None:
    first, second = summaries[0], summaries[1]
    a = Candidate(1, (item(1, REPORT, first), item(2, LIVE, "x", core=False)))
    b = Candidate(2, (item(3, SAVED, second), item(4, EXPLAINER, "x", core=False)))

    assert agree(a, b, matched()) is expected
    assert agree(b, a, matched()) is expected


def test_stories_whose_cores_disagree_stay_two_though_an_item_fits_both() -> None:
    def fits_both(pairs: Sequence[tuple[Member, Member]]) -> list[float | None]:
        return [10.0 if 9 in (a.item_id, b.item_id) else -10.0 for a, b in pairs]

    stories = [Candidate(1, (item(1, REPORT),)), Candidate(2, (item(2, GUARD),))]

    found = decide(item(9, SAVED), stories, Comparisons(load_matcher(StorySettings()), fits_both))

    assert found.story_id is not None
    assert found.also == ()
    assert len(found.rejected) == 1


def test_evidence_tells_the_words_and_the_model_apart() -> None:
    story = Candidate(7, (item(1, REPORT, "event"),))

    read_by_model = decide(item(2, GUARD, "event"), [story], matched()).evidence.signals
    unread = decide(item(2, GUARD), [story], matched(read_pairs=False)).evidence.signals

    assert read_by_model["model"] == 10.0
    assert 0 < float(read_by_model["lexical"]) < 1
    assert "model" not in unread
    assert "lexical" not in unread


def test_an_editor_decides_before_any_score() -> None:
    story = Candidate(7, (item(1, REPORT, "event"),))

    forbidden = decide(item(2, GUARD, "event"), [story], matched(), apart={7})
    demanded = decide(item(2, GUARD, "other"), [story], matched(), together=7)

    assert forbidden.story_id is None
    assert (demanded.story_id, demanded.evidence.rule) == (7, "correction")


@pytest.mark.parametrize(("days", "story"), [(0, 7), (2, 7), (8, None), (-8, None)])
def test_a_story_outside_the_window_is_not_heard(days: int, story: int | None) -> None:
    member = Member(2, read(GUARD, summary="event"), NOW + timedelta(days=days))
    candidate = Candidate(7, (item(1, REPORT, "event"),), NOW, NOW)

    assert decide(member, [candidate], matched()).story_id == story
