"""`aggregator explain`: why items were merged, and why a story is on or off each topic."""

from __future__ import annotations

import click

from aggregator.cli import show
from aggregator.cli.options import json_option
from aggregator.cli.session import Session, database


@click.command()
@click.argument("ref", metavar="ITEM_OR_STORY")
@click.option(
    "--all", "everything", is_flag=True, help="Every signal and term, not only the main ones."
)
@json_option
@click.pass_obj
def explain(session: Session, ref: str, *, everything: bool, as_json: bool) -> None:
    """Explains why items were merged.

    Also shows related stories, and why the story is on or off each topic.
    """
    from aggregator.cli.reasons import print_reasons
    from aggregator.ingest.explain import explain as explain_story
    from aggregator.ingest.rules import load_rules

    config = session.config_or_database()
    with database(config, read_only=True) as store:
        reasons = explain_story(store, load_rules(config), ref)
    if as_json:
        show.as_document(reasons)
    else:
        print_reasons(reasons, everything=everything)
