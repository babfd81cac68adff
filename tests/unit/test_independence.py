"""Which sources of a story report on their own."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from msgspec.structs import replace

from aggregator.stories import independence as module
from aggregator.stories.credits import credit_of
from aggregator.stories.independence import coverage, independence, origin_in_words
from aggregator.views import PublishedSource
from tests.views import make_source

LONG = (
    "Six people were reported killed in clashes in Quetta on Thursday as protests against rising "
    "prices entered their fifth day, officials and residents of the city said."
)
HEADLINE = "Fresh clashes kill six in Quetta cost of living protests, officials say"


def report(name: str, text: str = "", **more: object) -> PublishedSource:
    """A report on the site of its publisher, with words of its own where none are given."""
    low = name.lower().replace(" ", "")
    own = {
        "headline": f"{name} tells it its own way",
        "url": f"https://www.{low}.example/a",
        "summary": text,
    }
    return make_source(name, **(own | more))


def counted(*reports: PublishedSource) -> int:
    return independence(reports).independent


def words(*reports: PublishedSource) -> list[str]:
    origins = independence(reports).origins
    return [origin_in_words(reports, at, origin) for at, origin in enumerate(origins)]


def test_no_source_is_none_and_one_is_one() -> None:
    assert independence(()).independent == 0
    assert counted(report("Dawn")) == 1


def test_publishers_with_words_of_their_own_are_independent() -> None:
    reports = report("Dawn", LONG), report("Geo", "Another text."), report("Jang")

    assert counted(*reports) == 3
    assert words(*reports) == ["", "", ""]


def test_papers_of_one_site_are_one_source() -> None:
    reports = (
        report("Dawn"),
        report("Dawn Sport", url="https://sport.dawn.example/b"),
        report("Geo"),
    )

    assert counted(*reports) == 2
    assert words(*reports) == ["", "same publisher as Dawn", ""]


def test_a_family_of_the_configuration_goes_beyond_sites() -> None:
    reports = report("Geo", family="Jang Group"), report("The News", family="jang group")

    assert counted(*reports) == 1
    assert counted(report("Dawn"), report("Dawn", family="Dawn Media")) == 1
    one, other = (report("A", url="https://host.example/a", family=name) for name in "AB")
    assert counted(one, other) == 2  # two papers on one host


@pytest.mark.parametrize(
    "name", ["Dawn", "dawn", "The Dawn", "dawn.example"], ids=lambda name: name.replace(" ", "-")
)
def test_a_paper_that_a_search_found_is_known_by_its_name(name: str) -> None:
    found = report(name, url="https://news.google.com/rss/articles/CBM")

    assert counted(report("Dawn"), found) == counted(found, report("Dawn")) == 1
    assert counted(report("Geo"), found) == 2


def test_papers_on_a_site_of_many_are_told_apart_by_name() -> None:
    one, other = (report(name, url=f"https://medium.com/{name}") for name in ("Ann", "Bob"))

    assert counted(one, other) == 2
    assert counted(report("!", url=None), report("?", url=None)) == 2


def test_copies_of_one_agency_are_one_source() -> None:
    reports = (
        report("Dawn", author="Reuters"),
        report("Geo", f"ISLAMABAD, Aug 12 (Reuters) - {LONG[:50]}"),
        report("Jang", "Something else."),
        make_source("Reuters", url="https://www.reuters.com/world/a", headline="A report"),
    )

    assert counted(*reports) == 2
    assert words(*reports) == [
        "text of Reuters (author)", "text of Reuters (dateline)", "", "a news agency's own",
    ]  # fmt: skip


def test_text_that_was_taken_over_is_one_source() -> None:
    reports = report("Dawn", LONG), report("Geo", f"QUETTA: {LONG[:150]}...")

    assert counted(*reports) == 1
    assert words(*reports) == ["", "same words as Dawn"]


def test_a_long_headline_that_was_taken_over_is_one_source() -> None:
    other = HEADLINE.replace("Quetta cost", "Quetta’s cost")

    assert counted(report("Dawn", headline=HEADLINE), report("Geo", headline=HEADLINE)) == 1
    assert counted(report("Dawn", headline=HEADLINE), report("Geo", headline=other)) == 2
    assert counted(report("Dawn", headline="Six killed"), report("Geo", headline="Six killed")) == 2


def test_a_headline_that_was_taken_over_may_stand_over_another_text() -> None:
    other = " ".join(reversed(LONG.split()))

    assert counted(report("Dawn", LONG, headline=HEADLINE), report("Geo", other)) == 2
    assert counted(
        report("Dawn", LONG, headline=HEADLINE), report("Geo", other, headline=HEADLINE)
    ) == 1  # fmt: skip


def test_what_somebody_said_may_be_quoted_by_all() -> None:
    told = f"“{LONG}”"

    assert counted(report("Dawn", f"Said so: {told}"), report("Geo", f"He spoke. {told}")) == 2


def test_a_paper_with_a_copy_and_its_own_report_is_one_of_two() -> None:
    copy, own, wire = (
        report("Dawn", author="AFP"), report("Dawn"), report("Geo", author="AFP"),
    )  # fmt: skip

    assert counted(copy, own) == 1
    assert counted(copy, own, wire) == 2  # Dawn's own report, and AFP's


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_does_not_matter(order: tuple[int, ...]) -> None:
    reports = (
        report("Dawn", author="AFP"),
        report("Geo", LONG),
        report("Jang", LONG, author="AFP"),
        report("Dawn", "Its own report."),
    )

    assert counted(*(reports[at] for at in order)) == 2


def test_a_further_source_adds_one_at_most() -> None:
    draw = random.Random(7)
    texts = ["", LONG, f"AFP - {LONG}", "Told in few words."]
    for _ in range(200):
        reports: list[PublishedSource] = []
        before = 0
        for _ in range(8):
            name, author = draw.choice("ABCDE") * 3, draw.choice(["", "", "AFP", "Reuters"])
            reports.append(report(name, draw.choice(texts), author=author))
            now = counted(*reports)
            assert now <= before + 1  # it may be less: what shows two texts to be one
            assert 1 <= now <= len({one.publisher for one in reports})
            before = now


def test_a_story_of_thousands_of_sources_is_counted_in_time() -> None:
    reports = [report(f"Paper {at}", f"{at} {LONG}" if at % 2 else "") for at in range(3_000)]

    assert 1 <= counted(*reports) <= module.MAX_MATCHED


@pytest.mark.parametrize(
    ("said", "agency", "place"),
    [
        ({"author": "By Jane Doe, AFP"}, "AFP", "author"),
        ({"author": "PTI | New Delhi"}, "PTI", "author"),
        ({"author": "Agence France-Presse"}, "AFP", "author"),
        ({"author": "ROBERT BURNS, Associated Press"}, "AP", "author"),
        ({"author": "Dawn/Reuters"}, "Reuters", "author"),
        ({"publisher": "Press Trust of India"}, "PTI", "source"),
        ({"site": "apnews.com"}, "AP", "site"),
        ({"summary": "DUBAI, United Arab Emirates (AP) — Iran faces"}, "AP", "dateline"),
        ({"summary": "AFP - Six people"}, "AFP", "dateline"),
        ({"summary": "ISLAMABAD, Aug 12 (APP): The minister"}, "APP", "dateline"),
        ({"summary": "Six people died on Sunday. (AFP)"}, "AFP", "last line"),
        ({"summary": "Six people died on Sunday — Reuters"}, "Reuters", "last line"),
        ({"summary": "He left. (With inputs from PTI)"}, "PTI", "last line"),
    ],
)
def test_credit_lines(said: dict[str, str], agency: str, place: str) -> None:
    found = credit_of(**({"author": "", "publisher": "Dawn", "site": "", "summary": ""} | said))

    assert found is not None
    assert (found.agency, found.place) == (agency, place)


@pytest.mark.parametrize(
    "said",
    [
        {"author": "Jane Doe"},
        {"author": "The app team"},  # a program
        {"author": "Ap"},
        {"summary": "The minister told Reuters that he would go."},
        {"summary": "Pakistan Tehreek-e-Insaf (PTI) - the party of Imran Khan"},
        {"summary": "—Brendan Smialowski—AFP/Getty Images The Kennedy Center board of trustees"},
        {"summary": "Mahamadou Hamidou / REUTERS Kevin Rideout has been released"},
        {"summary": "Party leaders met. (AAP)"},
        {"summary": ""},
    ],
)
def test_what_is_no_credit_line(said: dict[str, str]) -> None:
    assert (
        credit_of(**({"author": "", "publisher": "Dawn", "site": "", "summary": ""} | said)) is None
    )


def test_labels_are_counted_the_most_frequent_first() -> None:
    pk, india, home = (
        (("country", "pk"),),
        (("country", "in"),),
        (("country", "pk"), ("kind", "tv")),
    )

    assert coverage([pk, india, home, ()]) == {"country": {"pk": 2, "in": 1}, "kind": {"tv": 1}}
    assert replace(report("Dawn"), labels=pk).labels == pk


def test_what_was_compared_before_is_the_same_however_little_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_KNOWN", 1)

    for _ in range(2):
        assert counted(report("Dawn", LONG), report("Geo", LONG)) == 1
        assert counted(report("Dawn", LONG), report("Geo", "Another text.")) == 2
