"""`aggregator mcp`: stories for programs that reason over them."""

from __future__ import annotations

from importlib.util import find_spec

import click

from aggregator.cli.session import Session, utc_now
from aggregator.errors import UsageError


@click.command()
@click.pass_obj
def mcp(session: Session) -> None:
    """Serves stories to language models, on stdin and stdout.

    Speaks the Model Context Protocol until stdin ends: search, stories, one story with its
    evidence, topics, sources. Only reads the database. Needs the extra 'mcp':
    pip install -c constraints.txt '.[mcp]'
    """
    if find_spec("mcp") is None:
        raise UsageError(
            "the extra 'mcp' is not installed; run: pip install -c constraints.txt '.[mcp]'"
        )
    from aggregator.mcp.server import run

    config = session.config_or_database()  # before its secrets are known, nothing is redacted
    run(config, redact=session.redact, clock=utc_now)
