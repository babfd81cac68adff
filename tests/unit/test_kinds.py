"""Kinds of headlines: own examples of each, what decides, and that any text is safe."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.kind_marks import (
    MARKED,
    MAX_SUMMARY,
    PARTS,
    kinds_by_hand,
    marks_by_hand,
    parse_marks,
    sections_of,
    shipped_marks,
    words_of,
    words_of_parts,
)
from aggregator.stories.kinds import KINDS, OTHER_KINDS, REPORT, decide, kind_of
from tests.docs import page

SITE = "https://news.example"

# kind, headline, summary, path
WRITTEN = [
    ("report", "Bomb blast kills five at vegetable market in Quetta, police say", "", "/world/a"),
    ("report", "Parliament passes fishing bill after all-night sitting", "", "/politics/b"),
    ("report", "Two climbers rescued from glacier near Skardu", "They were unhurt.", "/news/c"),
    ("report", "Minister resigns over leaked tender documents", "", ""),
    ("live", "Ferry disaster live updates: Divers resume search off Karachi", "", "/world/d"),
    ("live", "Budget day as it happened", "Follow along with our live coverage.", "/uk/live/e"),
    ("live", "Watch live: Governor holds news conference on dam failure", "", "/us/f"),
    ("roundup", "Morning briefing: Dam talks, a lost yacht, and tea prices", "", "/newsletters/g"),
    ("roundup", "News Wrap: Flood warnings in three provinces", "In our news wrap", "/show/h"),
    ("roundup", "Daily briefing March 3: Strike ends. And, a whale returns", "", "/briefing/i"),
    ("explainer", "What to know about the dam dispute on the upper Indus", "", "/world/j"),
    ("explainer", "Why is the rupiah falling?", "Here's what is behind the slide.", "/business/k"),
    ("explainer", "5 takeaways from the premier's speech", "", "/politics/l"),
    ("explainer", "Who could replace the harbour minister?", "", "/politics/m"),
    ("opinion", "We must not let the delta drown", "The author is a hydrologist.", "/opinion/n"),
    ("opinion", "The fishing bill betrays the coast | Letters", "", "/commentisfree/o"),
    ("opinion", "Opinion | The trouble with cheap dams", "", "/opinions/p"),
    ("feature", "Inside the last lighthouse of the Makran coast", "", "/features/q"),
    ("feature", "The 9 best kettles, tested by our cooks", "We tried them all.", "/recommended/r"),
    ("media", "In pictures: Lanterns over Lahore", "Photographs of the night.", "/gallery/s"),
    ("media", "Photos: A river returns", "", "/in-pictures/t"),
    ("preview", "Foreign ministers set to meet ahead of summit", "In Doha.", "/world/u"),
    ("preview", "Kenya vs Ghana preview: team news, start time and lineups", "", "/sports/v"),
    ("market", "Stocks slip as traders weigh oil prices", "Investors sold shares.", "/markets/w"),
    ("other", "Crossword: Number 412", "", "/crosswords/x"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "headline", "summary", "path"), WRITTEN)
def test_a_piece_is_told_by_its_words_and_sections(
    kind: str, headline: str, summary: str, path: str
) -> None:
    found = kind_of(headline, summary=summary, url=f"{SITE}{path}" if path else "")

    assert (found.kind, found.is_report) == (kind, kind == REPORT)
    assert bool(found.evidence) == (kind != REPORT)


@pytest.mark.parametrize(
    ("headline", "summary"),
    [
        ("Footage captures bridge collapsing in Gilgit", "The bridge fell on Monday."),
        ("Video shows rescue of trapped miners in Harnai", "Eleven men were brought out."),
        ("Photos show damage after strike on Kharkiv depot", "The depot burned overnight."),
    ],
)
def test_a_video_whose_headline_tells_the_event_is_a_report(headline: str, summary: str) -> None:
    assert kind_of(headline, summary=summary, url=f"{SITE}/video/a").is_report


def test_evidence_names_the_part_and_the_words_that_spoke_most() -> None:
    found = kind_of("What to know about the dam dispute", url=f"{SITE}/world/a")

    assert "headline: what to know" in found.evidence
    assert len(found.evidence) <= 3
    assert found.probability >= shipped_marks().threshold


def test_the_publisher_at_the_end_hides_no_mark_before_it() -> None:
    own = words_of_parts("Who runs the port? - Gwadar Post", publisher="Gwadar Post")
    known = words_of_parts("Who runs the port? | Reuters")
    section = words_of_parts("Who runs the port? | Letters", publisher="Gwadar Post")

    assert own[0] == known[0] == words_of("Who runs the port?")
    assert section[0][-2:] == ["letters", "$"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Five takeaways – and 1,500 more", "^ # takeaways - and # more $"),
        ("‘We can’t wait’: voters speak", '^ " we can\'t wait " : voters speak $'),
        ("Strike ends. And, a whale returns?", "^ strike ends . and , a whale returns ? $"),
        ("Round-up (video) | Live!", "^ round - up ( video ) | live ! $"),
        ("", "^ $"),
    ],
)
def test_words_are_lower_case_with_numbers_and_signs_told_apart(text: str, words: str) -> None:
    assert words_of(text) == words.split()


@pytest.mark.parametrize(
    ("url", "sections"),
    [
        ("https://a.example/opinion/2026/01/05/the-dam?x=/live/", ["opinion"]),
        ("https://a.example/News/Live/", ["news", "live"]),
        ("https://a.example/", []),
        ("https://a.example", []),
        ("https://a.example/the-dam#/live/", []),
        ("live/opinion/x", []),
        ("", []),
    ],
)
def test_sections_are_the_folders_of_the_path(url: str, sections: list[str]) -> None:
    assert sections_of(url) == sections


def test_only_the_beginning_of_a_summary_is_read() -> None:
    padding = "x " * MAX_SUMMARY

    assert kind_of("Dam talks go on", summary=padding + "live blog newsletter") == kind_of(
        "Dam talks go on", summary=padding
    )


def test_escaped_text_reads_as_what_it_stands_for() -> None:
    assert words_of_parts("Here&#039;s why")[0] == words_of("Here's why")


# --- the tables ----------------------------------------------------------------------------


def test_a_mark_added_to_the_table_counts_before_any_training() -> None:
    learned: dict[str, Any] = {part: {} for part in PARTS}
    learned |= {"bias": -0.5, "threshold": 0.5, "kinds_bias": {}}
    by_hand = {part: dict[str, str]() for part in PARTS}
    by_hand["headline"] = {"the daily kettle": "roundup"}
    marks = parse_marks(OTHER_KINDS, by_hand, learned)

    found = decide(marks, "The Daily Kettle: Dams and teas")

    assert found.kind == "roundup"
    assert found.evidence == ("headline: the daily kettle",)
    assert found.probability == pytest.approx(1 / (1 + 2.718281828 ** -(MARKED["headline"] - 0.5)))
    assert decide(marks, "Kettle daily").is_report


def test_what_was_learned_of_a_mark_takes_the_place_of_its_table() -> None:
    learned: dict[str, Any] = {part: {} for part in PARTS}
    learned |= {"bias": 0.0, "threshold": 0.5, "kinds_bias": {}}
    learned["section"] = {"live": [-1.0, {"media": 1.0}]}
    marks = parse_marks(OTHER_KINDS, marks_by_hand(), learned)

    assert decide(marks, "Dam talks go on", url=f"{SITE}/live/a").is_report


def test_a_kind_added_to_the_table_is_recognised_beside_what_was_learned_of_others() -> None:
    learned = json.loads((files("aggregator.stories") / "data" / "kinds.json").read_text("utf-8"))
    by_hand = {part: dict(marks) for part, marks in marks_by_hand().items()}
    by_hand["headline"]["rain warning"] = by_hand["section"]["weather"] = "weather"
    marks = parse_marks((*OTHER_KINDS, "weather"), by_hand, learned)

    found = decide(marks, "Rain warning: what to wear", url=f"{SITE}/weather/a")

    assert found.kind == "weather"
    assert {"section: weather", "headline: rain warning"} < set(found.evidence)
    assert decide(marks, "5 takeaways from the talks").kind == "explainer"


def test_the_docs_have_a_row_of_each_kind() -> None:
    text = page("docs/deduplication.md")

    for kind, what in kinds_by_hand().items():
        assert f"\n| `{kind}` | {what} | " in text


def test_every_mark_is_of_a_kind_and_can_be_found() -> None:
    for part, marks in marks_by_hand().items():
        for mark, kind in marks.items():
            assert kind in OTHER_KINDS
            if part == "section":
                assert sections_of(f"{SITE}/{mark}/a") == [mark], mark
            else:
                text = mark.removeprefix("^ ").removesuffix(" $").replace("#", "7")
                assert f" {mark} " in f" {' '.join(words_of(text))} ", mark


def test_the_learned_file_names_kinds_and_runs_as_the_code_does() -> None:
    text = (files("aggregator.stories") / "data" / "kinds.json").read_text("utf-8")
    learned = json.loads(text)

    assert set(learned["kinds_bias"]) <= set(OTHER_KINDS)
    assert {"bias", "threshold", *PARTS} <= set(learned)
    for part in PARTS:
        for weight, leanings in learned[part].values():
            assert abs(weight) < 10
            assert set(leanings) <= set(OTHER_KINDS)
    # Nothing found is a report: what is no report has evidence.
    assert learned["bias"] < 0 < learned["threshold"] < 1
    assert decide(shipped_marks(), "").is_report


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=120), st.text(max_size=20))
def test_any_text_has_a_kind_with_evidence_unless_it_is_a_report(
    headline: str, summary: str, url: str, publisher: str
) -> None:
    found = kind_of(headline, summary=summary, url=url, publisher=publisher)

    assert found == kind_of(headline, summary=summary, url=url, publisher=publisher)
    assert found.kind in KINDS
    assert 0.0 <= found.probability <= 1.0
    assert bool(found.evidence) == (found.kind != REPORT)


_MARKS = [mark for mark in marks_by_hand()["headline"] if "^" not in mark and "$" not in mark]


@given(st.lists(st.sampled_from(_MARKS), min_size=1, max_size=6))
def test_a_headline_of_marks_is_judged_by_what_stands_in_it(marks: list[str]) -> None:
    found = kind_of(" ".join(marks))

    assert bool(found.evidence) == (found.kind != REPORT)
    assert all(line.startswith("headline: ") for line in found.evidence)
