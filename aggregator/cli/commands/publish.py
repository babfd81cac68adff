"""`aggregator publish`: all outputs, written again from the database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli import show
from aggregator.cli.options import FOLDER
from aggregator.cli.session import Session, database, utc_now
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.ingest.stored_stories import Filled
    from aggregator.publishing.publish import PublishReport


@click.command()
@click.option("--output", type=FOLDER, help="Folder to write into, instead of the configuration's.")
@click.pass_obj
def publish(session: Session, output: Path | None) -> None:
    """Writes all published files again."""
    from aggregator.publishing.publish import publish as publish_topics
    from aggregator.storage.topic_states import unjudged

    config = session.config_or_database()
    filled: tuple[Filled, ...] = ()
    with database(config) as store:
        if unjudged(store, config.enabled_topics):
            from aggregator.ingest.rules import load_rules
            from aggregator.ingest.stored_stories import judge_stored

            rules = load_rules(config)
            for so_far in judge_stored(store, rules, config.enabled_topics, utc_now()):
                filled = so_far  # none where a daemon was first
        report = publish_topics(store, config, utc_now(), output=output, force=True)
    show_filled(filled)
    show_files(report, output or config.output)


def show_filled(filled: Iterable[Filled]) -> None:
    """What topics that are new, or have another query, found among the stored stories."""
    for one in filled:
        if one.is_new:
            found = counted(one.stories, "story", "stories")
            show.line(f"{one.topic} is new: {found} among those stored before")
        else:
            more = counted(one.stories, "more story", "more stories")
            show.line(f"{one.topic} has another query: {more} among those stored before; what")
            show.line("it would leave out now stays (see 'aggregator replay --dry-run')", indent=2)


def show_files(report: PublishReport, output: Path) -> None:
    """How many entries each topic's feed has, and where it is."""
    for topic, entries in sorted(report.published.items()):
        show.line(f"{topic}: {counted(entries, 'entry', 'entries')} in {output}/{topic}.atom")
