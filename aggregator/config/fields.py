"""From a node to a checked value: one small function per kind of setting.

Each takes a node and returns the value, or raises `Bad` with what is wrong and what to write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, urlsplit

from aggregator.config.document import Bad, Listing, Node, Scalar
from aggregator.text import printable
from aggregator.urls import web_address

Convert: TypeAlias = Callable[[Node], Any]

_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE | re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_USUAL_UNITS = {"duration": ("s", "m", "h", "d"), "size": ("KB", "MB")}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_UNDECODED = re.compile("[\udc80-\udcff]")  # bytes of the system that are no UTF-8 (PEP 383)
_TAG = re.compile(r"<[/!?]?[A-Za-z]")
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
# What most feeds have: an http(s) URL with a host, no user, and nothing that a URL cannot hold.
# It saves 10 us a feed, of which one read of a configuration may have ten thousand.
_USUAL_URL = re.compile(r"https?://[a-z0-9.-]+(?::[1-9][0-9]{0,3})?/[!#-;=?-\[\]-~]*", re.ASCII)
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\x9f\"<>\\]")  # URL parsers disagree about these

# RFC 5321, section 4.1.2, without quoted local parts; lengths of section 4.5.3.1. What is refused
# as an address is not repeated in messages.
_ADDRESS = (
    r"(?a)(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_SERVER = r"smtps?://(?:[A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?/?"
_MOST_READERS = 100


def quoted(value: str) -> str:
    """A value of the file for a message: short, on one line, in quotes."""
    return f'"{printable(value, limit=60)}"'


def scalar(node: Node) -> str:
    """The text of a single, present value."""
    if not isinstance(node, Scalar):
        kind = "a list" if isinstance(node, Listing) else "a map"
        raise Bad(f"{kind} where a single value belongs")
    if node.is_null:
        raise Bad("has no value", "write one, or remove the line to take the default")
    return node.text


def text(*, limit: int = 300) -> Convert:
    """One line of plain text: no control characters, no tags, since readers show it everywhere."""

    def convert(node: Node) -> str:
        value = scalar(node).strip()
        if not value:
            raise Bad("is empty", "write some text")
        if len(value) > limit:
            raise Bad(f"has {len(value)} characters", f"write at most {limit}")
        shown = printable(value, limit=limit)
        if not shown:
            raise Bad("contains no visible characters", "write some text")
        if value != shown:
            raise Bad(
                "contains control characters, line breaks or runs of spaces", "write it on one line"
            )
        if _TAG.search(value):
            raise Bad("contains what looks like an HTML tag", "write plain text")
        return value

    return convert


def matching(pattern: re.Pattern[str], message: str, hint: str) -> Convert:
    """A text that matches a pattern as a whole."""

    def convert(node: Node) -> str:
        value = scalar(node)
        if not pattern.fullmatch(value):
            raise Bad(f"{quoted(value)} {message}", hint)
        return value

    return convert


time_of_day = matching(
    _TIME_OF_DAY, "is not a time of day", "write hours and minutes, such as 06:30"
)
language = matching(_LANGUAGE, "is not a language tag", "write a BCP 47 tag, such as en or ur-PK")


def flag(node: Node) -> bool:
    """`true` or `false`."""
    value = scalar(node)
    if value.lower() not in ("true", "false"):
        raise Bad(f"{quoted(value)} is neither true nor false", "write true or false")
    return value.lower() == "true"


def switch(node: Node) -> bool:
    """`on` or `off`, or YAML's `true` and `false`."""
    value = scalar(node)
    if value.lower() not in ("on", "off", "true", "false"):
        raise Bad(f"{quoted(value)} is neither on nor off", "write on or off")
    return value.lower() in ("on", "true")


def whole(least: int, most: int) -> Convert:
    """A whole number within bounds."""

    def convert(node: Node) -> int:
        value = scalar(node)
        if not _WHOLE.fullmatch(value):
            raise Bad(f"{quoted(value)} is not a whole number", f"write one from {least} to {most}")
        if not least <= int(value) <= most:
            raise Bad(f"{quoted(value)} is out of range", f"write a number from {least} to {most}")
        return int(value)

    return convert


def _amount(value: str, units: Mapping[str, int], kind: str, example: str, known: str) -> float:
    """A number with its unit, in the smallest unit. Raises Bad, with these words of its `kind`."""
    found = _AMOUNT.fullmatch(value.strip())
    if not found:
        raise Bad(f"{quoted(value)} is not a {kind}", f"write {example}")
    number, unit = found[1], found[2].lower()
    if not unit:
        *others, last = (f"{number}{one}" for one in _USUAL_UNITS[kind])
        raise Bad(f"{quoted(value)} has no unit", f"write {', '.join(others)} or {last}")
    if unit not in units:
        raise Bad(f"{quoted(value)} has an unknown unit", f"use {known}")
    return float(number) * units[unit]


def read_seconds(value: str, *, least: float, most: float) -> float:
    """A length of time with its unit, such as 180d, as seconds within bounds. Raises Bad."""
    known = "s, m, h, d or w, as in 30m"
    result = _amount(value, _SECONDS, "duration", "30s, 30m, 2h or 7d", known)
    if not least <= result <= most:
        hint = f"write a time from {in_words(least)} to {in_words(most)}"
        raise Bad(f"{quoted(value)} is out of range", hint)
    return result


def seconds(least: float, most: float) -> Convert:
    """A length of time with its unit, as seconds; bounds in seconds."""
    return lambda node: read_seconds(scalar(node), least=least, most=most)


