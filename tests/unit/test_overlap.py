"""The cheap look never turns down what a full comparison would have something to say about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.settings import StorySettings
from aggregator.stories.compare import Comparisons, Member, load_matcher
from aggregator.stories.features import read
from aggregator.stories.match import Candidate, decide
from aggregator.stories.overlap import StoredHeadline, is_worth_reading, stored_headline, terms_text

NOW = datetime(2026, 3, 1, tzinfo=UTC)
WORDS = (
    *("Quetta", "Karachi", "bomb", "blast", "kills", "five", "seven", "police", "army", "drone"),
    *("talks", "Taliban", "border", "crossing", "closed", "reopened", "minister", "court"),
    *("bails", "floods", "school", "third", "2024", "the", "in"),
)
HEADLINES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
CUT_OFF = st.sampled_from(("", "", "", " ..."))
ITEMS = st.tuples(st.builds(str.__add__, HEADLINES, CUT_OFF), st.none() | st.integers(0, 200))
MATCHER = load_matcher(StorySettings())


def member(item_id: int, headline: str, hours: int | None) -> Member:
    at = None if hours is None else NOW + timedelta(hours=hours)
    return Member(item_id, read(headline), at)


def as_stored(one: Member) -> StoredHeadline:
    features = one.features
    return stored_headline(
        terms_text(features), features.fingerprint, truncated=features.truncated, at=one.at
    )


@given(asked=ITEMS, others=st.lists(ITEMS, min_size=1, max_size=4))
@example(asked=("bomb blast kills five", 0), others=[("drone talks closed", 0)])
def test_what_is_turned_down_would_have_been_turned_down(
    asked: tuple[str, int | None], others: list[tuple[str, int | None]]
) -> None:
    one = member(0, *asked)
    members = [member(number, *other) for number, other in enumerate(others, start=1)]
    if is_worth_reading(one.features, one.at, [as_stored(other) for other in members]):
        return
    decided = decide(one, [Candidate(1, tuple(members))], Comparisons(MATCHER))
    assert decided.story_id is None
    assert decided.rejected == ()


@given(HEADLINES)
def test_terms_survive_being_written(headline: str) -> None:
    features = read(headline)
    found = stored_headline(terms_text(features), "", truncated=False, at=None).features
    assert found.bag == features.bag
    assert abs(found.weight - features.weight) < 1e-9


def test_other_news_is_not_read() -> None:
    one = member(0, "Bomb blast kills five police in Quetta", 0)
    other = member(1, "Court bails minister over school floods", 0)
    assert not is_worth_reading(one.features, one.at, [as_stored(other)])


def test_the_same_news_is_read_and_so_is_whatever_may_be_cut_off() -> None:
    one = member(0, "Bomb blast kills five police in Quetta", 0)
    same = member(1, "Five police killed by bomb blast in Quetta", 3)
    cut = member(2, "Court bails minister over ...", 0)
    assert is_worth_reading(one.features, one.at, [as_stored(same)])
    assert is_worth_reading(one.features, one.at, [as_stored(cut)])
    assert is_worth_reading(cut.features, cut.at, [as_stored(one)])


def test_no_wording_and_no_words_are_nothing_to_read() -> None:
    one = member(0, "Bomb blast kills five police in Quetta", 0)
    assert not is_worth_reading(one.features, one.at, [])
    assert not is_worth_reading(one.features, one.at, [as_stored(member(1, "...!", 0))])


def test_the_same_words_are_read_even_where_all_of_them_are_common() -> None:
    one, other = member(0, "In the news", 0), member(1, "In the news", 1)
    assert is_worth_reading(one.features, one.at, [as_stored(other)])
