"""What the matcher decides on the edge of its cheap bounds."""

from __future__ import annotations

from datetime import UTC, datetime

from aggregator.settings import StorySettings
from aggregator.stories.compare import Comparisons, Member, compare, load_matcher, nearest
from aggregator.stories.features import read
from aggregator.stories.match import Candidate, decide
from aggregator.stories.signals import SIGNALS

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
    assert len(shown[1].values) == len(SIGNALS)
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
