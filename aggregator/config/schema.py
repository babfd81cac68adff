"""How the settings of `feeds.yaml` are read: its sections, and a converter for each form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import NoneType
from typing import Any, get_args

from msgspec import Struct

from aggregator import settings
from aggregator.config import document, fields
from aggregator.config.document import Bad, Fields, Listing, Node, Scalar
from aggregator.config.fields import Convert, duration, list_of, quoted, scalar, text, whole
from aggregator.lists import MOST_FOLDERS
from aggregator.publishing import formats
from aggregator.setting import DAY, MINUTE, Described, settings_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", re.ASCII)
_RESERVED = ("index", "feeds", "stories", "search", "healthz", "metrics")
_RESERVED_ENDING = re.compile(r".*-(digest|\d{4}-\d{2}(-\d{2})?)", re.ASCII | re.IGNORECASE)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,29}", re.ASCII)
_MOST_LABELS = 10
_MOST_SOURCES = 50  # as many as an entry shows
_MOST_TEMPLATE = 20_000  # characters
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # of the documents that templates are tried with
_OUR_HEADERS = (  # set by the fetcher, or by the protocol
    *("accept-encoding", "if-modified-since", "if-none-match"),
    *("connection", "content-length", "host", "te", "trailer", "transfer-encoding", "upgrade"),
    *("proxy-authorization", "proxy-connection"),  # `proxy` has the credentials
)


def topic_name(node: Node) -> str:
    """A topic's name."""
    return valid_topic_name(scalar(node))


def valid_topic_name(value: str) -> str:
    """The name itself: it becomes file names and URL paths. Raises Bad."""
    if not _NAME.fullmatch(value):
        raise Bad(
            f"{quoted(value)} cannot be a file name",
            "write letters, digits, - and _ only, at most 60, as in us-pakistan-security",
        )
    if value.lower() in _RESERVED or _RESERVED_ENDING.fullmatch(value):
        raise Bad(f"{quoted(value)} is the name of another published file", "choose another name")
    return value


def headers(node: Node) -> tuple[tuple[str, str], ...]:
    """Request headers of one feed; values may hold ${VARIABLES}."""
    if not isinstance(node, Fields):
        raise Bad("must be a map", "write {Header-Name: value}")
    result: dict[str, str] = {}
    for key, value in node.entries:
        name = key.text
        if not _HEADER_NAME.fullmatch(name):
            raise Bad(f"{quoted(name)} is not a header name", place=key.place)
        if name.lower() in _OUR_HEADERS:
            raise Bad(f"{name} is set by the fetcher itself", "remove it", place=key.place)
        try:
            result[name] = scalar(value)
        except Bad as error:
            message = f"the value of {name}: {error.message}"
            raise Bad(message, "write its value", place=value.place) from error
    return tuple(result.items())


def labels(node: Node) -> tuple[tuple[str, str], ...]:
    """Labels of a feed, each a short name with one short value."""
    if not isinstance(node, Fields):
        raise Bad("must be a map", "write {country: pk}")
    if len(node.entries) > _MOST_LABELS:
        raise Bad(f"has {len(node.entries)} labels", f"write at most {_MOST_LABELS}")
    result: dict[str, str] = {}
    for key, value in node.entries:
        if not _LABEL.fullmatch(key.text):
            hint = "write letters, digits, - and _, at most 30, as in country"
            raise Bad(f"{quoted(key.text)} cannot name a label", hint, place=key.place)
        try:
            result[key.text] = _label_value(value)
        except Bad as error:
            message = f"the value of {key.text}: {error.message}"
            raise Bad(message, error.hint, place=value.place) from error
    return tuple(result.items())


def folders(node: Node) -> tuple[str, ...]:
    """A folder, or a list of folders, each within the one before."""
    found = tuple(map(_folder, node.values if isinstance(node, Listing) else (node,)))
    if len(found) > MOST_FOLDERS:
        raise Bad(f"has {len(found)} folders", f"write at most {MOST_FOLDERS}")
    return found


def query(node: Node) -> Node:
    """The query of a topic as it stands; `topics.query` reads it."""
    if not isinstance(node, Fields):
        raise Bad("must be a map", "docs/topics.md shows queries")
    return node


def rules(node: Node) -> Any:
    """The `keep` or `block` of a feed as it stands, after a trial with `topics.feed_rules`."""
    from aggregator.topics.feed_rules import compile_rules  # noqa: PLC0415 - few feeds have any
    from aggregator.topics.raw import QueryError  # noqa: PLC0415 - as above

    value = document.plain(node)
    try:
        compile_rules("rules", value)
    except QueryError as error:
        path = "" if isinstance(node, Scalar) else document.path_text(error.path)
        place = document.place_of(node, error.path)
        raise Bad(error.message, error.hint, place=place, path=path) from error
    return value


def alert_rule(node: Node) -> settings.AlertRule:
    """When a story is worth an alert."""
    example = "write {sources: 3, independent: 2, terms: [drone], within: 2h}"
    if not isinstance(node, Fields):
        raise Bad("must be a map", example)
    known: dict[str, Convert] = {
        "sources": whole(1, _MOST_SOURCES),
        "independent": whole(1, _MOST_SOURCES),
        "terms": rules,
        "within": duration(MINUTE, 7 * DAY),
    }
    found: dict[str, Any] = {}
    for key, value in node.entries:
        if key.text not in known:
            hint = f"choose from {', '.join(known)}"
            raise Bad("unknown key", hint, place=key.place, path=document.path_text((key.text,)))
        try:
            found[key.text] = known[key.text](value)
        except Bad as error:
            error.place, error.path = error.place or value.place, f".{key.text}{error.path}"
            raise
    if not found.keys() - {"within"}:
        raise Bad("asks for nothing", example)
    return settings.AlertRule(**found)


