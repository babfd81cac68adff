"""Every command and option that others script against is there."""

from __future__ import annotations

import click
import pytest

from aggregator.cli.root import cli

TABLE = {
    "fetch": "--feed --due --force --no-publish --json",
    "daemon": "--host --port --no-http",
    "serve": "--host --port",
    "publish": "--output",
    "demo": "--output --serve",
    "feeds list": "",
    "feeds add": "URL",
    "feeds remove": "NAME",
    "feeds check": "NAME",
    "feeds discover": "URL",
    "feeds import": "FILE",
    "feeds export": "",
    "stories list": "--topic --since --near --json",
    "stories show": "ID",
    "stories merge": "ID ID",
    "stories split": "ITEM_ID",
    "stories hide": "ID",
    "stories corrections": "",
    "stories undo": "CORRECTION_ID",
    "explain": "ITEM_OR_STORY --all --json",
    "search": "QUERY --json",
    "status": "--json",
    "topic test": "HEADLINE --summary --json",
    "topic new": "NAME --from",
    "replay": "--since --dry-run --json",
    "doctor": "--json",
    "reload": "",
    "notify test": "NAME",
    "mail test": "NAME --to",
    "evaluate stories": "FILE --where --json",
    "evaluate pairs": "FILE --json",
    "evaluate topic": "FILE --topic --json",
    "evaluate kinds": "FILE --json",
    "evaluate related": "FILE --pairs --json",
    "db migrate": "",
    "db check": "",
    "db backup": "FILE",
    "db prune": "--keep",
    "db vacuum": "",
}


def command(path: str) -> click.Command:
    found: click.Command = cli
    for name in path.split():
        assert isinstance(found, click.Group)
        step = found.get_command(click.Context(found), name)
        assert step is not None
        found = step
    return found


@pytest.mark.parametrize("path", TABLE)
def test_the_command_takes_its_arguments_and_options(path: str) -> None:
    parameters = command(path).params
    arguments = [one for one in parameters if isinstance(one, click.Argument)]
    options = {name for one in parameters if isinstance(one, click.Option) for name in one.opts}
    wanted = TABLE[path].split()

    assert [word for word in wanted if not word.startswith("-")] == [
        one.make_metavar(click.Context(command(path))).strip("[]") for one in arguments
    ]
    assert {word for word in wanted if word.startswith("-")} <= options


@pytest.mark.parametrize("path", TABLE)
def test_the_command_says_in_a_line_what_it_does(path: str) -> None:
    one = command(path)

    assert one.help
    assert "..." not in one.get_short_help_str(limit=66)  # what a list of commands has room for


def test_the_global_options_are_there_with_their_variables() -> None:
    options = {name: one for one in cli.params for name in one.opts}

    assert {"--config", "--db", "-v", "-q", "--log-format"} <= set(options)
    assert options["--config"].envvar == "AGGREGATOR_CONFIG"
    assert options["--db"].envvar == "AGGREGATOR_DB"


def test_feeds_are_named_as_often_as_wanted() -> None:
    (feed,) = [one for one in command("fetch").params if "--feed" in one.opts]

    assert feed.multiple
