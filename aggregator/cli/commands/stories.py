"""`aggregator stories ...`: what readers get, and the editor's corrections."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import show
from aggregator.cli.options import age_of, json_option, named, since_option, topic_option
from aggregator.cli.session import Session, database, utc_now
from aggregator.errors import NotFound
from aggregator.text import counted

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.settings import Config
    from aggregator.storage.corrections import Correction
    from aggregator.views import CitedSource, CitedStory


@click.group()
def stories() -> None:
    """Lists and corrects stories.

    A correction is never undone by a later run.
    """


@stories.command("list")
@topic_option
@since_option("7d")
@click.option("--near", metavar="TOPIC", help="Stories that just missed this topic, nearest first.")
@json_option
@click.pass_obj
def list_of_stories(
    session: Session, *, topic: str | None, since: str, near: str | None, as_json: bool
) -> None:
    """Shows what readers get, newest first."""
    from aggregator.storage.citing import list_stories, near_stories

    config = session.config_or_database()
    _check_topics(config, topic, near)
    oldest = utc_now() - age_of(since)
    with database(config, read_only=True) as store:
        if near is None:
            found = list_stories(store, topic=topic, since=oldest)
        else:
            found = near_stories(store, near, since=oldest)
    if as_json:
        show.as_document([_document(story) for story in found])
        return
    for story in found:
        _print_story(story)
    show.note(counted(len(found), "story", "stories"))


@stories.command("show")
@click.argument("story_id", metavar="ID")
@json_option
@click.pass_obj
def show_story(session: Session, story_id: str, *, as_json: bool) -> None:
    """Shows one story with all its sources."""
    from aggregator.storage import citing
    from aggregator.storage.stories import by_uid

    with database(session.config_or_database(), read_only=True) as store:
        story = citing.show_story(store, by_uid(store, story_id))
    if story is None:
        raise NotFound(f"no story {story_id!r}")
    if as_json:
        show.as_document(_document(story))
        return
    _print_story(story)
    for source in story.sources:
        show.line(
            f"i{source.item_id}  {show.when(_time(source))}  {show.safe(source.publisher)}",
            indent=2,
        )
        show.line(show.safe(source.headline), indent=6)
        show.line(show.safe(source.url, limit=2000), indent=6, dim=True)


@stories.command()
@topic_option
@since_option("7d")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "csv", "jsonl"]),
    required=True,
    help="Markdown, CSV (a row for each report) or JSON Lines (a line for each story).",
)
@click.pass_obj
def export(session: Session, *, topic: str | None, since: str, form: str) -> None:
    """Prints stories with the evidence needed to cite them.

    Each story comes with its reports, their links, when they were published and first seen, and
    why they were joined.
    """
    from aggregator.publishing.export import export as written
    from aggregator.storage.citing import cited_stories

    config = session.config_or_database()
    _check_topics(config, topic)
    oldest = utc_now() - age_of(since)
    out = sys.stdout.buffer  # UTF-8 and line ends as they are, whatever the locale
    with database(config, read_only=True) as store:
        for part in written(cited_stories(store, topic=topic, since=oldest), form):
            out.write(session.redact(part).encode())
    out.flush()


def _check_topics(config: Config, *names: str | None) -> None:
    for name in filter(None, names):
        named("topic", name, config.topics)


def _document(story: CitedStory) -> dict[str, Any]:
    from aggregator.stories.independence import coverage, independence, origin_in_words

    found = independence(story.sources)
    listed = [source for source in story.sources if source.listed]
    missed = {} if story.missed is None else {"missed": story.missed}
    return missed | {
        "id": story.uid,
        "headline": story.headline,
        "url": story.url,
        "published": story.published_at,
        "updated": story.updated_at,
        "sources": [
            {
                "feed": source.feed,
                "publisher": source.publisher,
                "headline": source.headline,
                "url": source.url,
                "published": _time(source),
                "item": f"i{source.item_id}",
                "origin": origin_in_words(story.sources, at, found.origins[at]),
            }
            for at, source in enumerate(story.sources)
        ],
        "reports": story.reports,
        "independent": independence(listed).independent,
        "coverage": coverage(tuple(source.labels.items()) for source in listed),
        "topics": dict(story.topics),
        "hidden": story.hidden,
    }


def _time(source: CitedSource) -> datetime:
    """When it counts as out."""
    return source.published_at or source.first_seen_at


def _print_story(story: CitedStory) -> None:
    from aggregator.stories.independence import independence

    publishers = list(dict.fromkeys(source.publisher for source in story.sources))
    scores = ", ".join(f"{topic} {score:g}" for topic, score in story.topics)
    reports = counted(story.reports, "report")
    if story.reports > 1:
        listed = [source for source in story.sources if source.listed]
        reports += f", {independence(listed).independent} independent"
    show.line(show.safe(story.headline), bold=True)
    show.line(
        f"{story.uid}  {show.when(story.published_at)}  {reports}: "
        f"{show.safe(', '.join(publishers))}{'  ' + scores if scores else ''}",
        indent=2,
    )
    if story.missed is not None:
        missed = story.missed
        terms = show.safe(", ".join(missed.terms))
        show.line(
            f"{missed.topic} {missed.score:.2f} of {missed.threshold:g}"
            f"{': ' + terms if terms else ''}",
            indent=2,
        )


@stories.command()
@click.argument("first", metavar="ID")
@click.argument("second", metavar="ID")
@click.pass_obj
def merge(session: Session, first: str, *, second: str) -> None:
    """Merges two stories; the one published first keeps its id."""
    from aggregator.ingest.corrections import merge as merge_stories

    _correct(session, partial(merge_stories, first=first, second=second))


@stories.command()
@click.argument("item_id")
@click.pass_obj
def split(session: Session, item_id: str) -> None:
    """Moves an item, such as i42, to a story of its own."""
    from aggregator.ingest.corrections import split as split_off

    _correct(session, partial(split_off, item=item_id))


@stories.command()
@click.argument("story_id", metavar="ID")
@click.pass_obj
def hide(session: Session, story_id: str) -> None:
    """Takes a story out of everything that is published."""
    from aggregator.ingest.corrections import hide as hide_story

    _correct(session, lambda store, _, now: hide_story(store, story=story_id, now=now))


@stories.command()
@click.argument("correction_id", type=click.IntRange(1, 2**63 - 1))
@click.pass_obj
def undo(session: Session, correction_id: int) -> None:
    """Takes a correction back: what it moved returns."""
    from aggregator.ingest.corrections import undo as undo_correction

    _correct(session, partial(undo_correction, correction_id=correction_id), word="undone")


def _correct(session: Session, apply: Callable[..., Correction], *, word: str = "stored") -> None:
    """Applies one correction, publishes what it changed, and tells which entries came and went."""
    from aggregator.ingest.rules import load_rules
    from aggregator.publishing.publish import publish
    from aggregator.storage import published
    from aggregator.storage.stories import hidden_by, story_of_item

    config = session.config_or_database()
    with database(config) as store:
        before = published.shown(store)
        made = apply(store, load_rules(config), now=utc_now())
        publish(store, config, utc_now())
        story_id = story_of_item(store, made.item_a)
        hiding = () if story_id is None else hidden_by(store, story_id)
        changed = published.changed_since(
            store, before, story_ids={made.from_story, made.to_story, story_id}
        )
    if made.undone_at is None:
        word += f"; 'aggregator stories undo {made.correction_id}' takes it back"
    show.line(f"correction {made.correction_id} ({made.kind}) {word}")
    for topic, headline, is_shown in changed:
        show.line(f"{'+' if is_shown else '-'} {topic}: {show.safe(headline)}", indent=2)
    if made.kind == "hide" and made.undone_at is not None and hiding:
        show.line(f"the story stays hidden: correction {hiding[-1]} hides it, too", indent=2)


@stories.command("corrections")
@json_option
@click.pass_obj
def list_corrections(session: Session, *, as_json: bool) -> None:
    """Lists the editor's corrections, undone ones too."""
    from aggregator.storage.corrections import every

    with database(session.config_or_database(), read_only=True) as store:
        found = every(store)
    items = [[f"i{item}" for item in (one.item_a, one.item_b) if item is not None] for one in found]
    if as_json:
        show.as_document(
            [
                {"id": one.correction_id, "kind": one.kind, "items": of_one}
                | {"made": one.made_at, "undone": one.undone_at}
                for one, of_one in zip(found, items, strict=True)
            ]
        )
        return
    rows = []
    for one, (first, *second) in zip(found, items, strict=True):
        made, undone = show.when(one.made_at), one.undone_at and show.when(one.undone_at)
        rows.append((one.correction_id, one.kind, first, "".join(second), made, undone))
    show.table(("ID", "KIND", "ITEM", "ITEM", "MADE", "UNDONE"), rows)
