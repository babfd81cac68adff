"""Reads and checks a whole `feeds.yaml`; every problem is found before anything is used."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from aggregator import __version__
from aggregator.config import schema
from aggregator.config.document import (
    Fields,
    Node,
    Place,
    Unreadable,
    decode,
    path_text,
    place_of,
    plain,
    read,
)
from aggregator.config.feeds import Surroundings, expand, fill, read_feeds, userinfo
from aggregator.config.fields import Bad, check_url
from aggregator.config.mail import read_mail
from aggregator.config.sections import Problems, members, read_section, unknown_key
from aggregator.errors import UsageError
from aggregator.publishing.targets import TARGETS
from aggregator.settings import (
    Config,
    FetchSettings,
    NotifySettings,
    SiteSettings,
    TopicSettings,
)

_DEFAULTS = Config()
_PLAIN_SECTIONS = ("stories", "publish", "serve", "storage")


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
            f"{path}: no such file; begin one with 'aggregator init', or name another with"
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
    problems = Problems(str(path))
    try:
        document = read(decode(data))
    except Unreadable as error:
        problems.add(error.place, "", error.message, error.hint)
        problems.raise_any()
        raise
    for repeated in document.repeated:
        line = repeated.first.line
        problems.add(
            repeated.key.place,
            repeated.key.text,
            f"stands twice, first in line {line}",
            "keep one of the two",
        )
    match document.root:
        case None:
            root = Fields((), Place(1, 1), 1)
        case Fields():
            root = document.root
        case node:
            hint = "write sections such as site:, feeds: and topics:"
            problems.add(node.place, "", "the file must be a map of sections", hint)
            root = Fields((), node.place, node.last_line)
    known = [*schema.keys_in(""), *schema.SECTIONS]
    for name, _ in root.entries:
        if name.text not in known:
            unknown_key(name, known, where="", problems=problems)
    folder = path.resolve().parent
    config = _config(root, around=Surroundings(folder, environ), problems=problems)
    problems.raise_any()
    chosen = folder / config.database if database is None else database.resolve()
    return replace(config, path=path.resolve(), database=chosen, output=folder / config.output)


def user_agent(contact: str | None) -> str:
    """Who asks, as publishers see it in their logs."""
    return f"aggregator/{__version__} (+{contact or 'no contact set'})"


def _config(root: Fields, *, around: Surroundings, problems: Problems) -> Config:
    def section(name: str) -> dict[str, Any]:
        node = root.get(name)
        if node is None:
            return {}
        return read_section(node, schema.keys_in(name), where=name, problems=problems)

    fetch = section("fetch")
    fetch_node = root.get("fetch")
    used = None
    if isinstance(fetch_node, Fields):
        used = fill(fetch_node, fetch, around=around, where="fetch", problems=problems)
    own = {name: fetch.pop(name) for name in FetchSettings.__struct_fields__ if name in fetch}
    site = section("site")
    feed_defaults = replace(_DEFAULTS.feed_defaults, **fetch)
    feeds, secrets = read_feeds(
        root.get("feeds"), defaults=feed_defaults, around=around, problems=problems
    )
    topics = _topics(root.get("topics"), problems)
    notify, more_secrets = _notify(root.get("notify"), topics, around=around, problems=problems)
    mail, secrets_of_mail = read_mail(root.get("mail"), topics, around=around, problems=problems)
    plain_sections: dict[str, Any] = {
        name: schema.SECTIONS[name](**section(name)) for name in _PLAIN_SECTIONS
    }
    keys = schema.keys_in("")
    entries = tuple(entry for entry in root.entries if entry[0].text in keys)
    outside = Fields(entries, root.place, root.last_line)
    return Config(
        **read_section(outside, keys, where="", problems=problems),
        **plain_sections,
        site=SiteSettings(**site),
        fetch=FetchSettings(**own, user_agent=user_agent(site.get("contact"))),
        feeds=feeds,
        feed_defaults=feed_defaults,
        topics=topics,
        notify=notify,
        mail=mail,
        secrets=tuple(sorted({*(used or ()), *secrets, *more_secrets, *secrets_of_mail})),
    )


def _topics(node: Node | None, problems: Problems) -> tuple[TopicSettings, ...]:
    if node is None:
        return _DEFAULTS.topics
    topics: dict[str, TopicSettings] = {}
    keys = schema.keys_in("topics")
    for index, member in enumerate(members(node, where="topics", problems=problems)):
        where = f"topics[{index}]"
        values = read_section(member, keys, where=where, problems=problems)
        name = values.get("name")
        if name is None:
            if member.get("name") is None:
                problems.add(member.place, where, "has no name", "add name: ...")
            continue
        if name.casefold() in topics:
            place = (member.get("name") or member).place
            problems.add(place, f"{where}.name", "stands twice", "give each topic its own name")
            continue
        query = values.pop("query", None)
        known = next((one for one in _DEFAULTS.topics if one.name == name), None)
        if known is not None and query is None:
            values = {"title": known.title, **values}
        topic = TopicSettings(**values, query=None if query is None else plain(query))
        topics[name.casefold()] = topic
        written = member.get("query")
        # What is no map was refused above, a built-in query needs no check, and a run that brings
        # nothing new needs no lexicons.
        if topic.query is not None or (written is None and known is None):
            from aggregator.topics import query as of_topics  # noqa: PLC0415

            try:
                if written is None:
                    of_topics.builtin_query(name)
                else:
                    of_topics.compile_topic(topic)
            except of_topics.QueryError as error:
                key = (
                    f"{where}.name" if written is None else f"{where}.query{path_text(error.path)}"
                )
                place = place_of(written or member.get("name") or member, error.path)
                problems.add(place, key, error.message, error.hint)
    return tuple(topics.values())


def _notify(
    node: Node | None,
    topics: tuple[TopicSettings, ...],
    *,
    around: Surroundings,
    problems: Problems,
) -> tuple[tuple[NotifySettings, ...], tuple[str, ...]]:
    if node is None:
        return (), ()
    known = {topic.name for topic in topics}
    receivers: dict[str, NotifySettings] = {}
    secrets: list[str] = []
    settings, keys = schema.settings_in("notify"), schema.keys_in("notify")
    for index, member in enumerate(members(node, where="notify", problems=problems)):
        where = f"notify[{index}]"
        values = read_section(member, keys, where=where, problems=problems)
        try:
            for key, one in settings.items():
                if one.setting.form == "as_written" and key in values:
                    values[key], used = expand(values[key], around.environ)
                    secrets.extend(used)
            receiver = _receiver(values, known=known, taken=receivers)
        except Bad as error:
            problems.bad(member.place, where, error)
            continue
        if receiver.url:  # who has it can write there
            secrets.extend([*userinfo(receiver.url), receiver.url, receiver.url.partition("?")[0]])
        secrets.extend([receiver.secret] if receiver.secret else [])
        receivers[receiver.name] = receiver
    return tuple(receivers.values()), tuple(secrets)


def _receiver(
    values: dict[str, Any], *, known: set[str], taken: Mapping[str, NotifySettings]
) -> NotifySettings:
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
    unknown = [topic for topic in values.get("topics", ()) if topic not in known]
    if unknown:
        raise Bad(
            f"names the unknown topic {unknown[0]!r}", f"known are {', '.join(sorted(known))}"
        )
    return NotifySettings(**values)
