"""What a search is asked for, and which words of a text answer it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import UsageError
from aggregator.serving.search_request import SearchRequest
from aggregator.storage.search_words import AFTER, BEFORE, closeness, excerpt, forms, parted
from aggregator.views import SearchFilter

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "headline", "how"),
    [
        ("quetta blast", "Blast in Quetta kills five", 1),
        ("quetta blast", "Quetta blast kills five", 2),
        ("cafe", "A Café of one's own", 2),
        ("CAFÉ", "cafe", 2),
        ("counter-terrorism", "Talks on counter terrorism", 2),
        ("quetta", "Quettan markets", 0),
        ("quetta flood", "Blast in Quetta", 0),
        ("", "Blast", 0),
    ],
)
def test_a_headline_is_as_close_as_its_words_stand(query: str, headline: str, how: int) -> None:
    assert closeness(query, headline) == how


def test_an_excerpt_stands_around_the_first_word_that_was_searched_for() -> None:
    words = [f"w{n}" for n in range(100)]
    text = " ".join([*words[:50], "Quétta,", *words[50:]])

    found = excerpt("quetta blast", text).split()

    assert found[0] == found[-1] == "…"
    assert found[1 + BEFORE] == "Quétta,"
    assert len(found) == BEFORE + AFTER + 2
    assert excerpt("x", "Short text.") == "Short text."
    assert excerpt("x", "") == ""


def test_words_are_quoted_for_the_index_the_closest_form_first() -> None:
    assert forms('quetta "OR* blast\0') == (
        'headline : "quetta  OR* blast"',
        'headline : ("quetta" AND " OR*" AND "blast")',
        '"quetta" AND " OR*" AND "blast"',
    )
    assert forms("quetta - *") == ('headline : ("quetta")', '"quetta"')
    assert forms("* - \ud800") == ()


def test_forms_can_be_parted_so_that_nothing_is_found_twice() -> None:
    assert parted(("a", "b", "c")) == ("a", "(b) NOT (a)", "(c) NOT (b)")
    assert parted(()) == ()


def test_a_request_is_an_address_in_one_order_without_what_is_empty() -> None:
    wanted = SearchRequest("quetta blast", label="country=pk", until="2026-03-02")

    assert wanted.parameters == "q=quetta+blast&label=country%3Dpk&until=2026-03-02"
    assert not wanted.best_first
    assert SearchRequest("x", sort="best").best_first


def test_days_and_ages_become_times_and_the_last_day_is_whole() -> None:
    wanted = SearchRequest(
        "x", topic="news", source="Dawn", label="a=b=c", since="7d", until="2026-03-02"
    )

    assert wanted.among(NOW) == SearchFilter(
        "news", "Dawn", ("a", "b=c"), NOW - timedelta(days=7), datetime(2026, 3, 3, tzinfo=UTC)
    )
    assert SearchRequest("x", since="2026-03-02").among(NOW).since == datetime(
        2026, 3, 2, tzinfo=UTC
    )


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "9999-12-31", "-1d", "2026-3-2", "٣d"])
def test_what_is_no_day_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(UsageError, match="write one such as 2026-03-02 or 7d"):
        SearchRequest("x", until=text).among(NOW)


@pytest.mark.parametrize("text", ["country", "=pk", "country="])
def test_a_label_needs_its_value(text: str) -> None:
    with pytest.raises(UsageError, match="write one such as country=pk"):
        SearchRequest("x", label=text).among(NOW)
