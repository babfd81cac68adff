"""The `feeds` list: effective settings, variables of the environment, secrets, duplicates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from aggregator.config import schema
from aggregator.config.document import Fields, Place
from aggregator.config.fields import Bad, check_url, quoted
from aggregator.config.sections import Problems, members, read_section
from aggregator.network import Proxies, proxies_of
from aggregator.settings import FeedSource
from aggregator.spelling import one_spelling

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LIST_EVERY = timedelta(days=1)
_NOT_OF_LISTS = ("private", "keep", "block")
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|password", re.IGNORECASE)


class Surroundings(Struct, frozen=True):
    """What a file's values are read against: its folder and the environment."""

    folder: Path
    environ: Mapping[str, str]


def read_feeds(
    node: Any, *, defaults: FeedSource, around: Surroundings, problems: Problems
) -> tuple[tuple[FeedSource, ...], tuple[str, ...]]:
    """The feeds with their effective settings, and every secret text among them."""
    feeds: list[tuple[FeedSource, Fields]] = []
    secrets: set[str] = set()
    keys = schema.keys_in("feeds")
    for index, member in enumerate(members(node, where="feeds", problems=problems)):
        where = f"feeds[{index}]"
        values = read_section(member, keys, where=where, problems=problems)
        if not _has_address(member, values, where=where, problems=problems):
            continue
        key = values.setdefault("url", values.get("opml", ""))
        settings = {"line": member.place.line, "name": "", **values, "key": key}
        if "opml" in values:
            settings = {"default_every": _LIST_EVERY, **settings}
        used = fill(member, settings, around=around, where=where, problems=problems)
        if used is None:
            continue
        secrets.update(used)
        if settings.get("private"):
            secrets.update((settings["url"], key))
        else:
            # as it may be shown: variables stay unfilled, user and password are left out
            settings["shown_url"] = key
            if "@" in key:
                scheme, separator, rest = key.partition("://")
                authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
                rest = rest[authority.rfind("@") + 1 :]
                settings["shown_url"] = f"{scheme}{separator}{rest}"
        feeds.append((replace(defaults, **settings), member))
    return _named(feeds, problems), tuple(sorted(secrets))


def _has_address(
    member: Fields, values: Mapping[str, Any], *, where: str, problems: Problems
) -> bool:
    """Whether it is a feed with its address, or a list with its own; says why not."""
    written = [key for key in ("url", "opml") if member.get(key) is not None]
    if not written:
        problems.add(member.place, where, "has no url", "add url: https://...")
    elif len(written) > 1:
        problems.add(member.place, where, "has both url and opml", "keep one: a feed, or a list")
    if "opml" in written:
        for key in _NOT_OF_LISTS:
            if (node := member.get(key)) is not None:
                hint = "remove it; a feed of the list that needs it can be written out beside it"
                problems.add(node.place, f"{where}.{key}", "cannot be set on a list", hint)
    return len(written) == 1 and written[0] in values


def fill(
    node: Fields, settings: dict[str, Any], *, around: Surroundings, where: str, problems: Problems
) -> tuple[str, ...] | None:
    """Completes settings from folder and environment; their secrets, None when one is refused."""
    secrets: list[str] = []
    refused = False
    for name, complete in _FILL.items():
        if name not in settings:
            continue
        try:
            settings[name], used = complete(settings[name], around)
        except Bad as error:
            problems.bad(_place(node, name), f"{where}.{name}", error)
            refused = True
        else:
            secrets.extend(used)
    return None if refused else tuple(secrets)


def _place(member: Fields, key: str) -> Place:
    return (member.get(key) or member.get("opml") or member).place


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
        used.append(environ[name])
        return environ[name]

    return _VARIABLE.sub(fill, value), tuple(text for text in used if text)


def userinfo(url: str) -> tuple[str, ...]:
    """The secret parts of a URL's userinfo, as written and decoded."""
    if "@" not in url:
        return ()
    raw = urlsplit(url).netloc.rpartition("@")[0]
    user, _, password = raw.partition(":")
    secret = (raw, password or user)
    return tuple({part for text in secret for part in (text, unquote(text)) if part})


