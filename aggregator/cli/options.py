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


def age_of(text: str) -> timedelta:
    """An age as written on the command line. Raises UsageError."""
    from aggregator.config.document import Place, Scalar
    from aggregator.config.fields import Bad, duration

    try:
        age: timedelta = duration(1, 36_500 * 86_400)(Scalar(text, Place(1, 1), 1))
    except Bad as error:
        raise UsageError(f"{error.message}; {error.hint}") from error
    return age
