"""`aggregator notify`: the receivers of notifications."""

from __future__ import annotations

import click

from aggregator.cli import show
from aggregator.cli.options import named
from aggregator.cli.session import Session, utc_now


@click.group()
def notify() -> None:
    """Tests the receivers of notifications."""


@notify.command()
@click.argument("name")
@click.pass_obj
def test(session: Session, name: str) -> int:
    """Sends a sample story to a receiver.

    It is sent once, as a real one would be, and nothing is stored. Exit code 1 when the receiver
    does not accept it.
    """
    import asyncio

    from aggregator.publishing.notifications import send_sample

    config = session.config()
    receiver = named("receiver", name, config.notify)
    attempt = asyncio.run(send_sample(config, receiver, utc_now()))
    if attempt.error:
        show.note(session.redact(f"{show.safe(name)}: {show.safe(attempt.error)}"))
        return 1
    show.line(f"{show.safe(name)}: took the sample")
    return 0
