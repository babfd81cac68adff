"""`aggregator topic ...`: a topic's rules, tried without a database."""

from __future__ import annotations

import click

from aggregator.cli import show
from aggregator.cli.options import json_option
from aggregator.cli.session import Session
from aggregator.errors import UsageError


@click.group()
def topic() -> None:
    """Tries a topic's rules."""


@topic.command("test")
@click.argument("headline")
@click.option("--summary", default="", help="The text under the headline.")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--url", default="", help="The address of its page.")
@click.option("--topic", "name", help="Only this topic; else every enabled one.")
@json_option
@click.pass_obj
def test_topic(
    session: Session,
    headline: str,
    *,
    summary: str,
    publisher: str,
    url: str,
    name: str | None,
    as_json: bool,
) -> None:
    """Shows the decision on one headline: every term found, its weight, score and threshold."""
    from aggregator.model import TopicText
    from aggregator.text import one_line
    from aggregator.topics.decide import judge
    from aggregator.topics.query import compile_topic

    settings = [
        one
        for one in session.config_or_default().topics
        if (one.enabled if name is None else one.name == name)
    ]
    if not settings:
        raise UsageError(f"no topic is named {name!r}" if name else "no topic is enabled")
    text = TopicText(
        headline=one_line(headline),
        summary=one_line(summary, limit=10_000),
        publisher=one_line(publisher),
        url=url,
    )
    decisions = [judge(compile_topic(one), [text]) for one in settings]
    if as_json:
        documents = [show.decision(one) for one in decisions]
        show.as_document(documents[0] if len(documents) == 1 else documents)
        return
    for one in decisions:
        show.print_decision(one)
