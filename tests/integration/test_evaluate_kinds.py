"""`evaluate kinds`: figures of each kind and of all that is no report, and the faults it tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aggregator.errors import UsageError
from aggregator.evaluate import kinds
from tests.commands import Home

BLAST = "Bomb blast kills five at vegetable market in Quetta, police say"
KNOW = "What to know about the dam dispute on the upper Indus"
PHOTOS = "In pictures: Lanterns over Lahore"


def test_each_kind_and_all_that_is_no_report_are_measured() -> None:
    rows = [
        {"title": BLAST, "kind": "report", "publisher": "Dawn"},
        {"title": KNOW, "kind": "explainer", "summary": "", "url": "https://a.example/world/b"},
        {"title": PHOTOS, "kind": "feature", "url": "https://a.example/gallery/c"},  # found: media
        {"title": "Minister resigns over leaked tender papers", "kind": "opinion"},  # found: report
    ]

    found = kinds(rows)

    assert found["rows"] == 4
    assert set(found["kinds"]) == {"report", "explainer", "opinion", "feature", "media"}
    assert found["not_report"] == pytest.approx({"precision": 1.0, "recall": 2 / 3, "f1": 0.8})
    assert found["kinds"]["report"] == pytest.approx({"precision": 0.5, "recall": 1.0, "f1": 2 / 3})
    assert found["kinds"]["explainer"]["f1"] == 1.0
    assert found["kinds"]["feature"]["recall"] == 0.0
    assert found["kinds"]["media"]["precision"] == 0.0


def test_no_rows_are_no_fault() -> None:
    assert kinds([]) == {
        "rows": 0,
        "kinds": {},
        "not_report": {"precision": 1.0, "recall": 1.0, "f1": 1.0},
    }


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"title": BLAST}, "no kind"),
        ({"kind": "report"}, "no title"),
        ({"title": BLAST, "kind": "news"}, "kind 'news': one of report, preview"),
        ({"title": BLAST, "kind": None}, "no kind"),
        ({"title": BLAST, "kind": ["report"]}, "one of report"),
    ],
)
def test_a_row_that_cannot_be_measured_is_told(row: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        kinds([row])


def test_the_command_prints_what_the_contract_names(tmp_path: Path) -> None:
    home = Home(tmp_path)
    rows = [{"title": BLAST, "kind": "report"}, {"title": KNOW, "kind": "explainer"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")

    ended = home.run("evaluate", "kinds", "rows.jsonl", "--json")
    document = ended.document()

    assert ended.code == 0
    assert set(document) == {"rows", "kinds", "not_report"}
    for figures in (document["not_report"], *document["kinds"].values()):
        assert set(figures) == {"precision", "recall", "f1"}
    told = home.run("evaluate", "kinds", "rows.jsonl")
    assert told.code == 0
    assert "not_report: precision 1.000  recall 1.000  f1 1.000" in told.out.splitlines()
    assert "explainer: precision 1.000" in told.out
