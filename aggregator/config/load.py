"""Reads and checks a whole `feeds.yaml`; every problem is found before anything is used."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from aggregator import __version__
from aggregator.config import document, schema
from aggregator.config.document import Bad, Fields, Node, Place
from aggregator.config.feeds import fill, read_feeds, userinfo
from aggregator.config.fields import check_url
from aggregator.config.sections import ConfigFile, check_topics
from aggregator.errors import UsageError
from aggregator.settings import (
    Config,
    FetchSettings,
    MailSettings,
    NotifySettings,
    SiteSettings,
    TopicSettings,
)

_DEFAULTS = Config()
_PLAIN_SECTIONS = ("stories", "publish", "serve", "storage")
_NEEDED_FOR_MAIL = ("name", "server", "from", "to")
_MOST_CHARACTERS = 500  # a line of a header has 998 at most (RFC 5322, section 2.1.1)


def load(path: Path, environ: Mapping[str, str], *, database: Path | None = None) -> Config:
    """The checked configuration of a file; `database` overrides the file's own.

    Relative paths inside are relative to the file. Raises ConfigError with all problems at once,
    UsageError when there is no such file.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to read a pipe may take for ever
            raise UsageError(
                f"{path}: no regular file; a configuration is read again, and edited in its place"
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: no such file; create one with 'aggregator init', or name another with"
            " --config; 'aggregator demo' shows the program without any"
        ) from error
    except OSError as error:
        raise UsageError(
            f"{path}: cannot read the configuration ({error.strerror}); name another file with "
            "--config, or see what the program does with 'aggregator demo'"
        ) from error
    return parse(data, path=path, environ=environ, database=database)


def parse(
    data: bytes, *, path: Path, environ: Mapping[str, str], database: Path | None = None
) -> Config:
    """The configuration in `data`, as if it were the content of `path`. Raises ConfigError."""
    folder = path.resolve().parent
    file = ConfigFile(str(path), folder, environ)
    try:
        found = document.read(document.decode(data))
    except Bad as error:
        file.bad(Place(1, 1), "", error)
        file.raise_problems()
        raise
    for key, first in found.repeated:
        message = f"appears twice, first in line {first.line}"
        file.problem(key.place, key.text, message, "keep one of the two")
    match found.root:
        case None:
            root = Fields((), Place(1, 1), 1)
        case Fields():
            root = found.root
        case node:
            hint = "write sections such as site:, feeds: and topics:"
            file.problem(node.place, "", "the file must be a map of sections", hint)
            root = Fields((), node.place, node.last_line)
    known = [*schema.keys_in(""), *schema.SECTIONS]
    for name, _ in root.entries:
        if name.text not in known:
            file.unknown_key(name, known, where="")
    config = _config(root, file)
    file.raise_problems()
    chosen = folder / config.database if database is None else database.resolve()
    return replace(config, path=path.resolve(), database=chosen, output=folder / config.output)


def user_agent(contact: str | None) -> str:
    """Who asks, as publishers see it in their logs."""
    return f"aggregator/{__version__} (+{contact or 'no contact set'})"


def _config(root: Fields, file: ConfigFile) -> Config:
    def section(name: str) -> dict[str, Any]:
        node = root.get(name)
        return {} if node is None else file.section(node, schema.keys_in(name), where=name)

    fetch = section("fetch")
    if isinstance(fetch_node := root.get("fetch"), Fields):
        fill(fetch_node, fetch, where="fetch", file=file)
    own = {name: fetch.pop(name) for name in FetchSettings.__struct_fields__ if name in fetch}
    site = section("site")
    feed_defaults = replace(_DEFAULTS.feed_defaults, **fetch)
    feeds = read_feeds(root.get("feeds"), defaults=feed_defaults, file=file)
    topics = _topics(root.get("topics"), file)
    notify = _notify(root.get("notify"), topics, file)
    mail = _mail(root.get("mail"), topics, file)
    plain_sections: dict[str, Any] = {
        name: schema.SECTIONS[name](**section(name)) for name in _PLAIN_SECTIONS
    }
    keys = schema.keys_in("")
    entries = tuple(entry for entry in root.entries if entry[0].text in keys)
    outside = Fields(entries, root.place, root.last_line)
    return Config(
        **file.section(outside, keys, where=""),
        **plain_sections,
        site=SiteSettings(**site),
        fetch=FetchSettings(**own, user_agent=user_agent(site.get("contact"))),
        feeds=feeds,
        feed_defaults=feed_defaults,
        topics=topics,
        notify=notify,
        mail=mail,
        secrets=tuple(sorted(filter(None, file.secrets))),
    )


