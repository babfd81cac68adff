"""`aggregator search`: finds items by their words."""

from __future__ import annotations

import click

from aggregator.cli import show
from aggregator.cli.options import json_option
from aggregator.cli.session import Session, database


@click.command()
@click.argument("query")
@json_option
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
