"""`aggregator search`: finds stories by their words."""

from __future__ import annotations

import click

from aggregator.cli import show
from aggregator.cli.options import json_option, named
from aggregator.cli.session import Session, database, utc_now
from aggregator.text import counted


@click.command()
@click.argument("query")
@click.option("--topic", metavar="T", help="Only stories of this topic.")
@click.option("--source", metavar="NAME", help="Only reports of this feed or publisher.")
@click.option("--label", metavar="NAME=VALUE", help="Only reports of feeds with this label.")
@click.option("--since", metavar="DAY|AGE", help="From this day (2026-03-02) or age (7d) on.")
@click.option("--until", metavar="DAY|AGE", help="Up to this day.")
@click.option(
    "--sort",
    type=click.Choice(["newest", "best"]),
    default="newest",
    show_default=True,
    help="Which come first.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=50,
    show_default=True,
    help="Show at most so many.",
)
@json_option
@click.pass_obj
def search(
    session: Session, /, query: str, *, limit: int, as_json: bool, **filters: str | None
) -> int:
    """Finds stories by their words.

    All words must occur in the headline or summary of one report; any input is safe. Each story
    is one row, shown by the report that matches best.
    """
    from aggregator.serving.search_request import SearchRequest
    from aggregator.storage import search as index

    given = {name: value.strip() for name, value in filters.items() if value}
    wanted = SearchRequest(q=query, **given)
    among = wanted.among(utc_now())
    config = session.config_or_database()
    if wanted.topic:
        named("topic", wanted.topic, config.topics)
    with database(config, read_only=True) as store:
        found = index.search(
            store, wanted.q, among=among, best_first=wanted.best_first, limit=limit
        )
    if not found.complete:
        show.note("note: older reports were not looked through; add a word, or --since and --until")
    if as_json:
        show.as_document(
            [
                {"item": f"i{hit.item_id}", "story": hit.story, "headline": hit.headline,
                 "url": hit.url, "published": hit.published_at, "feed": hit.feed,
                 "excerpt": hit.excerpt, "sources": hit.sources}
                for hit in found.hits
            ]
        )  # fmt: skip
        return 0 if found.hits else 1
    for hit in found.hits:
        show.line(show.safe(hit.headline, limit=200), bold=True)
        others = len(hit.sources) - 1
        show.paragraph(
            f"{hit.story or f'i{hit.item_id}'}  {show.when(hit.published_at)}  {hit.feed}"
            + (f" and {others} more" if others > 0 else ""),
            indent=2,
        )
        if hit.excerpt:
            show.paragraph(show.safe(hit.excerpt), indent=2)
    show.note(counted(len(found.hits), "story", "stories"))
    return 0 if found.hits else 1