def message_template(node: Node) -> str:
    """A template of messages, after a trial with a made-up story."""
    from aggregator.publishing import messages  # noqa: PLC0415 - loads Jinja
    from aggregator.publishing.markup import markup_of  # noqa: PLC0415 - as above
    from aggregator.publishing.notification_document import sample  # noqa: PLC0415 - as above

    value = scalar(node)
    if not value.strip():
        raise Bad("is empty", "write some text, or remove the line to take the ready one")
    if len(value) > _MOST_TEMPLATE:
        raise Bad(f"has {len(value)} characters", f"write at most {_MOST_TEMPLATE}")
    try:
        filled = messages.message(value, sample("", _ANY_TIME), markup_of(value), is_trial=True)
    except messages.MessageError as error:
        hint = "docs/operations.md has what a template can name"
        raise Bad(f"cannot be filled: {error}", hint) from error
    if not filled:
        raise Bad("gives no text", "write some")
    return value


def time_zone(node: Node) -> str:
    """A time zone of the IANA data base."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - slow to import, and rarely needed

    value = scalar(node)
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        hint = "write one such as UTC or Asia/Karachi"
        raise Bad(f"{quoted(value)} is not a time zone", hint) from error
    return value


_label_value = text(limit=30)
_folder = text(limit=100)
_address = fields.matching(
    re.compile(r"[A-Za-z0-9.:_-]{1,253}", re.ASCII),
    "is not a host name or address",
    "write 127.0.0.1",
)

FORMS: dict[str, Callable[[Described], Convert]] = {
    "bool": lambda _: fields.flag,
    "int": lambda one: whole(int(one.setting.least), int(one.setting.most)),
    "float": lambda one: fields.seconds(one.setting.least, one.setting.most),
    "timedelta": lambda one: duration(one.setting.least, one.setting.most),
    "str": lambda _: text(),
    "Path": lambda one: fields.path(one.default),
    "alert_rule": lambda _: alert_rule,
    "address": lambda _: _address,
    "argv": lambda _: fields.argv,
    "as_written": lambda _: scalar,
    "base_url": lambda _: fields.base_url,
    "contact": lambda _: fields.contact,
    "folders": lambda _: folders,
    "formats": lambda _: list_of(fields.one_of(formats.names())),
    "headers": lambda _: headers,
    "images": lambda _: fields.one_of(("feeds", "feeds_and_pages", "none")),
    "labels": lambda _: labels,
    "language": lambda _: fields.language,
    "mail_address": lambda _: fields.mail_address,
    "mail_addresses": lambda _: fields.mail_addresses,
    "mail_period": lambda _: fields.one_of(("day", "week")),
    "mail_server": lambda _: fields.mail_server,
    "message": lambda _: message_template,
    "name": lambda _: text(limit=100),
    "order": lambda _: fields.one_of(("time", "weight")),
    "proxy": lambda _: scalar,
    "query": lambda _: query,
    "rules": lambda _: rules,
    "size": lambda one: fields.size(int(one.setting.least), int(one.setting.most)),
    "switch": lambda _: fields.switch,
    "time_of_day": lambda _: fields.time_of_day,
    "time_zone": lambda _: time_zone,
    "topic_name": lambda _: topic_name,
    "topic_names": lambda _: list_of(topic_name),
    "web_url": lambda _: fields.web_url,
}
"""How a setting of each form is read; the forms that carry a type's name are those of the type."""

SECTIONS: dict[str, type[Struct]] = {
    "site": settings.SiteSettings,
    "fetch": settings.FetchSettings,
    "feeds": settings.FeedSource,
    "stories": settings.StorySettings,
    "topics": settings.TopicSettings,
    "publish": settings.PublishSettings,
    "serve": settings.ServeSettings,
    "storage": settings.StorageSettings,
    "notify": settings.NotifySettings,
    "mail": settings.MailSettings,
}


Key = tuple[str, Convert]
"""What a key of a section fills, and how its value is read."""


def settings_in(section: str) -> Mapping[str, Described]:
    """The settings of a section by key; of "" those outside of any section."""
    if section == "fetch":  # the defaults of all feeds, too
        return {
            **settings_of(SECTIONS["feeds"], "fetch"),
            **settings_of(SECTIONS["fetch"], "fetch"),
        }
    if section == "notify":  # a receiver has the setting of one target
        from aggregator.publishing.targets import TARGETS  # noqa: PLC0415 - few have receivers

        of_targets = {
            name: Described(name, str, None, target.setting) for name, target in TARGETS.items()
        }
        return {**settings_of(SECTIONS["notify"]), **of_targets}
    return settings_of(SECTIONS[section] if section else settings.Config)


def keys_in(section: str) -> Mapping[str, Key]:
    """How each key of a section is read."""
    return {
        key: (one.attribute, FORMS[form_of(one)](one)) for key, one in settings_in(section).items()
    }


def form_of(setting: Described) -> str:
    """The row of `FORMS` that reads a setting."""
    kinds = [kind for kind in get_args(setting.type) or (setting.type,) if kind is not NoneType]
    return setting.setting.form or kinds[0].__name__
