"""Labelled rows are measured by the way of a real fetch, and the figures are right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from aggregator import evaluate
from aggregator.cli.root import run
from aggregator.errors import UsageError
from aggregator.evaluate.measures import average_precision
from aggregator.evaluate.rows import read_rows
from aggregator.ingest.rules import load_rules
from aggregator.settings import Config, StorySettings, TopicSettings
from tests.newsroom import knowing

BLAST = "Bomb blast kills five at vegetable market in Quetta, police say"
TALKS = "Finance ministers of Japan and Brazil sign textile tariff agreement"
SNOW = "Heavy snowfall closes mountain schools across northern Norway"


def row(title: str, story: str, **more: object) -> dict[str, object]:
    return {"title": title, "story": story, **more}


def test_stories_are_measured_over_pairs_and_items() -> None:
    rows = [
        row(BLAST, "a", date="2026-03-01T10:00:00Z", publisher="Dawn"),
        row(BLAST, "a", date="2026-03-01T11:00:00Z", publisher="Geo"),
        row(BLAST, "b", date="2026-03-01T12:00:00+05:00", publisher="Wire"),  # label: another one
        row(TALKS, "c", date="2026-03-01", publisher="Dawn"),
        row(SNOW, "c", date="2026-03-02", publisher="Geo"),  # label: the same one
    ]

    found = evaluate.stories(rows)

    assert (found["items"], found["stories_true"], found["stories_found"]) == (5, 3, 3)
    assert found["pairwise"]["precision"] == pytest.approx(1 / 3)
    assert found["pairwise"]["recall"] == pytest.approx(1 / 2)
    assert found["bcubed"]["precision"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found["bcubed"]["recall"] == pytest.approx((1 + 1 + 1 + 0.5 + 0.5) / 5)
    # b opened the entry of all blasts (it is the earliest), so a is lost; c opens two
    assert (found["lost"], found["surplus"]) == (1, 1)
    assert found["items_per_second"] > 0


def test_where_scores_a_part_after_matching_all() -> None:
    rows = [
        row(BLAST, "a", date="2026-03-01T10:00:00Z", publisher="Dawn", label=0),
        row(BLAST, "a", date="2026-03-01T11:00:00Z", publisher="Geo", label=2),
        row(TALKS, "c", date="2026-03-01", publisher="Dawn", label=1),
    ]

    found = evaluate.stories(rows, ("label", frozenset({"1", "2"})))

    assert (found["items"], found["stories_true"], found["stories_found"]) == (2, 2, 2)
    assert (found["lost"], found["surplus"]) == (0, 0)
    assert found["bcubed"]["f1"] == 1.0


def test_undated_rows_have_no_window_and_come_in_file_order() -> None:
    rows = [
        row(BLAST, "a", publisher="Dawn"),
        row(BLAST, "a", publisher="Geo"),
        row(BLAST, "a", publisher="Wire", date="2020-01-01"),
    ]

    assert evaluate.stories(rows)["stories_found"] == 1


def test_one_feed_shows_a_page_under_a_headline_once() -> None:
    url = "https://example.org/1"
    rows = [row(BLAST, "a", url=url, cluster="x"), row(BLAST, "a", url=url)]

    found = evaluate.stories(rows)

    assert (found["items"], found["stories_found"]) == (2, 1)


def test_no_rows_are_no_fault() -> None:
    assert evaluate.stories([])["bcubed"]["f1"] == 1.0


def test_pairs_leave_out_what_has_no_label() -> None:
    rows: list[dict[str, object]] = [
        {"a": BLAST, "b": BLAST, "same": 1, "date_a": "2026-03-01", "date_b": "2026-03-01"},
        {"a": BLAST, "b": TALKS, "same": 0},
        {"a": BLAST, "b": SNOW, "same": None},
        {"a": TALKS, "b": SNOW, "same": 1},
    ]

    found = evaluate.pairs(rows)

    assert found["pairs"] == 3
    assert (found["precision"], found["recall"]) == (1.0, 0.5)
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert 0.5 < found["average_precision"] < 1.0


def test_a_topic_names_its_errors() -> None:
    settings = TopicSettings("news", query={"rules": [{"any": ["quetta"], "weight": 1}]})
    rows: list[dict[str, object]] = [
        {"title": BLAST, "label": 2},
        {"title": BLAST + " again", "label": 0},
        {"title": TALKS, "label": 2},
        {"title": SNOW, "label": 1},
    ]

    found = evaluate.topic(rows, settings)

    assert (found["rows"], found["precision"], found["recall"]) == (3, 0.5, 0.5)
    assert (found["false_positives"], found["false_negatives"]) == ([BLAST + " again"], [TALKS])


def test_average_precision_takes_equal_scores_as_one_step() -> None:
    assert average_precision([(0.9, True), (0.5, False), (0.5, True)]) == pytest.approx(
        0.5 + 0.5 * 2 / 3
    )
    assert average_precision([(0.9, False)]) == 0.0


def test_signs_that_end_lines_of_text_stand_within_a_row(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    titles = ["before\u2028after", "before\x85after", "before\x1cafter"]
    lines = [f'{{"title": "{title}"}}' for title in titles[:2]] + [json.dumps({"title": titles[2]})]
    file.write_text("\r\n".join(lines), "utf-8")

    assert [one["title"] for one in read_rows(file)] == titles


def test_faults_of_a_file_are_told_by_line_or_row(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row(BLAST, "a")) + "\n\n[1]\n", "utf-8")
    with pytest.raises(UsageError, match=r"rows.jsonl:3: a row is an object"):
        read_rows(file)
    file.write_text("{broken\n", "utf-8")
    with pytest.raises(UsageError, match=r"rows.jsonl:1: not JSON"):
        read_rows(file)
    file.write_bytes(b'{"title": "caf\xe9"}\n')
    with pytest.raises(UsageError, match=r"rows.jsonl:1: not JSON"):
        read_rows(file)
    file.write_text(json.dumps(row(BLAST, "a")) + "\n\n", "utf-8")
    assert len(read_rows(file)) == 1

    with pytest.raises(UsageError, match="no story or cluster"):
        evaluate.stories([{"title": BLAST}])
    with pytest.raises(UsageError, match="write it as"):
        evaluate.stories([row(BLAST, "a", date="yesterday")])


@pytest.mark.parametrize(
    ("command", "row", "told"),
    [
        ("stories", {"title": BLAST, "stroy": 1}, "no story or cluster; is 'stroy' meant as that?"),
        ("stories", {"story": 1}, "no title"),
        ("stories", {"title": BLAST, "story": 1, "date": "today"}, "date 'today': write it as"),
        ("stories", row(BLAST, "a", date="0001-01-01T00:00:00+01:00"), "write it as"),
        ("related --pairs {}", {"title": BLAST}, "no story or cluster"),
        ("pairs", {"a": BLAST, "b": BLAST}, "no same"),
        ("pairs", {"a": BLAST, "b": BLAST, "smae": 1}, "no same; is 'smae' meant as that?"),
        ("pairs", {"a": BLAST, "b": BLAST, "same": "no"}, "same 'no': one of 0, 1"),
        ("pairs", {"a": BLAST, "same": None}, "no b"),
        ("pairs", {"a": BLAST, "b": BLAST, "same": 1, "date_b": "x"}, "date_b 'x': write it as"),
        ("topic", {"title": BLAST}, "no label"),
        ("topic", {"title": BLAST, "lable": 2}, "no label; is 'lable' meant as that?"),
        ("topic", {"title": BLAST, "label": "2"}, "label '2': one of 0, 1, 2"),
        ("topic", {"title": BLAST, "label": None}, "no label"),
        ("topic", {"headline": BLAST, "label": 2}, "no title"),
        ("kinds", {"title": BLAST, "kynd": "report"}, "no kind; is 'kynd' meant as that?"),
        ("kinds", {"title": BLAST, "kind": "news"}, "kind 'news': one of report"),
    ],
)
def test_a_row_that_lacks_something_is_told_with_file_and_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    row: dict[str, object],
    told: str,
) -> None:
    full = {"title": BLAST, "story": 1, "label": 0, "kind": "report", "a": BLAST, "b": TALKS}
    file, pairs = tmp_path / "rows.jsonl", tmp_path / "pairs.json"
    file.write_text("\n".join(map(json.dumps, ({**full, "same": None}, row))), "utf-8")
    pairs.write_text('{"rows": []}')
    name, *options = command.format(pairs).split()

    assert run(["evaluate", name, str(file), *options]) == 2

    said = capsys.readouterr().err
    assert said.startswith(f"error: {file}:2: ")
    assert told in said


def test_a_condition_on_a_key_that_no_row_has_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row(BLAST, "a", label=2)), "utf-8")

    assert run(["evaluate", "stories", str(file), "--where", "lable=2"]) == 2

    assert f"no row of {file} has lable" in capsys.readouterr().err


def test_the_budget_counts_what_the_model_reads_and_off_needs_none() -> None:
    rows = [
        row("Factory fire in Vietnam kills nine garment workers", "a", date="2026-03-01"),
        row("Owner of garment plant held in Vietnam after blaze", "a", date="2026-03-01"),
    ]
    every = knowing([str(one["title"]) for one in rows])
    rules = load_rules(Config(topics=(), stories=StorySettings(model=False)))
    reading = replace(rules, reader=every)

    found = {
        (name, budget): evaluate.stories(rows, rules=used, budget=budget)["stories_found"]
        for name, used in (("off", rules), ("on", reading))
        for budget in (0, 1, None)
    }

    assert found == {
        ("off", 0): 2, ("off", 1): 2, ("off", None): 2, ("on", 0): 2, ("on", 1): 1, ("on", None): 1,
    }  # fmt: skip
