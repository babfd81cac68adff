"""The `mail` list: who gets digests by mail, and the secrets that this takes."""

from __future__ import annotations

from typing import Any

from aggregator.config import schema
from aggregator.config.document import Node
from aggregator.config.feeds import Surroundings, expand, fill
from aggregator.config.fields import Bad
from aggregator.config.sections import Problems, members, read_section
from aggregator.settings import MailSettings, TopicSettings

_REQUIRED = ("name", "server", "from", "to")
_MOST_CHARACTERS = 500  # a line of a header has 998 at most (RFC 5322, section 2.1.1)


def read_mail(
    node: Node | None,
    topics: tuple[TopicSettings, ...],
    *,
    around: Surroundings,
    problems: Problems,
) -> tuple[tuple[MailSettings, ...], tuple[str, ...]]:
    """The mailings, and every secret text among them; the addresses of readers are secret, too."""
    if node is None:
        return (), ()
    known = sorted(topic.name for topic in topics)
    mailings: dict[str, MailSettings] = {}
    secrets: list[str] = []
    keys = schema.keys_in("mail")
    for index, member in enumerate(members(node, where="mail", problems=problems)):
        where = f"mail[{index}]"
        values = read_section(member, keys, where=where, problems=problems)
        missing = [key for key in _REQUIRED if member.get(key) is None]
        refused = fill(member, values, around=around, where=where, problems=problems) is None
        if refused or any(
            keys[key].attribute not in values for key in {*_REQUIRED}.difference(missing)
        ):
            continue  # what is wrong with it is said already
        try:
            for key in ("user", "password"):
                if values.get(key):
                    values[key], used = expand(values[key], around.environ)
                    secrets.extend(used if key == "user" else (*used, values[key]))
            _check(values, missing=missing, known=known)
            if values["name"] in mailings:
                raise Bad("has the name of an earlier one", "give each mailing its own name")
        except Bad as error:
            problems.bad(member.place, where, error)
            continue
        mailing = MailSettings(**values)
        secrets.extend(mailing.to)
        mailings[mailing.name] = mailing
    return tuple(mailings.values()), tuple(secrets)


def _check(values: dict[str, Any], *, missing: list[str], known: list[str]) -> None:
    if missing:
        raise Bad(f"has no {missing[0]}", f"add {missing[0]}: ...")
    if bool(values.get("user")) != bool(values.get("password")):
        raise Bad("needs user and password, or neither", "write user: ... and password: ${NAME}")
    if len(values.get("unsubscribe") or "") > _MOST_CHARACTERS:
        raise Bad("has an unsubscribe that no header holds", f"write at most {_MOST_CHARACTERS}"
                  " characters")  # fmt: skip
    unknown = [topic for topic in values.get("topics", ()) if topic not in known]
    if unknown:
        raise Bad(f"names the unknown topic {unknown[0]!r}", f"known are {', '.join(known)}")
