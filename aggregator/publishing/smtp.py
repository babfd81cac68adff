"""Sends mails to an SMTP server (RFC 5321) over implicit TLS (RFC 8314) or STARTTLS.

Neither mails nor passwords are sent without TLS and a verified certificate. Errors are reported in
our own words: the server's replies may contain addresses.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib

from aggregator.errors import MailError
from aggregator.fetching import tls
from aggregator.settings import MailSettings

_REPLY_S = 20.0  # for one reply of the server
_SESSION_S = 60.0  # for everything that is sent over one connection
_TRIAL_S = 15.0  # for a connection over which nothing is sent

Send = Callable[[str, bytes], Awaitable[None]]
"""Sends a message to one address; an exception ends the session with a MailError."""
_WORDS: tuple[tuple[type[Exception], str], ...] = (  # the first match counts
    (aiosmtplib.SMTPRecipientRefused, "the server refused a reader's address"),
    (aiosmtplib.SMTPDataError, "the server refused the mail"),
    (aiosmtplib.SMTPSenderRefused, "the server refused the sender's address"),
    (aiosmtplib.SMTPAuthenticationError, "the server refused user or password"),
    (aiosmtplib.SMTPResponseException, "the server refused to go on"),
    (TimeoutError, "the server did not answer in time"),
    (aiosmtplib.SMTPServerDisconnected, "the server closed the connection"),
    (socket.gaierror, "the server's host name does not resolve"),
    (ConnectionRefusedError, "the server refuses connections to its port"),
    (ConnectionResetError, "the server closed the connection"),
    (OSError, "the server cannot be reached"),
    (Exception, "the server does not offer what mails take; see whether it lets users log in"),
)


@asynccontextmanager
async def session(mailing: MailSettings, *, limit_s: float = _SESSION_S) -> AsyncIterator[Send]:
    """A connection to a mailing's server, logged in, for `limit_s` at most. Raises MailError."""
    parts = urlsplit(mailing.server)
    is_tls = parts.scheme == "smtps"
    tls_context = await asyncio.to_thread(_tls_context, mailing.ca_file)
    client = aiosmtplib.SMTP(
        hostname=parts.hostname or "",
        port=parts.port or (465 if is_tls else 587),
        local_hostname=mailing.sender.rpartition("@")[2],
        use_tls=is_tls,
        start_tls=False,  # done below, or the session ends
        tls_context=tls_context,
        timeout=_REPLY_S,
    )

    async def send(reader: str, message: bytes) -> None:
        await client.sendmail(mailing.sender, [reader], message)

    try:
        async with asyncio.timeout(limit_s), _connected(client):
            if not is_tls:
                await client.ehlo()
                if not client.supports_extension("starttls"):
                    raise MailError("the server offers no STARTTLS; without TLS nothing is sent")
                await client.starttls()
            if mailing.user and mailing.password:
                await client.login(mailing.user, mailing.password)
            yield send
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise failure(error, tls_context) from error


@asynccontextmanager
async def _connected(client: aiosmtplib.SMTP) -> AsyncIterator[None]:
    """The client's connection, which is aborted at the end.

    After QUIT, TLS would wait for the server to close its side, perhaps beyond the end of the event
    loop.
    """
    transport = None
    try:
        async with client:
            try:
                yield
            finally:
                transport = client.transport
    finally:
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
            await asyncio.sleep(0)  # lets the loop close its socket


async def try_server(mailing: MailSettings) -> None:
    """Connects, logs in and disconnects, without sending anything. Raises MailError."""
    async with session(mailing, limit_s=_TRIAL_S):
        pass


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts the machine's certificate authorities and those of a file. Raises MailError."""
    made = ssl.create_default_context()
    try:
        if ca_file is not None:
            made.load_verify_locations(ca_file)
    except OSError as error:  # ssl.SSLError among them
        raise MailError(f"TLS: ca_file names {ca_file}, which holds no certificates") from error
    return made


def failure(error: Exception, tls_context: ssl.SSLContext) -> MailError:
    """What went wrong, without any words of the server."""
    cause: BaseException = error
    while cause.__cause__ is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__
    if isinstance(cause, ssl.SSLError):
        return MailError(tls.words(cause, tls_context, os.environ, plain="smtp:"))
    is_of_one = isinstance(error, aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPDataError)
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        (error,) = error.recipients
    elif isinstance(error, aiosmtplib.SMTPConnectError) and isinstance(cause, OSError):
        error = cause
    words = next(words for kind, words in _WORDS if isinstance(error, kind))
    code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
    return MailError(
        f"{words} ({code})" if code > 0 else words,  # -1: there was no valid reply
        is_of_one=is_of_one,
        is_final=is_of_one and code >= 500,
    )