def _topics(node: Node | None, file: ConfigFile) -> tuple[TopicSettings, ...]:
    if node is None:
        return _DEFAULTS.topics
    topics: dict[str, TopicSettings] = {}
    for where, member, values in file.members("topics", node):
        name = values.get("name")
        if name is None:
            if member.get("name") is None:
                file.problem(member.place, where, "has no name", "add name: ...")
            continue
        if name.casefold() in topics:
            place = (member.get("name") or member).place
            file.problem(place, f"{where}.name", "appears twice", "give each topic its own name")
            continue
        query = values.pop("query", None)
        known = next((one for one in _DEFAULTS.topics if one.name == name), None)
        if known is not None and query is None:
            values.setdefault("title", known.title)
        topic = TopicSettings(**values, query=None if query is None else document.plain(query))
        topics[name.casefold()] = topic
        written = member.get("query")
        # What is not a map was refused above, a built-in query needs no check, and a run that
        # brings nothing new needs no lexicons.
        if topic.query is not None or (written is None and known is None):
            from aggregator.topics import query as of_topics  # noqa: PLC0415

            try:
                if written is None:
                    of_topics.builtin_query(name)
                else:
                    of_topics.compile_topic(topic)
            except of_topics.QueryError as error:
                query_key = f"{where}.query{document.path_text(error.path)}"
                key = f"{where}.name" if written is None else query_key
                place = document.place_of(written or member.get("name") or member, error.path)
                file.problem(place, key, error.message, error.hint)
    return tuple(topics.values())


def _notify(
    node: Node | None, topics: tuple[TopicSettings, ...], file: ConfigFile
) -> tuple[NotifySettings, ...]:
    if node is None:
        return ()  # without loading any target: that would be half of reading a short file
    receivers: dict[str, NotifySettings] = {}
    settings = schema.settings_in("notify")
    for where, member, values in file.members("notify", node):
        try:
            for key, one in settings.items():
                if one.setting.form == "as_written" and key in values:
                    values[key] = file.expand(values[key])
            receiver = _receiver(values, taken=receivers)
            check_topics(values, topics)
        except Bad as error:
            file.bad(member.place, where, error)
            continue
        # who has the address can write there
        url = receiver.url
        file.secrets.update((*userinfo(url), url, url.partition("?")[0], receiver.secret or ""))
        receivers[receiver.name] = receiver
    return tuple(receivers.values())


def _receiver(values: dict[str, Any], *, taken: Mapping[str, NotifySettings]) -> NotifySettings:
    from aggregator.publishing.targets import TARGETS  # noqa: PLC0415 - few have receivers

    if "name" not in values:
        raise Bad("has no name", "add name: ...")
    if values["name"] in taken:
        raise Bad("has the name of an earlier one", "give each receiver its own name")
    given = [name for name in TARGETS if name in values]
    if len(given) != 1:
        raise Bad(f"needs one of {', '.join(TARGETS)}", "write exactly one of them")
    (target,) = given
    attribute = "command" if TARGETS[target].setting.form == "argv" else "url"
    values |= {"target": target, attribute: values.pop(target)}
    if attribute == "url":
        check_url(values["url"])
        fault = TARGETS[target].fault(values["url"], values.get("secret"))
        if fault:
            raise Bad(f"has a {target} that cannot be used", fault)
    return NotifySettings(**values)


def _mail(
    node: Node | None, topics: tuple[TopicSettings, ...], file: ConfigFile
) -> tuple[MailSettings, ...]:
    """The mailings; the addresses of readers are secrets, too."""
    if node is None:
        return ()
    mailings: dict[str, MailSettings] = {}
    keys = schema.keys_in("mail")
    for where, member, values in file.members("mail", node):
        missing = [key for key in _NEEDED_FOR_MAIL if member.get(key) is None]
        is_filled = fill(member, values, where=where, file=file)
        if not is_filled or any(
            keys[key][0] not in values for key in {*_NEEDED_FOR_MAIL}.difference(missing)
        ):
            continue  # what is wrong with it is said already
        try:
            for key in ("user", "password"):
                if values.get(key):
                    values[key] = file.expand(values[key])
            file.secrets.add(values.get("password") or "")
            if missing:
                raise Bad(f"has no {missing[0]}", f"add {missing[0]}: ...")
            if bool(values.get("user")) != bool(values.get("password")):
                hint = "write user: ... and password: ${NAME}"
                raise Bad("needs user and password, or neither", hint)
            if len(values.get("unsubscribe") or "") > _MOST_CHARACTERS:
                hint = f"write at most {_MOST_CHARACTERS} characters"
                raise Bad("has an unsubscribe that no header holds", hint)
            check_topics(values, topics)
            if values["name"] in mailings:
                raise Bad("has the name of an earlier one", "give each mailing its own name")
        except Bad as error:
            file.bad(member.place, where, error)
            continue
        mailings[values["name"]] = mailing = MailSettings(**values)
        file.secrets.update(mailing.to)
    return tuple(mailings.values())
