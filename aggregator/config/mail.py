"""The `mail` list: who gets digests by mail, and the secrets that this takes."""

from __future__ import annotations

from aggregator.config import schema
from aggregator.config.document import Bad, Node
from aggregator.config.feeds import fill
from aggregator.config.sections import ConfigFile, check_topics
from aggregator.settings import MailSettings, TopicSettings

_REQUIRED = ("name", "server", "from", "to")
_MOST_CHARACTERS = 500  # a line of a header has 998 at most (RFC 5322, section 2.1.1)


def read_mail(
    node: Node | None, topics: tuple[TopicSettings, ...], file: ConfigFile
) -> tuple[MailSettings, ...]:
    """The mailings; the addresses of readers are secrets, too."""
    if node is None:
        return ()
    mailings: dict[str, MailSettings] = {}
    keys = schema.keys_in("mail")
    for where, member, values in file.members("mail", node):
        missing = [key for key in _REQUIRED if member.get(key) is None]
        is_filled = fill(member, values, where=where, file=file)
        if not is_filled or any(
            keys[key].attribute not in values for key in {*_REQUIRED}.difference(missing)
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
