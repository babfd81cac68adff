"""`aggregator mcp`: stories for programs that reason over them."""

from __future__ import annotations

import click

from aggregator.cli.options import need_extra
from aggregator.cli.session import Session, utc_now


@click.command()
@click.pass_obj
def mcp(session: Session) -> None:
    """Serves stories to language models, on stdin and stdout.

    Speaks the Model Context Protocol until stdin ends: search, stories, one story with its
    evidence, topics, sources. Only reads the database. Needs the extra 'mcp':
    pip install -c constraints.txt '.[mcp]'
    """
    need_extra("mcp", "mcp")
    from aggregator.mcp.server import run

    config = session.config_or_database()  # before its secrets are known, nothing is redacted
    run(config, redact=session.redact, clock=utc_now)
