"""Exports cited stories as Markdown, CSV or JSON Lines, one story at a time. Pure.

Texts are as inert as in published files, and links are http(s) without userinfo. Spreadsheets run
cells that begin like a formula, so such cells of CSV get a leading apostrophe, which marks text
(OWASP, CSV Injection).
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from aggregator.publishing.markdown import escape, link
from aggregator.publishing.reasons import in_words, opener_of
from aggregator.publishing.render_text import name, plain, safe_url
from aggregator.stories.independence import independence, origin_in_words
from aggregator.text import counted
from aggregator.times import to_text
from aggregator.views import CitedStory

# Columns of the story and of the report; scripts rely on the order, so new columns come last.
_STORY = ("id", "headline", "url", "published", "updated", "first_seen")
_SOURCE = (
    *("item", "feed", "publisher", "headline", "url", "published", "first_seen"),
    *("rule", "score", "reason", "origin"),
)
COLUMNS = (*(f"story_{key}" for key in _STORY), "topics", "reports", "independent", *_SOURCE)
# What Excel, LibreOffice and Google Sheets take for a formula, including full-width characters and
# others that mean the same sign (NFKC; the typographic minus). Where `;` separates columns, quoted
# cells are split at it, so the rest begins a cell, too.
_FORMULA = re.compile(r"(^|;)(?=[\s\"']*[=+\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−\t\r\n])")


def record(story: CitedStory) -> dict[str, Any]:
    """A story as one JSON object, with the keys of docs/exporting.md."""
    found = independence(story.sources)
    listed = [source for source in story.sources if source.listed]
    opener = opener_of(story.sources)
    sources = []
    for at, source in enumerate(story.sources):
        reason = in_words(
            rule=source.rule, score=source.score, detail=source.detail, signals=source.signals
        )
        if source.rule == "new" and source.item_id != opener:
            reason = f"{reason}; it was a story of its own, which is one with this by now"
        origin = origin_in_words(story.sources, at, found.origins[at])
        sources.append(
            {
                "item": f"i{source.item_id}",
                "feed": name(source.feed),
                "publisher": name(source.publisher),
                "headline": plain(source.headline),
                "url": safe_url(source.url),
                "published": to_text(source.published_at),
                "first_seen": to_text(source.first_seen_at),
                "rule": source.rule,
                "score": None if source.rule in ("", "new") else source.score,
                "reason": plain(reason, limit=2000),
                "origin": plain(origin),
            }
        )
    return {
        "id": story.uid,
        "entry": story.entry_id,
        "headline": plain(story.headline),
        "url": safe_url(story.url),
        "published": to_text(story.published_at),
        "updated": to_text(story.updated_at),
        "first_seen": to_text(story.first_seen_at),
        "topics": dict(story.topics),
        "reports": story.reports,
        "independent": independence(listed).independent,
        "sources": sources,
    }


def _markdown(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A section for each story, with a numbered list of its reports."""
    yield "# Stories\n"
    for story in records:
        reports = counted(story["reports"], "report")
        lines = [
            f"## {link(story['headline'], story['url'])}",
            "",
            f"- story `{story['id']}`, {reports}, {story['independent']} independent",
            f"- published {_time(story['published'])}, first seen {_time(story['first_seen'])}",
        ]
        for topic, score in story["topics"].items():
            lines.append(f"- topic {escape(topic)} (score {score:.2f})")
        lines.append("")
        for number, source in enumerate(story["sources"], start=1):
            headline = link(source["headline"], source["url"])
            indent = " " * (len(str(number)) + 2)
            lines += [
                f"{number}. {escape(source['publisher'])}: {headline}",
                "",
                f"{indent}`{source['item']}` in feed {escape(source['feed'])}, published"
                f" {_time(source['published'])}, first seen {_time(source['first_seen'])}."
                f" Why it is here: {escape(source['reason'])}."
                + (f" Origin: {escape(source['origin'])}." if source["origin"] else ""),
                "",
            ]
        yield "\n" + "\n".join(lines) + "\n"


def _time(stamp: str | None) -> str:
    """A time for people, with seconds, which matter in a citation."""
    return "at an unknown time" if stamp is None else stamp.replace("T", " ").replace("Z", " UTC")


def _csv(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A row for each report (RFC 4180), after a line of column names; one story at a time."""
    yield _lines([COLUMNS])
    for story in records:
        shared = [story[key] for key in _STORY]
        shared += ["; ".join(f"{topic} {score:g}" for topic, score in story["topics"].items()),
                   story["reports"], story["independent"]]  # fmt: skip
        yield _lines([*shared, *(source[key] for key in _SOURCE)] for source in story["sources"])


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: Any) -> str:
    """A value as a cell that no spreadsheet runs; empty if there is none."""
    return "" if value is None else _FORMULA.sub(r"\1'", str(value))


FORMATS: dict[str, Callable[[Iterable[Mapping[str, Any]]], Iterator[str]]] = {
    "md": _markdown,
    "csv": _csv,
    "jsonl": lambda records: (json.dumps(one, ensure_ascii=False) + "\n" for one in records),
}


def export(stories: Iterable[CitedStory], form: str) -> Iterator[str]:
    """The document in parts, one per story; `form`: a key of `FORMATS`."""
    return FORMATS[form](map(record, stories))
