"""Cited stories as Markdown in which no text from outside is markup. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aggregator.publishing.markdown import escape, link
from aggregator.text import counted


def write(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A section for each story, a numbered list of its reports in it."""
    yield "# Stories\n"
    for story in records:
        reports = counted(story["reports"], "report")
        lines = [
            f"## {link(story['headline'], story['url'])}",
            "",
            f"- story `{story['id']}`, {reports}, {story['independent']} independent",
            f"- published {_time(story['published'])}, first seen {_time(story['first_seen'])}",
        ]
        for name, score in story["topics"].items():
            lines.append(f"- topic {escape(name)} (score {score:.2f})")
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
    """A time for people; in the code of a citation, seconds count."""
    return "at an unknown time" if stamp is None else stamp.replace("T", " ").replace("Z", " UTC")
