"""The `feeds` list: effective settings, secrets, duplicates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from msgspec.structs import replace

from aggregator.config.document import Bad, Fields, Node, Place
from aggregator.config.fields import check_url, quoted
from aggregator.config.sections import ConfigFile
from aggregator.lists import one_spelling
from aggregator.network import Proxies, proxies_of
from aggregator.settings import FeedSource

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LIST_EVERY = timedelta(days=1)
_NOT_OF_LISTS = ("private", "keep", "block")
_POLLED_ONCE = "keep one: a feed is polled once, whatever its topics"
_SECRET_HEADER = re.compile(r"auth|cookie|token|secret|key|password", re.IGNORECASE)


def read_feeds(
    node: Node | None, *, defaults: FeedSource, file: ConfigFile
) -> tuple[FeedSource, ...]:
    """The feeds with their effective settings."""
    feeds: list[tuple[FeedSource, Fields]] = []
    for where, member, values in file.members("feeds", node):
        if not _has_address(member, values, where=where, file=file):
            continue
        key = values.setdefault("url", values.get("opml", ""))
        settings = {"line": member.place.line, "name": "", **values, "key": key}
        if "opml" in values:
            settings = {"default_every": _LIST_EVERY, **settings}
        if not fill(member, settings, where=where, file=file):
            continue
        if settings.get("private"):
            file.secrets.update((settings["url"], key))
        else:
            settings["shown_url"] = without_user(key)
        feeds.append((replace(defaults, **settings), member))
    return _named(feeds, file)


def _has_address(
    member: Fields, values: Mapping[str, Any], *, where: str, file: ConfigFile
) -> bool:
    """Whether it is a feed with its address, or a list with its own; says why not."""
    written = [key for key in ("url", "opml") if member.get(key) is not None]
    if not written:
        file.problem(member.place, where, "has no url", "add url: https://...")
    elif len(written) > 1:
        file.problem(member.place, where, "has both url and opml", "keep one: a feed, or a list")
    if "opml" in written:
        for key in _NOT_OF_LISTS:
            if (node := member.get(key)) is not None:
                hint = "remove it; a feed of the list that needs it can be written out beside it"
                file.problem(node.place, f"{where}.{key}", "cannot be set on a list", hint)
    return len(written) == 1 and written[0] in values


def fill(node: Fields, settings: dict[str, Any], *, where: str, file: ConfigFile) -> bool:
    """Completes settings from folder and environment; False where one is refused."""
    refused = False
    for name, complete in _FILL.items():
        if name in settings:
            try:
                settings[name] = complete(settings[name], file)
            except Bad as error:
                written = "opml" if name == "url" and node.get("url") is None else name
                file.bad(_place(node, name), f"{where}.{written}", error)
                refused = True
    return not refused


def _place(member: Fields, key: str) -> Place:
    return (member.get(key) or member.get("opml") or member).place


def without_user(key: str) -> str:
    """A URL as it may be shown: variables stay unfilled, user and password are left out."""
    if "@" not in key:
        return key
    scheme, separator, rest = key.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return f"{scheme}{separator}{rest[authority.rfind('@') + 1 :]}"


def userinfo(url: str) -> tuple[str, ...]:
    """The secret parts of a URL's userinfo, as written and decoded."""
    if "@" not in url:
        return ()
    raw = urlsplit(url).netloc.rpartition("@")[0]
    user, _, password = raw.partition(":")
    secret = (raw, password or user)
    return tuple({part for text in secret for part in (text, unquote(text)) if part})


