"""`aggregator reload`: asks the daemon to read its configuration again."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import click

from aggregator.cli import show
from aggregator.cli.session import Session
from aggregator.errors import NotFound, StoreError

if TYPE_CHECKING:
    from aggregator.settings import Config


@click.command()
@click.pass_obj
def reload(session: Session) -> None:
    """Asks the daemon to read its configuration again."""
    from aggregator.storage.lock import lock_holder

    config = session.config()
    if not ask_to_reload(config):
        holder = lock_holder(config.database)
        other = f"; {holder} polls with it" if holder else ""
        raise NotFound(f"no daemon runs on {config.database}{other}")
    show.line("the daemon was asked to read its configuration again; its log tells the result")


def ask_to_reload(config: Config) -> bool:
    """Sends SIGHUP to the daemon that polls with this database; False when there is none."""
    from aggregator.storage.lock import lock_holder

    holder = lock_holder(config.database)
    if holder is None or holder.pid <= 0 or holder.role != "daemon":
        return False  # whatever else polls would be ended by the signal
    try:
        os.kill(holder.pid, signal.SIGHUP)
    except ProcessLookupError:
        return False
    except PermissionError as error:
        raise StoreError(
            f"process {holder.pid} polls with this database and belongs to another user; "
            "send it SIGHUP as that user"
        ) from error
    return True
