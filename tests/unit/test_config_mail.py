"""The `mail` list of feeds.yaml: what is read, what is refused, and what stays secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config.load import parse
from aggregator.errors import ConfigError
from aggregator.settings import Config, MailSettings

ENVIRON = {"SMTP_USER": "n3ws", "SMTP_PASSWORD": "s3cret"}
WHOLE = """
mail:
  - name: desk
    server: smtps://mail.example.org:4650/
    user: ${SMTP_USER}
    password: ${SMTP_PASSWORD}
    from: news@example.org
    to: [one@reader.example, two+x@reader.example]
    topics: [us-pakistan-security]
    every: week
    unsubscribe: https://example.org/leave
"""
LEAST = "name: a, server: smtp://h.example, from: a@b.example, to: [c@d.example]"


def read(text: str) -> Config:
    return parse(text.encode(), path=Path("/srv/feeds.yaml"), environ=ENVIRON)


def complaint(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return "\n".join(f"{one.key}: {one.message}; {one.hint}" for one in caught.value.problems)


def test_a_mailing_is_read_with_its_secrets() -> None:
    config = read(WHOLE)

    assert config.mail == (
        MailSettings(
            "desk", "smtps://mail.example.org:4650", "news@example.org",
            ("one@reader.example", "two+x@reader.example"), "n3ws", "s3cret",
            topics=("us-pakistan-security",), every="week",
            unsubscribe="https://example.org/leave",
        ),
    )  # fmt: skip
    assert {"n3ws", "s3cret", "one@reader.example", "two+x@reader.example"} <= set(config.secrets)
    assert read(f"mail: [{{{LEAST}}}]").mail == (
        MailSettings("a", "smtp://h.example", "a@b.example", ("c@d.example",)),
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("name: a, ", ""), "mail[0]: has no name; add name: ..."),
        (("server: smtp://h.example, ", ""), "mail[0]: has no server"),
        (("from: a@b.example, ", ""), "mail[0]: has no from"),
        ((", to: [c@d.example]", ""), "mail[0]: has no to"),
        (("smtp://h.example", "https://h.example"), 'mail[0].server: "https://h.example" is no'),
        (("smtp://h.example", "smtp://u:s3cret@h.example"), "mail[0].server: holds a user"),
        (("smtp://h.example", "smtp://h.example:70000"), "mail[0].server: "),
        (("smtp://h.example", "smtp://h.example:0"), "mail[0].server: is a server with port 0"),
        (("[c@d.example]", "[]"), "mail[0].to: names nobody"),
        (("[c@d.example]", "c@d.example"), "mail[0].to: must be a list"),
        (("[c@d.example]", "[c@d.example, c@d.example]"), "mail[0].to: holds an address twice"),
        (("c@d.example", "C <c@d.example>"), "mail[0].to: is not a mail address"),
        (("c@d.example", '"c@d.example\\r\\nBcc: x@y.z"'), "mail[0].to: is not a mail address"),
        (("c@d.example", "ü@d.example"), "mail[0].to: is not a mail address"),
        (("a@b.example", "a@b@c.example"), "mail[0].from: is not a mail address"),
        (("to:", "user: u, to:"), "mail[0]: needs user and password"),
        (("to:", "password: '${NONE}', to:"), "mail[0]: the environment variable NONE is not set"),
        (("to:", "topics: [x], to:"), "mail[0]: names the unknown topic 'x'"),
        (("to:", "every: month, to:"), 'mail[0].every: "month" is not known; choose from'),
        (("to:", "ca_file: none.pem, to:"), "mail[0].ca_file: names "),
        (("to:", f"unsubscribe: 'https://x.example/{'x' * 500}', to:"),
         "mail[0]: has an unsubscribe that no header holds"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told(change: tuple[str, str], told: str) -> None:
    said = complaint(f"mail: [{{{LEAST.replace(*change)}}}]")

    assert told in said
    assert "d.example" not in said
    assert "s3cret" not in said


def test_names_are_unique_and_readers_are_few() -> None:
    assert "mail[1]: has the name of an earlier one" in complaint(
        f"mail: [{{{LEAST}}}, {{{LEAST}}}]"
    )
    many = ", ".join(f"r{number}@d.example" for number in range(101))
    assert "mail[0].to: has 101 addresses" in complaint(
        f"mail: [{{{LEAST.replace('c@d.example', many)}}}]"
    )
