"""`aggregator evaluate ...`: decisions measured on a labelled file, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli import show
from aggregator.cli.options import READABLE, json_option, topics
from aggregator.cli.session import Session
from aggregator.errors import UsageError

if TYPE_CHECKING:
    from aggregator.ingest.rules import Rules


@click.group()
def evaluate() -> None:
    """Measures decisions against labelled rows (JSON Lines)."""


@evaluate.command("stories")
@click.argument("file", type=READABLE)
@click.option(
    "--where",
    metavar="KEY=V1,V2",
    help="Score only rows whose KEY has one of the values; the whole file is matched.",
)
@click.option(
    "--budget",
    is_flag=True,
    help="Also show the result of one run's budget of pairs for the model.",
)
@json_option
@click.pass_obj
def evaluate_stories(
    session: Session, file: Path, *, where: str | None, budget: bool, as_json: bool
) -> None:
    """Measures which items are joined; rows have `title` and `story`."""
    from aggregator import evaluate as measure
    from aggregator.evaluate.rows import date_of, read_rows, story_of, title_of

    rows, rules = read_rows(file, title_of, story_of, date_of), _rules(session)
    condition = None
    if where is not None:
        key, equals, values = where.partition("=")
        if not (key and equals and values):
            raise UsageError(f"--where {where!r}: write KEY=VALUE or KEY=VALUE,VALUE")
        if not any(key in row for row in rows):
            raise UsageError(f"--where {where!r}: no row of {file} has {key}")
        condition = key, frozenset(values.split(","))
    found = measure.stories(rows, condition, rules=rules)
    if budget:
        limited = measure.stories(rows, condition, rules=rules, budget=rules.pairs_per_run)
        found |= {"budget": {"pairs_per_run": rules.pairs_per_run, **limited}}
    _result(found, as_json=as_json)


@evaluate.command("pairs")
@click.argument("file", type=READABLE)
@json_option
@click.pass_obj
def evaluate_pairs(session: Session, file: Path, *, as_json: bool) -> None:
    """Measures pair decisions; rows have `a`, `b` and `same`."""
    from aggregator import evaluate as measure
    from aggregator.evaluate.rows import dates_of, pair_of, read_rows, same_of

    rows = read_rows(file, pair_of, same_of, dates_of)
    _result(measure.pairs(rows, _rules(session)), as_json=as_json)


def _rules(session: Session) -> Rules:
    """The shipped rules, with or without the model as the configuration says."""
    from aggregator.ingest.rules import load_rules
    from aggregator.settings import Config, StorySettings

    chosen = session.config_or_default().stories
    settings = StorySettings(model=chosen.model, pairs_per_run=chosen.pairs_per_run)
    return load_rules(Config(topics=(), stories=settings))


@evaluate.command("topic")
@click.argument("file", type=READABLE)
@click.option("--topic", "name", help="The topic to measure, instead of the first enabled one.")
@json_option
@click.pass_obj
def evaluate_topic(session: Session, file: Path, *, name: str | None, as_json: bool) -> None:
    """Measures a topic; rows have `title` and `label`.

    Labels: 2 is on topic, 0 is off topic, 1 is not counted.
    """
    from aggregator import evaluate as measure
    from aggregator.evaluate.rows import label_of, read_rows, title_of

    topic = topics(session.config_or_default(), name)[0]
    _result(measure.topic(read_rows(file, title_of, label_of), topic), as_json=as_json)


@evaluate.command("kinds")
@click.argument("file", type=READABLE)
@json_option
def evaluate_kinds(*, file: Path, as_json: bool) -> None:
    """Measures the kinds of headlines; rows have `title` and `kind`."""
    from aggregator.evaluate import kinds
    from aggregator.evaluate.rows import kind_of, read_rows, title_of

    found = kinds(read_rows(file, title_of, kind_of))
    if not as_json:  # one line a kind
        found = {**found.pop("kinds"), **found}
    _result(found, as_json=as_json)


@evaluate.command("related")
@click.argument("file", type=READABLE)
@click.option(
    "--pairs",
    "pairs_file",
    type=READABLE,
    required=True,
    help="JSON object: name of FILE without its ending, to its pairs of stories.",
)
@json_option
@click.pass_obj
def evaluate_related(session: Session, *, file: Path, pairs_file: Path, as_json: bool) -> None:
    """Measures related stories; rows have `title` and `story`."""
    from aggregator.evaluate.related import read_pairs, related
    from aggregator.evaluate.rows import date_of, read_rows, story_of, title_of

    pairs = read_pairs(pairs_file, file)
    rows = read_rows(file, title_of, story_of, date_of)
    _result(related(rows, pairs, rules=_rules(session)), as_json=as_json)


def _result(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show.as_document(result)
        return
    for name, value in result.items():
        if isinstance(value, dict):
            show.line(f"{name}: {_inner(value)}")
        elif isinstance(value, list):
            show.line(f"{name}: {len(value)}")
            for row in value[:20]:
                show.line(show.safe(row), indent=2)
        else:
            show.line(f"{name}: {_number(value)}")


def _inner(values: dict[str, Any]) -> str:
    return "  ".join(
        f"{key} ({_inner(value)})" if isinstance(value, dict) else f"{key} {_number(value)}"
        for key, value in values.items()
    )


def _number(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else show.safe(value)
