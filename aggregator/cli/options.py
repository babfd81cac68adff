"""Options and arguments that several commands share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from aggregator.errors import UsageError

FOLDER = click.Path(file_okay=False, path_type=Path)

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document.")
host_option = click.option("--host", help="Address to listen on, instead of the configuration's.")
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), help="Port, instead of the configuration's."
)


def age_of(value: str) -> timedelta:
    """An age as written on the command line, such as 30d. Raises UsageError."""
    from aggregator.config.fields import Bad, read_seconds

    try:
        return timedelta(seconds=read_seconds(value, least=1, most=36_500 * 86_400))
    except Bad as error:
        raise UsageError(f"{error.message}; {error.hint}") from error
