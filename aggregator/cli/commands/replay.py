"""`aggregator replay`: today's rules over the stored history."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from aggregator.cli import show
from aggregator.cli.options import age_of, json_option, since_option
from aggregator.cli.session import Session, database, utc_now
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.ingest.replay import ReplayCost

CHANGES_SHOWN = 20  # entries that a replay names for people


@click.command()
@since_option("30d")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@json_option
@click.pass_obj
def replay(session: Session, since: str, *, dry_run: bool, as_json: bool) -> None:
    """Applies today's rules to the stored history.

    Corrections stay. An interrupted replay continues when it is run again.
    """
    from aggregator.ingest.replay import replay as replay_history
    from aggregator.ingest.rules import load_rules
    from aggregator.publishing.publish import publish
    from aggregator.storage.lock import PollLock
    from aggregator.storage.topic_states import note_judged

    config = session.config_or_database()
    age, now = age_of(since), utc_now()
    with PollLock(config.database, now, role="replay"), database(config) as store:
        rules = load_rules(config)
        try:
            with ExitStack() as shown:

                def begin(cost: ReplayCost) -> Callable[[int, int], None] | None:
                    print_cost(session, cost)
                    return shown.enter_context(show.progress("Matching"))

                report = replay_history(
                    store, rules, now - age, dry_run=dry_run, now=now, on_start=begin
                )
        except KeyboardInterrupt:
            if session.verbosity >= 0:
                show.note("run it again with the same --since to go on from here")
            raise
        if not dry_run:
            if age >= config.stories.window:
                note_judged(store, config.enabled_topics)
            publish(store, config, utc_now())
    if as_json:
        show.as_document(report)
        return
    one, many = ("would be", "would be") if dry_run else ("was", "were")
    entries = counted(report.entries_added, f"entry {one}", f"entries {many}")
    show.line(
        f"{counted(report.items, 'item')} read again: "
        f"{counted(report.joined, one, many)} joined to another story,"
    )
    show.line(f"{counted(report.split, one, many)} split off; {entries} added,")
    show.line(f"{counted(report.entries_removed, one, many)} removed")
    for sign, changes in (("+", report.added), ("-", report.removed)):
        for change in changes[:CHANGES_SHOWN]:
            show.line(f"{sign} {change.topic}: {show.safe(change.headline)}", indent=2)
        if len(changes) > CHANGES_SHOWN:
            show.line(f"{sign} and {len(changes) - CHANGES_SHOWN} more: --json", indent=2)


def print_cost(session: Session, cost: ReplayCost) -> None:
    """What a replay will take, on stderr and before it starts."""
    if session.verbosity < 0:
        return
    done = f", {cost.done} of them done before" if cost.done else ""
    show.note(f"{counted(cost.items, 'item')}{done}; about {show.duration(cost.seconds)}")
    if not (cost.near or cost.others):
        return
    others = f"about {cost.others} others"
    if cost.most_others is not None:
        others = f"at most {min(cost.others, cost.most_others)} of about {cost.others} others"
    show.note(f"pairs for the model to read: about {cost.near} near a topic, {others}")
