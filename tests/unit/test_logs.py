"""One line per event, whatever the fields hold, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import pytest

from aggregator import logs


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def logged(style: str = "text", *, secrets: tuple[str, ...] = (), **fields: Any) -> str:
    stream = io.StringIO()
    logs.configure(stream, verbosity=1, style=style, secrets=secrets)
    logs.event(logging.getLogger("aggregator.test"), "poll.stored", **fields)
    (line,) = lines(stream)
    return line


def test_an_event_is_one_line_of_words_and_fields() -> None:
    line = logged(feed="Dawn home", new=3, ratio=0.5, error=False, none=None)

    _, rest = line.split(" ", 1)
    assert rest == 'info poll.stored feed="Dawn home" new=3 ratio=0.5 none=None'


def test_as_json_each_line_is_one_object() -> None:
    document = json.loads(logged("json", feed="Dawn", new=3, quiet=True))

    assert document["event"] == "poll.stored"
    assert (document["feed"], document["new"], document["quiet"]) == ("Dawn", 3, True)
    assert document["time"].endswith("+00:00")


@pytest.mark.parametrize("style", ["text", "json"])
def test_feed_text_cannot_forge_a_line(style: str) -> None:
    line = logged(style, headline="a\r\n2026 error forged\x1b[2J\u2028b")

    assert "\x1b" not in line
    assert "\\r\\n2026 error forged" in line.replace("\\\\", "\\")


def test_values_that_look_like_fields_are_quoted() -> None:
    assert logged(headline="a=b").endswith('headline="a=b"')
    assert logged(headline='say "no"').endswith('headline="say \\"no\\""')


@pytest.mark.parametrize("style", ["text", "json"])
def test_secrets_are_redacted_wherever_they_stand(style: str) -> None:
    line = logged(style, secrets=("pass", 'password"1', ""), url='http://u:password"1@h/pass')

    assert "pass" not in line
    assert line.count("[redacted]") == 2


def test_an_exception_stays_on_the_line_and_is_redacted() -> None:
    stream = io.StringIO()
    logs.configure(stream, secrets=("s3cret",))

    try:
        raise ValueError("s3cret")
    except ValueError:
        logs.event(logging.getLogger("aggregator.x"), "poll.bug", level=logging.ERROR, error=True)

    (line,) = lines(stream)
    assert "traceback=" in line
    assert "s3cret" not in line
    assert "ValueError" in line


@pytest.mark.parametrize(
    ("verbosity", "levels"),
    [
        (-1, ["error"]),
        (0, ["warning", "error"]),
        (1, ["info", "warning", "error"]),
        (2, ["debug", "info", "warning", "error"]),
    ],
)
def test_verbosity_chooses_what_is_told(verbosity: int, levels: list[str]) -> None:
    stream = io.StringIO()
    logs.configure(stream, verbosity=verbosity)

    log = logging.getLogger("aggregator.test")
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        logs.event(log, "x", level=level)

    assert [line.split()[1] for line in lines(stream)] == levels


def test_plain_records_of_libraries_are_formatted_too() -> None:
    stream = io.StringIO()
    logs.configure(stream)

    logging.getLogger("some.library").warning("lost %d of %d", 1, 2)

    assert lines(stream)[0].endswith("warning lost 1 of 2") or "lost 1 of 2" in lines(stream)[0]


def test_setting_up_twice_tells_each_event_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    logs.configure(first)
    logs.configure(second)

    logs.event(logging.getLogger("aggregator.test"), "x", level=logging.ERROR)

    assert (len(lines(first)), len(lines(second))) == (0, 1)


def test_without_secrets_nothing_is_replaced() -> None:
    assert logs.redactor(())("all of it") == "all of it"


def piped() -> tuple[TextIO, TextIO]:
    """The two ends of a pipe."""
    reading, writing = os.pipe()
    return open(reading, encoding="utf-8"), open(writing, "w", encoding="utf-8")


def fill(stream: TextIO) -> None:
    """Writes until there is no more room."""
    os.set_blocking(stream.fileno(), False)
    try:
        while True:
            os.write(stream.fileno(), b"-" * 1000 + b"\n")
    except BlockingIOError:
        os.set_blocking(stream.fileno(), True)


def tell(count: int, text: str = "x") -> float:
    """Logs so many events; how many seconds that took."""
    log, begun = logging.getLogger("aggregator.test"), time.monotonic()
    for number in range(count):
        logs.event(log, "poll.stored", number=number, text=text)
    return time.monotonic() - begun


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (fill, "x"),
        (fill, "y" * 5000),
        (lambda stream: None, "z" * 1000),
    ],
    ids=["full", "long-lines", "filling-up"],
)
def test_a_service_waits_for_nobody_who_has_stopped_reading(
    spoil: Callable[[TextIO], None], text: str
) -> None:
    reading, writing = piped()
    with reading, writing:
        spoil(writing)
        logs.configure(writing, verbosity=1, is_service=True)

        assert tell(1500, text) < 10

        os.set_blocking(reading.fileno(), False)
        told = _read_until(reading, "log.dropped")
    assert "poll.stored number=0 " in told


def _read_until(stream: TextIO, words: str) -> str:
    """What comes until these words do; one more event is logged whenever nothing is there."""
    told, end = b"", time.monotonic() + 20
    while words.encode() not in told and time.monotonic() < end:
        try:
            told += os.read(stream.fileno(), 1_000_000)
        except BlockingIOError:
            tell(1)
            time.sleep(0.01)
    return told.decode()


def test_lines_that_still_wait_reach_no_file_that_is_opened_since() -> None:
    reading, writing = piped()
    number = writing.fileno()
    fill(writing)
    before = set(threading.enumerate())
    logs.configure(writing, verbosity=1, is_service=True)
    (writer,) = set(threading.enumerate()) - before
    tell(50)  # the first is being written, the others wait
    other, another = os.pipe()
    writing.close()
    os.dup2(another, number)  # which is free again

    reading.close()  # all lines are tried now
    logs.configure(io.StringIO())
    writer.join(60)

    os.set_blocking(other, False)
    with pytest.raises(BlockingIOError):
        os.read(other, 1)
    for descriptor in (other, another, number):
        os.close(descriptor)


def test_a_service_whose_reader_has_gone_goes_on() -> None:
    reading, writing = piped()
    reading.close()
    logs.configure(writing, verbosity=1, is_service=True)

    assert tell(10) < 10

    logs.configure(io.StringIO())  # closes the handler before
    writing.close()


def test_a_service_ends_with_its_last_lines_told() -> None:
    reading, writing = piped()
    logs.configure(writing, verbosity=1, is_service=True)
    tell(100)

    logs.configure(io.StringIO())
    writing.close()

    assert len(reading.readlines()) == 100
    reading.close()


def test_a_line_that_cannot_be_written_is_no_error_to_tell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    logs.configure(stream, verbosity=1)
    stream.close()

    tell(1)

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("count", [0, 1, 900])
def test_what_is_told_after_flush_stands_after_the_log_of_a_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(logs, "_LAST_LINES_S", 60.0)
    with (tmp_path / "log").open("w") as stream:
        logs.configure(stream, verbosity=1, is_service=True)
        tell(count)
        logs.flush()
        stream.write("error: the end")

    told = (tmp_path / "log").read_text()
    assert told.count("poll.stored") == count
    assert told.splitlines()[-1] == "error: the end"


@pytest.mark.parametrize("waiting", [1, 20], ids=["room", "no-room"])
def test_flush_waits_a_moment_only_for_who_has_stopped_reading(
    monkeypatch: pytest.MonkeyPatch, waiting: int
) -> None:
    monkeypatch.setattr(logs, "_LAST_LINES_S", 0.05)
    monkeypatch.setattr(logs, "_MOST_WAITING", 10)
    reading, writing = piped()
    with reading, writing:
        fill(writing)
        logs.configure(writing, verbosity=1, is_service=True)
        tell(waiting)
        begun = time.monotonic()
        logs.flush()
        assert time.monotonic() - begun < 10
