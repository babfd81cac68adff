"""What readers get and why: `stories ...`, `explain`, `search`, `replay`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import show
from aggregator.cli.care import age_of
from aggregator.cli.session import Session, database, utc_now
from aggregator.errors import NotFound, UsageError

if TYPE_CHECKING:
    from aggregator.ingest.replay_cost import ReplayCost
    from aggregator.ingest.rules import Rules
    from aggregator.storage.corrections import Correction
    from aggregator.storage.listing import ListedStory
    from aggregator.storage.store import Store

CHANGES_SHOWN = 20  # entries that a replay names for people
_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group()
def stories() -> None:
    """Lists and corrects stories.

    No later run undoes a correction.
    """


@stories.command("list")
@click.option("--topic", metavar="T", help="Only stories of this topic.")
@click.option("--since", metavar="AGE", default="7d", show_default=True, help="How far back.")
@click.option("--near", metavar="TOPIC", help="What just missed this topic, nearest first.")
@_json
@click.pass_obj
def list_stories(
    session: Session, *, topic: str | None, since: str, near: str | None, as_json: bool
) -> None:
    """Shows what readers get, newest first."""
    from aggregator.storage import listing

    config = session.config_or_database()
    known = {one.name for one in config.topics}
    for name in (topic, near):
        if name is not None and name not in known:
            raise UsageError(f"no topic is named {name!r}; known are {', '.join(sorted(known))}")
    oldest = utc_now() - age_of(since)
    with database(config, read_only=True) as store:
        found = listing.list_stories(store, topic=topic, since=oldest, near=near)
    if as_json:
        show.as_document([_document(story) for story in found])
        return
    for story in found:
        _tell(story)
    show.note(show.count(len(found), "story", "stories"))


@stories.command("show")
@click.argument("story_id", metavar="ID")
@_json
@click.pass_obj
def show_story(session: Session, story_id: str, *, as_json: bool) -> None:
    """Shows one story with all its sources."""
    from aggregator.storage import listing
    from aggregator.storage.stories import by_uid

    with database(session.config_or_database(), read_only=True) as store:
        story = listing.show_story(store, by_uid(store, story_id))
    if story is None:
        raise NotFound(f"no story {story_id!r}")
    if as_json:
        show.as_document(_document(story))
        return
    _tell(story)
    for source in story.sources:
        show.line(
            f"i{source.item_id}  {show.when(source.published_at)}  {show.safe(source.publisher)}",
            indent=2,
        )
        show.line(show.safe(source.headline), indent=6)
        show.line(show.safe(source.url, limit=2000), indent=6, dim=True)


def _document(story: ListedStory) -> dict[str, Any]:
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
                "published": source.published_at,
                "item": f"i{source.item_id}",
            }
            for source in story.sources
        ],
        "topics": dict(story.topics),
        "hidden": story.hidden,
    }


def _tell(story: ListedStory) -> None:
    publishers = list(dict.fromkeys(source.publisher for source in story.sources))
    scores = ", ".join(f"{topic} {score:g}" for topic, score in story.topics)
    sources = show.count(len(story.sources), "source")
    show.line(show.safe(story.headline), bold=True)
    show.line(
        f"{story.uid}  {show.when(story.published_at)}  {sources}: "
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
    """Joins two stories; the one that was published first keeps its id."""
    from aggregator.ingest import corrections

    def apply(store: Store, rules: Rules) -> Correction:
        return corrections.merge(store, rules, first=first, second=second, now=utc_now())

    _correct(session, apply)


@stories.command()
@click.argument("item_id")
@click.pass_obj
def split(session: Session, item_id: str) -> None:
    """Takes an item (such as i42) out of its story, into one of its own."""
    from aggregator.ingest import corrections

    def apply(store: Store, rules: Rules) -> Correction:
        return corrections.split(store, rules, item=item_id, now=utc_now())

    _correct(session, apply)


@stories.command()
@click.argument("story_id", metavar="ID")
@click.pass_obj
def hide(session: Session, story_id: str) -> None:
    """Takes a story out of everything that is published."""
    from aggregator.ingest import corrections

    def apply(store: Store, _: Rules) -> Correction:
        return corrections.hide(store, story=story_id, now=utc_now())

    _correct(session, apply)


@stories.command()
@click.argument("correction_id", type=click.IntRange(1, 2**63 - 1))
@click.pass_obj
def undo(session: Session, correction_id: int) -> None:
    """Takes a correction back: what it moved returns."""
    from aggregator.ingest import corrections

    def apply(store: Store, rules: Rules) -> Correction:
        return corrections.undo(store, rules, correction_id=correction_id, now=utc_now())

    _correct(session, apply, word="undone")


def _correct(
    session: Session, apply: Callable[[Store, Rules], Correction], *, word: str = "stored"
) -> None:
    """Applies one correction and publishes what it changed."""
    from aggregator.ingest.rules import load_rules
    from aggregator.publishing.publish import publish

    config = session.config_or_database()
    with database(config) as store:
        made = apply(store, load_rules(config))
        publish(store, config, utc_now())
    show.line(f"correction {made.correction_id} ({made.kind}) {word}")


@stories.command("corrections")
@_json
@click.pass_obj
def list_corrections(session: Session, *, as_json: bool) -> None:
    """Lists the editor's corrections, undone ones too."""
    from aggregator.storage.corrections import every

    with database(session.config_or_database(), read_only=True) as store:
        found = every(store)
    if as_json:
        show.as_document([_correction(one) for one in found])
        return
    show.table(
        ("ID", "KIND", "ITEM", "ITEM", "MADE", "UNDONE"),
        (
            (
                one.correction_id,
                one.kind,
                f"i{one.item_a}",
                "" if one.item_b is None else f"i{one.item_b}",
                show.when(one.made_at),
                "" if one.undone_at is None else show.when(one.undone_at),
            )
            for one in found
        ),
    )


