"""`aggregator mail`: digests by mail."""

from __future__ import annotations

import click

from aggregator.cli import show
from aggregator.cli.options import named
from aggregator.cli.session import Session, utc_now
from aggregator.errors import MailError, UsageError


@click.group()
def mail() -> None:
    """Tests the mailing of digests."""


@mail.command()
@click.argument("name")
@click.option("--to", metavar="ADDRESS", help="Address, instead of the mailing's first reader.")
@click.pass_obj
def test(session: Session, name: str, *, to: str | None) -> int:
    """Sends a sample digest to one reader of a mailing.

    It is sent once, as a reader would get it, and nothing is stored. Exit code 1 when the server
    does not accept it.
    """
    import asyncio

    from aggregator.config.fields import is_mail_address
    from aggregator.publishing.mailing import send_sample

    config = session.config()
    mailing = named("mailing", name, config.mail)
    if to is not None and not is_mail_address(to):
        raise UsageError("--to is not a mail address; write it as news@example.org, without a name")
    try:
        asyncio.run(send_sample(config, mailing, to or mailing.to[0], utc_now()))
    except MailError as error:
        show.note(f"{show.safe(name)}: {error.detail}")
        return 1
    show.line(f"{show.safe(name)}: the server took the sample")
    return 0
