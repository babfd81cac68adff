"""The group of all commands, the global options, and the one place that ends the program."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from pkgutil import iter_modules

import click

from aggregator import __version__
from aggregator.cli import commands, process, show
from aggregator.cli.session import DEFAULT_CONFIG, Session
from aggregator.errors import AggregatorError, ConfigError

INTERRUPTED = 130  # 128 + SIGINT, as shells count
_COMPLETION = "_AGGREGATOR_COMPLETE"  # set by the shells that docs/commands.md tells of
_UNDECODED = re.compile("[\udc80-\udcff]")  # bytes of the system that are no UTF-8 (PEP 383)
_FILE = click.Path(dir_okay=False, path_type=Path)


class _Commands(click.Group):
    """The commands of `aggregator.cli.commands`, one module each.

    A command is loaded when it is asked for: one from cron should cost no more than its work.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in alphabetical order."""
        return _names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; for an unknown name all are loaded, so that click can suggest a near one."""
        names = _names()
        for name in [cmd_name] if cmd_name in names else names:
            self.add_command(getattr(import_module(f"{commands.__name__}.{name}"), name))
        return self.commands.get(cmd_name)


@cache  # the list of all commands asks for each of them
def _names() -> list[str]:
    return sorted(module.name for module in iter_modules(commands.__path__))


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or context.resilient_parsing:
        return
    from aggregator.storage.store import SCHEMA

    click.echo(f"aggregator, version {__version__}, schema {SCHEMA[-1]}")
    context.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_path",
    type=_FILE,
    envvar="AGGREGATOR_CONFIG",
    help=f"Configuration file.  [default: {DEFAULT_CONFIG}; env: AGGREGATOR_CONFIG]",
)
@click.option(
    "--db",
    "database",
    type=_FILE,
    envvar="AGGREGATOR_DB",
    help="Database file, instead of the configuration's.  [env: AGGREGATOR_DB]",
)
@click.option("-v", "--verbose", count=True, help="Log one line per poll; -vv: everything.")
@click.option("-q", "--quiet", is_flag=True, help="Log errors only.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the log lines on stderr.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the release and its database schema, and exit.",
)
@click.pass_context
def cli(
    context: click.Context,
    *,
    config_path: Path | None,
    database: Path | None,
    verbose: int,
    quiet: bool,
    log_format: str,
) -> None:
    """Polls many news feeds, recognises the variants of one story, and publishes one clean feed
    per topic, in which each story appears once.

    Start with 'aggregator demo', which needs no network; then run 'aggregator init', which
    creates a feeds.yaml, and 'aggregator fetch'.
    """
    session: Session = context.obj
    session.config_path = config_path
    session.database = database
    session.verbosity = -1 if quiet else verbose
    session.log_format = log_format
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        context.color = False


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    process.end(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Runs one command; returns its exit code (docs/scripting.md) and never raises."""
    session = Session()
    try:
        result = cli.main(list(arguments), "aggregator", standalone_mode=False, obj=session)
    except click.ClickException as error:
        with suppress(OSError):  # nobody reads it
            error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        show.note("interrupted")
        return INTERRUPTED
    except SystemExit:  # of completion, or click's word for a pipe that has no reader any more
        if _COMPLETION in os.environ:
            raise
        return 0
    except AggregatorError as error:
        prefix = "" if isinstance(error, ConfigError) else "error: "
        session.print_error(f"{prefix}{error}")
        return error.exit_code
    except Exception as error:
        code, text = _fault(error)
        session.print_error(text)
        if session.verbosity <= 0 and text.startswith("internal"):
            show.note("'aggregator --verbose ...' shows the details; please report them")
        return code
    return result if isinstance(result, int) else 0


def _fault(error: Exception) -> tuple[int, str]:
    """Exit code and words for what none of us raised: faults of the program, or of the machine."""
    if isinstance(error, OSError):  # as a full disk behind a pipe
        where = f" ({error.filename})" if error.filename else ""
        return 1, f"error: {error.strerror or error}{where}"
    if isinstance(error, MemoryError) or (
        isinstance(error, ImportError) and "segment" in str(error)  # a library found no room
    ):
        return 1, "error: out of memory: check the limits of the process (ulimit -a)"
    if isinstance(error, UnicodeEncodeError) and (
        given := _UNDECODED.match(error.object, error.start)
    ):
        return 2, (
            f"error: an argument or variable holds the byte {ord(given[0]) - 0xDC00:#x}, which is"
            " no UTF-8; write it in UTF-8, or percent-encoded in an address"
        )
    place = traceback.extract_tb(error.__traceback__)[-1]
    name = Path(place.filename).name
    return 1, f"internal error: {type(error).__name__}: {error} ({name}:{place.lineno})"