def _url(key: str, file: ConfigFile) -> str:
    """The URL to ask. Only the configuration file can name a local file."""
    url = file.expand(key)
    local: Path | None = None
    if "\0" in url or not url.strip():
        pass
    elif url.lower().startswith("file:"):
        parts = urlsplit(url)
        if parts.netloc not in ("", "localhost"):
            raise Bad("a file: URL cannot name another host", "write file:///path or a path")
        local = file.folder / unquote(parts.path)
    elif url.startswith(("/", "./", "../")):
        local = file.folder / url
    elif ":" not in url and "\n" not in url and len(url) < 1000:
        local = file.folder / url
        if not local.is_file():  # it may be an address without its scheme
            hint = "write https://host/path, or ./NAME for a file that may be there later"
            raise Bad("is neither a URL nor a file beside this one", hint)
    if local is not None:
        return local.as_uri()
    file.secrets.update(userinfo(check_url(url)))
    return url


def _headers(written: tuple[tuple[str, str], ...], file: ConfigFile) -> tuple[tuple[str, str], ...]:
    """The request headers with their variables filled in."""
    filled: list[tuple[str, str]] = []
    for name, text in written:
        value = file.expand(text)
        if _CONTROL.search(value):
            raise Bad(f"the value of {name} holds a control character", "write it on one line")
        if _SECRET_HEADER.search(name):
            file.secrets.add(value)
        filled.append((name, value))
    return tuple(filled)


def _proxy(written: str, file: ConfigFile) -> Proxies:
    """The proxies; their credentials are secrets as written and decoded."""
    try:
        proxies = proxies_of(file.expand(written), file.environ)
    except ValueError as error:
        hint = "write http://HOST:PORT, socks5://HOST:PORT, environment or none"
        raise Bad(str(error), hint) from error
    for proxy in (proxies.http, proxies.https):
        if proxy is not None and (text := proxy.password or proxy.user):
            file.secrets.update((text, quote(text, safe="")))
    return proxies


def _ca_file(written: str, file: ConfigFile) -> Path:
    """The path of a file that can be read and may hold certificates."""
    path = file.folder / Path(written).expanduser()
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise Bad(f"names {quoted(str(path))}, which cannot be read", "name a PEM file") from error
    if b"-----BEGIN " not in content:
        raise Bad(f"names {quoted(str(path))}, which holds no certificate", "name a PEM file")
    return path


_FILL: Mapping[str, Callable[[Any, ConfigFile], Any]]
_FILL = MappingProxyType({"url": _url, "headers": _headers, "proxy": _proxy, "ca_file": _ca_file})


def _named(feeds: list[tuple[FeedSource, Fields]], file: ConfigFile) -> tuple[FeedSource, ...]:
    urls: dict[str, Place] = {}
    names: dict[str, Place] = {}
    for index, (feed, member) in enumerate(feeds):
        for key, word, known, text, hint in (
            ("url", "URL", urls, one_spelling(feed.url), _POLLED_ONCE),
            ("name", "name", names, feed.name.casefold(), "give each feed its own name"),
        ):
            place = _place(member, key)
            first = known.setdefault(text, place) if text else place
            if first is not place:
                message = f"the {word} of line {first.line} again"
                file.problem(place, f"feeds[{index}].{key}", message, hint)
    return tuple(
        feed if feed.name else _with_name(index, feed, member, names=names, file=file)
        for index, (feed, member) in enumerate(feeds)
    )


def _with_name(
    index: int, feed: FeedSource, member: Fields, *, names: dict[str, Place], file: ConfigFile
) -> FeedSource:
    """The feed with a name made from its host; a second feed of a host gets a number."""
    if feed.is_local:
        name = Path(unquote(urlsplit(feed.url).path)).stem
    else:
        name = (urlsplit(feed.shown_url).hostname or "").removeprefix("www.")
    if not name or feed.private or "${" in name:
        message = "has no name, and none can be made from its URL"
        if feed.private:
            message = "is private and has no name, and its URL must not give it one"
        file.problem(member.place, f"feeds[{index}]", message, "add name: ...")
        return feed
    unique, number = name, 2
    while unique.casefold() in names:
        unique, number = f"{name} {number}", number + 1
    names[unique.casefold()] = member.place
    return replace(feed, name=unique)
