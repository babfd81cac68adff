"""`aggregator daemon`: polls, publishes and serves for ever."""

from __future__ import annotations

import click

from aggregator.cli import garbage_collection, limits
from aggregator.cli.options import host_option, port_option
from aggregator.cli.session import Session


@click.command()
@host_option
@port_option
@click.option("--no-http", is_flag=True, help="Only poll and write files.")
@click.pass_obj
def daemon(session: Session, host: str | None, *, port: int | None, no_http: bool) -> int:
    """Polls, publishes and serves for ever.

    SIGTERM ends it cleanly; SIGHUP makes it read the configuration again.
    """
    from aggregator.serving.run import run_daemon

    garbage_collection.run_as_usual()
    session.is_service = True
    session.extra_verbosity = 1  # a service logs one line per poll
    limits.check()
    return run_daemon(session.config, host=host, port=port, http=not no_http)
