"""`aggregator daemon --workers`: what is refused before anything starts."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.command_line import Command, configure

needs_extra = pytest.mark.skipif(
    find_spec("distributed") is None, reason="the extra 'cluster' is absent"
)


@needs_extra
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        *(
            ([address], "is not an address such as tls://scheduler:8786")
            for address in (
                "scheduler:8786",
                "tls://scheduler",
                "tls://scheduler:0",
                "tls://scheduler:65536",
                "TLS://scheduler:8786",
                "tls://me:s3cret@scheduler:8786",
                "tls://scheduler:8786#a",
                "tls://[scheduler:8786",
                "tls://\x1b[31m:8786",
            )
        ),
        (["tcp://192.0.2.1:8786"], "runs code on it; use tls:// with --workers-ca"),
        (["tls://192.0.2.1:8786"], "tls:// needs --workers-ca, --workers-cert and --workers-key"),
        (["tcp://[::1]:8786", "--workers-ca", "a"], "tcp:// takes none of them"),
        (["tls://a:1", "--workers-ca", "a"], "--workers-key go together"),
        (
            ["tls://a:1", "--workers-ca", "a", "--workers-cert", "b", "--workers-key", "c"],
            "error: --workers-ca: a: cannot be read (No such file or directory)\n",
        ),
    ],
)
def test_addresses_that_would_let_others_in_are_refused(
    command: Command, arguments: list[str], said: str
) -> None:
    configure()

    ended = command("daemon", "--no-http", "--workers", *arguments)

    assert (ended.code, said in ended.err) == (2, True), ended.err


def test_without_the_extra_the_line_that_installs_it_is_said(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.cli.options.find_spec", lambda name: None)

    configure()

    ended = command("daemon", "--workers", "tls://scheduler:8786")

    assert ended.code == 2
    assert "pip install -c constraints.txt '.[cluster]'" in ended.err


def test_certificates_without_workers_are_refused(command: Command) -> None:
    configure()

    assert command("daemon", "--workers-key", "k.pem").code == 2