def duration(least: float, most: float) -> Convert:
    """A length of time with its unit; bounds in seconds."""
    read = seconds(least, most)
    return lambda node: timedelta(seconds=read(node))


def size(least: int, most: int) -> Convert:
    """A number of bytes with its unit."""

    def convert(node: Node) -> int:
        value, known = scalar(node), "KB, MB, GB, KiB, MiB or GiB"
        result = _amount(value, _BYTES, "size", "500KB or 10MB", known)
        if not least <= result <= most:
            hint = f"write a size from {least} to {most} bytes"
            raise Bad(f"{quoted(value)} is out of range", hint)
        return int(result)

    return convert


def one_of(choices: tuple[str, ...]) -> Convert:
    """One word of several."""

    def convert(node: Node) -> str:
        value = scalar(node)
        if value not in choices:
            raise Bad(f"{quoted(value)} is not known", f"choose from {', '.join(choices)}")
        return value

    return convert


def list_of(each: Convert, *, unshown: str = "") -> Convert:
    """A list whose values are all converted alike, none twice.

    `unshown`: what one is called where messages must not repeat it.
    """

    def convert(node: Node) -> tuple[Any, ...]:
        if not isinstance(node, Listing):
            raise Bad("must be a list", "write [a, b], or one value a line, each after a dash")
        result: list[Any] = []
        for value in node.values:
            try:
                converted = each(value)
            except Bad as error:
                error.place = error.place or value.place
                raise
            if converted in result:
                if unshown:
                    raise Bad(f"holds {unshown} twice", "remove one", place=value.place)
                raise Bad(f"{quoted(str(converted))} appears twice", place=value.place)
            result.append(converted)
        return tuple(result)

    return convert


def path(example: Path) -> Convert:
    """A path as written, with `~` for the home folder."""

    def convert(node: Node) -> Path:
        value = scalar(node)
        if not value.isprintable() or not value.strip():
            raise Bad("is not a path", f"write one such as {example}")
        return Path(value).expanduser()

    return convert


def argv(node: Node) -> tuple[str, ...]:
    """A command as a list of its words: no shell ever reads it."""
    if not isinstance(node, Listing) or not node.values:
        raise Bad("must be a list of words", "write [program, argument, ...]")
    return tuple(scalar(value) for value in node.values)


def web_url(node: Node) -> str:
    """An absolute http(s) URL that can be asked."""
    return check_url(scalar(node))


def base_url(node: Node) -> str:
    """An absolute http(s) URL without query, fragment or user, in ASCII; it ends in "/"."""
    value = check_url(scalar(node))
    parts = urlsplit(value)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise Bad(
            "must be a plain address", "write it without ?, # and @, as https://news.example.org/"
        )
    try:
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except UnicodeError as error:
        raise Bad("has a host that cannot be looked up", "write https://host/path") from error
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~")
    return f"{parts.scheme}://{host}{path if path.endswith('/') else path + '/'}"


def contact(node: Node) -> str:
    """`mailto:` with an address, or an http(s) URL: it is part of the User-Agent."""
    value = scalar(node)
    if re.fullmatch(r"mailto:[^\s@<>()]+@[^\s@<>()]+", value):
        return value
    if value.lower().startswith(("http://", "https://")):
        return check_url(value)
    hint = f"write mailto:{value}" if "@" in value else "write mailto:you@example.org or a URL"
    raise Bad(f"{quoted(value)} is not a contact address", hint)


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


def check_url(value: str) -> str:
    """The URL itself, when it is an absolute http(s) URL. Raises Bad, never shows userinfo."""
    if _USUAL_URL.fullmatch(value):
        return value
    found = _NOT_IN_URLS.search(value)
    if found:
        char = found[0]
        raise Bad(f"a URL cannot hold {char!r}", f"write it percent-encoded, as %{ord(char):02X}")
    try:
        parts = urlsplit(value)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        # the error's own text is not shown: it may quote a user and a password
        raise Bad("is a URL whose host or port is malformed", "write https://host/path") from error
    if parts.scheme not in ("http", "https"):
        scheme = printable(parts.scheme, limit=20)
        detail = f'has the scheme "{scheme}"' if scheme else "has no scheme"
        is_feed = web_address(value) != value and "@" not in value
        raise Bad(detail, f"write {web_address(value) if is_feed else 'https://host/path'}")
    if not host:
        raise Bad("is a URL without a host", "write https://host/path")
    if port == 0:
        raise Bad("is a URL with port 0", "remove the port")
    return value


def expand(value: str, environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The value with its ${VARIABLES} filled in, and what was filled in. Raises Bad."""
    if "${" not in value:
        return value, ()
    used: list[str] = []

    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if not _VARIABLE_NAME.fullmatch(name):
            raise Bad(f"${{{name}}} names no environment variable", "write ${NAME}")
        if name not in environ:
            raise Bad(
                f"the environment variable {name} is not set", f"set it, or remove ${{{name}}}"
            )
        if _UNDECODED.search(environ[name]):
            raise Bad(f"the environment variable {name} is not UTF-8 text", "set it in UTF-8")
        used.append(environ[name])
        return environ[name]

    return _VARIABLE.sub(fill, value), tuple(text for text in used if text)


def in_words(length_s: float) -> str:
    """Seconds in the largest unit that fits evenly: 3600 -> 1h."""
    for unit in ("d", "h", "m"):
        if length_s and length_s % _SECONDS[unit] == 0:
            return f"{length_s / _SECONDS[unit]:g}{unit}"
    return f"{length_s:g}s"
