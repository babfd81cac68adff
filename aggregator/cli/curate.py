"""What readers get and why: `stories ...`, `explain`, `search`, `replay`."""

from __future__ import annotations

from typing import Any

import click

from aggregator.cli import show
from aggregator.cli.care import age_of
from aggregator.cli.session import Session, database, utc_now

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document.")


@click.group()
def stories() -> None:
    """Lists stories, and corrects them: no later run undoes a correction."""


COMMANDS = (stories,)