def _url(key: str, around: Surroundings) -> tuple[str, tuple[str, ...]]:
    """The URL to ask, and its secrets. Only the configuration file can name a local file."""
    url, used = expand(key, around.environ)
    local: Path | None = None
    if "\0" in url or not url.strip():
        pass
    elif url.lower().startswith("file:"):
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise Bad("a file: URL cannot name another host", "write file:///path or a path")
        local = around.folder / unquote(parts.path)
    elif url.startswith(("/", "./", "../")):
        local = around.folder / url
    elif ":" not in url and "\n" not in url and len(url) < 1000:
        beside = around.folder / url
        local = beside if beside.is_file() else None
    if local is not None:
        return local.as_uri(), used
    return check_url(url), (*used, *userinfo(url))


def _headers(
    written: tuple[tuple[str, str], ...], around: Surroundings
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The request headers with their variables filled in, and the secrets among them."""
    filled: list[tuple[str, str]] = []
    secrets: list[str] = []
    for name, text in written:
        value, used = expand(text, around.environ)
        if _CONTROL.search(value):
            raise Bad(f"the value of {name} holds a control character", "write it on one line")
        secrets.extend(used)
        if _SECRET_HEADER.search(name):
            secrets.append(value)
        filled.append((name, value))
    return tuple(filled), tuple(secrets)


def _proxy(written: str, around: Surroundings) -> tuple[Proxies, tuple[str, ...]]:
    """The proxies and their secrets, as written and decoded."""
    value, used = expand(written, around.environ)
    try:
        proxies = proxies_of(value, around.environ)
    except ValueError as error:
        hint = "write http://HOST:PORT, socks5://HOST:PORT, environment or none"
        raise Bad(str(error), hint) from error
    found = {proxy for proxy in (proxies.http, proxies.https) if proxy is not None}
    credentials = {text for proxy in found for text in (proxy.password or proxy.user,) if text}
    return proxies, (*used, *credentials, *(quote(text, safe="") for text in credentials))


def _ca_file(written: str, around: Surroundings) -> tuple[Path, tuple[str, ...]]:
    """The path of a file that can be read and may hold certificates."""
    path = around.folder / Path(written).expanduser()
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise Bad(f"names {quoted(str(path))}, which cannot be read", "name a PEM file") from error
    if b"-----BEGIN " not in content:
        raise Bad(f"names {quoted(str(path))}, which holds no certificate", "name a PEM file")
    return path, ()


_FILL: Mapping[str, Callable[[Any, Surroundings], tuple[Any, tuple[str, ...]]]]
_FILL = MappingProxyType({"url": _url, "headers": _headers, "proxy": _proxy, "ca_file": _ca_file})


def _named(feeds: list[tuple[FeedSource, Fields]], problems: Problems) -> tuple[FeedSource, ...]:
    urls: dict[str, Place] = {}
    names: dict[str, Place] = {}
    for index, (feed, member) in enumerate(feeds):
        place = _place(member, "url")
        first = urls.setdefault(one_spelling(feed.url), place)
        if first is not place:
            problems.add(
                place,
                f"feeds[{index}].url",
                f"the URL of line {first.line} again",
                "keep one: a feed is polled once, whatever its topics",
            )
        if feed.name:
            name_place = _place(member, "name")
            first = names.setdefault(feed.name.casefold(), name_place)
            if first is not name_place:
                problems.add(
                    name_place,
                    f"feeds[{index}].name",
                    f"the name of line {first.line} again",
                    "give each feed its own name",
                )
    return tuple(
        feed if feed.name else _with_name(feed, member, names=names, problems=problems)
        for feed, member in feeds
    )


def _with_name(
    feed: FeedSource, member: Fields, *, names: dict[str, Place], problems: Problems
) -> FeedSource:
    """The feed with a name made from its host; a second feed of a host gets a number."""
    if feed.is_local:
        name = Path(unquote(urlsplit(feed.url).path)).stem
    else:
        name = (urlsplit(feed.shown_url).hostname or "").removeprefix("www.")
    if not name or feed.private or "${" in name:
        message = "has no name, and none can be made from its URL"
        problems.add(member.place, "feeds", message, "add name: ...")
        return feed
    unique, number = name, 2
    while unique.casefold() in names:
        unique, number = f"{name} {number}", number + 1
    names[unique.casefold()] = member.place
    return replace(feed, name=unique)
