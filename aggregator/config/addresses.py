"""Mail servers and mail addresses as settings. A refused address is not repeated in messages."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aggregator.config.document import Bad, Node
from aggregator.config.fields import list_of, quoted, scalar

# RFC 5321, section 4.1.2, without quoted local parts; lengths of section 4.5.3.1.
_ADDRESS = (
    r"(?a)(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_SERVER = r"smtps?://(?:[A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?/?"
_MOST_READERS = 100


def mail_server(node: Node) -> str:
    """`smtps://HOST[:PORT]` or `smtp://HOST[:PORT]`, without a user."""
    value = scalar(node)
    if "@" in value:
        raise Bad("holds a user", "write the host alone, and user: and password: beside it")
    if not re.fullmatch(_SERVER, value):
        raise Bad(f"{quoted(value)} is not a mail server", "write smtps://mail.example.org")
    try:
        port = urlsplit(value).port
    except ValueError as error:
        raise Bad(f"{quoted(value)} has no port that can be", "write one up to 65535") from error
    if port == 0:
        raise Bad("is a server with port 0", "remove the port")
    return value.rstrip("/")


def mail_address(node: Node) -> str:
    """An address of ASCII letters, without a name."""
    value = scalar(node)
    if not is_mail_address(value):
        hint = "write it as news@example.org, without a name; hosts beyond ASCII as xn--..."
        raise Bad("is not a mail address", hint)
    return value


def is_mail_address(value: str) -> bool:
    """Whether this is an address of ASCII letters, without a name."""
    return re.fullmatch(_ADDRESS, value) is not None


def mail_addresses(node: Node) -> tuple[str, ...]:
    """Addresses of readers, one at least, none twice."""
    found: tuple[str, ...] = list_of(mail_address, unshown="an address")(node)
    if not found:
        raise Bad("names nobody", "write one address at least, or remove the mailing")
    if len(found) > _MOST_READERS:
        hint = f"write at most {_MOST_READERS}, or the address of a mailing list"
        raise Bad(f"has {len(found)} addresses", hint)
    return found