def _correction(one: Correction) -> dict[str, Any]:
    return {
        "id": one.correction_id,
        "kind": one.kind,
        "items": [f"i{item}" for item in (one.item_a, one.item_b) if item is not None],
        "made": one.made_at,
        "undone": one.undone_at,
    }


@click.command()
@click.argument("ref", metavar="ITEM_OR_STORY")
@click.option("--all", "everything", is_flag=True, help="Every signal and term, not the few.")
@_json
@click.pass_obj
def explain(session: Session, ref: str, *, everything: bool, as_json: bool) -> None:
    """Shows why items were merged.

    And what is related, and why the story is on or off each topic.
    """
    from aggregator.cli.reasons import tell_reasons
    from aggregator.ingest.explain import explain as explain_story
    from aggregator.ingest.rules import load_rules

    config = session.config_or_database()
    with database(config, read_only=True) as store:
        reasons = explain_story(store, load_rules(config), ref)
    if as_json:
        show.as_document(reasons)
    else:
        tell_reasons(reasons, everything=everything)


@click.command()
@click.argument("query")
@_json
@click.pass_obj
def search(session: Session, query: str, *, as_json: bool) -> int:
    """Finds items by their words.

    All of them must stand in headline or summary; any input is safe.
    """
    from aggregator.storage import search as index

    with database(session.config_or_database(), read_only=True) as store:
        hits = index.search(store, query)
    if as_json:
        show.as_document(
            [
                {"item": f"i{hit.item_id}", "story": hit.story, "headline": hit.headline,
                 "url": hit.url, "published": hit.published_at, "feed": hit.feed}
                for hit in hits
            ]
        )  # fmt: skip
    else:
        show.table(
            ("ITEM", "STORY", "PUBLISHED", "FEED", "HEADLINE"),
            (
                (f"i{hit.item_id}", hit.story, show.when(hit.published_at), hit.feed, hit.headline)
                for hit in hits
            ),
            width=100,
        )
    return 0 if hits else 1


@click.command()
@click.option("--since", metavar="AGE", default="30d", show_default=True, help="How far back.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@_json
@click.pass_obj
def replay(session: Session, since: str, *, dry_run: bool, as_json: bool) -> None:
    """Applies today's rules to the history.

    Corrections stay. One that was interrupted goes on where it was when it is run again.
    """
    from aggregator.ingest.replay import replay as replay_history
    from aggregator.ingest.rules import load_rules
    from aggregator.publishing.publish import publish
    from aggregator.storage.lock import PollLock

    config = session.config_or_database()
    age, now = age_of(since), utc_now()
    with PollLock(config.database, now, role="replay"), database(config) as store:
        rules = load_rules(config)
        try:
            with ExitStack() as shown:

                def begin(cost: ReplayCost) -> Callable[[int, int], None] | None:
                    tell_cost(session, cost)
                    return shown.enter_context(show.progress("Matching"))

                report = replay_history(
                    store, rules, now - age, dry_run=dry_run, now=now, on_start=begin
                )
        except KeyboardInterrupt:
            if session.verbosity >= 0:
                show.note("run it again with the same --since to go on from here")
            raise
        if not dry_run:
            publish(store, config, utc_now())
    if as_json:
        show.as_document(report)
        return
    verb = "would be" if dry_run else "were"
    show.line(f"{report.items} items read again: {report.joined} {verb} joined to another story,")
    show.line(f"{report.split} {verb} split off; {report.entries_added} entries {verb} added,")
    show.line(f"{report.entries_removed} {verb} removed")
    for sign, changes in (("+", report.added), ("-", report.removed)):
        for change in changes[:CHANGES_SHOWN]:
            show.line(f"{sign} {change.topic}: {show.safe(change.headline)}", indent=2)
        if len(changes) > CHANGES_SHOWN:
            show.line(f"{sign} and {len(changes) - CHANGES_SHOWN} more: --json", indent=2)


def tell_cost(session: Session, cost: ReplayCost) -> None:
    """What a replay will take, on stderr and before it starts."""
    if session.verbosity < 0:
        return
    done = f", {cost.done} of them done before" if cost.done else ""
    show.note(f"{show.count(cost.items, 'item')}{done}; about {show.duration(cost.seconds)}")
    if not (cost.near or cost.others):
        return
    others = f"about {cost.others} others"
    if cost.most_others is not None:
        others = f"at most {min(cost.others, cost.most_others)} of about {cost.others} others"
    show.note(f"pairs for the model to read: about {cost.near} near a topic, {others}")


COMMANDS = (stories, explain, search, replay)
