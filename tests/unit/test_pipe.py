"""Messages over a pipe: whole, in time, and no longer than any of ours."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from aggregator.pipe import LONGEST, receive, send


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """The reading and the writing end."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    yield reading, writing
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("room", [4096, 65_536])  # one page is what a user of many pipes gets
@pytest.mark.parametrize("message", [b"", b"one", b"x" * 60_000, b"x" * 300_000])
def test_a_message_arrives_whole(pipe: tuple[int, int], message: bytes, room: int) -> None:
    reading, writing = pipe
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, room)

    with ThreadPoolExecutor(1) as other_side:
        sent = other_side.submit(send, writing, message, 60.0)
        assert receive(reading, 60.0) == message
        sent.result()


def test_a_longer_message_than_any_of_ours_is_not_waited_for(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.write(writing, (LONGEST + 1).to_bytes(4, "big"))

    with pytest.raises(EOFError, match="too long"):
        receive(reading, 5.0)


def test_nobody_waits_for_the_other_side_for_good(pipe: tuple[int, int]) -> None:
    reading, writing = pipe

    with pytest.raises(TimeoutError):
        receive(reading, 0.0)
    with pytest.raises(TimeoutError):
        send(writing, b"x" * 1_000_000, 0.0)


def test_a_child_collects_garbage_once_it_is_loaded() -> None:
    program = (
        "import gc\n"
        "from aggregator.pipe import serve\n"
        "def load():\n"
        "    was = gc.isenabled()\n"
        "    said = lambda: f'{was} {gc.isenabled()} {gc.get_freeze_count() > 0}'\n"
        "    return lambda message: said().encode()\n"
        "serve(load, 5.0)"
    )
    question = (1).to_bytes(4, "big") + b"?"

    done = subprocess.run(
        [sys.executable, "-c", program], input=question, capture_output=True, check=True
    )

    assert done.stdout[8:] == b"False True True"  # after the empty message and a length
