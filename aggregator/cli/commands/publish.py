"""`aggregator publish`: all outputs, written again from the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli import show
from aggregator.cli.options import FOLDER
from aggregator.cli.session import Session, database, utc_now
from aggregator.text import counted

if TYPE_CHECKING:
    from aggregator.publishing.publish import PublishReport


@click.command()
@click.option("--output", type=FOLDER, help="Folder to write into, instead of the configuration's.")
@click.pass_obj
def publish(session: Session, output: Path | None) -> None:
    """Writes all published files again."""
    from aggregator.publishing.publish import publish as publish_topics

    config = session.config_or_database()
    with database(config) as store:
        report = publish_topics(store, config, utc_now(), output=output, force=True)
    show_files(report, output or config.output)


def show_files(report: PublishReport, output: Path) -> None:
    """How many entries each topic's feed has, and where it is."""
    for topic, entries in sorted(report.published.items()):
        show.line(f"{topic}: {counted(entries, 'entry', 'entries')} in {output}/{topic}.atom")
