"""Stories as Markdown, CSV and JSON Lines: complete, and inert wherever they are opened."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.publishing.export import COLUMNS, FORMATS, cell, export
from aggregator.publishing.markdown import escape, link
from aggregator.publishing.reasons import in_words
from aggregator.views import CitedSource, CitedStory
from tests.docs import page

AT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


def make_source(number: int = 1, **changes: Any) -> CitedSource:
    values: dict[str, Any] = {
        "item_id": number,
        "feed": "Dawn",
        "publisher": "Dawn",
        "headline": f"Headline {number}",
        "url": f"https://dawn.example/{number}",
        "published_at": AT,
        "first_seen_at": AT,
        "rule": "new",
        "score": 1.0,
        "detail": "",
        "signals": {},
    }
    return CitedSource(**values | changes)


def make_story(*sources: CitedSource, **changes: Any) -> CitedStory:
    values: dict[str, Any] = {
        "uid": "abc",
        "entry_id": "tag:example.org,2026:abc",
        "headline": "Headline",
        "url": "https://dawn.example/1",
        "published_at": AT,
        "updated_at": AT,
        "first_seen_at": AT,
        "topics": (("news", 0.75),),
        "reports": len(sources),
        "items": len(sources),
        "sources": sources,
    }
    return CitedStory(**values | changes)


def written(form: str, *stories: CitedStory) -> str:
    return "".join(export(stories, form))


def test_a_line_of_json_has_the_story_and_its_reports() -> None:
    reworded = make_source(
        2, rule="reworded", score=0.98, detail="other words for “x”", signals={"same_page": 1},
        published_at=None,
    )  # fmt: skip

    first, second = written("jsonl", make_story(make_source(), reworded), make_story()).splitlines()

    story = json.loads(first)
    assert [source["item"] for source in story["sources"]] == ["i1", "i2"]
    assert [source["score"] for source in story["sources"]] == [None, 0.98]
    assert story["sources"][1]["published"] is None
    assert story["sources"][1]["first_seen"] == "2026-03-02T06:30:00Z"
    assert story["sources"][1]["reason"] == (
        "joined: other words for the same; score 0.98; other words for “x”; the same page"
    )
    assert story["topics"] == {"news": 0.75}
    assert json.loads(second)["sources"] == []


def test_csv_has_a_row_for_each_report() -> None:
    text = written("csv", make_story(make_source(1), make_source(2, published_at=None)))

    header, *rows = csv.reader(io.StringIO(text, newline=""))
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert tuple(header) == COLUMNS
    assert [one["item"] for one in found] == ["i1", "i2"]
    assert found[1]["published"] == ""
    assert found[0]["reason"] == "opened the story"  # the other opened one that was merged
    assert found[1]["reason"].startswith("opened the story; it was a story of its own")
    assert found[0]["topics"] == "news 0.75"
    assert text.count("\r\n") == 3


def test_markdown_has_a_section_for_each_story() -> None:
    text = written(
        "md", make_story(make_source(url=None, published_at=None)), make_story(make_source(2))
    )

    assert text.count("\n## [Headline](<https://dawn.example/1>)\n") == 2
    assert "\n1. Dawn: Headline 1\n" in text
    assert "published at an unknown time, first seen 2026-03-02 06:30:00 UTC" in text
    assert "Why it is here: opened the story." in text
    assert "- story `abc`, 1 report, 1 independent\n" in text
    assert ", 2 reports, 1 independent" in written("md", make_story(make_source(), make_source(2)))


def test_every_column_and_key_is_documented() -> None:
    text = page("docs/exporting.md").partition("\n| column of `csv` |")[2].partition("\n\n")[0]
    story = json.loads(written("jsonl", make_story(make_source())))

    assert re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE) == list(COLUMNS)
    for key in (*story, *story["sources"][0]):
        assert f"`{key}`" in page("docs/exporting.md"), key
    assert all(f"| `{form}` |" in page("docs/exporting.md") for form in FORMATS)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x", " =1",
     "−1", "﹢1", "﹣1", "﹦1", "﹫x", "⁼1", "⁺1", "₋1",
     "\"=1", "'=1", "-5C in Quetta"],
)  # fmt: skip
def test_a_cell_that_looks_like_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_what_follows_a_semicolon_may_begin_a_cell_too() -> None:
    assert cell("Talks; =1+1;@x") == "Talks;' =1+1;'@x"
    assert cell("Talks; 5 - 3 = 2") == "Talks; 5 - 3 = 2"


@given(st.text(), st.text())
def test_no_cell_begins_a_formula_whatever_a_source_says(headline: str, publisher: str) -> None:
    text = written("csv", make_story(make_source(headline=headline, publisher=publisher)))

    for separator in ",;":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert not [one for one in row if one.strip(" \"'\t\r\n")[:1] in tuple("=+-@＝＋－＠")
                        and not one.startswith("'") and one.strip()]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("*bold* _it_ `code`", r"\*bold\* \_it\_ \`code\`"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("<b> &amp; {{ site }}", r"\<b\> \&amp; \{\{ site }}"),
        ("see https://evil.example and www.evil.example", r"see https\://evil.example and"
         r" www\.evil.example"),
        ("# heading #", r"\# heading \#"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("7) item", r"7\) item"),
        ("The U.S. (and Pakistan) agree: 5 - 3", "The U.S. (and Pakistan) agree: 5 - 3"),
    ],
)  # fmt: skip
def test_text_is_no_markup(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_a_link_ends_where_its_address_does() -> None:
    assert link("a", "https://x.example/<b>\\") == "[a](<https://x.example/%3Cb%3E%5C>)"
    assert link("[a]", None) == r"\[a\]"


@given(st.text())
def test_no_sign_of_markup_stands_bare(text: str) -> None:
    document = written("md", make_story(make_source(headline=text, publisher=text, url=None),
                                        headline=text, url=None))  # fmt: skip

    lines = document.split("\n")
    assert lines[2].startswith("## ")
    assert not re.search(r"(?<!\\)(?:\\\\)*[\[\]<{]", document.replace("](<", ""))
    assert len(lines) == 13


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("exact", "joined: the same words; the same words as “x”"),
        ("same_url", "joined: the same page, and the headlines agree; score 0.50; the same words as"
         " “x”"),
        ("", "the reason is no longer stored; the same words as “x”"),
        ("later", "later; score 0.50; the same words as “x”"),
    ],
)  # fmt: skip
def test_a_score_is_told_where_it_decided(rule: str, said: str) -> None:
    assert in_words(rule=rule, score=0.5, detail="the same words as “x”", signals={}) == said
