"""What every command shares: configuration, global options, errors and logs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.command_line import TALKS, Command, configure, entry
from tests.commands import Home
from tests.samples import rss
from tests.servers import Reply, WebServer


def test_without_a_configuration_the_answer_says_what_to_do(command: Command) -> None:
    done = command("fetch")

    assert done.code == 2
    assert "feeds.yaml: no such file" in done.err
    assert "aggregator demo" in done.err
    begin = done.err.split("'")[1].split()
    assert begin == ["aggregator", "init"]
    assert command(*begin[1:]).code == 0
    assert command("feeds", "list").code == 0


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (Path.mkdir, "no regular file"),  # nor is a pipe: both are told before they are opened
        (os.mkfifo, "no regular file"),
        (
            lambda path: path.symlink_to(path),
            "cannot read the configuration (Too many levels of symbolic links)",
        ),
    ],
    ids=["folder", "pipe", "loop"],
)
def test_a_configuration_that_cannot_be_read_is_told_as_that(
    command: Command, make: Callable[[Path], None], fault: str
) -> None:
    make(Path("feeds.yaml"))

    done = command("fetch")

    assert done.code == 2
    assert f"feeds.yaml: {fault}; " in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_behind_standard_output_is_no_fault_of_ours() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "aggregator", "--help"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == "error: No space left on device\n"


def test_a_wrong_configuration_is_told_by_line(command: Command) -> None:
    Path("feeds.yaml").write_text(
        "feeds:\n  - url: https://a.example/\n    evry: 20m\n    rank: x\n"
    )

    done = command("fetch")

    assert done.code == 2
    first, second = done.err.splitlines()
    assert first == "feeds.yaml:3:5: feeds[0].evry: unknown key; did you mean 'every'?"
    assert second.startswith("feeds.yaml:4:11: feeds[0].rank: ")


def test_an_unknown_command_or_option_is_a_usage_error(command: Command) -> None:
    assert command("fech").code == 2
    assert command("fetch", "--nonsense").code == 2


def test_a_fault_of_ours_is_one_line_unless_asked_for_more(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("https://a.example/")
    monkeypatch.setattr("aggregator.config.load", lambda *a, **k: 1 // 0)

    short, long = command("feeds", "list"), command("-v", "feeds", "list")

    assert (short.code, long.code) == (1, 1)
    assert "Traceback" not in short.err
    assert "internal error: ZeroDivisionError" in short.err
    assert "Traceback" in long.err


def test_an_expected_error_shows_its_traceback_only_when_asked(command: Command) -> None:
    assert "Traceback" not in command("feeds", "list").err
    assert "Traceback" in command("-v", "feeds", "list").err


def test_the_environment_names_configuration_and_database(
    command: Command, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])))
    Path("feeds.yaml").rename("other.yaml")
    monkeypatch.setenv("AGGREGATOR_CONFIG", "other.yaml")
    monkeypatch.setenv("AGGREGATOR_DB", "other.db")

    assert command("fetch").code == 0
    assert Path("other.db").exists()
    assert not Path("db").exists()


def test_colours_can_be_switched_off(fetched: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    assert "\x1b[" not in fetched("stories", "list", "--since", "3650d").out


def test_logs_can_be_json(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", Reply(b"", 500)))

    done = command("--log-format", "json", "-v", "fetch")

    lines = [line for line in done.err.splitlines() if line.startswith("{")]
    assert any(json.loads(line)["event"].startswith("poll.") for line in lines)


def test_a_foreign_database_is_told(command: Command, web: WebServer) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])), more="database: x.db\n")
    Path("x.db").write_bytes(b"no database" * 100)

    done = command("fetch")

    assert (done.code, "not an SQLite database" in done.err) == (1, True)


def test_a_database_alone_is_enough_to_look(fetched: Command) -> None:
    Path("feeds.yaml").unlink()

    assert fetched("--db", "db/aggregator.db", "status").code == 0
    assert fetched("status").code == 2


@pytest.mark.parametrize("arguments", [("--help",), ("topic", "test", TALKS, "--json")])
def test_a_reader_of_the_output_who_has_enough_is_no_fault(arguments: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "aggregator", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()

    assert (process.returncode, said) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_remarks_that_cannot_be_written_stop_no_work(
    command: Command, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(web.serve("/1", rss("One", [entry(TALKS)])), web.serve("/2", Reply(b"", 500)))
    path = Path("feeds.yaml")  # a missing contact is told before anything is asked
    path.write_text(path.read_text().partition("\n")[2])

    with suppress(OSError), Path("/dev/full").open("w") as full:  # to close it fails, too
        monkeypatch.setattr("sys.stderr", full)
        done = command("fetch")

    assert done.code == 0
    assert done.out.startswith("2 feeds: 1 fetched, ")
    assert done.out.endswith("us-pakistan-security.atom\n")


@pytest.mark.parametrize("name", ["add", "discover"])
def test_an_argument_that_is_no_text_is_told_as_that(command: Command, name: str) -> None:
    configure("https://a.example/")

    done = command("feeds", name, "http://127.0.0.1:9/\udcff")

    assert (done.code, done.err) == (
        2,
        "error: an argument or variable holds the byte 0xff, which is no UTF-8;"
        " write it in UTF-8, or percent-encoded in an address\n",
    )


def test_documents_are_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    Home(tmp_path).configure("feeds: [{url: 'https://a.example/', name: Zürich}]\n")

    for arguments in (("feeds", "list", "--json"), ("feeds", "export")):
        done = Home(tmp_path).start(*arguments, PYTHONIOENCODING="latin-1")
        assert "Zürich" in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("fetch",),
        ("feeds", "check"),
        ("feeds", "add", "http://127.0.0.1:9/new"),
        ("feeds", "discover", "http://127.0.0.1:9/"),
        ("demo",),
    ],
    ids=" ".join,
)
def test_too_few_files_are_told_before_anything_is_asked(
    command: Command, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("http://127.0.0.1:9/feed")
    monkeypatch.setattr("resource.getrlimit", lambda kind: (20, 20))

    done = command(*arguments)

    assert (done.code, done.err.startswith("error: only 20 files may be open")) == (1, True)
