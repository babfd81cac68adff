"""`aggregator notify test`, and what `status` says of deliveries."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from aggregator.storage.store import open_store
from tests.command_line import Command, configure
from tests.servers import Reply, WebServer


def test_a_sample_is_sent_in_the_form_of_each_receiver(command: Command, web: WebServer) -> None:
    room = f"{web.base}/in/alerts"
    web.serve("/in/", Reply())
    configure(
        more=f"""notify:
- {{name: phone, ntfy: '{room}', secret: tk_1}}
- name: hook
  webhook: {web.serve("/hook", Reply())}
  template: '{{"text": "{{{{ headline }}}}"}}'
"""
    )

    done = command("notify", "test", "phone")
    hook = command("notify", "test", "hook")

    assert (done.code, done.out) == (0, "phone: took the sample\n")
    assert hook.code == 0
    phone, desk = web.requests
    assert json.loads(phone.body)["topic"] == "alerts"
    assert json.loads(desk.body)["text"].startswith("This is a test: “quotes”")
    assert desk.headers["content-type"] == "application/json"


def test_what_a_receiver_refuses_is_said_without_its_address(
    command: Command, web: WebServer
) -> None:
    address = web.serve("/s3cret-path", Reply(b"", 403))
    configure(more=f"notify: [{{name: desk, slack: '{address}'}}]\n")

    done = command("notify", "test", "desk")
    other = command("notify", "test", "dsek")

    assert (done.code, done.err) == (1, "desk: answered 403\n")
    assert "s3cret" not in done.out + done.err
    assert other.code == 2
    assert "no receiver is named 'dsek'; choose from desk" in other.err


def test_a_command_gets_the_template_filled(command: Command) -> None:
    script = "import sys, pathlib; pathlib.Path('taken').write_text(sys.stdin.read())"
    configure(
        more=f"""notify:
- name: log
  command: [{sys.executable}, -c, "{script}"]
  template: |
    {{{{ headline }}}}
    {{% for source in sources %}}{{{{ source.publisher }}}} {{% endfor %}}
"""
    )

    assert command("notify", "test", "log").code == 0
    taken = Path("taken").read_text(encoding="utf-8")
    assert taken.splitlines()[1] == "Gazette Ledger Courier"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("when: {}", "notify[0].when: asks for nothing; write {sources: 3"),
        ("when: [x]", "notify[0].when: must be a map"),
        ("when: {within: 2h}", "asks for nothing"),
        (
            "when: {source: 3}",
            "notify[0].when.source: unknown key; choose from sources, independent, terms, within",
        ),
        (
            "when: {sources: 0}",
            'notify[0].when.sources: "0" is out of range; write a number from 1 to 50',
        ),
        ("when: {terms: ['*']}", "notify[0].when.terms[0]: "),
        ("when: {sources: 2, within: 30s}", "notify[0].when.within: "),
        ("template: '{{ headlin }}'", "cannot be filled: 'headlin' is undefined"),
        ("template: ''", "is empty"),
        ("template: '{# x #}'", "gives no text"),
        (f"template: {'x' * 20_001}", "write at most 20000"),
        ("telegram: 'https://t.example/'", "needs one of"),
    ],
)
def test_a_rule_or_template_that_cannot_be_used_is_told(
    command: Command, line: str, said: str
) -> None:
    configure(more=f"notify:\n- name: desk\n  slack: https://slack.example/x\n  {line}\n")

    done = command("notify", "test", "desk")

    assert done.code == 2
    assert said in done.err


def test_an_address_that_a_service_cannot_use_is_told(command: Command) -> None:
    configure(more="notify: [{name: room, matrix: 'https://matrix.example/room'}]\n")

    done = command("notify", "test", "room")

    assert done.code == 2
    assert "write server and room, such as https://matrix.example.org/!room" in done.err


def test_status_says_what_waits_and_failed_by_the_name(fetched: Command) -> None:
    with open_store(Path("db/aggregator.db")) as store:
        store.execute(
            "INSERT INTO outbox(target, story_id, change_no, payload, attempts, last_error)"
            " VALUES ('desk/news', 1, 1, '{}', 3, 'answered 503')"
        )
        store.execute(
            "INSERT INTO outbox(target, story_id, change_no, payload, done_at, last_error)"
            " VALUES ('log/news', 1, 1, '{}', '2026-03-01T12:00:00Z', 'no https://x.example/k3y')"
        )
    with Path("feeds.yaml").open("a") as file:
        file.write("notify: [{name: desk, webhook: 'https://x.example/k3y'}]\n")

    assert "k3y" not in fetched("status").out + fetched("status", "--json").out
    assert "notifications to desk: 1 waits, last error: answered 503" in fetched("status").out
    assert fetched("status", "--json").document()["notify"] == [
        {"name": "desk", "waiting": 1, "failed": 0, "next_try": None,
         "last_error": "answered 503"},
        {"name": "log", "waiting": 0, "failed": 1, "next_try": None,
         "last_error": "no [redacted]"},
    ]  # fmt: skip
