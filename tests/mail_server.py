"""An SMTP server on loopback that takes what tests let it take, and keeps it."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.certificates import Signed

USER, PASSWORD = "desk", "s3cret pass"
Reply = Callable[[str], str]
"""The server's answer to a recipient, or "" where it takes the recipient."""


@dataclass(slots=True)
class MailServer:
    """What arrived, and how to answer. Use `serving`."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)  # recipient, message
    reply: Reply = lambda _: ""
    data_reply: str = ""
    plain: list[str] = field(default_factory=list)  # what came without TLS

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuses a recipient, or takes it."""
        if answer := self.reply(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keeps the message of each recipient."""
        if session.ssl is None:
            self.plain.append("DATA")
        if self.data_reply:
            return self.data_reply
        message = message_from_bytes(cast(bytes, envelope.content), policy=policy.default)
        for address in envelope.rcpt_tos:
            self.mails.append((address, message))
        return "250 OK"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Knows one user."""
        if session.ssl is None:
            self.plain.append("AUTH")
        known = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=data == known, handled=False)


def server_context(signed: Signed) -> ssl.SSLContext:
    """TLS with this certificate."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(signed.certificate, signed.key)
    return made


@asynccontextmanager
async def serving(
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: bool = False,
) -> AsyncIterator[MailServer]:
    """A server on a free port of this loop: with TLS from the start, with STARTTLS, or neither."""
    made = MailServer()

    def protocol() -> SMTP:
        with warnings.catch_warnings(action="ignore"):  # that it asks for passwords without TLS
            return SMTP(
                made,
                hostname="mail.example",
                tls_context=starttls,
                require_starttls=starttls is not None,
                auth_required=login,
                auth_require_tls=starttls is not None,
                authenticator=made.authenticate,
            )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
