"""`aggregator topic ...`: a topic's rules, tested and proposed without a database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from aggregator.cli import show
from aggregator.cli.options import READABLE, json_option, topics
from aggregator.cli.session import Session
from aggregator.errors import NotFound, UsageError

if TYPE_CHECKING:
    from aggregator.topics.propose import Example, Figures, Proposal


@click.group()
def topic() -> None:
    """Tests topics, and proposes queries for new ones."""


@topic.command("test")
@click.argument("headline")
@click.option("--summary", default="", help="The text under the headline.")
@click.option("--publisher", default="", help="Who published it.")
@click.option("--url", default="", help="The address of its page.")
@click.option("--topic", "name", help="Only this topic, instead of every enabled one.")
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
    """Shows a topic's decision on one headline.

    Prints every term found with its weight, the score and the threshold.
    """
    from aggregator.cli.reasons import print_decision
    from aggregator.model import TopicText
    from aggregator.text import one_line
    from aggregator.topics.decide import judge
    from aggregator.topics.query import compile_topic

    chosen = topics(session.config_or_default(), name)
    text = TopicText(
        headline=one_line(headline),
        summary=one_line(summary, limit=10_000),
        publisher=one_line(publisher),
        url=url,
    )
    decisions = [judge(compile_topic(one), [text]) for one in chosen]
    if as_json:
        show.as_document(decisions[0] if len(decisions) == 1 else decisions)
        return
    for one in decisions:
        print_decision(asdict(one) | {"terms": [asdict(hit) for hit in one.terms]})


@topic.command("new")
@click.argument("name")
@click.option(
    "--from",
    "file",
    type=READABLE,
    required=True,
    help="Headlines, one a line: '+ HEADLINE' is wanted, '- HEADLINE' is not; best 20 of each.",
)
@click.pass_obj
def new_topic(session: Session, name: str, *, file: Path) -> None:
    """Proposes a query from example headlines.

    Prints YAML for feeds.yaml, with what the query gets right and wrong.
    """
    from aggregator.config.document import Bad
    from aggregator.config.schema import valid_topic_name
    from aggregator.topics.propose import ExampleError, propose, read_examples

    try:
        valid_topic_name(name)
    except Bad as error:
        raise UsageError(str(error)) from None
    if any(one.name.casefold() == name.casefold() for one in session.config_or_default().topics):
        raise UsageError(f"the topic {name} is there already: choose another name")
    data = file.read_bytes()
    try:
        examples = read_examples(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{file}:{line}: is not UTF-8; save the file as UTF-8") from None
    except ExampleError as error:
        raise UsageError(f"{file}:{error.line}: {error.message}; {error.hint}") from None
    proposal = propose(examples)
    if proposal is None:
        raise NotFound(
            f"{file}: no term occurs in two wanted headlines and sets them apart from unwanted"
            " ones; add headlines, or write the query by hand (docs/topics.md)"
        )
    _print_proposal(name, proposal, examples)


def _print_proposal(name: str, proposal: Proposal, examples: tuple[Example, ...]) -> None:
    """Prints a member of `topics:`; what is meant for people is in comments."""
    query = proposal.query
    wanted = sum(example.wanted for example in examples)
    show.line("# goes below 'topics:' in feeds.yaml, indented as the rows there")
    show.line(f"# proposed from {wanted} wanted and {len(examples) - wanted} unwanted headlines")
    show.line(f"# on these headlines:    {_shares(proposal.own)}")
    show.line(f"# each one left out:     {_shares(proposal.left_out)}  (what new ones may come to)")
    for label, headlines in (
        ("misses", proposal.own.missed),
        ("takes, though unwanted", proposal.own.alarms),
    ):
        for headline in headlines:
            show.line(f"# {label}: {show.safe(headline)}")
    show.line(f"- name: {json.dumps(name)}")
    show.line("query:", indent=2)
    show.line(f"threshold: {query['threshold']}", indent=4)
    show.line(f"fields: {json.dumps(query['fields'])}", indent=4)
    show.line("rules:", indent=4)
    for rule in query["rules"]:
        terms = json.dumps(rule["any"], ensure_ascii=False)
        show.line(f"- {{weight: {rule['weight']}, any: {terms}}}", indent=6)


def _shares(figures: Figures) -> str:
    return f"precision {figures.precision:.2f}, recall {figures.recall:.2f}, F1 {figures.f1:.2f}"
