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
    """Sends a made-up story to a receiver, once, as it would get one.

    Nothing is stored. Ends with 1 where the receiver does not take it.
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
