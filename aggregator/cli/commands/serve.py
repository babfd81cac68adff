"""`aggregator serve`: the HTTP server alone."""

from __future__ import annotations

import click

from aggregator.cli import process, show
from aggregator.cli.options import host_option, port_option
from aggregator.cli.session import Session, database
from aggregator.errors import StoreError


@click.command()
@host_option
@port_option
@click.pass_obj
def serve(session: Session, host: str | None, *, port: int | None) -> int:
    """Serves feeds and pages, without polling."""
    from aggregator.serving.web import serve as serve_http

    process.collect_as_usual()
    session.is_service = True
    config = session.config_or_database()
    process.check_limits()
    try:
        with database(config, read_only=True):
            pass
    except StoreError as error:  # existing files can be served all the same
        session.warn(f"{error}; until then, pages answer 503")
    return serve_http(config, on_listening=show_address, host=host, port=port)


def show_address(address: str) -> None:
    """Where the server listens, on stderr."""
    show.note(f"serving http://{address}/ until Ctrl-C")
